"""The preview: the same build with drafts into a folder of its own, served on this machine, made again on every save.

livereload serves the pages and has browsers load them again; watchfiles tells what was saved. Nothing of either is in
the folder: script and problems are put into pages as they are sent. A build that fails leaves the pages as they were.
"""

import asyncio
import errno
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread

import msgspec

from medqa import pipeline, sources
from medqa.cache import FOLDER
from medqa.errors import UsageError
from medqa.progress import Show, Step, silent
from medqa.serve.preview import Preview
from medqa.serve.server import Server
from medqa.serve.watching import bursts

__all__ = ["HOST", "PREVIEW", "serve"]

HOST = "127.0.0.1"
PREVIEW = "preview"
"""Folder of the memory that the preview is made in."""
_PORTS = (*range(8000, 8010), 0)
"""Tried one after the other where none was asked for; 0 is any that is free."""
_PATIENCE = 10.0
"""Seconds that a build that is at work has to break off; one that does not is completed by the next."""


def serve(
    root: Path,
    options: pipeline.BuildOptions,
    address: tuple[str, int | None] = (HOST, None),
    say: Callable[[str], None] = print,
    show: Show = silent,
) -> int:
    """Serve a preview of the archive, at a host and port, until interrupted; gives the exit code.

    Raises UsageError where there is no archive, where the port is taken, or where files cannot be watched.
    """
    sources.require_content(root)
    listening = _listening(*address)
    stop = Event()

    def told(line: str) -> None:
        if not stop.is_set():
            say(line)

    def shown(step: Step) -> None:
        if stop.is_set():
            raise SystemExit  # of the thread that builds: it lets go of everything on its way out
        show(step)

    options = msgspec.structs.replace(options, out=root / FOLDER / PREVIEW, drafts=True)
    preview = Preview(root, options, told, shown)
    server = Server(preview, listening)
    host, port = address[0], listening.getsockname()[1]
    say(f"preview at http://{f'[{host}]' if ':' in host else host}:{port}{preview.standing.prefix}/ (stop with Ctrl-C)")
    asyncio.run(_run(server, preview, (host, port), stop))
    return 0


async def _run(server: Server, preview: Preview, address: tuple[str, int], stop: Event) -> None:
    """Serve, watch and build until a signal says that it is over."""
    loop = asyncio.get_running_loop()
    over = loop.create_future()

    def end() -> None:
        if not over.done():
            over.set_result(None)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, end)
    server.application(host=address[0], port=address[1])

    def follow() -> None:
        with suppress(RuntimeError):  # the loop is closed
            try:
                for touched in bursts(preview.root, stop):
                    for path in preview.rebuild(touched):
                        loop.call_soon_threadsafe(server.tell, path)
            except UsageError as error:
                loop.call_soon_threadsafe(over.set_exception, error)

    follower = Thread(target=follow, daemon=True)
    follower.start()
    try:
        await over
    finally:
        stop.set()
        server.close()
        follower.join(_PATIENCE)


def _listening(host: str, port: int | None) -> socket.socket:
    """Take a port, before anything is built."""
    for one in _PORTS if port is None else (port,):
        try:
            family = socket.getaddrinfo(host, one, type=socket.SOCK_STREAM)[0][0]
            found = socket.create_server((host, one), family=family)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise UsageError(f"cannot listen at {host}, port {one} ({error.strerror}): choose another") from error
        else:
            found.settimeout(0)
            return found
    raise UsageError(f"port {port} is in use: choose another with --port")
