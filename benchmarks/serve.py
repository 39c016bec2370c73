"""How long an editor waits: from a save to the browser being told, and to the page showing it.

    python benchmarks/serve.py [--threads N] [--archive DIR] [--saves N] [--folder DIR]        default: 1000 threads

`build.py serve` runs on an archive, a page of it is open in a browser, and a sentence is put into its thread again and
again. "told": the reload command of livereload arrives at a client that watches the same socket. "shown": the sentence
stands in the page. Without a browser only the first is measured. Of several saves the least and the middle one are
given: what else the machine is doing only ever adds.

The archive is that of benchmarks/build.py, or that of a folder; it is copied to a temporary folder, and is a git
repository there as an editor's is.
"""

import argparse
import asyncio
import json
import os
import re
import shutil
import statistics
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING

from tornado.websocket import WebSocketClientConnection, websocket_connect

from benchmarks.build import ROOT, commit, put_archive

if TYPE_CHECKING:
    from playwright.async_api import Page

LINE = "Saved for the {}. time, and still no better."


def main() -> None:
    """Measure an archive."""
    arguments = _arguments()
    with TemporaryDirectory(prefix="medqa-bench-", dir=arguments.folder) as folder:
        root = put_archive(Path(folder) / "archive", arguments.archive, arguments.threads)
        commit(root)
        asyncio.run(_measure(root, arguments.saves))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--threads", type=int, default=1_000, help="size of the archive made; default: 1000")
    parser.add_argument("--archive", type=Path, help="folder of an archive to serve instead: its content/, or that")
    parser.add_argument("--saves", type=int, default=10, help="saves that are timed; default: 10")
    parser.add_argument("--folder", type=Path, help="where the archive is made; default: the system's folder for it")
    return parser.parse_args()


async def _measure(root: Path, saves: int) -> None:
    command = [sys.executable, str(ROOT / "build.py"), "serve", "--root", str(root), "--as-of", "2026-01-01"]
    server = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, env={**os.environ, "PYTHONUNBUFFERED": "1"}
    )
    try:
        address = (await _heard(server, "preview at")).split()[2].rstrip("/")
        print(await _heard(server, "pages made"))
        files = sorted((root / "content" / "threads").rglob("*.md"))
        file = files[len(files) // 2]
        line = await websocket_connect(f"ws{address.removeprefix('http')}/livereload")
        for words in ({"command": "hello"}, {"command": "info", "url": address}):
            await line.write_message(json.dumps(words))
        await line.read_message()
        page = await _browser(f"{address}/threads/{file.stem}/")
        told, shown = [], []
        for number in range(1, saves + 1):
            to_browser, to_page = await _save(file, LINE.format(number), line, page)
            told.append(to_browser)
            shown.append(to_page)
        _show("told", told)
        _show("shown", [seconds for seconds in shown if seconds])
    finally:
        server.terminate()
        await server.wait()


async def _heard(server: asyncio.subprocess.Process, words: str) -> str:
    """Wait until the server says something; gives the line."""
    while line := await server.stdout.readline() if server.stdout else b"":
        if words in (text := line.decode().strip()):
            return text
    raise SystemExit("the server ended")


async def _save(
    file: Path, words: str, line: WebSocketClientConnection, page: "Page | None"
) -> tuple[float, float | None]:
    """Put a sentence into a thread; gives seconds until the browser was told, and until the page showed it."""
    await asyncio.sleep(0.5)  # an editor does not type so fast, and the browser settles
    begun = perf_counter()
    _write(file, words)
    await line.read_message()
    told = perf_counter() - begun
    if page is None:
        return told, None
    await page.get_by_text(words).first.wait_for()
    return told, perf_counter() - begun


def _write(file: Path, words: str) -> None:
    text = re.sub(rf"{LINE.format('[0-9]+')}\n", "", file.read_text(encoding="utf-8"))
    file.write_text(text.replace("\n## Question\n", f"\n## Question\n{words}\n", 1), encoding="utf-8")


async def _browser(address: str) -> "Page | None":
    """Open a page in a browser, and wait until it is on the line; None where there is no browser."""
    program = shutil.which("chromium")
    try:
        from playwright.async_api import async_playwright  # noqa: PLC0415 - goes without
    except ImportError:
        program = None
    if program is None:
        print("no browser: only the time until it would be told")
        return None
    playwright = await async_playwright().start()
    browser = await playwright.chromium.launch(executable_path=program, chromium_sandbox=False)
    page = await browser.new_page()
    await page.goto(address)
    await page.wait_for_function("window.LiveReload?.connector.protocolParser?.protocol === 7")
    return page


def _show(name: str, seconds: list[float]) -> None:
    if seconds:
        print(f"{name:6} least {min(seconds):.3f} s, median {statistics.median(seconds):.3f} s of {len(seconds)} saves")


if __name__ == "__main__":
    main()
