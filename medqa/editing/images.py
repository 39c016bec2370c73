"""Images without what tells where and with what they were taken. Pure: bytes to bytes, no pixel is touched.

Taken out are Exif, XMP, IPTC, comments, and whatever follows the end of the picture; what is needed to show it (colour
profile, and how it is to be turned) stays. JPEG (ITU T.81, segments), PNG (chunks), WebP (RIFF chunks), GIF
(extensions). Other formats cannot be mended so.
"""

import struct
from collections.abc import Callable, Iterator

_EXIF = b"Exif\0\0"
_ORIENTATION = 0x0112
_UPRIGHT = 1
_SHORT = "the image is damaged: it ends too soon"
_TURNED = range(2, 9)


class NotAnImageError(ValueError):
    """The bytes are no image of a known format, or a damaged one."""


def stripped(data: bytes) -> bytes:
    """Give an image without its metadata, the very same bytes where it has none; raises NotAnImageError."""
    for start, strip in _FORMATS:
        if data.startswith(start) and (strip is not _webp or data[8:12] == b"WEBP"):
            try:
                return strip(data)
            except (IndexError, struct.error) as error:
                raise NotAnImageError(_SHORT) from error
    raise NotAnImageError("only JPEG, PNG, WebP and GIF can be freed of metadata: save it as one of these")


# --- JPEG -------------------------------------------------------------------------------------------------------------

_SOS, _EOI, _APP0, _APP1, _APP2, _APP14, _APP15, _COMMENT = 0xDA, 0xD9, 0xE0, 0xE1, 0xE2, 0xEE, 0xEF, 0xFE
_MARK = 0xFF
_ALONE = {0x01, *range(0xD0, 0xD8)}
"""Markers without a length."""


def _jpeg(data: bytes) -> bytes:
    kept, turned = [data[:2]], _UPRIGHT
    for marker, segment in _segments(data):
        if marker == _APP1 and segment[4:].startswith(_EXIF):
            turned = _orientation(segment[4 + len(_EXIF) :]) or turned
        elif not (_APP0 <= marker <= _APP15 or marker == _COMMENT) or _shows(marker, segment):
            kept.append(segment)
    if turned in _TURNED:
        exif = _EXIF + _exif(turned)
        at = 2 if len(kept) > 1 and kept[1][1] == _APP0 else 1
        kept.insert(at, struct.pack(">BBH", 0xFF, _APP1, len(exif) + 2) + exif)
    return b"".join(kept)


def _shows(marker: int, segment: bytes) -> bool:
    """Tell whether an application's segment is needed to show the picture."""
    profile = marker == _APP2 and segment[4:].startswith(b"ICC_PROFILE\0")
    return profile or marker == _APP14 or (marker == _APP0 and segment[4:].startswith(b"JFIF\0"))


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Give the segments behind the first marker with their markers; the last is the end of the picture."""
    at = 2
    while True:
        if data[at] != _MARK:
            raise NotAnImageError("the image is damaged: a marker is missing")
        while data[at + 1] == _MARK:  # fill bytes
            at += 1
        marker, end = data[at + 1], at + 2
        if marker not in _ALONE and marker != _EOI:
            end += struct.unpack_from(">H", data, at + 2)[0]
        if marker == _SOS:
            end = _scan_end(data, end)
        if end > len(data):
            raise NotAnImageError(_SHORT)
        yield marker, data[at:end]
        if marker == _EOI:
            return
        at = end


def _scan_end(data: bytes, at: int) -> int:
    """Give where the compressed picture ends: at a marker that is no part of it."""
    while 0 <= (at := data.find(_MARK, at)) < len(data) - 1:
        following = data[at + 1]
        if following == _MARK:
            at += 1
        elif not following or following in _ALONE:
            at += 2
        else:
            return at
    raise NotAnImageError(_SHORT)


# --- Exif -------------------------------------------------------------------------------------------------------------


def _orientation(tiff: bytes) -> int:
    """Read how the picture is to be turned; 0 where Exif does not say."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return 0
    try:
        first = struct.unpack_from(f"{order}I", tiff, 4)[0]
        for number in range(struct.unpack_from(f"{order}H", tiff, first)[0]):
            tag, kind, _, value = struct.unpack_from(f"{order}HHIH", tiff, first + 2 + 12 * number)
            if tag == _ORIENTATION and kind == 3:  # noqa: PLR2004 - SHORT
                return int(value)
    except struct.error:
        return 0
    return 0


