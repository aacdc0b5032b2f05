"""What a DL/T 645-2007 meter says of itself: its address by function 13H, and the identity items that it has."""

from dataclasses import dataclass

from firmware_tools.line.serial_line import LineGone, SerialLine, Silence, until_said
from gateway.protocols.dlt645 import functions
from gateway.protocols.dlt645.content import read_content
from gateway.protocols.dlt645.driver import BYTE_GAP_TIMEOUT_MS, FIRST_BYTE_TIMEOUT_MS, address_answers
from gateway.protocols.dlt645.frame import WILDCARD_ADDRESS, Decoder, Frame
from gateway.protocols.stream import Damage

FIRST_BYTE_MS, GAP_MS = FIRST_BYTE_TIMEOUT_MS, BYTE_GAP_TIMEOUT_MS
PREAMBLE = 4
ITEMS = {
    "number": "04000402",
    "model": "0400040B",
    "made": "0400040C",
    "software": "04800001",
    "hardware": "04800002",
}


@dataclass(frozen=True, slots=True)
class MeterIdentity:
    """One meter. What it does not tell is empty."""

    address: str
    number: str = ""
    model: str = ""
    made: str = ""
    software: str = ""
    hardware: str = ""


class Dlt645Hearer:
    """Hears the reply to one request: the function's, from an address that may answer it, with the identifier asked for."""

    def __init__(self, address: str, function: int, di: str = "") -> None:
        self._address = address
        self._function = function
        self._di = di
        self._decoder = Decoder()
        self.damage = ""

    def feed(self, data: bytes) -> None:
        """Take bytes."""
        self._decoder.feed(data)

    def answer(self) -> Frame | None:
        """Give the reply once it is whole."""
        while (event := self._decoder.next_event()) is not None:
            if isinstance(event, Damage):
                self.damage = event.reason.value
            elif event.is_reply and self._fits(event):
                return event
        return None

    def end(self) -> Frame | None:
        """The line fell silent."""
        self._decoder.flush()
        return self.answer()

    def _fits(self, frame: Frame) -> bool:
        if frame.function != self._function or not address_answers(self._address, frame.address):
            return False
        return frame.is_abnormal or frame.data.startswith(bytes.fromhex(self._di)[::-1])


def find_meter(
    line: SerialLine, address: str = WILDCARD_ADDRESS, tries: int = 1
) -> MeterIdentity | Silence | LineGone:
    """Ask the only meter on the line who it is; with an address, that one. Two meters at once are damage in the Silence."""
    found = _address(line, tries) if address == WILDCARD_ADDRESS else address
    if not isinstance(found, str):
        return found
    told: dict[str, str] = {}
    for name, di in ITEMS.items():
        reply = _ask(line, functions.read(found, di, PREAMBLE), tries, (found, functions.READ, di))
        if isinstance(reply, LineGone):
            return reply
        if isinstance(reply, Silence) and address != WILDCARD_ADDRESS and not told:
            return reply
        if isinstance(reply, Frame) and not reply.is_abnormal:
            value = read_content(reply).value
            told[name] = value.strip() if isinstance(value, str) else ""
    return MeterIdentity(found, **told)


def _address(line: SerialLine, tries: int) -> str | Silence | LineGone:
    wanted = WILDCARD_ADDRESS, functions.READ_ADDRESS, ""
    reply = _ask(line, functions.read_address(PREAMBLE), tries, wanted)
    if not isinstance(reply, Frame):
        return reply
    value = read_content(reply).value
    return value if isinstance(value, str) else reply.address


def _ask(
    line: SerialLine, request: bytes, tries: int, wanted: tuple[str, int, str]
) -> Frame | Silence | LineGone:
    """Ask until something is said; `wanted` is address, function and identifier of the answer."""
    return until_said(tries, lambda: line.exchange(request, Dlt645Hearer(*wanted), FIRST_BYTE_MS, GAP_MS))
