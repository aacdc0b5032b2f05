"""The data identifiers of DL/T 645-2007 (annex A) and the common extensions: what each one is called and how its bytes read.

`find(di)` is the only question. A block identifier (a byte FF where the item would be) names the same form, repeated. Not listed:
identifiers whose meaning differs between makers; their frames decode to the bytes alone.
"""

from dataclasses import dataclass
from functools import lru_cache

from gateway.protocols.dlt645 import status_words
from gateway.protocols.dlt645.formats import (
    COUNT,
    DATE,
    DATE_TIME,
    ENERGY,
    MINUTE,
    SECOND,
    SIGNED_ENERGY,
    TIME,
    Ascii,
    Digits,
    Form,
    Number,
    Record,
)


@dataclass(frozen=True, slots=True)
class Identifier:
    """One row: `is_block` means one or more items of `form`, one behind the other."""

    name: str
    unit: str | None
    form: Form
    is_block: bool = False
    forms: tuple[Form, ...] = ()
    """How a block's first items read where they differ; all are `form.size` bytes."""


_ENERGIES = {
    0x00: ("combined active energy", "kWh", SIGNED_ENERGY),
    0x01: ("forward active energy", "kWh", ENERGY),
    0x02: ("reverse active energy", "kWh", ENERGY),
    0x03: ("combined reactive energy 1", "kvarh", SIGNED_ENERGY),
    0x04: ("combined reactive energy 2", "kvarh", SIGNED_ENERGY),
    0x05: ("quadrant I reactive energy", "kvarh", ENERGY),
    0x06: ("quadrant II reactive energy", "kvarh", ENERGY),
    0x07: ("quadrant III reactive energy", "kvarh", ENERGY),
    0x08: ("quadrant IV reactive energy", "kvarh", ENERGY),
    0x09: ("forward apparent energy", "kVAh", ENERGY),
    0x0A: ("reverse apparent energy", "kVAh", ENERGY),
}
_PHASE_ENERGIES = (
    ("forward active energy", "kWh", ENERGY),
    ("reverse active energy", "kWh", ENERGY),
    ("combined reactive energy 1", "kvarh", SIGNED_ENERGY),
    ("combined reactive energy 2", "kvarh", SIGNED_ENERGY),
    ("quadrant I reactive energy", "kvarh", ENERGY),
    ("quadrant II reactive energy", "kvarh", ENERGY),
    ("quadrant III reactive energy", "kvarh", ENERGY),
    ("quadrant IV reactive energy", "kvarh", ENERGY),
)
for _phase, _first in (("A", 0x15), ("B", 0x29), ("C", 0x3D)):
    for _offset, (_name, _unit, _form) in enumerate(_PHASE_ENERGIES):
        _ENERGIES[_first + _offset] = (f"phase {_phase} {_name}", _unit, _form)

_LAST_TARIFF = 0x3F
_LAST_SETTLEMENT = 0x0C
_BLOCK = 0xFF

_PHASES = {0x01: "phase A", 0x02: "phase B", 0x03: "phase C", _BLOCK: "all phases"}
_PHASES_AND_TOTAL = {0x00: "total", **_PHASES}
_INSTANTANEOUS: dict[int, tuple[str, str, Number, dict[int, str]]] = {
    0x01: ("voltage", "V", Number(2, 1), _PHASES),
    0x02: ("current", "A", Number(3, 3, signed=True), _PHASES),
    0x03: ("active power", "kW", Number(3, 4, signed=True), _PHASES_AND_TOTAL),
    0x04: ("reactive power", "kvar", Number(3, 4, signed=True), _PHASES_AND_TOTAL),
    0x05: ("apparent power", "kVA", Number(3, 4, signed=True), _PHASES_AND_TOTAL),
    0x06: ("power factor", "", Number(2, 3, signed=True), _PHASES_AND_TOTAL),
    0x07: ("phase angle", "deg", Number(2, 1), _PHASES),
    0x08: ("voltage distortion", "%", Number(2, 2), _PHASES),
    0x09: ("current distortion", "%", Number(2, 2), _PHASES),
}

_OUTAGE = Record((("start", SECOND), ("end", SECOND)))
_COVER = Record(
    (
        ("start", SECOND),
        ("end", SECOND),
        ("forward_before", ENERGY),
        ("reverse_before", ENERGY),
        *((f"quadrant_{quadrant}_before", ENERGY) for quadrant in (1, 2, 3, 4)),
        ("forward_after", ENERGY),
        ("reverse_after", ENERGY),
        *((f"quadrant_{quadrant}_after", ENERGY) for quadrant in (1, 2, 3, 4)),
    )
)
_CLOCK_SET = Record((("operator", Digits(4)), ("before", SECOND), ("after", SECOND)))
_EVENTS_CLEARED = Record((("at", SECOND), ("operator", Digits(4)), ("di", Digits(4))))
_PROGRAMMED = Record(
    (("at", SECOND), ("operator", Digits(4)), *((f"di_{n}", Digits(4)) for n in range(1, 11))),
)