def _exif(turned: int) -> bytes:
    """Write Exif that says how the picture is to be turned, and nothing else."""
    return b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, _ORIENTATION, 3, 1, turned, 0, 0)


# --- PNG, WebP, GIF ---------------------------------------------------------------------------------------------------

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_TELLS = {b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"tIME"}


def _png(data: bytes) -> bytes:
    import zlib  # noqa: PLC0415 - few images are turned PNGs

    kept, at = [_PNG], len(_PNG)
    while True:
        length = struct.unpack_from(">I", data, at)[0]
        kind, chunk = data[at + 4 : at + 8], data[at : at + 12 + length]
        if len(chunk) < 12 + length:
            raise NotAnImageError(_SHORT)
        if kind not in _PNG_TELLS:
            kept.append(chunk)
        elif kind == b"eXIf" and (turned := _orientation(chunk[8:-4])) in _TURNED:
            body = kind + _exif(turned)
            kept.append(struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body)))
        if kind == b"IEND":
            return b"".join(kept)
        at += 12 + length


_WEBP_EXIF, _WEBP_XMP = 0x08, 0x04
"""Flags in the first byte of VP8X."""


def _webp(data: bytes) -> bytes:
    size = struct.unpack_from("<I", data, 4)[0]
    if len(data) < size + 8:
        raise NotAnImageError(_SHORT)
    kept: list[bytes] = []
    at, turned = 12, _UPRIGHT
    while at < size + 8:
        length = struct.unpack_from("<I", data, at + 4)[0]
        chunk = data[at : at + 8 + length + length % 2]
        if chunk[:4] == b"EXIF":
            turned = _orientation(chunk[8:].removeprefix(_EXIF)) or turned
        elif chunk[:4] != b"XMP ":
            kept.append(chunk)
        at += len(chunk)
    if turned in _TURNED:
        kept.append(b"EXIF" + struct.pack("<I", len(_exif(turned))) + _exif(turned))
    if kept and kept[0][:4] == b"VP8X":
        flags = kept[0][8] & ~(_WEBP_EXIF | _WEBP_XMP) | (_WEBP_EXIF if turned in _TURNED else 0)
        kept[0] = kept[0][:8] + bytes([flags]) + kept[0][9:]
    body = b"WEBP" + b"".join(kept)
    return b"RIFF" + struct.pack("<I", len(body)) + body


_GIF_EXTENSION, _GIF_PICTURE, _GIF_END = 0x21, 0x2C, 0x3B
_GIF_SHOWS, _GIF_APPLICATION = {0xF9, 0x01}, 0xFF
"""Extensions: how to show the next picture, text; those of applications, of which one repeats the film."""


def _gif(data: bytes) -> bytes:
    at = 13 + _colours(data[10])
    kept = [data[:at]]
    while data[at] != _GIF_END:
        begin = at
        if data[at] == _GIF_EXTENSION:
            label = data[at + 1]
            at = _blocks_end(data, at + 2)
            animation = data[begin + 3 : begin + 14] in {b"NETSCAPE2.0", b"ANIMEXTS1.0"}
            if label in _GIF_SHOWS or (label == _GIF_APPLICATION and animation):
                kept.append(data[begin:at])
        elif data[at] == _GIF_PICTURE:
            at = _blocks_end(data, at + 11 + _colours(data[at + 9]))
            kept.append(data[begin:at])
        else:
            raise NotAnImageError("the image is damaged: an unknown block stands in it")
    return b"".join([*kept, b";"])


def _colours(flags: int) -> int:
    """Give the bytes of a table of colours."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _blocks_end(data: bytes, at: int) -> int:
    while data[at]:
        at += data[at] + 1
    return at + 1


_FORMATS: tuple[tuple[bytes, Callable[[bytes], bytes]], ...] = (
    (b"\xff\xd8\xff", _jpeg),
    (_PNG, _png),
    (b"RIFF", _webp),
    (b"GIF8", _gif),
)
