"""What pictures tell besides what they show: where, when and with what they were taken; and pictures without that.

JPEG, PNG and WebP are read as their parts, of which those are left out that hold such data. No pixel is touched.
"""

import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
"""Of the files that are looked into, in lower case."""

_JPEG, _PNG, _RIFF, _WEBP = b"\xff\xd8", b"\x89PNG\r\n\x1a\n", b"RIFF", b"WEBP"
_EXIF, _XMP = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0"
_APP1, _APP13, _COMMENT, _SCAN = 0xE1, 0xED, 0xFE, 0xDA
_PNG_TOLD = frozenset({b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"tIME"})
_WEBP_TOLD = frozenset({b"EXIF", b"XMP "})
_VP8X_TOLD = 0x0C
"""Bits of a WebP's header that announce its EXIF and XMP."""

_EXIF_IFD, _GPS_IFD, _ORIENTATION = 0x8769, 0x8825, 0x0112
_TAGS = {
    0x010F: "device", 0x0110: "device", 0xA431: "device", 0xA435: "device",  # maker, model, serial numbers
    0x0132: "time", 0x9003: "time", 0x9004: "time",
    0x013B: "owner", 0xA430: "owner", 0x8298: "owner",  # artist, owner, copyright
    0x0002: "place", 0x0004: "place",  # latitude and longitude, of the GPS directory
}  # fmt: skip
_XMP_MARKS = {b"GPSLatitude": "place", b"tiff:Model": "device", b"SerialNumber": "device", b"DateTimeOriginal": "time"}
_MOST_ENTRIES = 500


class _Part(NamedTuple):
    """A part of a picture's file."""

    start: int
    end: int
    exif: tuple[int, int] | None = None
    """Where its TIFF structure stands, if it has one."""
    tells: bool = False
    """Whether it holds data about the picture instead of the picture."""


def tells(data: bytes) -> list[str]:
    """Say what a picture tells besides what it shows: device, owner, place, time; [] for nothing, or for no picture."""
    found: set[str] = set()
    for part in _parts(data):
        if part.exif:
            found |= {_TAGS[tag] for tag, _ in _entries(data[slice(*part.exif)]) if tag in _TAGS}
        elif part.tells:
            text = data[part.start : part.end]
            found |= {what for mark, what in _XMP_MARKS.items() if mark in text}
    return sorted(found)


def stripped(data: bytes) -> bytes:
    """Give a picture without what it tells besides what it shows, but for the way it is to be turned.

    What is no JPEG, PNG or WebP, or damaged, is given back as it is.
    """
    parts = list(_parts(data))
    if not any(part.tells for part in parts):
        return data
    turned = next(
        (
            value
            for part in parts
            if part.exif
            for tag, value in _entries(data[slice(*part.exif)])
            if tag == _ORIENTATION
        ),
        1,
    )
    exif = _turning(turned) if 1 < turned <= 8 else b""  # noqa: PLR2004 - the ways there are
    kept = b"".join(data[part.start : part.end] for part in parts if not part.tells)
    return _joined(data, kept, exif)


def _joined(data: bytes, kept: bytes, exif: bytes) -> bytes:
    """Put the parts that are kept together again, and how the picture is turned."""
    if data.startswith(_JPEG):
        segment = b"\xff\xe1" + struct.pack(">H", len(exif) + 8) + _EXIF + exif if exif else b""
        return _JPEG + segment + kept[len(_JPEG) :]
    if data.startswith(_PNG):
        head = len(_PNG) + 25  # and its first chunk, IHDR
        sum_ = struct.pack(">I", zlib.crc32(b"eXIf" + exif))
        return kept[:head] + (struct.pack(">I", len(exif)) + b"eXIf" + exif + sum_ if exif else b"") + kept[head:]
    body = bytearray(kept[12:])
    if body[:4] == b"VP8X":
        body[8] = body[8] & ~_VP8X_TOLD | (0x08 if exif else 0)
        if exif:
            body += b"EXIF" + struct.pack("<I", len(exif)) + exif + b"\0" * (len(exif) % 2)
    return _RIFF + struct.pack("<I", len(body) + 4) + _WEBP + bytes(body)


def _turning(orientation: int) -> bytes:
    """Give a TIFF structure that says nothing but how a picture is turned."""
    return b"II*\0\x08\0\0\0\x01\0" + struct.pack("<HHIHHI", _ORIENTATION, 3, 1, orientation, 0, 0)


# --- the parts of a file ----------------------------------------------------------------------------------------------


def _parts(data: bytes) -> Iterable[_Part]:
    """Give the parts of a picture; none where it is damaged, or no picture."""
    reader: Callable[[bytes], Iterator[_Part]] | None = None
    if data.startswith(_JPEG):
        reader = _jpeg
    elif data.startswith(_PNG):
        reader = _png
    elif data.startswith(_RIFF) and data[8:12] == _WEBP:
        reader = _webp
    try:
        return list(reader(data)) if reader else ()
    except (struct.error, IndexError):
        return ()


def _jpeg(data: bytes) -> Iterator[_Part]:
    yield _Part(0, 2)
    at = 2
    while data[at] == 0xFF and data[at + 1] != _SCAN:  # noqa: PLR2004 - how each segment begins
        end = at + 2 + struct.unpack_from(">H", data, at + 2)[0]
        kind, body = data[at + 1], data[at + 4 : at + 4 + len(_XMP)]
        exif = (at + 4 + len(_EXIF), end) if kind == _APP1 and body.startswith(_EXIF) else None
        yield _Part(at, end, exif, tells=kind in {_APP1, _APP13, _COMMENT})
        at = end
    yield _Part(at, len(data))


def _png(data: bytes) -> Iterator[_Part]:
    yield _Part(0, 8)
    at = 8
    while at < len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        yield _Part(at, end, (at + 8, end - 4) if kind == b"eXIf" else None, tells=kind in _PNG_TOLD)
        at = end


def _webp(data: bytes) -> Iterator[_Part]:
    yield _Part(0, 12)
    at = 12
    while at + 8 <= len(data):
        kind, length = struct.unpack_from("<4sI", data, at)
        end = at + 8 + length + length % 2
        start = at + 8 + (len(_EXIF) if data[at + 8 : at + 8 + len(_EXIF)] == _EXIF else 0)
        yield _Part(at, end, (start, at + 8 + length) if kind == b"EXIF" else None, tells=kind in _WEBP_TOLD)
        at = end


def _entries(tiff: bytes) -> Iterator[tuple[int, int]]:
    """Give the tags of a TIFF structure's directories with the first value of each, as a number."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return
    try:
        waiting = [struct.unpack_from(f"{order}I", tiff, 4)[0]]
        seen: set[int] = set()
        while waiting:
            at = waiting.pop()
            if at in seen:
                continue
            seen.add(at)
            count = min(struct.unpack_from(f"{order}H", tiff, at)[0], _MOST_ENTRIES)
            for number in range(count):
                tag, kind = struct.unpack_from(f"{order}HH", tiff, at + 2 + 12 * number)
                value = struct.unpack_from(f"{order}{'H' if kind == 3 else 'I'}", tiff, at + 10 + 12 * number)[0]  # noqa: PLR2004 - short
                if tag in {_EXIF_IFD, _GPS_IFD}:
                    waiting.append(value)
                else:
                    yield tag, value
    except struct.error:
        return
