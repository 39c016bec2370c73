"""What images tell besides what they show: where, when and with what they were taken; and images without that.

An image is read as its parts: JPEG (ITU T.81) as segments, PNG and WebP as chunks, GIF as blocks. Parts about the image
are Exif, XMP, IPTC, comments, and whatever follows its end; what is needed to show it (colours, film, and the way it is
to be turned) stays. Pure: bytes to bytes, no pixel is touched.
"""

import re
import struct
import zlib
from collections.abc import Callable, Iterator
from typing import NamedTuple

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".gif")
"""Of the files that can be read, in lower case."""


class NotAnImageError(ValueError):
    """The bytes are no image of a known format, or a damaged one."""


class _Part(NamedTuple):
    """A part of an image's file."""

    data: bytes
    about: bool = False
    """Whether it is about the image, and not needed to show it."""
    exif: bytes = b""
    """The TIFF structure in it, if it has one."""


def tells(data: bytes) -> list[str]:
    """Say what an image tells besides what it shows: device, owner, place, time; [] for nothing, or for no image.

    Of a damaged one it says what stands before the damage: that can be read by others, too.
    """
    found: set[str] = set()
    try:
        for part in _parts(data):
            found |= {_TAGS[tag] for tag, _ in _entries(part.exif) if tag in _TAGS}
            found |= {what for mark, what in _XMP_MARKS.items() if part.about and mark in part.data}
    except NotAnImageError:
        pass
    return sorted(found)


def stripped(data: bytes) -> bytes:
    """Give an image without what it tells, the very same bytes where that is nothing; raises NotAnImageError."""
    parts = list(_parts(data))
    if not any(part.about for part in parts):
        return data
    turned = next((value for part in parts for tag, value in _entries(part.exif) if tag == _ORIENTATION), 1)
    exif = _TURNING % turned if turned in _TURNED else b""
    return _format(data).join([part.data for part in parts if not part.about], exif)


# --- JPEG -------------------------------------------------------------------------------------------------------------

_JPEG, _JFIF, _EXIF = b"\xff\xd8", b"JFIF\0", b"Exif\0\0"
_MARK, _SCAN, _END, _APP1, _APPLICATIONS, _COMMENT = 0xFF, 0xDA, 0xD9, 0xE1, range(0xE0, 0xF0), 0xFE
_ALONE = {0x01, *range(0xD0, 0xD8)}
"""Markers without a length, which may stand within a scan."""
_SHOWN = {0xE0: _JFIF, 0xE2: b"ICC_PROFILE\0", 0xEE: b"Adobe"}
"""Segments of applications that are needed to show the image → how they begin."""
_SCAN_END = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]")


def _jpeg(data: bytes) -> Iterator[_Part]:
    yield _Part(data[:2])
    at, kind = 2, 0
    while kind != _END:
        if data[at] != _MARK:
            raise NotAnImageError("the image is damaged: a marker is missing")
        while data[at + 1] == _MARK:  # fill bytes
            at += 1
        kind, end = data[at + 1], at + 2
        if kind not in _ALONE and kind != _END:
            end += struct.unpack_from(">H", data, end)[0]
        if kind == _SCAN:
            found = _SCAN_END.search(data, end)
            end = found.start() if found else len(data) + 1
        segment = _cut(data, at, end)
        shown = kind in _SHOWN and segment.startswith(_SHOWN[kind], 4)
        exif = segment[4 + len(_EXIF) :] if kind == _APP1 and segment.startswith(_EXIF, 4) else b""
        yield _Part(segment, kind == _COMMENT or (kind in _APPLICATIONS and not shown), exif)
        at = end
    if at < len(data):
        yield _Part(data[at:], about=True)


def _join_jpeg(kept: list[bytes], exif: bytes) -> bytes:
    if exif:
        segment = struct.pack(">BBH", _MARK, _APP1, len(_EXIF + exif) + 2) + _EXIF + exif
        kept.insert(1 + kept[1][4:].startswith(_JFIF), segment)
    return b"".join(kept)


# --- PNG --------------------------------------------------------------------------------------------------------------

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_ABOUT = {b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"tIME"}


def _png(data: bytes) -> Iterator[_Part]:
    yield _Part(data[: len(_PNG)])
    at, kind = len(_PNG), b""
    while kind != b"IEND":
        length, kind = struct.unpack_from(">I4s", data, at)
        chunk = _cut(data, at, at + 12 + length)
        yield _Part(chunk, kind in _PNG_ABOUT, chunk[8:-4] if kind == b"eXIf" else b"")
        at += len(chunk)
    if at < len(data):
        yield _Part(data[at:], about=True)


def _join_png(kept: list[bytes], exif: bytes) -> bytes:
    if exif:
        body = b"eXIf" + exif
        kept.insert(2, struct.pack(">I", len(exif)) + body + struct.pack(">I", zlib.crc32(body)))
    return b"".join(kept)


# --- WebP -------------------------------------------------------------------------------------------------------------

_WEBP_ABOUT = {b"EXIF", b"XMP "}
_VP8X_EXIF, _VP8X_XMP = 0x08, 0x04
"""Bits of the extended header, VP8X, that announce them."""


def _webp(data: bytes) -> Iterator[_Part]:
    yield _Part(data[:12])
    at, whole = 12, struct.unpack_from("<I", data, 4)[0] + 8
    while at < whole:
        kind, length = struct.unpack_from("<4sI", data, at)
        chunk = _cut(data, at, min(at + 8 + length + length % 2, whole))
        yield _Part(chunk, kind in _WEBP_ABOUT, chunk[8:].removeprefix(_EXIF) if kind == b"EXIF" else b"")
        at += len(chunk)
    if at < len(data):
        yield _Part(data[at:], about=True)


