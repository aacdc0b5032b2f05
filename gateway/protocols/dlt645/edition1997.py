"""DL/T 645-1997, stated as its differences from 2007: the frame is the same, function codes, identifiers and their lengths are not.

Identifiers are two bytes; a write carries four bytes of password and no operator code. Field facts come from captures of old
meters; some of them answer reads sent to 999999999999 and put AAH behind the items of a block. Read only: we command no relay here.
"""

from gateway.protocols.dlt645.content import Content, content_of, error_content
from gateway.protocols.dlt645.formats import COUNT, ENERGY, Digits, Number, Pattern
from gateway.protocols.dlt645.frame import Frame, encode
from gateway.protocols.dlt645.functions import named_bits
from gateway.protocols.dlt645.identifiers import Identifier

READ = 0x01
READ_AGAIN = 0x03
BROADCAST_TIME = 0x08
WRITE_ADDRESS = 0x0A
CHANGE_BAUD = 0x0C
CHANGE_PASSWORD = 0x0F
CLEAR_DEMAND = 0x10
LAST_FUNCTION = CLEAR_DEMAND
ADDRESS_BYTES = 6
_WITHOUT_IDENTIFIER = frozenset({BROADCAST_TIME, WRITE_ADDRESS, CHANGE_BAUD, CHANGE_PASSWORD, CLEAR_DEMAND})

ERROR_BITS = (
    "illegal-data",
    "no-such-data",
    "password",
    "bit-3",
    "year-zones",
    "day-periods",
    "tariffs",
    "rates",
)
BLOCK_SEPARATOR = b"\xaa"

_ENERGIES = {
    0x90: {
        0: ("active energy", "kWh"),
        1: ("forward active energy", "kWh"),
        2: ("reverse active energy", "kWh"),
    },
    0x91: {
        0: ("reactive energy", "kvarh"),
        1: ("forward reactive energy", "kvarh"),
        2: ("reverse reactive energy", "kvarh"),
    },
}
_MONTHS = {0x00: "", 0x04: ", last month", 0x08: ", month before last"}
_TARIFFS = 14
_BLOCK = 0x0F

_FIXED = {
    **{0xB611 + n: Identifier(f"voltage {phase}", "V", Number(2, 0)) for n, phase in enumerate("ABC")},
    **{0xB621 + n: Identifier(f"current {phase}", "A", Number(2, 2)) for n, phase in enumerate("ABC")},
    **{
        0xB630 + n: Identifier(f"active power {part}", "kW", Number(3, 4))
        for n, part in enumerate(("total", "A", "B", "C"))
    },
    **{
        0xB640 + n: Identifier(f"reactive power {part}", "kvar", Number(2, 2))
        for n, part in enumerate(("total", "A", "B", "C"))
    },
    **{
        0xB650 + n: Identifier(f"power factor {part}", "", Number(2, 3))
        for n, part in enumerate(("total", "A", "B", "C"))
    },
    0xC010: Identifier("date and weekday", "date", Pattern(4, "20##-##-## w##")),
    0xC011: Identifier("time of day", "time", Pattern(3, "##:##:##")),
    0xC020: Identifier("running status word", "bits", Digits(1)),
    0xC030: Identifier("active constant", "imp/kWh", COUNT),
    0xC031: Identifier("reactive constant", "imp/kvarh", COUNT),
    0xC032: Identifier("meter number", None, Digits(6)),
    0xC033: Identifier("user number", None, Digits(6)),
    0xC034: Identifier("device code", None, Digits(6)),
}


def read(address: str, di: str, preamble: int = 0) -> bytes:
    """Ask for one item, `9010` as written (01H)."""
    return encode(address, READ, bytes.fromhex(di)[::-1], preamble)


def find(di: int) -> Identifier | None:
    """Return the row of a two-byte identifier (9010 is 0x9010), None where no public source says what it means."""
    fixed = _FIXED.get(di)
    if fixed is not None:
        return fixed
    group, direction, tariff = di >> 8, di >> 4 & 0x0F, di & 0x0F
    month = _MONTHS.get(group & 0x0C)
    quantity = _ENERGIES.get(group & ~0x0C, {}).get(direction)
    if month is None or quantity is None or _TARIFFS < tariff != _BLOCK:
        return None
    part = {0: "total", _BLOCK: "total and tariffs"}.get(tariff, f"tariff {tariff}")
    return Identifier(f"{quantity[0]} {part}{month}", quantity[1], ENERGY, is_block=tariff == _BLOCK)


def refusal(frame: Frame) -> str:
    """Name what an abnormal reply says; only its first byte is the standard's."""
    return "+".join(named_bits(int.from_bytes(frame.data[:1], "little"), ERROR_BITS)) or "other"


def read_content(frame: Frame) -> Content:
    """Return what a frame of the 1997 edition says; as `content.read_content`, never raises."""
    if frame.is_abnormal:
        return error_content(refusal(frame), frame.data[:1])
    if frame.function == WRITE_ADDRESS and not frame.is_reply and len(frame.data) == ADDRESS_BYTES:
        return Content(value=frame.data[::-1].hex().upper())
    if frame.function == CHANGE_BAUD and len(frame.data) == 1:
        return Content(value=frame.data.hex().upper(), unit="baud feature word")
    if len(frame.data) < 2 or frame.function in _WITHOUT_IDENTIFIER or frame.function > LAST_FUNCTION:
        return Content()
    number = int.from_bytes(frame.data[:2], "little")
    di, body, known = f"{number:04X}", frame.data[2:], find(number)
    name = known.name if known else None
    if known is None or not frame.is_reply or frame.function not in (READ, READ_AGAIN) or frame.has_more:
        return Content(di=di, name=name)
    return content_of(di, known, _without_separators(body, known.form.size) if known.is_block else body)


def _without_separators(body: bytes, item_bytes: int) -> bytes:
    """Drop the AAH that some meters put behind each item of a block, between them, or behind the last one only."""
    step = item_bytes + 1
    if set(body[item_bytes::step]) == set(BLOCK_SEPARATOR):
        return b"".join(body[at : at + item_bytes] for at in range(0, len(body), step))
    return body.removesuffix(BLOCK_SEPARATOR)
