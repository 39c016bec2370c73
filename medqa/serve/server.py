"""livereload's server and reload, for a preview: pages as they lie in its folder, and what is put into them on the way.

The preview shows drafts: so only pages of its own may talk to it. Every request has to name this machine as its host,
or a page of anywhere could make its own name lead here and read; and a socket is opened for no other origin.
"""

import re
from http import HTTPStatus
from ipaddress import ip_address
from pathlib import Path
from socket import gethostname, socket
from typing import Any
from urllib.parse import urlsplit

import livereload  # type: ignore[import-untyped]
from livereload.handlers import (  # type: ignore[import-untyped]
    LiveReloadHandler,
    LiveReloadJSHandler,
    StaticFileHandler,
)
from livereload.server import HEAD_END, LiveScriptInjector  # type: ignore[import-untyped]
from tornado import web
from tornado.escape import json_decode
from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPHeaders
from tornado.websocket import WebSocketHandler

from medqa.serve.overlay import overlay, page
from medqa.serve.preview import PAGE, Preview

_BODY = re.compile(rb"<body\b[^>]*>", re.IGNORECASE)
_HIDDEN = re.compile(r"/\.|\0")
"""In an address that is no page's: what begins with a dot is medqa's own, and no file has a zero in its name."""


class Server(livereload.Server):  # type: ignore[misc]
    """Serves a preview, and has browsers load again what changed. There can be one in a process: livereload's rule."""

    def __init__(self, preview: Preview, listening: socket) -> None:
        super().__init__()
        self.root = str(preview.folder)
        self._preview = preview
        self._listening = listening
        self._http: HTTPServer | None = None

    def application(
        self,
        port: int,
        host: str,
        liveport: int | None = None,  # noqa: ARG002 - one port has all
        debug: bool | None = None,  # noqa: ARG002, FBT001 - livereload's signature
        live_css: bool = True,  # noqa: FBT001, FBT002 - the same
    ) -> None:
        """Answer requests as soon as the loop runs."""
        LiveReloadHandler.watcher, LiveReloadHandler.live_css = self.watcher, live_css
        names = frozenset({"localhost", host, gethostname(), f"{gethostname()}.local"})

        class Injected(_Injected):
            script = f'<script async src="/livereload.js?port={port}"></script>'.encode()
            preview = self._preview

        app = web.Application(
            [
                ("/livereload", _Live),
                ("/livereload.js", _Script),
                ("/(.*)", _Pages, {"path": self.root, "default_filename": "index.html"}),
            ],
            transforms=[Injected],
            log_function=lambda _: None,
            preview=self._preview,
            names=names,
            served={},
        )
        self._http = HTTPServer(app)
        self._http.add_socket(self._listening)

    @staticmethod
    def tell(path: str) -> None:
        """Have all browsers load something again."""
        LiveReloadHandler.reload_waiters(path)

    def close(self) -> None:
        """Take no more requests."""
        if self._http:
            self._http.stop()


class _Guarded(web.RequestHandler):
    """Answers pages of the preview's own."""

    def prepare(self) -> None:
        """Refuse a request that was meant for another host."""
        name = self.request.host_name.strip("[]")
        if name not in self.settings["names"] and not _is_address(name):
            raise web.HTTPError(HTTPStatus.FORBIDDEN)

    def set_default_headers(self) -> None:
        """Let no other site show what is here, and no browser keep it."""
        self.set_header("Cache-Control", "no-store")
        self.set_header("Cross-Origin-Resource-Policy", "same-origin")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("X-Frame-Options", "SAMEORIGIN")


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


class _Script(_Guarded, LiveReloadJSHandler):  # type: ignore[misc]
    """livereload's script for browsers."""


class _Live(_Guarded, LiveReloadHandler):  # type: ignore[misc]
    """A browser's line to the server."""

    def check_origin(self, origin: str) -> bool:
        """Accept pages of this server only; livereload itself accepts any."""
        return WebSocketHandler.check_origin(self, origin)

    def on_message(self, message: str | bytes) -> None:
        """Shake hands; a page that was overtaken by a build before it was on the line is loaded again."""
        super().on_message(message)
        said = json_decode(message)
        served = self.settings["served"].get(urlsplit(said.get("url", "")).path)
        if said.get("command") == "info" and served is not None and served < self.settings["preview"].standing.number:
            self.send_message({"command": "reload", "path": PAGE})


class _Pages(_Guarded, StaticFileHandler):  # type: ignore[misc]
    """The site, below the path of its base_url as when it is published."""

    async def get(self, path: str, include_body: bool = True) -> None:  # noqa: FBT001, FBT002 - tornado's signature
        """Give a file, or the page of a folder."""
        standing = self.settings["preview"].standing
        self.settings["served"][self.request.path] = standing.number
        top, path = f"{standing.prefix}/", f"/{path}"
        if path != top and path in {"/", standing.prefix}:
            self.redirect(top)
        elif path.startswith(top) and not _HIDDEN.search(path):
            await StaticFileHandler.get(self, path.removeprefix(top), include_body)
        else:
            raise web.HTTPError(HTTPStatus.NOT_FOUND)

    def write_error(self, status_code: int, **_: Any) -> None:
        """Show the site's own page for what is not there."""
        preview = self.settings["preview"]
        own = Path(preview.folder, "404.html")
        if status_code == HTTPStatus.NOT_FOUND and own.is_file():
            text: str | bytes = own.read_bytes()
        elif status_code == HTTPStatus.NOT_FOUND:
            self.set_status(HTTPStatus.SERVICE_UNAVAILABLE)
            text = page("The preview is not made yet: this page will follow.")
        else:
            text = page(f"{status_code} {self._reason}")
        self.set_header("Content-Type", "text/html; charset=UTF-8")
        self.finish(text)


class _Injected(LiveScriptInjector):  # type: ignore[misc]
    """Puts into pages, as they are sent, livereload's script and what is wrong with the archive."""

    script: bytes
    preview: Preview

    def transform_first_chunk(
        self,
        status_code: int,
        headers: HTTPHeaders,
        chunk: bytes,
        finishing: bool,  # noqa: FBT001 - tornado's signature
    ) -> tuple[int, HTTPHeaders, bytes]:
        """Change the beginning of a page."""
        status_code, headers, chunk = super().transform_first_chunk(status_code, headers, chunk, finishing)
        if chunk and "html" in headers.get("Content-Type", ""):
            body = _BODY.search(chunk)
            at = body.end() if body else len(chunk)
            script = b"" if HEAD_END in chunk else self.script  # HTML allows to leave the tag out
            more = overlay(self.preview.root, self.preview.standing).encode() + script
            chunk = chunk[:at] + more + chunk[at:]
            if "Content-Length" in headers:
                headers["Content-Length"] = str(int(headers["Content-Length"]) + len(more))
        return status_code, headers, chunk
