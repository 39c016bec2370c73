"""A front for the Markdown library: writes plain texts itself, to the byte as the configured instance writes them.

Plain are texts of paragraphs, headings and flat lists, with emphasis and bare web addresses: nearly all that people
write. They take a tenth of the time, and the library need not be loaded. The lines are judged by the functions that
judge them for the instance. Wherever that leaves a doubt, the whole text is the instance's.
"""

from __future__ import annotations

import re
import string
from functools import cache, lru_cache
from typing import NamedTuple

from medqa.markup import grammar
from medqa.markup.addresses import BARE, REL, Kind, canonical, decoded, kind, without_punctuation
from medqa.markup.characters import mark_cjk_breaks, normal
from medqa.markup.containers import Chunk, begins, items_from, numbered
from medqa.markup.outline import Outline
from medqa.markup.pairing import DEEPEST, LONGEST_RUN, tags
from medqa.markup.rendered import Rendered
from medqa.markup.writing import escaped

# Texts are looked through by whole-text methods of str and bytes: expressions take ten times as long.
_USUAL = bytes([ord("\n"), *range(ord(" "), ord("~") + 1)])
_ANGLE = re.compile(r"<[^\s<>]*[:@]")
"""Part of every address between angle brackets."""
_ITEM = re.compile(r"(?:[-*+]|([0-9]{1,9})\.) (?=[^\s`~#\-*_>+0-9]|\*\*[^*\s])")
"""The marker of an item whose text shows that it is no other block."""
_LATIN = frozenset(string.ascii_letters + string.digits)
_SCHEME_END = "://"


@cache
def _bare() -> re.Pattern[str]:
    return re.compile(BARE)  # takes milliseconds, and most texts have no address


class _List(NamedTuple):
    """A list whose items are a paragraph each."""

    start: int | None
    """Number of the first item; None for bullets."""
    texts: list[str]
    loose: bool
    """Whether blank lines part the items."""


class _DoubtError(Exception):
    """The text may hold something that only the instance reads."""


def render(text: str, *, level: int, taken: set[str]) -> Rendered | None:
    """Render a text that is sure to be plain; None for any other, with `taken` as it was.

    The parameters are those of `medqa.markup.render`; a plain text has neither links inside the archive nor findings.
    """
    usual = _is_usual(text)
    if not usual:
        text = normal(text)
    outline = Outline(level, set(taken))
    try:
        _look_through(text)
        html, words = _blocks(text.split("\n"), outline)
    except _DoubtError:
        return None
    taken.update(outline.anchors)
    plain = " ".join(words)
    if not usual or "  " in plain:
        plain = " ".join(plain.split())
    return Rendered("\n".join(html), plain, tuple(outline.anchors), (), ())


def _is_usual(text: str) -> bool:
    """Tell whether a text is in its normal form, with spaces and newlines as its only white space."""
    others = text.encode("utf-8", "surrogatepass").translate(None, _USUAL)
    return others.decode("utf-8", "surrogatepass").isprintable()


def _look_through(text: str) -> None:
    """Refuse what may be a table, code, an escaped character, a link or an entity."""
    if "\\" in text or "`" in text or "|" in text or ("]" in text and "](" in text):
        raise _DoubtError
    if ("&" in text and decoded(text) != text) or ("<" in text and _ANGLE.search(text)):
        raise _DoubtError


def _blocks(lines: list[str], outline: Outline) -> tuple[list[str], list[str]]:
    """Give HTML and words of the blocks."""
    html: list[str] = []
    words: list[str] = []
    chunk, at = Chunk([*lines, ""], 0, 0), 0
    while at < len(lines):
        line = lines[at]
        if not line or line.isspace():
            at += 1
            continue
        if grammar.is_surely_text(line) and not chunk.lines[at + 1]:  # as most are
            block, said = _spans(line.rstrip())
            block = f"<p>{block}</p>"
            at += 2
        elif "#" in line[: grammar.MOST_INDENT + 1] and (found := _heading(line)):
            marks, block, said = found
            shown = outline.enter(marks)
            block = f'<h{shown} id="{outline.anchor(said)}">{block}</h{shown}>'
            at += 1
        elif _is_text(chunk, at):
            end = _paragraph_end(chunk, at)
            block, said = _spans(_paragraph(lines[at:end]))
            block = f"<p>{block}</p>"
            at = end
        elif grammar.marker(line):
            block, said, at = _lists(chunk, at)
        else:
            raise _DoubtError
        html.append(block)
        words.append(said)
    return html, words


@lru_cache(1 << 12)
def _heading(line: str) -> tuple[int, str, str] | None:
    """Give the number of marks of a heading, its HTML and words: "Outlook" stands over a part of every other text."""
    found = grammar.heading(line)
    return (found[0], *_spans(found[1])) if found else None


def _is_text(chunk: Chunk, at: int) -> bool:
    """Tell whether a line that is not blank begins a paragraph."""
    line = chunk.lines[at]
    return grammar.is_surely_text(line) or (grammar.marker(line) is None and not begins(chunk, at))


def _paragraph_end(chunk: Chunk, at: int) -> int:
    """Give the line after the paragraph that begins on line `at`."""
    lines = chunk.lines
    for end in range(at + 1, len(lines)):
        line = lines[end]
        if not line or (not grammar.is_surely_text(line) and (line.isspace() or begins(chunk, end))):
            return end
    return len(lines)


