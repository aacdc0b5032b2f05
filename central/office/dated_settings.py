"""Read and write dated settings: the value in force at an instant, the most specific place first (room, building, class, campus).

A value is added, never changed. It begins when it was approved at the earliest: nothing that was computed is computed anew.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache

from django.db.models import Q, QuerySet

from central.campus.models import Building, CustomerClass, Room
from central.domain.approval import chain_json
from central.domain.known_settings import BY_CODE, Kind, Known, Place, Value
from central.office.acts import act_of
from central.office.models import DatedValue
from central.prepared import Prepared


@dataclass(frozen=True, slots=True)
class Where:
    """For whom a value is asked: codes of class and building, full label of the room; empty for the campus."""

    customer_class: str = ""
    building: str = ""
    room: str = ""

    def steps(self) -> list[tuple[Place, str]]:
        """Give the places to look at, the most specific first."""
        named = ((Place.ROOM, self.room), (Place.BUILDING, self.building), (Place.CLASS, self.customer_class))
        return [(place, code) for place, code in named if code] + [(Place.CAMPUS, "")]


CAMPUS = Where()


@dataclass(frozen=True, slots=True)
class Used:
    """A setting that something was computed with: its value, where it was said (None: the default) and since when."""

    code: str
    value: Value
    place: Place | None = None
    where: str = ""
    from_ms: int = 0
    approval: int | None = None


_USED: ContextVar[dict[tuple[str, Where], Used] | None] = ContextVar("used", default=None)


@contextmanager
def computed_with() -> Iterator[dict[tuple[str, Where], Used]]:
    """Collect every setting that is read inside: what a closed month was computed with."""
    used: dict[tuple[str, Where], Used] = {}
    token = _USED.set(used)
    try:
        yield used
    finally:
        _USED.reset(token)


def known(code: str) -> Known | None:
    """Give a setting by its code; an act's chain is one, too."""
    if found := BY_CODE.get(code):
        return found
    act = act_of(code.removeprefix("approval."))
    return Known(code, Kind.CHAIN, list(chain_json(act.chain)), "R-4.2.1") if act else None


def used_at(code: str, at_ms: int, where: Where = CAMPUS) -> Used:
    """Give the setting in force at an instant, with where it was said. Raises KeyError for a code that nobody knows."""
    setting = known(code)
    if setting is None:
        raise KeyError(f"no setting is called {code}")
    found = _in_force(setting, at_ms, where) or Used(code, setting.default)
    if (used := _USED.get()) is not None:
        used[code, where] = found
    return found


def value_at(code: str, at_ms: int, where: Where = CAMPUS) -> Value:
    """Give a setting's value in force at an instant. Raises KeyError for a code that nobody knows."""
    return used_at(code, at_ms, where).value


def number_at(code: str, at_ms: int, where: Where = CAMPUS) -> int:
    """Give a setting that is a whole number."""
    value = value_at(code, at_ms, where)
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{code} is no number: {value!r}")
    return value


def campus_numbers_at(codes: Iterable[str], at_ms: int) -> dict[str, int]:
    """Give several settings of the campus that are whole numbers, by one question. Raises KeyError for a code that nobody knows."""
    wanted = {code: BY_CODE[code] for code in codes}
    said = DatedValue.objects.filter(place=Place.CAMPUS, where="", code__in=wanted, from_ms__lte=at_ms)
    newest = {row.code: row.value for row in said.order_by("from_ms", "pk")}
    values = {code: newest.get(code) for code in wanted}
    return {code: one.default if values[code] is None else values[code] for code, one in wanted.items()}


def list_at(code: str, at_ms: int, where: Where = CAMPUS) -> list[object]:
    """Give a setting that is a list."""
    value = value_at(code, at_ms, where)
    if not isinstance(value, list):
        raise TypeError(f"{code} is no list: {value!r}")
    return value


@cache
def _said_at(places: int) -> Prepared[DatedValue]:
    def said(code: str, at_ms: int, *where: str) -> QuerySet[DatedValue]:
        wanted = Q()
        for place, of in zip(where[::2], where[1::2], strict=True):
            wanted |= Q(place=place, where=of)
        return DatedValue.objects.filter(wanted, code=code, from_ms__lte=at_ms).order_by("from_ms", "pk")

    return Prepared(said, str, int, *[str] * (2 * places))


def _in_force(setting: Known, at_ms: int, where: Where) -> Used | None:
    steps = [step for step in where.steps() if step[0] is Place.CAMPUS or step[0] in setting.places]
    where_said = [text for place, code in steps for text in (place.value, code)]
    said = _said_at(len(steps)).rows(setting.code, at_ms, *where_said)
    newest = {(row.place, row.where): row for row in said}
    for place, code in steps:
        row = newest.get((place.value, code))
        if row is not None and row.value is not None:
            return Used(setting.code, row.value, place, code, row.from_ms, row.approval_id)
    return None


def history_of(code: str) -> list[DatedValue]:
    """Give all values that were ever said of a setting, the newest first."""
    return list(DatedValue.objects.filter(code=code).select_related("approval").order_by("-from_ms", "-pk"))


def place_exists(place: Place, where: str) -> bool:
    """Say whether a class, building or room of this code is there."""
    match place:
        case Place.CAMPUS:
            return where == ""
        case Place.CLASS:
            return CustomerClass.objects.filter(code=where).exists()
        case Place.BUILDING:
            return Building.objects.filter(code=where).exists()
        case Place.ROOM:
            building, _dash, label = where.partition("-")
            return Room.objects.filter(building__code=building, label=label).exists()
