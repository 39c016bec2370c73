"""Images: what they tell is seen, and taken out with nothing that is shown."""

import json
import struct
import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medqa import cli
from medqa.images import NotAnImageError, stripped, tells
from tests.projects import Project

PLACE = b"exif:GPSLatitude 25.03N 121.56E"


def tiff(orientation: int = 1, order: str = ">") -> bytes:
    """Make Exif: a maker, a way to be turned, a directory of the place."""
    head = b"MM\0*" if order == ">" else b"II*\0"
    short = struct.pack(f"{order}HHIHH", 0x0112, 3, 1, orientation, 0)
    entries = struct.pack(f"{order}HHII", 0x010F, 2, 4, 0x41) + short + struct.pack(f"{order}HHII", 0x8825, 4, 1, 50)
    directory = struct.pack(f"{order}H", 3) + entries + bytes(4)
    where = struct.pack(f"{order}HHHII", 1, 2, 5, 3, 0) + bytes(4)
    return head + struct.pack(f"{order}I", 8) + directory + where + PLACE


def turning(orientation: int) -> bytes:
    """Make Exif that tells nothing but a way to be turned."""
    return b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0, 0)


def segment(marker: int, data: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


JFIF = segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0")
PROFILE = segment(0xE2, b"ICC_PROFILE\0\1\1colours")
TABLES = segment(0xDB, b"\0" * 65)
SCAN = segment(0xDA, b"\1\1\0\0\x3f\0") + b"\x12\xff\0\x34\xff\xd0\x56" + segment(0xDA, b"\2") + b"\x78\xff\0"


def jpeg(*before: bytes, after: bytes = b"") -> bytes:
    return b"\xff\xd8" + b"".join(before) + TABLES + SCAN + b"\xff\xd9" + after


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(*chunks: bytes) -> bytes:
    head = chunk(b"IHDR", b"\0\0\0\1\0\0\0\1\10\2\0\0\0")
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunks) + chunk(b"IDAT", b"x") + chunk(b"IEND", b"")


def riff(*chunks: tuple[bytes, bytes]) -> bytes:
    padded = (kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2) for kind, data in chunks)
    body = b"WEBP" + b"".join(padded)
    return b"RIFF" + struct.pack("<I", len(body)) + body


GIF_HEAD = b"GIF89a\1\0\1\0\x80\0\0" + b"\0" * 6
GIF_PICTURE = b"\x2c\0\0\0\0\1\0\1\0\0\2\2\x44\1\0"
LOOP = b"\x21\xff\x0bNETSCAPE2.0\3\1\0\0\0"

BARE = {
    "jpeg": jpeg(JFIF, PROFILE),
    "png": png(),
    "webp": riff((b"VP8 ", b"abc")),
    "gif": GIF_HEAD + LOOP + GIF_PICTURE + b";",
}
TELLING = {
    "jpeg": jpeg(
        JFIF,
        segment(0xE1, b"Exif\0\0" + tiff()),
        segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + PLACE),
        PROFILE,
        segment(0xED, b"Photoshop 3.0\0" + PLACE),
        segment(0xFE, PLACE),
        after=b"a second picture" + PLACE,
    ),
    "png": png(chunk(b"eXIf", tiff()), chunk(b"tEXt", b"Comment\0" + PLACE), chunk(b"iTXt", PLACE)),
    "webp": riff((b"VP8 ", b"abc"), (b"EXIF", tiff()), (b"XMP ", PLACE)),
    "gif": GIF_HEAD + b"\x21\xfe" + bytes([len(PLACE)]) + PLACE + b"\0" + LOOP + GIF_PICTURE + b";",
}


TOLD = {"jpeg": ["device", "place"], "png": ["device", "place"], "webp": ["device", "place"], "gif": ["place"]}


@pytest.mark.parametrize("kind", BARE)
def test_what_tells_is_seen_and_taken_out_and_the_picture_is_the_same(kind: str) -> None:
    assert tells(TELLING[kind]) == TOLD[kind]
    assert stripped(TELLING[kind]) == BARE[kind]
    assert stripped(BARE[kind]) == BARE[kind]
    assert tells(BARE[kind]) == []


