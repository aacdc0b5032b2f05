"""Bar codes out of photographs, made and read by the real library: all are given, none is guessed; hostile files are refused."""

from io import BytesIO

import numpy
import pytest
import zxingcpp
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from central.office.bar_code_field import REFUSALS, CodePhotoField, codes_of
from central.office.bar_codes import LONGEST, Code, CodeRefusal, read_codes
from central.office.photos import MOST_BYTES, PhotoRefusal

KINDS = zxingcpp.BarcodeFormat


def photo(*codes: tuple[str, "zxingcpp.BarcodeFormat"], turned: int = 0, form: str = "JPEG") -> bytes:
    """Give a photograph of a plate with codes, one below the other."""
    plate = Image.new("L", (2000, 320 + 320 * len(codes)), 230)
    for row, (text, kind) in enumerate(codes):
        drawn = Image.fromarray(numpy.array(zxingcpp.create_barcode(text, kind).to_image(scale=4)))
        plate.paste(drawn, (300, 160 + 320 * row))
    file = BytesIO()
    plate.rotate(turned, expand=True, fillcolor=230).convert("RGB").save(file, form)
    return file.getvalue()


@pytest.mark.parametrize("turned", [0, 7, 90, 180])
def test_every_code_of_a_plate_is_given(turned: int) -> None:
    codes = read_codes(
        photo(
            ("SN20261130-417", KINDS.Code128),
            ("M-000123", KINDS.QRCode),
            ("DDS1531", KINDS.Code39),
            turned=turned,
        )
    )
    assert isinstance(codes, tuple)
    assert set(codes) == {
        Code("SN20261130-417", "Code 128"),
        Code("M-000123", "QR Code"),
        Code("DDS1531", "Code 39"),
    }


def test_a_number_keeps_its_zeros_and_what_cannot_be_typed_is_left_out() -> None:
    assert read_codes(photo(("000000417", KINDS.Code128))) == (Code("000000417", "Code 128"),)
    read = read_codes(photo(("SN: 417\r\n\tMODEL\x00: D2" + "9" * 100, KINDS.QRCode), form="PNG"))
    assert isinstance(read, tuple)
    assert read[0].text.startswith("SN: 417 MODEL : D29")
    assert len(read[0].text) == LONGEST


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (photo(), CodeRefusal.NO_CODE),
        (photo((" \n", KINDS.QRCode)), CodeRefusal.EMPTY_CODE),
        (b"", PhotoRefusal.NOT_A_PICTURE),
        (b"%PDF-1.7 no picture", PhotoRefusal.NOT_A_PICTURE),
        (photo(("417", KINDS.Code128))[:2000], PhotoRefusal.NOT_A_PICTURE),
        (b"\xff\xd8" + bytes(30_000_000), PhotoRefusal.TOO_LARGE),
    ],
    ids=["no-code", "empty-code", "empty", "pdf", "cut-off", "30-MB"],
)
def test_what_gives_nothing_says_why(content: bytes, why: PhotoRefusal | CodeRefusal) -> None:
    assert read_codes(content) == why
    assert codes_of(SimpleUploadedFile("plate.jpg", content)) == REFUSALS[why]


def test_the_field_turns_a_large_file_away_unread_and_opens_a_camera() -> None:
    field = CodePhotoField(required=False)
    assert 'capture="environment"' in field.widget.render("code", None)
    with pytest.raises(Exception, match="12 MB"):
        field.clean(SimpleUploadedFile("plate.jpg", bytes(MOST_BYTES + 1)))
