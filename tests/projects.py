"""Archives of the tests' own making: written file by file, built, looked at, changed, built again."""

import json
import os
import re
import shutil
from collections.abc import Callable, Mapping
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any, Self

import pytest

from medqa import pipeline, plan, work
from medqa.cache import FOLDER, opened
from medqa.errors import BuildFailedError, Problem
from medqa.intake import update
from medqa.pages import Page
from medqa.progress import Clock
from medqa.sources import PACKAGED_TEMPLATES
from tests.sites import AS_OF

LIST = ".medqa"


class Project:
    """An archive in a folder, its site, and the memory of its builds."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.site = root / "site"
        self.cache = root / FOLDER
        self._fresh = count()
        (root / "content").mkdir(parents=True)

    # --- what editors do ----------------------------------------------------------------------------------------------

    def write(self, path: str, content: str | bytes) -> Self:
        """Write a file of the archive."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return self

    def thread(self, stem: str, *, folder: str = "", body: Mapping[str, str] | None = None, **fields: Any) -> Self:
        """Write a valid thread; a field that is None is left out, `body` maps section names to texts."""
        text = thread_text(stem, body, fields)
        return self.write(f"content/threads/{folder}/{stem}.md" if folder else f"content/threads/{stem}.md", text)

    def record(self, kind: str, stem: str, text: str = "", **fields: Any) -> Self:
        """Write a doctor, hospital, specialty, topic or page."""
        fields = fields if kind == "pages" else {"name": stem.replace("-", " ").title(), **fields}
        return self.write(f"content/{kind}/{stem}.md", document(fields, text))

    def config(self, **settings: Any) -> Self:
        """Write config.yaml."""
        return self.write("config.yaml", front_matter({"name": "Test Archive", **settings}))

    def edit(self, path: str, old: str, new: str) -> Self:
        """Replace words that stand in a file once; a template that is only the packaged one becomes the archive's."""
        file = self.root / path
        text = (file if file.exists() else PACKAGED_TEMPLATES.parent / path).read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{path} has {text.count(old)} times {old!r}"
        return self.write(path, text.replace(old, new))

    def mark(self, template: str, mark: str) -> Self:
        """Put a mark into what a template, or every macro of a partial, makes."""
        place = (
            r"({%-? macro \w+\(.*?%}\n?)" if template.startswith("partials/") else r"({%-? block (?:main|content) -?%})"
        )
        text, found = re.subn(place, rf"\1{mark}", (PACKAGED_TEMPLATES / template).read_text(encoding="utf-8"))
        assert found, f"no place for a mark in {template}"
        return self.write(f"templates/{template}", text)

    def remove(self, path: str) -> Self:
        """Delete a file or folder."""
        if (self.root / path).is_dir():
            shutil.rmtree(self.root / path)
        else:
            (self.root / path).unlink()
        return self

    def move(self, path: str, to: str) -> Self:
        """Rename a file."""
        (self.root / to).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).rename(self.root / to)
        return self

    # --- building -----------------------------------------------------------------------------------------------------

    def options(self, **options: Any) -> pipeline.BuildOptions:
        """Say how to build; the day is fixed unless given."""
        return pipeline.BuildOptions(**{"out": self.site, "cache": self.cache, "as_of": AS_OF, **options})

    def build(self, jobs: int = 1, **options: Any) -> pipeline.Report:
        """Build the site."""
        return pipeline.build(self.root, self.options(jobs=jobs, **options))

    def problems(self, **options: Any) -> list[Problem]:
        """Build the site, which has to fail; give all problems."""
        with pytest.raises(BuildFailedError) as failure:
            self.build(**options)
        return list(failure.value.problems)

    def plan(self, **options: Any) -> dict[str, Page]:
        """Plan all pages without making one: address → page."""
        with work.Pool(1) as pool, opened(None, "") as memory:
            told = update(self.root, self.options(**options), memory, pool, Clock())
            return {url: plan.plan(told.desk, url, address) for url, address in told.archive.pages.under("")}

    def clean_build(self, **options: Any) -> tuple[dict[str, bytes], tuple[Problem, ...]]:
        """Build from nothing in a fresh folder; give its files, and the findings."""
        folder = self.root.with_name(f"{self.root.name}-clean-{next(self._fresh)}")
        report = self.build(**{"cache": None, **options, "out": folder})
        found = files(folder)
        shutil.rmtree(folder)
        return found, report.findings

    def clean_build_files(self, **options: Any) -> dict[str, bytes]:
        """Build from nothing in a fresh folder; give its files."""
        return self.clean_build(**options)[0]

    # --- what came of it ----------------------------------------------------------------------------------------------

    def page(self, url: str) -> str:
        """Give a page's HTML."""
        return (self.site / file_of(url)).read_text(encoding="utf-8")

    def has(self, url: str) -> bool:
        """Tell whether there is a page at an address."""
        return (self.site / file_of(url)).is_file()

    def files(self) -> dict[str, bytes]:
        """Give all files of the site, medqa's list among them: path → bytes."""
        return files(self.site)

    def stamps(self) -> dict[str, tuple[int, int]]:
        """Give what tells whether a file was written again: path → (time, inode)."""
        found = (Path(at, name) for at, _, names in os.walk(self.site) for name in names)
        stats = {file.relative_to(self.site).as_posix(): file.stat() for file in found}
        return {path: (stat.st_mtime_ns, stat.st_ino) for path, stat in stats.items()}

    def urls_with(self, text: str) -> set[str]:
        """Give the addresses of the pages whose HTML holds a text."""
        return {url_of(path) for path, data in self.files().items() if path != LIST and text.encode() in data}

    def changed_by(self, report: pipeline.Report) -> set[str]:
        """Give the addresses of the files that a build wrote."""
        return {url_of(path) for path in report.written}


