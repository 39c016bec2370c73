"""Writes an archive in the form that another generator reads.

Each writer gets an empty folder and fills it: the generator's configuration and templates from `benchmarks/peers`, the
content with such front matter as an author would write for it.
"""

import json
import shutil
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import msgspec
import yaml

from benchmarks.peer_content import Content, List, Ref, Thread, Year

HERE = Path(__file__).resolve().parent
ASSETS = HERE.parent / "templates" / "assets"
INDEXES = ("specialties", "doctors", "hospitals")


def write(file: Path, text: str) -> None:
    """Write a file, making its folder."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def prepared(peer: str, folder: Path, assets: str) -> None:
    """Copy a generator's configuration and templates, and the style sheet that all of them share."""
    shutil.copytree(
        HERE / "peers" / peer, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("node_modules", "__pycache__")
    )
    shutil.copytree(ASSETS, folder / assets)


def plain(value: Any) -> Any:
    """Give records as mappings and lists, without what is empty."""
    built = msgspec.to_builtins(value)
    if isinstance(built, dict):
        return {key: plain(item) for key, item in built.items() if item or item == 0}
    return [plain(item) for item in built] if isinstance(built, list | tuple) else built


def with_header(header: Mapping[str, Any], body: str = "") -> str:
    """Give a file with YAML front matter."""
    text = yaml.dump(plain(dict(header)), Dumper=yaml.CSafeDumper, allow_unicode=True, sort_keys=False, width=1000)
    return f"---\n{text}---\n{body}"


def slug(ref: Ref) -> str:
    """Give the last part of an address."""
    return ref.url.strip("/").rpartition("/")[2]


def term(key: str) -> str:
    """Give a list's key as one word: a generator's taxonomies have terms without slashes."""
    return key.replace("/", "_")


def crumbs(one: Thread | List | Year) -> list[Ref]:
    """Give the way to a page from the home page, both apart."""
    match one:
        case Thread():
            return [Ref("Specialties", "/specialties/"), one.specialty]
        case Year():
            return [one.entry]
        case List(kind="faq"):
            return [Ref("Specialties", "/specialties/"), *one.specialties]
        case List():
            return [Ref(one.kind.capitalize(), f"/{one.kind}/")]


def letters(content: Content) -> list[dict[str, Any]]:
    """Give the topics by their letters."""
    groups = groupby(content.topics, key=lambda topic: topic.letter)
    return [{"letter": letter, "topics": plain(list(topics))} for letter, topics in groups]


# --- Hugo -------------------------------------------------------------------------------------------------------------


def hugo(content: Content, folder: Path, *, related: Sequence[str]) -> None:
    """Write for Hugo: lists and their years are taxonomies, newer and older come from a section for each specialty.

    Similar threads are those that share what `related` names, the first most; () for none.
    """
    prepared("hugo", folder, "static/assets")
    config = (folder / "hugo.yaml").read_text(encoding="utf-8")
    indices = [{"name": name, "weight": 10 ** (2 - place)} for place, name in enumerate(related)]
    own = {
        "title": content.name,
        "baseURL": content.base_url,
        "params": {"related": bool(related)},
        "related": {"threshold": 1, "includeNewer": True, "toLower": False, "indices": indices},
    }
    write(folder / "hugo.yaml", f"{config}{yaml.safe_dump(own, allow_unicode=True)}")
    pages, header = folder / "content", dict[str, Any]()
    write(pages / "_index.md", with_header({"title": content.name}))
    for index in INDEXES:
        write(pages / index / "_index.md", with_header({"title": index.capitalize()}))
    for hidden in ("faq", "years", "threads", "faqs"):
        write(pages / hidden / "_index.md", with_header({"title": hidden, "build": {"render": "never"}}))
    for specialty in {slug(thread.specialty) for thread in content.threads}:
        header = {"title": specialty, "build": {"render": "never"}}
        write(pages / "threads" / specialty / "_index.md", with_header(header))
    for thread in content.threads:
        file = pages / "threads" / slug(thread.specialty) / f"{thread.slug}.md"
        write(file, with_header(_hugo_thread(thread), thread.body))
    for number, one in enumerate(content.lists, 1):
        header = {
            "title": one.title,
            "url": f"/{one.key}/",
            "weight": number,
            "crumbs": crumbs(one),
            "of": one.specialties,
            "answering": one.doctors,
            "facts": one.facts,
            "divided": one.years,
        }
        write(pages / _hugo_term(one.key) / "_index.md", with_header(header, one.body))
    for year in content.years:
        header = {
            "title": year.title,
            "url": f"/{year.key}/",
            "crumbs": crumbs(year),
            "entry": year.entry,
            "earlier": year.earlier,
            "later": year.later,
        }
        write(pages / "years" / term(year.key) / "_index.md", with_header(header))
    for faq in content.faqs:
        header = {"title": f"FAQ: {faq.name}", "url": faq.url, "layout": "faqindex", "specialty": _specialty(faq)}
        write(pages / "faqs" / f"{slug(faq)}.md", with_header(header))
    write(pages / "topics.md", with_header({"title": "Topics", "layout": "topics", "letters": letters(content)}))
    for text in content.texts:
        write(pages / f"{text.slug}.md", with_header({"title": text.title}, text.body))


