"""A setting's value as one types it, and back: numbers with their unit, lists one entry a line. Reads what it writes."""

import re

from central.domain.known_settings import Kind, Known, Value, ValueFault, fault_of
from gateway.contract.quantities import (
    MicroYuan,
    NotAnAmount,
    fen_from_yuan,
    wh_from_kwh,
    yuan_text,
)

FULL_WIDTH = str.maketrans("０１２３４５６７８９．：－～—–", "0123456789.:----")
EXAMPLES = {
    Kind.FEN: "8.00",
    Kind.WATT_HOURS: "20",
    Kind.SPANS: "11:30-13:30\n17:00-22:00",
    Kind.DAY_SPANS: "09-01 - 09-10",
    Kind.SEASONS: "09-01 - 09-30: 30.00",
}
LISTS = frozenset({Kind.TEXTS, Kind.SPANS, Kind.DAY_SPANS, Kind.SEASONS})
_SPAN = re.compile(r"(\d{1,2}:\d\d)\s*-\s*(\d{1,2}:\d\d)")
_DAYS = re.compile(r"(\d{1,2})-(\d{1,2})\s*-\s*(\d{1,2})-(\d{1,2})")
_SEASON = re.compile(rf"({_DAYS.pattern})\s*:\s*(\S+)")


def typed_text(setting: Known, value: object) -> str:
    """Write a value as a field shows it to be changed. Chains have fields of their own."""
    if isinstance(value, list):
        return "\n".join(_line(entry) for entry in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if setting.kind is Kind.FEN and isinstance(value, int):
        return yuan_text(MicroYuan(value * 10_000))
    if setting.kind is Kind.WATT_HOURS and isinstance(value, int):
        return f"{value // 1000}.{value % 1000:03d}"
    return "" if value is None else str(value)


def _line(entry: object) -> str:
    if isinstance(entry, dict):
        return f"{entry['from']} - {entry['until']}: {yuan_text(MicroYuan(entry['fen'] * 10_000))}"
    if isinstance(entry, list):
        return " - ".join(entry) if re.match(r"\d\d-", entry[0]) else "-".join(entry)
    return str(entry)


def read_value(setting: Known, text: str) -> Value | ValueFault:
    """Read what was typed; names what is wrong with it."""
    value = _read(setting.kind, text)
    if isinstance(value, ValueFault):
        return value
    return fault_of(setting, value) or value


def _read(kind: Kind, text: str) -> Value | ValueFault:
    if kind in LISTS:
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        return lines if kind is Kind.TEXTS else _entries(kind, lines)
    plain = text.strip()
    match kind:
        case Kind.TEXT | Kind.CHOICE:
            return plain
        case Kind.YES_NO:
            return plain == "yes" if plain in ("yes", "no") else ValueFault.NOT_A_CHOICE
        case _:
            return _number(kind, plain.translate(FULL_WIDTH))


def _number(kind: Kind, text: str) -> Value | ValueFault:
    try:
        match kind:
            case Kind.FEN:
                return fen_from_yuan(text)
            case Kind.WATT_HOURS:
                return wh_from_kwh(text)
            case Kind.HOUR_OF_DAY:
                return int(text.removesuffix(":00"))
            case _:
                return int(text)
    except (NotAnAmount, ValueError):
        return ValueFault.NOT_THIS_KIND


def _entries(kind: Kind, lines: list[str]) -> Value | ValueFault:
    read = {Kind.SPANS: _span, Kind.DAY_SPANS: _days, Kind.SEASONS: _season}[kind]
    entries: list[object] = []
    for line in lines:
        entry = read(line.translate(FULL_WIDTH))
        if isinstance(entry, ValueFault):
            return entry
        entries.append(entry)
    return entries


def _span(line: str) -> object:
    found = _SPAN.fullmatch(line)
    return [f"{end:0>5}" for end in found.groups()] if found else ValueFault.NOT_A_TIME


def _days(line: str) -> object:
    found = _DAYS.fullmatch(line)
    if found is None:
        return ValueFault.NOT_A_DAY
    month, day, last_month, last_day = (f"{part:0>2}" for part in found.groups())
    return [f"{month}-{day}", f"{last_month}-{last_day}"]


def _season(line: str) -> object:
    found = _SEASON.fullmatch(line)
    if found is None:
        return ValueFault.NOT_A_DAY
    days = _days(found.group(1))
    try:
        fen = fen_from_yuan(found.group(6))
    except NotAnAmount:
        return ValueFault.NOT_THIS_KIND
    return {"from": days[0], "until": days[1], "fen": fen} if isinstance(days, list) else days
