"""A plugin: the lists of the archive and their pages, who is newer and older, four more of the same topics."""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from markdown import Markdown
from pelican import signals  # type: ignore[import-not-found]

LIMIT = 280
_TAG = re.compile(r"<[^>]*>")


def register() -> None:
    """Take part in a build."""
    signals.article_generator_finalized.connect(prepare)
    signals.article_writer_finalized.connect(write_lists)


def prepare(generator: Any) -> None:
    """Give each thread its front matter's values, its sections and its neighbours."""
    articles = generator.articles
    for article in articles:
        article.thread = json.loads(article.thread)
        # What follows each heading of level 2.
        article.sections = [part.partition("</h2>")[2] for part in article.content.split("<h2")[1:]]
        article.excerpts = [excerpt(html, LIMIT) for html in article.sections[:2]]
        article.description = excerpt(article.sections[0], 155)
    articles.sort(key=lambda article: (article.date, article.slug), reverse=True)
    for group in grouped(articles, lambda thread: [thread["specialty"]["url"]]).values():
        for newer, article, older in zip([None, *group], group, [*group[1:], None], strict=False):
            article.newer, article.older = newer, older
    archive = generator.settings["ARCHIVE"]
    topics = grouped(articles, topics_of) if archive["related"] else {}
    for article in articles:
        article.similar = similar(article, topics) if topics else []
    convert = Markdown(extensions=["extra", "sane_lists"]).convert
    for one in archive["lists"]:
        one["html"] = convert(one.get("body", ""))
    generator.context["newest"] = articles[:10]
    generator.context["archive"] = archive


def write_lists(generator: Any, writer: Any) -> None:
    """Write the pages of all lists, and the indexes of the lists."""
    archive = generator.settings["ARCHIVE"]
    members = grouped(generator.articles, lambda thread: thread.get("lists", ()))
    years = grouped(generator.articles, lambda thread: thread.get("years", ()))
    template = generator.get_template("list")
    for one in archive["lists"]:
        found = members.get(one["key"], [])
        shown = found[:20] if one.get("years") else found
        _write(generator, writer, one["key"], template, list=one, articles=shown, dates=shown, paginated=True)
    for one in archive["years"]:
        found = years.get(one["key"], [])
        _write(generator, writer, one["key"], template, list=one, articles=found, dates=found, paginated=True)
    index = generator.get_template("lists")
    for name in ("specialties", "doctors", "hospitals"):
        groups = by_specialty(archive, name) if name == "doctors" else {"": of_kind(archive, name)}
        _write(generator, writer, name, index, title=name.capitalize(), groups=groups)
    for faq in archive["faqs"]:
        key = faq["url"].strip("/")
        _write(generator, writer, key, index, title=f"FAQ: {faq['name']}", groups={"": of_kind(archive, key)})


def _write(generator: Any, writer: Any, key: str, template: Any, **context: Any) -> None:
    paginated = {"articles": context["articles"]} if context.pop("paginated", False) else None
    writer.write_file(
        f"{key}/index.html",
        template,
        generator.context,
        paginated=paginated,
        template_name="list",
        url=f"{key}/",
        **context,
    )


def of_kind(archive: dict[str, Any], kind: str) -> list[Any]:
    """Give the lists below an address."""
    return [one for one in archive["lists"] if one["key"].startswith(f"{kind}/")]


def by_specialty(archive: dict[str, Any], kind: str) -> dict[str, list[Any]]:
    """Give the lists of a kind by their specialties' names."""
    groups = defaultdict(list)
    for one in of_kind(archive, kind):
        for specialty in one.get("specialties", ()):
            groups[specialty["name"]].append(one)
    return groups


def grouped(articles: Iterable[Any], keys: Callable[[Any], Iterable[str]]) -> dict[str, list[Any]]:
    """Give the threads under each of their keys."""
    groups: dict[str, list[Any]] = defaultdict(list)
    for article in articles:
        for key in keys(article.thread):
            groups[key].append(article)
    return groups


def topics_of(thread: dict[str, Any]) -> list[str]:
    """Give the addresses of a thread's topics, and last its specialty's."""
    return [*(topic["url"] for topic in thread.get("topics", ())), thread["specialty"]["url"]]


def similar(article: Any, topics: dict[str, list[Any]]) -> list[Any]:
    """Give four more threads: the newest of a thread's first topics, of its specialty where these have too few."""
    found: list[Any] = []
    for topic in topics_of(article.thread):
        found += [other for other in topics[topic][:5] if other is not article and other not in found]
        if len(found) >= 4:
            break
    return found[:4]


def excerpt(html: str, limit: int) -> str:
    """Give the beginning of a text, as HTML without tags."""
    text = " ".join(_TAG.sub("", html).split())
    return text if len(text) <= limit else f"{text[:limit].rpartition(' ')[0] or text[:limit]}…"