def _paragraph(lines: list[str]) -> str:
    """Give the text of a paragraph, its lines freed of the spaces around them."""
    if len(lines) == 1:
        return lines[0].strip()
    if "  " in [line[-2:] for line in lines[:-1]]:
        raise _DoubtError  # a line break
    return "\n".join([line.strip() for line in lines])


def _lists(chunk: Chunk, at: int) -> tuple[str, str, int]:
    """Give HTML and words of the lists that begin on line `at`, and the line after them."""
    if lines := _list_of_lines(chunk.lines, at):
        return *_list(lines[0]), lines[1]
    items, end = items_from(chunk, at)
    found = [
        _list(
            _List(run[0].marker.number, [_item(item.chunk) for item in run], any(item.after_blank for item in run[1:]))
        )
        for run in numbered(items)
    ]
    return "\n".join([html for html, _ in found]), " ".join([words for _, words in found]), end


def _list_of_lines(lines: list[str], at: int) -> tuple[_List, int] | None:
    """Give the list on line `at`, and the line after it, if its items are one line each and numbered in turn.

    This is the form of nearly all lists, and four times as fast to read as any list.
    """
    texts: list[str] = []
    start, last = None, at
    for line_number in range(at, len(lines)):
        line = lines[line_number]
        if not line:
            continue
        found = _ITEM.match(line)
        if not found:
            if not lines[line_number - 1] and (line[0] == "#" or grammar.is_surely_text(line)):
                break
            return None
        number, text = int(found[1]) if found[1] else None, line[found.end() :].rstrip()
        start = start if texts else number
        if number != (None if start is None else start + len(texts)):
            return None
        texts.append(text)
        last = line_number
    return _List(start, texts, loose=last - at >= len(texts)), last + 1


def _item(chunk: Chunk) -> str:
    """Give the text of an item that holds nothing but a paragraph."""
    if not _is_text(chunk, 0) or _paragraph_end(chunk, 0) < len(chunk.lines):
        raise _DoubtError
    return _paragraph(chunk.lines)


def _list(found: _List) -> tuple[str, str]:
    """Give HTML and words of a list."""
    start = found.start
    before, after = ("<li>\n<p>", "</p>\n</li>") if found.loose else ("<li>", "</li>")
    tag = "ul" if start is None else "ol"
    html = [f"<{tag}>" if start is None or start == 1 else f'<{tag} start="{start}">']
    words = []
    for number, text in enumerate(found.texts, start or 0):
        shown, said = _spans(text)
        html.append(f"{before}{shown}{after}")
        words.append(f"- {said}" if start is None else f"{number}. {said}")
    html.append(f"</{tag}>")
    return "\n".join(html), " ".join(words)


def _spans(text: str) -> tuple[str, str]:
    """Give HTML and words of a paragraph or heading."""
    if len(text) > LONGEST_RUN:
        raise _DoubtError
    if "\n" in text and not text.isascii():
        text = mark_cjk_breaks(text, "")
    if _SCHEME_END in text:
        html, words = _linked(text), text
    elif "*" in text or "_" in text:
        html, words = _emphasised(text)
    else:
        html, words = escaped(text), text
    return html, words.replace("\n", " ")


def _linked(text: str) -> str:
    """Give the HTML of a text with bare addresses; where it has emphasis, too, either one may end the other."""
    bare, html, done, at = _bare(), [], 0, 0
    while (at := text.find(_SCHEME_END, at)) >= 0:
        found = bare.match(text, at - len("https")) or bare.match(text, at - len("http"))
        at += 1
        if found:
            address = without_punctuation(found[0])
            html += [_unmarked(text[done : found.start()]), _link(address)]
            done = at = found.start() + len(address)
    return "".join([*html, _unmarked(text[done:])])


def _unmarked(text: str) -> str:
    if "*" in text or "_" in text:
        raise _DoubtError
    return escaped(text)


def _link(address: str) -> str:
    href = canonical(address)
    if kind(href) is not Kind.WEB:
        raise _DoubtError
    return f'<a href="{escaped(href, quotes=True)}" rel="{REL}">{escaped(address)}</a>'


def _emphasised(text: str) -> tuple[str, str]:
    lines = "\n" in text and not text.isascii()
    if not lines and (only := _only_pair(escaped(text))):
        return only, text.replace("*", "")
    found = tags(text)
    if len(found) > 2 * DEEPEST:
        raise _DoubtError
    html, words, at = [], [], 0
    for tag in found:
        if lines and "\n" in text[max(tag.start - 1, 0) : tag.end + 1]:
            raise _DoubtError  # lines of Chinese are joined across the tag
        words.append(text[at : tag.start])
        html += [escaped(words[-1]), f"<{'' if tag.opens else '/'}{tag.name}>"]
        at = tag.end
    words.append(text[at:])
    return "".join([*html, escaped(words[-1])]), "".join(words)


def _only_pair(text: str) -> str:
    """Give the HTML of an escaped text whose only marks are a pair of asterisks apart from the words around it.

    This is the commonest emphasis: an item that begins with its name, a word that is stressed. "" for any other text.
    """
    parts = text.split("*")
    if len(parts) == 5 and not parts[1] and not parts[3]:  # noqa: PLR2004 - ** twice
        tag, (before, _, inside, _, after) = "strong", parts
    elif len(parts) == 3:  # noqa: PLR2004 - * twice
        tag, (before, inside, after) = "em", parts
    else:
        return ""
    alone = "_" not in text and inside and not inside[0].isspace() and not inside[-1].isspace()
    if not alone or before[-1:] in _LATIN or after[:1] in _LATIN:
        return ""
    return f"{before}<{tag}>{inside}</{tag}>{after}"