def files(folder: Path) -> dict[str, bytes]:
    """Read a folder: path → bytes; a folder without a file in it shows as its path with a slash."""
    found = {}
    for at, folders, names in os.walk(folder):
        below = Path(at).relative_to(folder).as_posix()
        if not folders and not names:
            found[f"{below}/"] = b""
        for name in names:
            found[name if below == "." else f"{below}/{name}"] = Path(at, name).read_bytes()
    return dict(sorted(found.items()))


def file_of(url: str) -> str:
    """Give the path of a page's file."""
    return f"{url[1:]}index.html" if url.endswith("/") else url[1:]


def url_of(path: str) -> str:
    """Give the address of a file."""
    return "/" + (path.removesuffix("index.html") if path.endswith("/index.html") or path == "index.html" else path)


def front_matter(fields: Mapping[str, Any]) -> str:
    """Write fields as YAML: every value in the form that JSON and YAML share."""
    given = ((key, value) for key, value in fields.items() if value is not None)
    return "".join(f"{key}: {json.dumps(_plain(value), ensure_ascii=False)}\n" for key, value in given)


def _plain(value: Any) -> Any:
    """Write everything as text: medqa reads YAML as text only."""
    match value:
        case bool():
            return str(value).lower()
        case dict():
            return {key: _plain(part) for key, part in value.items()}
        case list() | tuple():
            return [_plain(part) for part in value]
        case _:
            return str(value)


def document(fields: Mapping[str, Any], text: str) -> str:
    """Write a document."""
    return f"---\n{front_matter(fields)}---\n{text}\n"


def thread_text(stem: str, body: Mapping[str, str] | None, fields: Mapping[str, Any]) -> str:
    """Write a thread of Dr. Ann Bell's, unless the fields say otherwise."""
    reply = {} if "replies" in fields else {"doctor": "Ann Bell", "replied": "2020-03-02"}
    title = stem.replace("-", " ").capitalize()
    whole = {"title": title, "specialty": "Neurology", "asked": "2020-03-01", **reply, **fields}
    sections = {"Question": f"Why {title}, and what helps?", "Reply": f"It passes: {title}."} if body is None else body
    return document(whole, "\n".join(f"## {name}\n{text}\n" for name, text in sections.items()))


def day(text: str) -> date:
    """Read a date."""
    return date.fromisoformat(text)


CHINESE = {"問題": "小腿一直跳動怎麼辦？", "回覆": "多半無害。"}


def small_archive(project: Project) -> Project:
    """Write and build a small archive: two specialties, two doctors, two languages, every kind of page."""
    project.config(statements={"contact": "post@archive.example"}, emergency={"Taiwan": "119"})
    project.record("doctors", "ann-bell", "She *listens*.", name="Ann Bell", names=["Anna Bell"], specialty="Neurology")
    project.record("hospitals", "north-hospital", "Up north.")
    project.record("specialties", "neurology", "Nerves.", names={"zh-Hant": "神經科"})
    project.record("topics", "twitching", "Mostly harmless.", name="Twitching", specialties=["Neurology"])
    project.record("pages", "about", "Who we are.", title="About us")
    project.thread("calf-twitch", asked="2019-05-01", topics=["Twitching"], body={
        "Question": "My calf twitches at night. Is this ALS?",
        "Reply": "Hardly: bare twitching of the calf is harmless.",
        "More Info": "Fasciculations are common.",
    })  # fmt: skip
    project.thread("eyelid-twitch", asked="2020-02-01", topics=["twitching"], hospital="North Hospital", body={
        "Question": "My eyelid twitches since the exams.", "Reply": "Sleep more: twitching of a lid is harmless.",
    })  # fmt: skip
    project.thread("numb-hand", asked="2020-03-01", superseded_by="wrist-pain", related=["calf-twitch"])
    project.thread("wrist-pain", asked="2021-03-01", doctor="Bo Chan", replied="2021-03-02", urgent=True)
    project.thread("heart-skips", specialty="Cardiology", asked="2018-01-01", doctor="Bo Chan", aliases=["old-heart"])
    project.thread("heart-races", specialty="Cardiology", asked="2018-06-01", status="withdrawn")
    project.thread(
        "xiao-tui", title="小腿跳動", lang="zh-Hant", translation_of="calf-twitch", topics=["Twitching"], body=CHINESE
    )
    project.write("static/robots.txt", "User-agent: *\n")
    project.build()
    return project


def edit_question(project: Project) -> None:
    """Change what several pages of the small archive show."""
    project.edit("content/threads/calf-twitch.md", "at night", "all night long")


def noting(function: Callable[..., Any], calls: list[str]) -> Callable[..., Any]:
    """Note that a function is called."""

    def call(*given: Any) -> Any:
        calls.append(function.__name__)
        return function(*given)

    return call
