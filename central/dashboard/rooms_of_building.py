"""The rooms of one building: filtered, searched, sorted and paged, by names that stand in the address of the page."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.utils.translation import gettext_lazy as _

from central.campus.models import Building
from central.desk.room_lines import RoomLine, room_lines
from central.desk.search import points_with_class
from central.office.words import PROTECTED, Words

ROOMS_PER_PAGE = 60

FILTERS: dict[str, tuple[Words, Callable[[RoomLine], bool]]] = {
    "all": (_("All"), lambda line: True),
    "cut-off": (_("Cut off"), lambda line: line.supply.kind == "cut-off"),
    "low": (_("Low balance"), lambda line: line.is_low),
    "contradicted": (_("Contradicted"), lambda line: line.supply.kind == "contradicted"),
    "silent": (_("Meter silent"), lambda line: line.supply.kind == "silent"),
    "protected": (_("Protected"), lambda line: PROTECTED in line.supply.marks),
}

SORTS: dict[str, Callable[[RoomLine], Any]] = {
    "room": lambda line: (line.floor, line.label),
    "balance": lambda line: (not line.left.now, line.balance),
    "supply": lambda line: (line.supply.kind, line.label),
    "power": lambda line: line.power_w or 0,
    "seen": lambda line: line.last_seen_ms or 0,
}


@dataclass(frozen=True)
class Choice:
    """What the reader asked for; unknown names mean the usual."""

    show: str
    sort: str
    downwards: bool
    query: str
    page: str

    @classmethod
    def of(cls, params: Any) -> "Choice":
        """Read the address's parameters."""
        wanted = params.get("sort", "")
        sort = wanted.removeprefix("-")
        return cls(
            show=params.get("show") if params.get("show") in FILTERS else "all",
            sort=sort if sort in SORTS else "room",
            downwards=wanted.startswith("-"),
            query=params.get("q", "").strip(),
            page=params.get("page", "1"),
        )

    @property
    def sort_text(self) -> str:
        """Give the sort as the address says it: `-balance` is downwards."""
        return f"-{self.sort}" if self.downwards else self.sort

    @property
    def address(self) -> str:
        """Give the parameters that lead back to this choice, without the page."""
        return urlencode({"show": self.show, "sort": self.sort_text, "q": self.query})


@dataclass(frozen=True)
class Column:
    """One column's head: its words, the sort that a click asks for, and how the table is sorted by it now."""

    name: str
    words: Words
    numeric: bool = False
    sort: str = ""
    sorted: str = ""


COLUMNS = (
    Column("room", _("Room")),
    Column("who", _("Occupants")),
    Column("balance", _("Balance"), numeric=True),
    Column("supply", _("Supply")),
    Column("why", _("Why")),
    Column("power", _("Power now"), numeric=True),
    Column("seen", _("Last read"), numeric=True),
)


def columns_for(choice: Choice) -> list[Column]:
    """Give the heads; a second click on the same one turns the order round."""
    return [_sortable(column, choice) if column.name in SORTS else column for column in COLUMNS]


def _sortable(column: Column, choice: Choice) -> Column:
    if column.name != choice.sort:
        return replace(column, sort=column.name)
    order = "descending" if choice.downwards else "ascending"
    return replace(column, sort=column.name if choice.downwards else f"-{column.name}", sorted=order)


@dataclass(frozen=True)
class RoomsPage:
    """One page of rooms, and how many each filter would show."""

    page: Page
    counts: dict[str, int]

    @property
    def has_estimates(self) -> bool:
        """Say whether the sign of an estimate needs its legend."""
        return any(line.left.estimate for line in self.page)


def rooms_page(building: Building, choice: Choice, now_ms: int) -> RoomsPage:
    """Read a building's rooms and cut the page that was asked for."""
    lines = room_lines(points_with_class().filter(room__building=building), now_ms)
    counts = {name: sum(map(fits, lines)) for name, (_words, fits) in FILTERS.items()}
    shown = [line for line in lines if FILTERS[choice.show][1](line) and _mentions(line, choice.query)]
    shown.sort(key=SORTS[choice.sort], reverse=choice.downwards)
    return RoomsPage(Paginator(shown, ROOMS_PER_PAGE).get_page(choice.page), counts)


def _mentions(line: RoomLine, query: str) -> bool:
    words = query.casefold()
    return not words or any(words in text.casefold() for text in (line.label, *line.meters, *line.occupants))
