"""A firmware file of any of the three forms: which one it is, and what it holds."""

from dataclasses import dataclass
from pathlib import Path

from firmware_tools.image.hex_records import HexFile, flat, read_hex
from firmware_tools.image.refusal_words import refused
from firmware_tools.image.signed_image import (
    MAGIC,
    MAX_PAYLOAD_BYTES,
    PAYLOAD_AT,
    ImageRefusal,
    SignedImage,
    read_image,
)
from firmware_tools.terminal.files import read_bounded
from firmware_tools.terminal.trouble import FAILED, Trouble
from gateway.words import say

LARGEST_FILE_BYTES = 16 * 1024 * 1024
"""Intel HEX of the largest payload is 11.5 MB."""
HEAD_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Binary:
    """Bytes as they lie in memory, address unknown."""

    content: bytes


Content = HexFile | Binary | SignedImage


def read_firmware(path: Path) -> Content | Trouble:
    """Read a file of any form. A signed image that is damaged is a trouble; Intel HEX with mistakes is given with them."""
    content = read_bounded(path, LARGEST_FILE_BYTES)
    if isinstance(content, Trouble):
        return content
    if content[:4] == MAGIC[:4]:
        found = read_image(content)
        return refused(path, found) if isinstance(found, ImageRefusal) else found
    if looks_like_hex(content):
        return read_hex(content)
    return Binary(content)


def read_signed(path: Path) -> SignedImage | Trouble:
    """Read a signed image; anything else is a trouble."""
    content = read_bounded(path, PAYLOAD_AT + MAX_PAYLOAD_BYTES)
    if isinstance(content, Trouble):
        return content
    found = read_image(content)
    return refused(path, found) if isinstance(found, ImageRefusal) else found


def looks_like_hex(content: bytes) -> bool:
    """Tell Intel HEX from binary: its first line begins with a colon, and what follows is text."""
    head = content[:HEAD_BYTES].lstrip()
    return head.startswith(b":") and all(byte in b"\t\r\n" or 0x20 <= byte < 0x7F for byte in head)


def payload_of(path: Path, content: Content) -> tuple[bytes, int] | Trouble:
    """Give what is to be signed and where it is loaded: (payload, address). Intel HEX must be without a mistake."""
    if isinstance(content, SignedImage):
        return Trouble(
            "signed-already",
            say("{path} is signed already.", path=path),
            next_step=say("Sign the maker's file; inspect shows what this one holds."),
        )
    if isinstance(content, Binary):
        return content.content, 0
    if content.mistakes:
        return Trouble(
            "hex-mistakes",
            say("{path} has mistakes: it is not signed.", path=path),
            say("First: line {line}.", line=content.mistakes[0].line),
            say("See all of them: cardroom-firmware inspect {path}", path=path),
        )
    payload = flat(content.segments, MAX_PAYLOAD_BYTES)
    if payload is None:
        return Trouble(
            "size",
            say("{path} spans more than {limit} bytes of memory.", path=path, limit=MAX_PAYLOAD_BYTES),
            say("Its segments lie too far apart to be one image: {spans}", spans=spans(content)),
            say("Let the linker write the program alone, without option bytes and EEPROM."),
            FAILED,
        )
    return payload, content.segments[0].address if content.segments else 0


def spans(content: HexFile) -> str:
    """Show where the segments lie: `08000000-08001FFF, 1FFF7800-1FFF780F`; the first five."""
    shown = [f"{one.address:08X}-{one.end - 1:08X}" for one in content.segments[:5]]
    return ", ".join(shown) + (", …" if len(content.segments) > 5 else "")