_FIXED: dict[int, Identifier] = {
    0x00900100: Identifier("remaining energy (prepaid)", "kWh", ENERGY),
    0x00900101: Identifier("overdraft energy (prepaid)", "kWh", ENERGY),
    0x00900200: Identifier("remaining amount (prepaid)", "CNY", ENERGY),
    0x00900201: Identifier("overdraft amount (prepaid)", "CNY", ENERGY),
    0x02800001: Identifier("neutral current", "A", Number(3, 3, signed=True)),
    0x02800002: Identifier("frequency", "Hz", Number(2, 2)),
    0x02800003: Identifier("active power, one-minute average", "kW", Number(3, 4, signed=True)),
    0x02800004: Identifier("active demand now", "kW", Number(3, 4, signed=True)),
    0x02800005: Identifier("reactive demand now", "kvar", Number(3, 4, signed=True)),
    0x02800006: Identifier("apparent demand now", "kVA", Number(3, 4, signed=True)),
    0x02800007: Identifier("temperature in the meter", "degC", Number(2, 1, signed=True)),
    0x02800008: Identifier("clock battery voltage", "V", Number(2, 2)),
    0x02800009: Identifier("outage battery voltage", "V", Number(2, 2)),
    0x0280000A: Identifier("clock battery time used", "min", Number(4, 0)),
    0x03110000: Identifier("power-off count", "times", COUNT),
    0x03300000: Identifier("programming count", "times", COUNT),
    0x03300100: Identifier("meter clear count", "times", COUNT),
    0x03300200: Identifier("demand clear count", "times", COUNT),
    0x03300300: Identifier("event clear count", "times", COUNT),
    0x03300400: Identifier("clock setting count", "times", COUNT),
    0x03300D00: Identifier("meter cover opening count", "times", COUNT),
    0x03300E00: Identifier("terminal cover opening count", "times", COUNT),
    0x04000101: Identifier("date and weekday", "date", DATE),
    0x04000102: Identifier("time of day", "time", TIME),
    0x04000103: Identifier("demand period", "min", Number(1, 0)),
    0x04000104: Identifier("demand slide", "min", Number(1, 0)),
    0x04000105: Identifier("pulse width", "ms", Number(2, 0)),
    0x04000106: Identifier("time zone switch moment", "datetime", MINUTE),
    0x04000107: Identifier("day table switch moment", "datetime", MINUTE),
    0x0400010C: Identifier("date, weekday and time of day", "datetime", DATE_TIME),
    0x04000401: Identifier("communication address", None, Digits(6)),
    0x04000402: Identifier("meter number", None, Digits(6)),
    0x04000403: Identifier("asset code", "ascii", Ascii(32)),
    0x04000404: Identifier("rated voltage", "ascii", Ascii(6)),
    0x04000405: Identifier("rated current", "ascii", Ascii(6)),
    0x04000406: Identifier("maximum current", "ascii", Ascii(6)),
    0x04000407: Identifier("active accuracy class", "ascii", Ascii(4)),
    0x04000408: Identifier("reactive accuracy class", "ascii", Ascii(4)),
    0x04000409: Identifier("active constant", "imp/kWh", COUNT),
    0x0400040A: Identifier("reactive constant", "imp/kvarh", COUNT),
    0x0400040B: Identifier("model", "ascii", Ascii(10)),
    0x0400040C: Identifier("manufacture date", "ascii", Ascii(10)),
    0x0400040D: Identifier("protocol version", "ascii", Ascii(16)),
    0x0400040E: Identifier("customer number", None, Digits(6)),
    0x040005FF: Identifier(
        "running status words",
        "bits",
        Digits(2),
        is_block=True,
        forms=tuple(status_words.form(number) for number in range(1, 8)),
    ),
    0x04000B01: Identifier("settlement day 1", "DDhh", Digits(2)),
    0x04000B02: Identifier("settlement day 2", "DDhh", Digits(2)),
    0x04000B03: Identifier("settlement day 3", "DDhh", Digits(2)),
    0x04000E01: Identifier("forward power limit", "kW", Number(3, 4)),
    0x04000E02: Identifier("reverse power limit", "kW", Number(3, 4)),
    0x04000F01: Identifier("alarm 1 energy", "kWh", ENERGY),
    0x04000F02: Identifier("alarm 2 energy", "kWh", ENERGY),
    0x04000F03: Identifier("hoard limit energy", "kWh", ENERGY),
    0x04000F04: Identifier("overdraft limit energy", "kWh", ENERGY),
    0x04800001: Identifier("factory software version", "ascii", Ascii(32)),
    0x04800002: Identifier("factory hardware version", "ascii", Ascii(32)),
    0x04800003: Identifier("factory serial number", "ascii", Ascii(32)),
    0x1D000001: Identifier("relay trip count", "times", COUNT),
    0x1E000001: Identifier("relay close count", "times", COUNT),
    **{
        0x04000500 + number: Identifier(f"running status word {number}", "bits", status_words.form(number))
        for number in range(1, 8)
    },
    **{
        0x04000700 + port: Identifier(f"baud rate of port {port}", "baud feature word", Digits(1))
        for port in range(1, 6)
    },
}

