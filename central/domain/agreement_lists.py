"""Read another party's list for the four-way agreement: K/3's takings, readings, the old centre's table (R-4.1.9). Pure.

Cells are read as those of every other system's list (`imported_rows`): exactly, formulas are never evaluated, what is wrong is
named with its row. How fine a list is, is said by who brings it, never guessed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from central.domain.agreement_rows import Grain
from central.domain.four_way import Party
from central.domain.imported_rows import (
    BadCell,
    Field,
    Reads,
    RowFault,
    RowFinding,
    plain,
    read_figure,
    read_number,
    read_time,
)

LISTS = (Party.K3, Party.ELECTRICIAN, Party.AUTOMATIC)
"""Whose lists are taken; the others' figures are our own books'."""
_BUILDING = Field(
    "building", Reads.NUMBER, False, ("building", "楼栋", "楼号", "楼栋号", "楼栋名称", "部门", "楼")
)
_DAY = Field("day", Reads.TIME, False, ("day", "date", "日期", "凭证日期", "收款日期", "抄表日期"))
_PLACE = Field(
    "place", Reads.NUMBER, False, ("place", "room", "meter", "房间", "房号", "房间号", "表号", "电表号")
)
_DOCUMENT = Field(
    "document", Reads.NUMBER, False, ("document", "receipt", "收据号", "收据号码", "票据号", "凭证号")
)
_MONEY = Field(
    "amount", Reads.FEN, True, ("amount", "金额", "收款金额", "贷方", "贷方金额", "合计", "合计金额", "电费")
)
_ENERGY = Field(
    "amount", Reads.WATT_HOURS, True, ("energy", "amount", "用电量", "电量", "本月用量", "用量", "合计")
)
_REGISTER = Field(
    "register", Reads.WATT_HOURS, False, ("register", "示数", "本月示数", "本月底数", "表底数", "止码")
)


@dataclass(frozen=True, slots=True)
class ListRow:
    """A row as its list has it; `day` None: the list names none. `amount` in fen or Wh."""

    row: int
    building: str
    day: date | None
    amount: int
    written: int | None
    place: str
    document: str


def fields_of(party: Party) -> tuple[Field, ...]:
    """Give what a party's list can say."""
    if party is Party.K3:
        return (_BUILDING, _DAY, _PLACE, _DOCUMENT, _MONEY)
    return (_BUILDING, _DAY, _PLACE, _ENERGY, _REGISTER)


def required(party: Party, grain: Grain) -> frozenset[str]:
    """Give the columns without which a list of this fineness says nothing."""
    by_grain = {Grain.ROWS: {"place"}, Grain.PLACES: {"place"}, Grain.DAYS: {"day"}, Grain.PERIOD: set()}
    wanted = {"day"} if grain is Grain.ROWS and party is Party.K3 else by_grain[grain]
    return frozenset(wanted | {"building", "amount"})


def guessed(party: Party, header: Sequence[str]) -> dict[str, int]:
    """Give by field the place of its column, by usual titles; what is not found is missing."""
    places = {plain(title).casefold(): place for place, title in reversed(list(enumerate(header)))}
    found: dict[str, int] = {}
    for one in fields_of(party):
        place = next((places[name.casefold()] for name in one.aliases if name.casefold() in places), None)
        if place is not None and place not in found.values():
            found[one.name] = place
    return found


def read_list_rows(
    party: Party, grain: Grain, columns: Mapping[str, int], rows: Sequence[tuple[int, list[str]]]
) -> tuple[list[ListRow], list[RowFinding]]:
    """Read every row by the map of columns. Rows that a sum of the same thing stands in twice are findings, too."""
    must = required(party, grain)
    if missing := sorted(must - set(columns)):
        return [], [RowFinding(0, name, RowFault.NO_COLUMN) for name in missing]
    read: list[ListRow] = []
    findings: list[RowFinding] = []
    seen: dict[tuple[object, ...], int] = {}
    for number, cells in rows:
        one = _read(party, must, columns, number, cells, findings)
        if one is None:
            continue
        key = _key(grain, one, number)
        if key in seen:
            findings.append(RowFinding(number, "building", RowFault.TWICE, f"{one.building} ({seen[key]})"))
            continue
        seen[key] = number
        read.append(one)
    return read, findings


def _key(grain: Grain, one: ListRow, number: int) -> tuple[object, ...]:
    """Sums stand once each; rows may look alike: five payments of 50 yuan on a day are five."""
    if grain is Grain.ROWS:
        return (number,)
    by_grain = {Grain.DAYS: one.day, Grain.PLACES: one.place, Grain.PERIOD: None}
    return one.building, by_grain[grain]


def _read(
    party: Party,
    must: frozenset[str],
    columns: Mapping[str, int],
    number: int,
    cells: list[str],
    findings: list[RowFinding],
) -> ListRow | None:
    before = len(findings)
    texts: dict[str, str] = {}
    figures: dict[str, int] = {}
    day: date | None = None
    for one in fields_of(party):
        place = columns.get(one.name)
        text = plain(cells[place]) if place is not None and place < len(cells) else ""
        try:
            if not text:
                if one.name in must:
                    raise BadCell(RowFault.EMPTY)
            elif one.reads is Reads.TIME:
                day = read_time(text).date()
            elif one.reads is Reads.NUMBER:
                texts[one.name] = read_number(text)
            else:
                figures[one.name] = read_figure(text, one.reads)
        except BadCell as bad:
            findings.append(RowFinding(number, one.name, bad.args[0], text[:40]))
    if len(findings) > before:
        return None
    return ListRow(
        number,
        texts.get("building", ""),
        day,
        figures["amount"],
        figures.get("register"),
        texts.get("place", ""),
        texts.get("document", ""),
    )