def _specialty(faq: Ref) -> Ref:
    return Ref(faq.name, f"/specialties/{slug(faq)}/")


def _hugo_thread(thread: Thread) -> dict[str, Any]:
    header: dict[str, Any] = {
        "title": thread.title,
        "date": thread.asked,
        "url": f"/threads/{thread.slug}/",
        "lang": thread.lang,
        "headline": thread.headline,
        "asker": thread.asker,
        "specialty": thread.specialty,
        "crumbs": crumbs(thread),
        "turns": thread.turns,
        "topics": [topic.url.split("/")[3] for topic in thread.topics],
        "topic_pages": thread.topics,
        "years": [term(key) for key in thread.years],
    }
    for key in thread.lists:
        kind, _, name = key.partition("/")
        header.setdefault(kind, []).append(term(name))
    return header


def _hugo_term(key: str) -> str:
    kind, _, name = key.partition("/")
    return f"{kind}/{term(name)}"


# --- Eleventy ---------------------------------------------------------------------------------------------------------


def eleventy(content: Content, folder: Path, *, related: bool) -> None:
    """Write for Eleventy: what the lists are is global data, which threads they have is worked out by its config."""
    prepared("eleventy", folder, "assets")
    lists = [_listed(one) for one in content.lists]
    years = [_listed(one) for one in content.years]
    archive = {
        "name": content.name,
        "base_url": content.base_url,
        "related": related,
        "lists": lists,
        "years": years,
        "faqs": plain(list(content.faqs)),
        "letters": letters(content),
    }
    write(folder / "_data" / "archive.json", json.dumps(archive, ensure_ascii=False))
    pages = folder / "content"
    write(pages / "threads" / "threads.json", json.dumps({"tags": "threads", "layout": "thread.11ty.js"}))
    for thread in content.threads:
        header: dict[str, Any] = {
            "title": thread.title,
            "date": thread.asked,
            "permalink": f"/threads/{thread.slug}/index.html",
            "lang": thread.lang,
            "headline": thread.headline,
            "asker": thread.asker,
            "specialty": thread.specialty,
            "crumbs": crumbs(thread),
            "turns": thread.turns,
            "topics": thread.topics,
            "lists": thread.lists,
            "years": thread.years,
        }
        write(pages / "threads" / f"{thread.slug}.md", with_header(header, thread.body))
    index: dict[str, Any] = {"layout": "index.11ty.js"}
    for name in INDEXES:
        kind = "doctors" if name == "doctors" else "lists"
        header = {**index, "title": name.capitalize(), "kind": kind, "of": name}
        write(pages / f"{name}.md", with_header({**header, "permalink": f"/{name}/index.html"}))
    others = {
        "topics": {"title": "Topics", "kind": "topics", "permalink": "/topics/index.html"},
        "home": {"title": "Ask a doctor", "kind": "home", "permalink": "/index.html"},
        "404": {"title": "There is no such page", "kind": "lists", "of": "specialties", "permalink": "/404.html"},
    }
    for name, header in others.items():
        write(pages / f"{name}.md", with_header({**index, **header}))
    for text in content.texts:
        header = {**index, "title": text.title, "kind": "text", "permalink": f"/{text.slug}/index.html"}
        write(pages / f"{text.slug}.md", with_header(header, text.body))


# --- Pelican ----------------------------------------------------------------------------------------------------------


def pelican(content: Content, folder: Path, *, related: bool) -> None:
    """Write for Pelican: its front matter is lines of `key: value`, so what has parts is one value in JSON."""
    prepared("pelican", folder, "content/assets")
    archive = {
        "name": content.name,
        "base_url": content.base_url,
        "related": related,
        "lists": [_listed(one) for one in content.lists],
        "years": [_listed(one) for one in content.years],
        "faqs": plain(list(content.faqs)),
        "letters": letters(content),
    }
    write(folder / "archive.json", json.dumps(archive, ensure_ascii=False))
    for thread in content.threads:
        told = {**msgspec.structs.asdict(thread), "crumbs": crumbs(thread)}
        header = {"title": thread.title, "date": thread.asked, "slug": thread.slug, "category": thread.specialty.name}
        header["thread"] = json.dumps(plain({key: told[key] for key in told if key not in {*header, "body"}}))
        lines = "\n".join(f"{key}: {value}" for key, value in header.items())
        write(folder / "content" / "threads" / f"{thread.slug}.md", f"{lines}\n\n{thread.body}")
    for text in content.texts:
        write(
            folder / "content" / "pages" / f"{text.slug}.md",
            f"title: {text.title}\nslug: {text.slug}\n\n{text.body}",
        )


def _listed(one: List | Year) -> dict[str, Any]:
    """Give a list as data for templates."""
    told = {**plain(one), "crumbs": plain(crumbs(one))}
    return {**told, "specialty": True} if one.key.startswith("specialties/") else told