_EVENT_RECORDS: dict[int, tuple[str, Form]] = {
    0x031100: ("power-off", _OUTAGE),
    0x033000: ("programming", _PROGRAMMED),
    0x033003: ("event clear", _EVENTS_CLEARED),
    0x033004: ("clock setting", _CLOCK_SET),
    0x03300D: ("meter cover opening", _COVER),
    0x03300E: ("terminal cover opening", _COVER),
}
_LAST_EVENT_RECORD = 10

_FREEZES = {
    0x00: "timed freeze",
    0x01: "instant freeze",
    0x02: "zone switch freeze",
    0x03: "day table switch freeze",
    0x04: "hourly freeze",
    0x06: "daily freeze",
}


@lru_cache(maxsize=1024)
def find(di: int) -> Identifier | None:
    """Return the row of an identifier (00010000 is 0x00010000), None where no public source says what it means."""
    fixed = _FIXED.get(di)
    if fixed is not None:
        return fixed
    match di >> 24:
        case 0x00:
            return _energy(*di.to_bytes(4, "big")[1:])
        case 0x01:
            return _demand(*di.to_bytes(4, "big")[1:])
        case 0x02:
            return _instantaneous(*di.to_bytes(4, "big")[1:])
        case 0x03:
            return _event(di)
        case 0x05:
            return _freeze(*di.to_bytes(4, "big")[1:])
    return None


def _tariff(kind: str, tariff: int, settlement: int) -> str | None:
    """Name one register of a kind, None for a tariff or settlement beyond annex A."""
    if tariff == _BLOCK:
        name = f"{kind} total and tariffs"
    elif tariff <= _LAST_TARIFF:
        name = f"{kind} tariff {tariff}" if tariff else f"{kind} total"
    else:
        return None
    if settlement == _BLOCK:
        return f"{name}, now and settlements"
    if settlement > _LAST_SETTLEMENT:
        return None
    return f"{name}, settlement {settlement}" if settlement else name


def _energy(kind: int, tariff: int, settlement: int) -> Identifier | None:
    if kind not in _ENERGIES:
        return None
    quantity, unit, form = _ENERGIES[kind]
    name = _tariff(quantity, tariff, settlement)
    return Identifier(name, unit, form, is_block=_BLOCK in (tariff, settlement)) if name else None


def _demand(kind: int, tariff: int, settlement: int) -> Identifier | None:
    if kind not in _ENERGIES:
        return None
    quantity, unit, energy = _ENERGIES[kind]
    name = _tariff(quantity.replace("energy", "maximum demand"), tariff, settlement)
    form = Record((("demand", Number(3, 4, energy.signed)), ("at", MINUTE)))
    if name is None:
        return None
    return Identifier(name, unit.removesuffix("h"), form, is_block=_BLOCK in (tariff, settlement))


def _instantaneous(kind: int, phase: int, last: int) -> Identifier | None:
    if kind not in _INSTANTANEOUS or last:
        return None
    quantity, unit, form, phases = _INSTANTANEOUS[kind]
    if phase not in phases:
        return None
    return Identifier(f"{quantity} {phases[phase]}", unit, form, is_block=phase == _BLOCK)


def _event(di: int) -> Identifier | None:
    kind, number = di >> 8, di & 0xFF
    if kind not in _EVENT_RECORDS or not 1 <= number <= _LAST_EVENT_RECORD:
        return None
    name, form = _EVENT_RECORDS[kind]
    return Identifier(f"{name} record {number}", None, form)


def _freeze(kind: int, part: int, number: int) -> Identifier | None:
    """Annex A's table of freezes: part 00 the moment, 01..08 energies with their tariffs, 09/0A demands."""
    if kind not in _FREEZES or not 1 <= number <= 254:
        return None
    title = f"{_FREEZES[kind]} {number}"
    if part == 0:
        return Identifier(f"{title} moment", "datetime", MINUTE)
    if part <= 0x08:
        quantity, unit, form = _ENERGIES[part]
        return Identifier(f"{title} {quantity} total and tariffs", unit, form, is_block=True)
    if part in (0x09, 0x0A):
        form_of_demand = Record((("demand", Number(3, 4)), ("at", MINUTE)))
        direction = "forward" if part == 0x09 else "reverse"
        return Identifier(f"{title} {direction} active maximum demand", "kW", form_of_demand, is_block=True)
    return None