@pytest.mark.parametrize("kind", BARE)
def test_what_follows_the_end_is_taken_out(kind: str) -> None:
    assert tells(BARE[kind] + PLACE) == ["place"]
    assert stripped(BARE[kind] + PLACE) == BARE[kind]


@pytest.mark.parametrize("order", "><")
@pytest.mark.parametrize("turned", range(2, 9))
def test_a_picture_stays_turned_as_it_was(turned: int, order: str) -> None:
    exif = tiff(turned, order)
    for before, after in (
        (jpeg(JFIF, segment(0xE1, b"Exif\0\0" + exif)), jpeg(JFIF, segment(0xE1, b"Exif\0\0" + turning(turned)))),
        (jpeg(segment(0xE1, b"Exif\0\0" + exif), PROFILE), jpeg(segment(0xE1, b"Exif\0\0" + turning(turned)), PROFILE)),
        (png(chunk(b"eXIf", exif)), png(chunk(b"eXIf", turning(turned)))),
        (webp(0x0C, (b"EXIF", exif), (b"XMP ", PLACE)), webp(0x08, (b"EXIF", turning(turned)))),
    ):
        assert stripped(before) == after
        assert stripped(after) == after
        assert tells(after) == []


def webp(flags: int, *chunks: tuple[bytes, bytes]) -> bytes:
    return riff((b"VP8X", bytes([flags]) + b"\0" * 9), (b"VP8 ", b"abc"), *chunks)


def test_an_extended_webp_no_longer_says_that_it_has_metadata() -> None:
    assert stripped(webp(0x1C, (b"EXIF", tiff()), (b"XMP ", PLACE))) == webp(0x10)


@pytest.mark.parametrize("kind", BARE)
def test_a_damaged_image_is_not_stripped_and_tells_what_stands_before_the_damage(kind: str) -> None:
    bare = BARE[kind]
    for end in range(len(bare)):
        assert tells(bare[:end]) == []
        with pytest.raises(NotAnImageError):
            stripped(bare[:end])
    assert tells(TELLING["jpeg"][:-60]) == ["device", "place"]


@given(st.sampled_from(sorted(TELLING)), st.data())
def test_whatever_the_damage_it_is_refused_in_words(kind: str, data: st.DataObject) -> None:
    whole = TELLING[kind]
    at = data.draw(st.integers(0, len(whole) - 1))
    damaged = (
        whole[:at] if data.draw(st.booleans()) else whole[:at] + data.draw(st.binary(max_size=3)) + whole[at + 1 :]
    )
    tells(damaged)
    with suppress(NotAnImageError):
        assert tells(stripped(damaged)) == []


def test_an_image_is_looked_into_when_it_changes(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    def found() -> list[str]:
        cli.main(["check", "--root", str(project.root), "--jobs", "1", "--format", "json"])
        return [one["path"] for one in json.loads(capsys.readouterr().out)["problems"]]

    project.write("static/a.JPG", TELLING["jpeg"])
    assert found() == ["static/a.JPG"]
    assert found() == ["static/a.JPG"]
    project.write("static/a.JPG", BARE["jpeg"])
    assert found() == []
    project.write("static/b.gif", TELLING["gif"])
    assert found() == ["static/b.gif"]
    project.remove("static/b.gif")
    assert found() == []


def test_the_command(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.thread("a").write("static/images/rash.jpg", TELLING["jpeg"]).write("static/old.tiff", b"II*\0")
    assert cli.main(["fmt", "--root", str(project.root), "content"]) == 0
    assert (project.root / "static/images/rash.jpg").read_bytes() == TELLING["jpeg"]
    capsys.readouterr()
    assert cli.main(["fmt", "--root", str(project.root), "--strip-images", "static/images"]) == 0
    assert capsys.readouterr().out == "tidied static/images/rash.jpg\n1 file: 1 tidied, 0 left\n"
    assert (project.root / "static/images/rash.jpg").read_bytes() == BARE["jpeg"]
    assert cli.main(["fmt", "--root", str(project.root), "--strip-images"]) == 1
    assert "static/old.tiff: only JPEG, PNG, WebP and GIF" in capsys.readouterr().out
