"""Takes the pictures of docs/ from the sample archive: `make pictures`, after a change of the look.

They show the fonts of the machine that takes them. pngquant, where it is installed, makes them small.
"""

import base64
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from tests.browsing import DESK, HEIGHT, PHONE, chromium, nginx, opened
from tests.sites import ROOT, sample

if TYPE_CHECKING:
    from playwright.sync_api import Browser

DOCS = ROOT / "docs"
THREAD = "/threads/twitching-all-over-for-months/"
SINGLE = {
    "home": {"url": "/"},
    "thread": {"url": THREAD},
    "thread-dark": {"url": THREAD, "at": "#follow-up-1", "color_scheme": "dark"},
    "similar": {"url": THREAD, "at": "#similar"},
}
"""Name of the file → the page, and what is shown of it."""
PHONES = [
    {"url": "/threads/eyelid-twitching-at-exam-time/"},
    {"url": "/threads/eyelid-twitching-at-exam-time/", "at": "#reply-1", "color_scheme": "dark"},
    {"url": "/threads/xiao-tui-ji-rou-tiao-dong/"},
]
FRAME = """<body style="margin:0;display:flex;gap:30px;padding:30px;background:#d9e2e0">{}</body>"""
INNER = '<img src="data:image/png;base64,{}" width="390" style="border-radius:20px;box-shadow:0 4px 20px #0003">'


def main() -> None:
    """Take all pictures."""
    with TemporaryDirectory(prefix="medqa-pictures-") as name, chromium() as browser:
        folder = Path(name)
        (folder / "nginx").mkdir()
        site = sample(folder / "archive").folder
        with nginx(site, folder / "nginx") as address:
            for file, shown in SINGLE.items():
                _keep(file, _picture(browser, address, **{"width": DESK, **shown}))
            phones = [_picture(browser, address, width=PHONE, **shown) for shown in PHONES]
        inner = "".join(INNER.format(base64.b64encode(picture).decode()) for picture in phones)
        with opened(browser, "about:blank", width=3 * PHONE + 4 * 30, height=HEIGHT + 2 * 30) as page:
            page.set_content(FRAME.format(inner))
            _keep("phones", page.screenshot())


def _picture(browser: "Browser", address: str, **shown: Any) -> bytes:
    """Take a picture of what the first view of a page shows, or what it shows at an anchor."""
    url, width = shown.pop("url"), shown.pop("width")
    with opened(browser, f"{address}{url}{shown.pop('at', '')}", width, **shown) as page:
        return page.screenshot()


def _keep(name: str, picture: bytes) -> None:
    """Write a picture, with as few colours as do."""
    if program := shutil.which("pngquant"):
        picture = subprocess.run([program, "--strip", "64", "-"], input=picture, capture_output=True, check=True).stdout
    (DOCS / f"{name}.png").write_bytes(picture)
    sys.stdout.write(f"docs/{name}.png: {len(picture) // 1024} kB\n")


if __name__ == "__main__":
    main()
