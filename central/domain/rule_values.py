"""How one value of a gateway's rule is written in a form's field, and read back: exactly, or refused by name.

Pure. What is written reads back as the same value; a value that can't be written so is refused, never bent.
"""

import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum

from gateway.contract.quantities import Unit

ZONE = timezone(timedelta(hours=8))
"""The campus keeps one offset all year."""


class Kind(StrEnum):
    """What a value is, and so how it is written."""

    AMOUNT = "amount"
    """In the class's own unit: micro-yuan or watt-hours."""
    LEVELS = "levels"
    """Amounts, highest first."""
    WATTS = "watts"
    WATT_HOURS = "watt-hours"
    PRICE = "price"
    """Micro-yuan per kWh."""
    SHARE = "share"
    """Parts in a million, written as percent."""
    FACTOR = "factor"
    """Thousandths, written as 0.950."""
    COUNT = "count"
    SECONDS = "seconds"
    """Written with its unit: 10 min."""
    MILLISECONDS = "milliseconds"
    HOURS = "hours"
    DAYS = "days"
    OFFSET = "offset"
    """Minutes, local time less UTC, written as +08:00."""
    MINUTE = "minute"
    """After midnight, written as 23:00."""
    END_MINUTE = "end-minute"
    """The same, but 24:00 is the day's end."""
    INSTANT = "instant"
    WEEKDAYS = "weekdays"
    CALENDAR = "calendar"
    """A calendar's name, or explicitly none of them."""
    NAME = "name"
    METERS = "meters"
    NAMES = "names"
    CHOICE = "choice"
    YES_NO = "yes-no"


class Fault(StrEnum):
    """Why what was typed can't be taken; a text key for pages."""

    MISSING = "missing"
    NOT_A_NUMBER = "not-a-number"
    TOO_EXACT = "too-exact"
    """More decimals than are kept."""
    TOO_SMALL = "too-small"
    TOO_LARGE = "too-large"
    NO_UNIT = "no-unit"
    """A length of time without its unit."""
    NOT_A_TIME = "not-a-time"
    NOT_AN_INSTANT = "not-an-instant"
    NOT_AN_OFFSET = "not-an-offset"
    NO_DAY = "no-day"
    NOT_FALLING = "not-falling"
    NOT_A_CHOICE = "not-a-choice"
    NOT_CHOSEN = "not-chosen"
    """Fields of a group were filled in, but not that it shall be set."""


class UnreadableError(ValueError):
    """What was typed is no value of this kind."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault


PLACES = {Kind.WATT_HOURS: 3, Kind.PRICE: 6, Kind.SHARE: 4, Kind.FACTOR: 3}
"""How many decimals each kind's whole numbers stand for."""
NONE_OF_THEM = "="
"""A calendar field that says: none of them, whatever the level above says. `=night` names one, an empty one says nothing."""
SPANS = (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1))
SPAN_WORDS = {
    **dict.fromkeys(("d", "day", "days", "天", "日"), 86_400),
    **dict.fromkeys(("h", "hour", "hours", "小时", "时"), 3600),
    **dict.fromkeys(("min", "m", "minute", "minutes", "分钟", "分"), 60),
    **dict.fromkeys(("s", "sec", "second", "seconds", "秒"), 1),
}
_SPAN = re.compile(r"(\d{1,18})\s*([^\d\s]+)\s*")
_CLOCK = re.compile(r"(\d{1,2}):([0-5]\d)")
_OFFSET = re.compile(r"([+-])(\d{1,2}):([0-5]\d)")
_DECIMAL = re.compile(r"([+-]?)(\d{1,19})(?:\.(\d{1,19}))?", re.ASCII)
_BETWEEN = re.compile(r"[\s,;、]+")
LONGEST = 200
"""Letters of a number that are read at all."""


def texts_of(kind: Kind, value: object, unit: str = "") -> list[str]:
    """Write a value as a form's field holds it: several texts for boxes to tick, else one. `unit` is the balance's."""
    if kind is Kind.WEEKDAYS and isinstance(value, list):
        return [str(day) for day in sorted(set(value))]
    if kind is Kind.LEVELS and isinstance(value, list):
        return ["; ".join(_decimal_text(level, _places(kind, unit)) for level in value)]
    if kind in (Kind.METERS, Kind.NAMES) and isinstance(value, list):
        return ["\n".join(value)]
    if kind is Kind.CALENDAR:
        return [f"{NONE_OF_THEM}{value}"]
    if kind is Kind.YES_NO:
        return ["yes" if value else "no"]
    if isinstance(value, int):
        return [_number_text(kind, value, unit)]
    return [str(value)]


