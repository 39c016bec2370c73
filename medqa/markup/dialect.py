"""The one Python-Markdown instance, as it is configured. "Byte-identical" refers to what it gives.

What differs from the library's own dialect: raw HTML is text; link definitions and references, setext headings and
code by indentation are off; headings need a space after their marks; fenced code and tables are on; lists show the
numbers as written, nest at two spaces, and may follow a line of text; bare web addresses are links; only some schemes
are; a newline between two CJK characters is no space. `tests/cases/markup` has an example of each rule.
"""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element

from markdown import Markdown
from markdown.extensions import Extension
from markdown.postprocessors import Postprocessor
from markdown.preprocessors import Preprocessor
from markdown.treeprocessors import InlineProcessor, Treeprocessor
from markdown.util import ETX, STX, AtomicString, Registry

from medqa.markup import spans, writing
from medqa.markup.blocks import LINE, Blocks
from medqa.markup.characters import has_cjk, normal
from medqa.markup.destinations import Destinations
from medqa.markup.outline import Outline
from medqa.markup.positions import Source
from medqa.markup.rendered import Rendered

_ESCAPED = re.compile(f"{STX}([0-9]+){ETX}")
# Every pattern of `spans` needs one of these.
_MARKED = re.compile(r"[\\`\[<&*_]|://| {2}\n")
_LINKS = frozenset(("a", "img"))
_HEADINGS = frozenset(f"h{level}" for level in range(1, 7))


class Dialect:
    """The configured instance; not safe for threads."""

    def __init__(self) -> None:
        self._finish = Finish()
        self._markdown = Markdown(extensions=[ArchiveDialect(self._finish)], output_format="html")
        self._markdown.serializer = writing.html
        self._markdown.stripTopLevelTags = False

    def render(self, text: str, *, level: int, line: int, first_link: int, taken: set[str]) -> Rendered:
        """See `medqa.markup.render`."""
        self._markdown.reset()
        page = self._finish.begin(Outline(level, taken), Destinations(Source(text, line), first_link))
        html = self._markdown.convert(text)
        links = page.links
        return Rendered(html, page.plain, tuple(page.outline.anchors), tuple(links.inside), tuple(links.findings))


class ArchiveDialect(Extension):
    """The dialect as one extension."""

    def __init__(self, finish: Finish) -> None:
        super().__init__()
        self._finish = finish

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802  the library's name
        """Replace every processor of the library's own by the dialect's."""
        md.preprocessors = Registry[Preprocessor]()
        md.preprocessors.register(Normal(md), "normal", 10)
        md.parser = Blocks(md)
        md.inlinePatterns = spans.build(md)
        md.treeprocessors = Registry[Treeprocessor]()
        md.treeprocessors.register(Spans(md), "inline", 20)
        md.treeprocessors.register(self._finish, "finish", 10)
        md.postprocessors = Registry[Postprocessor]()


class Normal(Preprocessor):
    """Line ends, tabs, control characters."""

    def run(self, lines: list[str]) -> list[str]:
        """Give the lines of the text that the dialect reads."""
        return normal("\n".join(lines)).split("\n")


class Spans(InlineProcessor):
    """Reads each paragraph, heading and cell by itself: the library's queue for a whole text is not linear."""

    def run(self, tree: Element, ancestors: list[str] | None = None) -> Element:
        """Apply the patterns to a tree of blocks in place."""
        for block in list(tree.iter()):
            if block.text and not isinstance(block.text, AtomicString) and _MARKED.search(block.text):
                alone = Element(tree.tag)
                alone.append(block)
                super().run(alone, ancestors)
        return tree


class Finish(Treeprocessor):
    """The last steps on the tree: escaped characters, lines of Chinese, headings, links; and the plain words."""

    def begin(self, outline: Outline, links: Destinations) -> Finish:
        """Forget the last text."""
        self.outline = outline
        self.links = links
        self.plain = ""
        return self

    def run(self, root: Element) -> None:
        """Finish a tree in place."""
        for element in root.iter():
            _restore(element)
        if has_cjk("".join(root.itertext())):
            writing.join_cjk_lines(root)
        line = 0
        for element in root.iter():
            line = int(element.get(LINE, line))
            if element.tag in _HEADINGS:
                element.tag = f"h{self.outline.enter(int(element.tag[1]))}"
                element.set("id", self.outline.anchor("".join(element.itertext())))
            elif element.tag in _LINKS:
                self.links.settle(element, line)
        self.plain = writing.plain(root)


def _restore(element: Element) -> None:
    """Put escaped characters back, now that no pattern can take them for marks."""
    if element.text and STX in element.text:
        element.text = _ESCAPED.sub(_character, element.text)
    if element.tail and STX in element.tail:
        element.tail = _ESCAPED.sub(_character, element.tail)
    for name, value in element.items():
        if STX in value:
            element.set(name, _ESCAPED.sub(_in_source if name == spans.WRITTEN else _character, value))


def _character(escaped: re.Match[str]) -> str:
    return chr(int(escaped[1]))


def _in_source(escaped: re.Match[str]) -> str:
    return "\\" + chr(int(escaped[1]))