def _join_webp(kept: list[bytes], exif: bytes) -> bytes:
    header, *chunks = kept
    if chunks and chunks[0].startswith(b"VP8X"):
        flags = chunks[0][8] & ~(_VP8X_EXIF | _VP8X_XMP) | (_VP8X_EXIF if exif else 0)
        chunks[0] = chunks[0][:8] + bytes([flags]) + chunks[0][9:]
    if exif:
        chunks.append(b"EXIF" + struct.pack("<I", len(exif)) + exif)
    body = header[8:] + b"".join(chunks)
    return header[:4] + struct.pack("<I", len(body)) + body


# --- GIF --------------------------------------------------------------------------------------------------------------

_GIF_EXTENSION, _GIF_PICTURE, _GIF_END = 0x21, 0x2C, 0x3B
_GIF_SHOWN, _GIF_APPLICATION, _GIF_FILM = {0xF9, 0x01}, 0xFF, {b"NETSCAPE2.0", b"ANIMEXTS1.0"}
"""Extensions: how to show the next picture, text; those of applications, of which these repeat the film."""


def _gif(data: bytes) -> Iterator[_Part]:
    at = 13 + _colours(data[10])
    yield _Part(_cut(data, 0, at))
    while data[at] != _GIF_END:
        begin, about = at, False
        if data[at] == _GIF_EXTENSION:
            label, at = data[at + 1], _blocks_end(data, at + 2)
            film = label == _GIF_APPLICATION and data[begin + 3 : begin + 14] in _GIF_FILM
            about = label not in _GIF_SHOWN and not film
        elif data[at] == _GIF_PICTURE:
            at = _blocks_end(data, at + 11 + _colours(data[at + 9]))
        else:
            raise NotAnImageError("the image is damaged: an unknown block stands in it")
        yield _Part(data[begin:at], about)
    yield _Part(data[at : at + 1])
    if at + 1 < len(data):
        yield _Part(data[at + 1 :], about=True)


def _join_gif(kept: list[bytes], _: bytes) -> bytes:
    return b"".join(kept)


def _colours(flags: int) -> int:
    """Give the bytes of a table of colours."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _blocks_end(data: bytes, at: int) -> int:
    while data[at]:
        at += data[at] + 1
    return at + 1


# --- all of them ------------------------------------------------------------------------------------------------------


class _Format(NamedTuple):
    """How files of a format are taken apart and put together."""

    begins: re.Pattern[bytes]
    parts: Callable[[bytes], Iterator[_Part]]
    join: Callable[[list[bytes], bytes], bytes]
    """Of the parts that stay, and Exif or b"", a file."""


_FORMATS = (
    _Format(re.compile(_JPEG + b"\xff"), _jpeg, _join_jpeg),
    _Format(re.compile(_PNG), _png, _join_png),
    _Format(re.compile(rb"RIFF.{4}WEBP", re.DOTALL), _webp, _join_webp),
    _Format(re.compile(rb"GIF8[79]a"), _gif, _join_gif),
)


def _format(data: bytes) -> _Format:
    found = next((one for one in _FORMATS if one.begins.match(data)), None)
    if found is None:
        raise NotAnImageError("only JPEG, PNG, WebP and GIF can be freed of metadata: save it as one of these")
    return found


def _parts(data: bytes) -> Iterator[_Part]:
    """Give the parts of an image; raises NotAnImageError at a damage."""
    try:
        yield from _format(data).parts(data)
    except (struct.error, IndexError) as error:
        raise NotAnImageError(_SHORT) from error


_SHORT = "the image is damaged: it ends too soon"


def _cut(data: bytes, start: int, end: int) -> bytes:
    if end > len(data):
        raise NotAnImageError(_SHORT)
    return data[start:end]


# --- Exif -------------------------------------------------------------------------------------------------------------

_EXIF_IFD, _GPS_IFD, _ORIENTATION, _SHORT_NUMBER = 0x8769, 0x8825, 0x0112, 3
_TAGS = {
    0x010F: "device", 0x0110: "device", 0xA431: "device", 0xA435: "device",  # maker, model, serial numbers
    0x0132: "time", 0x9003: "time", 0x9004: "time",
    0x013B: "owner", 0xA430: "owner", 0x8298: "owner",  # artist, owner, copyright
    0x0002: "place", 0x0004: "place",  # latitude and longitude, of the GPS directory
}  # fmt: skip
_XMP_MARKS = {b"GPSLatitude": "place", b"tiff:Model": "device", b"SerialNumber": "device", b"DateTimeOriginal": "time"}
_MOST_ENTRIES = 500
_TURNED = range(2, 9)
_TURNING = b"MM\0*\0\0\0\x08\0\x01" + struct.pack(">HHI", _ORIENTATION, _SHORT_NUMBER, 1) + b"\0%c\0\0\0\0\0\0"
"""A TIFF structure that says how an image is to be turned, and nothing else."""


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
                form = "H" if kind == _SHORT_NUMBER else "I"
                value = struct.unpack_from(f"{order}{form}", tiff, at + 10 + 12 * number)[0]
                if tag in {_EXIF_IFD, _GPS_IFD}:
                    waiting.append(value)
                else:
                    yield tag, value
    except struct.error:
        return
