"""The preview: the same build with drafts into a folder of its own, served on this machine, made again on every save.

livereload serves the pages, watches the sources and reloads the browser; its script is added to pages as they are sent
and is in no file. A build that fails says why on the terminal and leaves the pages as they were.
"""

import socket
from collections.abc import Callable
from pathlib import Path

import msgspec
from livereload import Server  # type: ignore[import-untyped]

from medqa import pipeline, sources
from medqa.cache import FOLDER
from medqa.errors import BuildFailedError, UsageError

HOST = "127.0.0.1"
PREVIEW = "preview"
_WATCHED = (sources.CONFIG, *(f"{folder}/**/*" for folder in (sources.CONTENT, sources.TEMPLATES, sources.STATIC)))
"""Patterns and not folders: livereload calls once for all files of a pattern, but once for each file of a folder."""


def serve(root: Path, options: pipeline.BuildOptions, port: int, say: Callable[[str], None] = print) -> int:
    """Serve a preview of the archive until interrupted; gives the exit code.

    Raises UsageError where the port is taken.
    """
    out = root / FOLDER / PREVIEW
    preview = msgspec.structs.replace(options, out=out, drafts=True, base_url=f"http://{HOST}:{port}")
    if _taken(port):
        raise UsageError(f"port {port} is in use: choose another with --port")
    rebuild(root, preview, say)
    out.mkdir(parents=True, exist_ok=True)
    server = Server()
    for pattern in _WATCHED:
        server.watch(str(root / pattern), lambda: rebuild(root, preview, say))
    say(f"preview at http://{HOST}:{port}/ (stop with Ctrl-C)")
    server.serve(port=port, host=HOST, root=str(out))
    return 0


def rebuild(root: Path, options: pipeline.BuildOptions, say: Callable[[str], None]) -> None:
    """Build the preview and say what was made, or what is wrong."""
    try:
        report = pipeline.build(root, options)
    except BuildFailedError as error:
        for found in error.problems:
            say(str(found))
        say("the preview stays as it was until this is mended")
    except UsageError as error:
        say(str(error))
    else:
        for url, why in list(report.rendered.items())[:5]:
            say(f"{url}: {why}")
        say(f"{len(report.rendered):,} pages made in {sum(report.seconds.values()):.1f} s")


def _taken(port: int) -> bool:
    """Tell whether something listens on the port already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return True
    return False
