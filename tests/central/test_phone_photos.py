"""Photographs as phones make them: a second picture behind the first, untidy EXIF; kept, and printed whatever they hold."""

import struct
from io import BytesIO

import pytest
from PIL import Image

from central.office.photo_print import for_print
from central.office.photos import Seen, look

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