def _number_text(kind: Kind, value: int, unit: str) -> str:
    match kind:
        case Kind.SECONDS:
            name, length = next((name, length) for name, length in SPANS if value % length == 0)
            return f"{value // length} {name}" if value else "0 s"
        case Kind.MINUTE | Kind.END_MINUTE:
            return f"{value // 60:02d}:{value % 60:02d}"
        case Kind.OFFSET:
            return f"{'-' if value < 0 else '+'}{abs(value) // 60:02d}:{abs(value) % 60:02d}"
        case Kind.INSTANT:
            return _instant_text(value)
        case _:
            return _decimal_text(value, _places(kind, unit))


def _instant_text(value_ms: int) -> str:
    try:
        at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=value_ms)
        at = at.astimezone(ZONE)
    except OverflowError:
        return ""
    exact = "milliseconds" if value_ms % 1000 else "seconds" if value_ms % 60_000 else "minutes"
    return at.replace(tzinfo=None).isoformat(timespec=exact)


def _places(kind: Kind, unit: str) -> int:
    if kind in (Kind.AMOUNT, Kind.LEVELS):
        return 3 if unit == Unit.KWH else 6
    return PLACES.get(kind, 0)


def _decimal_text(value: int, places: int) -> str:
    whole, part = divmod(abs(value), 10**places)
    decimals = f"{part:0{places}d}".rstrip("0") if places else ""
    return f"{'-' if value < 0 else ''}{whole}{'.' if decimals else ''}{decimals}"


def value_of(kind: Kind, texts: Sequence[str], unit: str = "") -> object:
    """Read what a field holds. Raises UnreadableError."""
    text = unicodedata.normalize("NFKC", texts[0] if texts else "").strip()
    match kind:
        case Kind.WEEKDAYS:
            return _weekdays(texts)
        case Kind.LEVELS:
            return _levels(text, _places(kind, unit))
        case Kind.METERS | Kind.NAMES:
            return [name for name in _BETWEEN.split(text) if name]
        case Kind.CALENDAR:
            return texts[0].removeprefix(NONE_OF_THEM)
        case Kind.NAME | Kind.CHOICE:
            return texts[0].strip()
        case Kind.YES_NO:
            return text == "yes"
        case Kind.SECONDS:
            return _span(text)
        case Kind.MINUTE | Kind.END_MINUTE:
            return _minute(text, ends=kind is Kind.END_MINUTE)
        case Kind.OFFSET:
            return _offset(text)
        case Kind.INSTANT:
            return _instant(text)
        case _:
            return _number(text, _places(kind, unit))


def _number(text: str, places: int) -> int:
    found = _DECIMAL.fullmatch(text)
    if not found:
        raise UnreadableError(Fault.NOT_A_NUMBER)
    sign, whole, part = found[1], found[2], (found[3] or "").rstrip("0")
    if len(part) > places:
        raise UnreadableError(Fault.TOO_EXACT)
    return int(f"{sign}{whole}{part:0<{places}}" if places else f"{sign}{whole}")


def _levels(text: str, places: int) -> list[int]:
    found = [_number(one, places) for one in _BETWEEN.split(text) if one]
    if found != sorted(found, reverse=True):
        raise UnreadableError(Fault.NOT_FALLING)
    return found


def _weekdays(texts: Sequence[str]) -> list[int]:
    days = sorted({int(text) for text in texts if text in "1234567" and len(text) == 1})
    if not days:
        raise UnreadableError(Fault.NO_DAY)
    return days


def _span(text: str) -> int:
    if text == "0":
        return 0
    found = _SPAN.findall(text) if len(text) <= LONGEST else []
    if text.isdecimal():
        raise UnreadableError(Fault.NO_UNIT)
    if not found or _SPAN.sub("", text) or any(word.lower() not in SPAN_WORDS for _number, word in found):
        raise UnreadableError(Fault.NOT_A_NUMBER)
    return sum(int(number) * SPAN_WORDS[word.lower()] for number, word in found)


def _minute(text: str, *, ends: bool) -> int:
    found = _CLOCK.fullmatch(text)
    minute = int(found[1]) * 60 + int(found[2]) if found else -1
    if ends and minute == 0:
        return 24 * 60
    if not 0 <= minute <= 24 * 60 - (not ends):
        raise UnreadableError(Fault.NOT_A_TIME)
    return minute


def _offset(text: str) -> int:
    found = _OFFSET.fullmatch(text)
    if not found:
        raise UnreadableError(Fault.NOT_AN_OFFSET)
    minutes = int(found[2]) * 60 + int(found[3])
    return -minutes if found[1] == "-" else minutes


def _instant(text: str) -> int:
    try:
        at = datetime.fromisoformat(text)
        since = at.replace(tzinfo=ZONE) - datetime(1970, 1, 1, tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise UnreadableError(Fault.NOT_AN_INSTANT) from error
    if at.tzinfo is not None:
        raise UnreadableError(Fault.NOT_AN_INSTANT)
    return since // timedelta(milliseconds=1)
