"""Pages in a real browser, from a real server: what the tests of the reader's page share."""

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from tests.sites import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PHONE, DESK = 390, 1280
"""Widths of a phone and of a window, in CSS pixels."""
HEIGHT = 844
SWITCHES = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NGINX = shutil.which("nginx", path=os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin")))
"""The server, which is not on everybody's path."""
_NGINX = """\
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    types {{ text/html html; text/css css; image/svg+xml svg; image/png png; application/xml xml; text/plain txt; }}
    client_body_temp_path {folder}/client;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
{server}
}}
"""


@contextmanager
def chromium() -> Iterator["Browser"]:
    """Open Debian's browser."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright cannot be imported: no browser tests")
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("no chromium: the browser tests cannot run")
    try:
        running = api.sync_playwright().start()
    except Exception as error:  # noqa: BLE001 - whatever keeps its driver from starting
        pytest.skip(f"playwright cannot start: {error}")
    opened = running.chromium.launch(executable_path=program, args=SWITCHES, chromium_sandbox=False)
    try:
        yield opened
    finally:
        opened.close()
        running.stop()


@contextmanager
def nginx(site: Path, folder: Path) -> Iterator[str]:
    """Serve a site as docs/publishing.md advises, and give its address; what the server writes goes into a folder.

    Raises FileNotFoundError where there is no nginx, RuntimeError where it does not start.
    """
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        port = probe.getsockname()[1]
    advice = (ROOT / "docs" / "publishing.md").read_text(encoding="utf-8")
    server = advice.split("```nginx\n", 1)[1].split("```", 1)[0]
    for written, here in (("listen 80;", f"listen 127.0.0.1:{port};"), ("root /srv/www;", f'root "{site}";')):
        assert server.count(written) == 1, written
        server = server.replace(written, here)
    (folder / "nginx.conf").write_text(_NGINX.format(folder=folder, server=server), encoding="utf-8")
    command = [NGINX or "nginx", "-e", "stderr", "-p", str(folder), "-c", str(folder / "nginx.conf")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as running:
        try:
            _wait(running, port)
            yield f"http://127.0.0.1:{port}"
        finally:
            running.terminate()


def _wait(running: "subprocess.Popen[str]", port: int) -> None:
    """Wait until the server listens, or has ended."""
    while running.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except ConnectionRefusedError:
            continue
        return
    raise RuntimeError(running.stderr.read() if running.stderr else "nginx does not start")


@contextmanager
def opened(browser: "Browser", url: str, width: int = PHONE, **how: Any) -> Iterator["Page"]:
    """Show a page in a window of its own."""
    context = browser.new_context(viewport={"width": width, "height": how.pop("height", HEIGHT)}, **how)
    try:
        page = context.new_page()
        page.goto(url)
        yield page
    finally:
        context.close()


def on_the_wire(url: str) -> tuple[int, str]:
    """Fetch a file as browsers do, and give how many bytes came, headers included, and the headers."""
    parts = urlsplit(url)
    request = (
        f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nAccept-Encoding: gzip, br\r\nConnection: close\r\n\r\n"
    )
    with socket.create_connection((parts.hostname or "", parts.port or 80), timeout=10) as connection:
        connection.sendall(request.encode())
        came = b"".join(iter(lambda: connection.recv(1 << 16), b""))
    headers = came.split(b"\r\n\r\n", 1)[0].decode()
    assert re.match(r"HTTP/1\.1 200 ", headers), headers
    return len(came), headers
