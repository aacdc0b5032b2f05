"""Photographs as phones make them: a second picture behind the first, untidy EXIF; kept, and printed whatever they hold."""

import struct
from io import BytesIO

import pytest
from PIL import Image

from central.office.photo_print import for_print
from central.office.photos import PhotoRefusal, Seen, look

RED = Image.new("RGB", (40, 30), "red")


def with_exif(exif: bytes) -> bytes:
    file = BytesIO()
    RED.save(file, "JPEG", exif=exif)
    return file.getvalue()


def test_a_phones_picture_with_another_behind_it_is_a_jpeg() -> None:
    file = BytesIO()
    RED.save(file, "MPO", save_all=True, append_images=[Image.new("RGB", (40, 30), "blue")])
    seen = look(file.getvalue())
    assert isinstance(seen, Seen)
    assert (seen.kind, seen.content) == ("jpeg", file.getvalue())
    assert for_print(seen.content).startswith(b"\xff\xd8")


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_picture_with_untidy_exif_is_kept() -> None:
    assert isinstance(look(with_exif(b"Exif\0\0II*\0\xff\xff\xff\xff")), Seen)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(("tag", "kind"), [(0x100, 2), (0x11A, 2)])
def test_whatever_exif_says_the_picture_is_printed(tag: int, kind: int) -> None:
    """A width, a resolution in letters: Pillow can't turn such a picture; one must not cost a case its evidence."""
    upright = struct.pack(">HHIHH", 0x112, 3, 1, 6, 0)
    odd = struct.pack(">HHI4s", tag, kind, 1, b"ab")
    content = with_exif(b"Exif\0\0MM\0*\0\0\0\x08\0\x02" + upright + odd + b"\0\0\0\0")
    assert isinstance(look(content), Seen)
    assert for_print(content).startswith(b"\xff\xd8")


def drawn_often(width: int, scans: int) -> bytes:
    """Give a progressive JPEG whose last scan is there many times more: some ninety bytes each."""
    file = BytesIO()
    Image.new("L", (width, width), 128).save(file, "JPEG", progressive=True)
    whole = file.getvalue()
    return whole[:-2] + whole[whole.rindex(b"\xff\xda") : -2] * scans + whole[-2:]


def test_a_picture_that_is_drawn_thousands_of_times_is_none() -> None:
    """Each scan draws all its pixels again: in a file of 12 MB they would keep a processor busy for hours."""
    assert isinstance(look(drawn_often(64, 10)), Seen)
    assert look(drawn_often(800, 2_000)) is PhotoRefusal.NOT_A_PICTURE


def test_words_that_only_look_like_scans_are_none() -> None:
    file = BytesIO()
    Image.effect_noise((900, 900), 60).save(file, "JPEG", comment=b"\xff\xda" * 3_000)
    assert isinstance(look(file.getvalue() + b"\xff\xda" * 3_000), Seen)


def test_what_goes_out_of_the_house_says_nothing_beside_the_picture() -> None:
    file = BytesIO()
    exif = Image.Exif()
    exif.get_ifd(0x8825)[1] = "N"
    RED.save(file, "JPEG", exif=exif, comment=b"room 301", xmp=b"<x:xmpmeta>at home</x:xmpmeta>")
    given = for_print(file.getvalue())
    assert [one for one in (b"Exif", b"room 301", b"at home") if one in given] == []
