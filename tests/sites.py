"""Built sites for tests: the sample archive in several guises, and a reader of their pages."""

import os
import re
import shutil
from collections.abc import Iterator
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pytest

from medqa.pipeline import BuildOptions, Report, build

ROOT = Path(__file__).resolve().parent.parent
AS_OF = date(2024, 12, 31)
DATA = Path(os.environ.get("MEDQA_DATA", ROOT.parent / "shared" / "data"))
"""Real threads to try medqa on; they are no part of the repository."""

EXAMPLES = {
    "HomePage": "/",
    "ThreadPage": "/threads/eyelid-twitching-at-exam-time/",
    "GonePage": "/threads/pain-with-intimacy-after-birth/",
    "SpecialtiesPage": "/specialties/",
    "SpecialtyPage": "/specialties/neurology/",
    "YearPage": "/specialties/neurology/2019/",
    "DoctorPage": "/doctors/amelia-hart/",
    "HospitalPage": "/hospitals/qingchuan-hospital/",
    "TopicPage": "/faq/neurology/muscle-twitching/",
    "FaqPage": "/faq/neurology/",
    "TopicsPage": "/topics/",
    "DoctorsPage": "/doctors/",
    "HospitalsPage": "/hospitals/",
    "TextPage": "/privacy/",
    "GlancePage": "/archive/",
    "NotFoundPage": "/404.html",
    "RedirectPage": "/threads/left-eyelid-twitch/",
}
"""Kind of page → one of the sample archive."""
GUISES: dict[str, dict[str, str]] = {
    "english": {},
    "chinese": {"language": "zh-Hant", "per_page": "2"},
}
"""The sample archive as English site, and as Chinese site with short lists: lines of its config."""

needs_data = pytest.mark.skipif(
    not (DATA / "seed-thread.md").exists(), reason="no real threads here: set MEDQA_DATA to their folder"
)
_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
)


class Site:
    """A built site."""

    def __init__(self, root: Path, report: Report) -> None:
        self.root = root
        self.folder = root / "site"
        self.report = report

    def pages(self) -> Iterator["Html"]:
        for file in sorted(self.folder.rglob("*.html")):
            path = file.relative_to(self.folder).as_posix()
            yield Html("/" + path.removesuffix("index.html"), file.read_text(encoding="utf-8"))

    def page(self, url: str) -> "Html":
        file = self.folder / unquote(url).strip("/")
        return Html(url, (file / "index.html" if file.is_dir() else file).read_text(encoding="utf-8"))


def sample(folder: Path, *, config: dict[str, str] | None = None, extra: dict[str, Path] | None = None) -> Site:
    """Build the sample archive in a folder, with lines of config replaced and files added."""
    shutil.copytree(ROOT / "content", folder / "content")
    text = (ROOT / "config.yaml").read_text(encoding="utf-8")
    for key, value in (config or {}).items():
        text, count = re.subn(rf"^{key}: .*$", f"{key}: {value}", text, flags=re.MULTILINE)
        assert count == 1, key
    (folder / "config.yaml").write_text(text, encoding="utf-8")
    for path, source in (extra or {}).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, folder / path)
    options = BuildOptions(out=folder / "site", cache=None, as_of=AS_OF)
    return Site(folder, build(folder, options))


class Html(HTMLParser):
    """What tests ask of a page."""

    def __init__(self, url: str, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.url = url
        self.text = text
        self.ids: list[str] = []
        self.links: list[tuple[str, str]] = []
        """(address as written, text) of each `<a href>`."""
        self.resources: list[str] = []
        """Addresses that a browser loads by itself."""
        self.headings: list[tuple[int, str]] = []
        self.elements: list[str] = []
        self.words: list[str] = []
        self._open: list[tuple[str, int]] = []
        self._hrefs: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.elements.append(tag)
        if "id" in found:
            self.ids.append(found["id"])
        if tag == "link" and "stylesheet icon".find(found.get("rel", "-")) >= 0:
            self.resources.append(found["href"])
        if "src" in found:
            self.resources.append(found["src"])
        if tag not in _VOID:
            self._open.append((tag, len(self.words)))
        if tag == "a":
            self._hrefs.append(found.get("href", ""))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open[-1][0] != tag:
            self._open.pop()
        if not self._open:
            return
        _, start = self._open.pop()
        text = " ".join("".join(self.words[start:]).split())
        if re.fullmatch("h[1-6]", tag):
            self.headings.append((int(tag[1]), text))
        if tag == "a" and (href := self._hrefs.pop()):
            self.links.append((href, text))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def shown(self) -> str:
        """The page's words, white space folded."""
        return " ".join("".join(self.words).split())

    def inside(self, base: str) -> Iterator[tuple[str, str]]:
        """Give (path, anchor) of every link within the site, and of what the page loads."""
        for href in [href for href, _ in self.links] + self.resources:
            parts = urlsplit(urljoin(base + self.url, href))
            if f"{parts.scheme}://{parts.netloc}" == base:
                yield unquote(parts.path), unquote(parts.fragment)
