"""Read the bar codes of a photograph: what a plate, a label or a box says, for whoever would type it otherwise.

Every code that is found is given, none is chosen: a plate has several, and only the person sees which is the serial number.
ITF and Codabar stay out: half of such a code reads as a shorter number, and nothing tells (ADR 0020).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO

import zxingcpp
from PIL import Image

from central.office.photos import OPENERS, UNPACKING, PhotoRefusal, Seen, look

LONGEST = 80
MOST_CODES = 12
LONGER_SIDES = (1600, 3000, 4096)
"""A picture is read at these sizes: noise hides a code at the full size, thin bars vanish in a small copy."""
FORMATS = (
    zxingcpp.BarcodeFormat.Code128,
    zxingcpp.BarcodeFormat.Code39,
    zxingcpp.BarcodeFormat.Code93,
    zxingcpp.BarcodeFormat.EANUPC,
    zxingcpp.BarcodeFormat.QRCode,
    zxingcpp.BarcodeFormat.MicroQRCode,
    zxingcpp.BarcodeFormat.DataMatrix,
)


class CodeRefusal(StrEnum):
    """Why a picture gave nothing to choose from."""

    NO_CODE = "no-code"
    EMPTY_CODE = "empty-code"
    """There is a code, and it says nothing that could be typed."""


@dataclass(frozen=True, slots=True)
class Code:
    """One code: what it says, and what kind it is (`Code 128`, `QR Code`)."""

    text: str
    kind: str


def read_codes(content: bytes) -> tuple[Code, ...] | PhotoRefusal | CodeRefusal:
    """Give every code of a picture once; or say why there is none. The picture is not kept."""
    seen = look(content)
    if isinstance(seen, PhotoRefusal):
        return seen
    found = _found(seen)
    codes = {code.text: code for code in found if code.text}
    if codes:
        return tuple(codes.values())[:MOST_CODES]
    return CodeRefusal.EMPTY_CODE if found else CodeRefusal.NO_CODE


def typed(text: str) -> str:
    """Give what a code says as it would be typed: on one line, without what can't be seen, not too long."""
    visible = "".join(one if one.isprintable() else " " for one in text)
    return " ".join(visible.split())[:LONGEST]


def _found(seen: Seen) -> list[Code]:
    with UNPACKING, Image.open(BytesIO(seen.content), formats=OPENERS) as picture:
        picture.draft("L", (LONGER_SIDES[-1], LONGER_SIDES[-1]))  # a JPEG is unpacked no larger than needed
        grey = picture.convert("L")
    return [code for size in _copies(grey) for code in _codes(size)]


def _copies(grey: Image.Image) -> Iterator[Image.Image]:
    for side in LONGER_SIDES:
        copy = grey.copy()
        copy.thumbnail((side, side))
        yield copy
        if max(grey.size) <= side:
            return


def _codes(picture: Image.Image) -> list[Code]:
    found = zxingcpp.read_barcodes(picture, formats=FORMATS, text_mode=zxingcpp.TextMode.Plain)
    found.sort(key=lambda one: (one.position.top_left.y, one.position.top_left.x))
    return [Code(typed(one.text), str(one.format)) for one in found]
