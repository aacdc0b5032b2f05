"""What a meter is, from what it answered: model, number, register, clock, relay, and whether it would cut by itself.

A meter with a prepayment of its own and credit in it (or none left) cuts without asking us: it is named, with what told so.
Sources: running status word 3 with State Grid's bits 8 and 9 (protocols 1.5), the credit registers 00900100 (energy) and 00900200
(money) and the overdrafts beside them (1.4). The 1997 edition and Modbus have no such word here: nothing is known then.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.protocols.dlt645 import edition1997
from gateway.protocols.dlt645.formats import Ascii, Digits, Number
from gateway.protocols.dlt645.identifiers import find
from gateway.protocols.dlt645.relay import read_status
from gateway.protocols.driver import MeterClock

MODEL_TEXT, NUMBER, ENERGY, REVERSE = "0400040B", "04000402", "00010000", "00020000"
STATUS, VOLTAGES, DATE, TIME = "04000503", "0201FF00", "04000101", "04000102"
CREDIT = {"00900100": "energy-credit", "00900200": "money-credit"}
OVERDRAFT = {"00900101": "energy-overdraft", "00900201": "money-overdraft"}
ASKED = {
    "dlt645-2007": (ENERGY, MODEL_TEXT, NUMBER, STATUS, VOLTAGES, DATE, TIME, REVERSE, *CREDIT, *OVERDRAFT),
    "dlt645-1997": ("9010", "C032", "C010", "C011", "9020"),
}
"""The identifiers that make a portrait, by edition, in this order; date and time stand together, so that they are of one moment."""
AS_2007 = {"9010": ENERGY, "9020": REVERSE, "C032": NUMBER, "C010": DATE, "C011": TIME}

PREPAID_KINDS = {1: "energy", 2: "money"}
KIND_SHIFT, KIND_MASK = 8, 0b11
ACCOUNT_NOT_OPENED_BIT = 1 << 14


@dataclass(frozen=True, slots=True)
class Portrait:
    """What a meter told of itself. None: it didn't."""

    model: str | None = None
    meter_number: str | None = None
    maker_text: str | None = None
    energy_wh: int | None = None
    clock: MeterClock | None = None
    relay_closed: bool | None = None
    has_relay: bool | None = None
    own_prepay: bool | None = None
    notes: tuple[str, ...] = ()


def portrait_of(protocol: str, bodies: Mapping[str, bytes | None]) -> Portrait:
    """Draw a DL/T 645 meter; `bodies` has what each identifier was answered with, None for a refusal or silence."""
    is_1997 = protocol == "dlt645-1997"
    told = {AS_2007.get(di, di): body for di, body in bodies.items() if body}
    text, status = _text(told.get(MODEL_TEXT)), _status(told.get(STATUS))
    prepay, prepay_notes = (None, ()) if is_1997 else own_prepay(status, told)
    reverse = _number(REVERSE, told)
    return Portrait(
        model="generic-dlt645-1997" if is_1997 else _model(text, told.get(VOLTAGES)),
        meter_number=_digits(told.get(NUMBER)),
        maker_text=text,
        energy_wh=_energy_wh(told),
        clock=_clock(told.get(DATE), told.get(TIME)),
        relay_closed=None if status is None else read_status(status).is_closed,
        has_relay=None if status is None else True,
        own_prepay=prepay,
        notes=(*prepay_notes, *(("reverse-energy",) if reverse else ())),
    )


def own_prepay(status: int | None, told: Mapping[str, bytes]) -> tuple[bool | None, tuple[str, ...]]:
    """Tell whether a meter counts a credit of its own, and by which source. Registers that are there and all zero tell nothing."""
    kind = 0 if status is None else status >> KIND_SHIFT & KIND_MASK
    if kind in PREPAID_KINDS:
        assert status is not None
        opened = not status & ACCOUNT_NOT_OPENED_BIT
        account = "prepay-account-open" if opened else "prepay-account-not-open"
        return True, (f"prepay-by:status-word-3-{PREPAID_KINDS[kind]}", account)
    amounts = {name: _number(di, told) for di, name in {**CREDIT, **OVERDRAFT}.items()}
    used = [name for name, amount in amounts.items() if amount]
    if used:
        return True, tuple(f"prepay-by:{name}" for name in used)
    if any(amount is not None for amount in amounts.values()):
        return None, ("prepay-registers-empty",)
    return (None, ()) if status is None else (False, ())


def _model(text: str | None, voltages: bytes | None) -> str:
    """Guess the row by the type code (DD single-phase, DS and DT three-phase), else by the phases that have a voltage."""
    code = (text or "").upper()
    if "DDSY1352" in code:
        return "acrel-ddsy1352"
    if code.startswith(("DS", "DT")):
        return "three-phase-dlt645-2007"
    if not code.startswith("DD") and voltages is not None and _phases(voltages) > 1:
        return "three-phase-dlt645-2007"
    return "generic-dlt645-2007"


def _phases(voltages: bytes) -> int:
    parts = (voltages[at : at + 2] for at in range(0, len(voltages), 2))
    return sum(part not in (b"\xff\xff", b"\x00\x00") for part in parts)


def _text(body: bytes | None) -> str | None:
    text = None if body is None else Ascii(len(body)).parse(body)
    return text if isinstance(text, str) and text.isprintable() and text.strip() else None


def _digits(body: bytes | None) -> str | None:
    text = None if body is None else Digits(len(body)).parse(body)
    return text if text and text.isdecimal() else None


def _status(body: bytes | None) -> int | None:
    """Word 3, low byte first; all ones is a meter without it."""
    if body is None or len(body) != 2 or body == b"\xff\xff":
        return None
    return int.from_bytes(body, "little")


def _number(di: str, told: Mapping[str, bytes]) -> int | None:
    """Give a register in hundredths."""
    known = find(int(di, 16)) or edition1997.find(int(di, 16))
    body = told.get(di)
    if known is None or body is None or not isinstance(known.form, Number) or len(body) != known.form.size:
        return None
    scaled = known.form.scaled(body)
    return scaled if isinstance(scaled, int) else None


def _energy_wh(told: Mapping[str, bytes]) -> int | None:
    hundredths = _number(ENERGY, told)
    return None if hundredths is None else hundredths * 10


def _clock(date: bytes | None, time: bytes | None) -> MeterClock | None:
    """Put a date (WW DD MM YY) and a time (ss mm hh) together; None for what no calendar has."""
    if date is None or time is None or len(date) != 4 or len(time) != 3:
        return None
    digits = (date[:0:-1] + time[::-1]).hex()
    if not digits.isdecimal():
        return None
    year, month, day, hour, minute, second = (int(digits[at : at + 2]) for at in range(0, 12, 2))
    if not (1 <= month <= 12 and 1 <= day <= 31 and hour < 24 and minute < 60 and second < 60):
        return None
    return MeterClock(2000 + year, month, day, hour, minute, second)
