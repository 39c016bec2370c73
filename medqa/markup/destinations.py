"""What becomes of links and images: placeholders inside the archive, addresses outside it, text where none may be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from medqa.markup.addresses import REL, Kind, canonical, kind
from medqa.markup.rendered import Finding, Link
from medqa.markup.spans import WRITTEN
from medqa.markup.writing import TEXT

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from medqa.markup.positions import Source

_SHOWN = 80
"""Characters of an address that are shown where it is no link: some hold whole images."""
_ALLOWED = "allowed are http, https, mailto, tel, and paths within the archive"
_OWN_IMAGE = "save it in static/ and write its path from there: ![what it shows](/images/rash.jpg)"


class Destinations:
    """The links and images of one text, judged in the order of the text."""

    def __init__(self, source: Source, first: int) -> None:
        self.inside: list[Link] = []
        self.findings: list[Finding] = []
        self._source = source
        self._first = first
        self._labels: set[int] = set()

    def settle(self, element: Element, line: int) -> None:
        """Give a link or image, of a paragraph that begins on `line` (from 0), the form in which it is shown."""
        written = element.attrib.pop("href").strip()
        address = canonical(written)
        judged = kind(address)
        if judged is Kind.INSIDE:
            self._inside(element, written, line)
        elif judged is Kind.REFUSED or (element.tag == "img" and judged is Kind.CONTACT):
            self._refused(element, address, line)
        else:
            if element.tag == "img":
                self._image_outside(element, address, line)
            element.set("href", address)
            if judged is Kind.WEB:
                element.set("rel", REL)
        if element.tag == "a":
            self._labels.update(map(id, element.iter()))

    def _inside(self, element: Element, written: str, line: int) -> None:
        image = element.tag == "img"
        element.set("src" if image else "href", f"medqa:{self._first + len(self.inside)}")
        self.inside.append(Link(written, *self._place(element, line), image))

    def _refused(self, element: Element, address: str, line: int) -> None:
        message = f"'{address[:_SHOWN]}' may not be linked: it is shown as text"
        self.findings.append(Finding("MQ702", *self._place(element, line), message, _hint(address)))
        _show_label(element, address, TEXT)

    def _image_outside(self, element: Element, address: str, line: int) -> None:
        message = f"the image '{address[:_SHOWN]}' is on another site: it is shown as a link"
        self.findings.append(Finding("MQ703", *self._place(element, line), message, _OWN_IMAGE))
        _show_label(element, address, TEXT if id(element) in self._labels else "a")

    def _place(self, element: Element, line: int) -> tuple[int, int]:
        return self._source.find(element.get(WRITTEN, ""), line)


def _show_label(element: Element, address: str, tag: str) -> None:
    """Show an image as its description; a link keeps its label."""
    if element.tag == "img":
        element.text = element.get("alt") or (address if tag == "a" else address[:_SHOWN])
    element.tag = tag


def _hint(address: str) -> str:
    if not address:
        return "write the address between the round brackets"
    if address[:2].replace("\\", "/") == "//":
        return f"write https:{address[:_SHOWN]}"
    return _ALLOWED
