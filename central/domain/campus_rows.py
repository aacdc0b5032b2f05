"""Read one row of a campus list: text in, values or named problems out. Pure: it knows no file and no database.

Headers may be English or Chinese (docs/campus-import.md). A problem names its column, what is wrong and what to do; a row with
several problems names them all.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from enum import StrEnum
from typing import Any

from gateway.contract.identifiers import NotAnIdentifier, checked
from gateway.contract.quantities import (
    NotAnAmount,
    Unit,
    fen_from_yuan,
    micro_yuan_from_yuan,
    price_from_yuan_per_kwh,
    wh_from_kwh,
)
from gateway.contract.rules import Billing, CutOff

CAMPUS_TIME = timezone(timedelta(hours=8))
"""China has one time all year."""


class Fault(StrEnum):
    """What can be wrong with a cell or a row; the words are `campus/import_words.py`'s."""

    EMPTY = "empty"
    NOT_A_NAME = "not-a-name"
    NOT_A_NUMBER = "not-a-number"
    NOT_A_PRICE = "not-a-price"
    NOT_A_DATE = "not-a-date"
    NOT_A_CHOICE = "not-a-choice"
    OUT_OF_RANGE = "out-of-range"
    COUNTS_DIFFER = "counts-differ"
    ROOM_TWICE = "room-twice"
    METER_TWICE = "meter-twice"
    CLASS_TWICE = "class-twice"
    PRICE_TWICE = "price-twice"
    PRICE_DIFFERS = "price-differs"
    PRICE_NEEDS_A_LIST = "price-needs-a-list"
    NO_GATEWAY_TAKES_IT = "no-gateway-takes-it"
    NAME_DIFFERS = "name-differs"
    UNKNOWN_CLASS = "unknown-class"
    METER_ELSEWHERE = "meter-elsewhere"
    ROOM_HAS_METER = "room-has-meter"
    UNIT_FIXED = "unit-fixed"
    ROOM_UNIT_FIXED = "room-unit-fixed"
    CUSTOMER_DIFFERS = "customer-differs"
    EXTRA_CELLS = "extra-cells"
    NO_HEADER = "no-header"
    UNREADABLE = "unreadable"
    TOO_LONG = "too-long"
    NO_ROWS = "no-rows"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong: where (`row` as a spreadsheet counts it, 0 for the whole file), what was found, what would do."""

    row: int
    column: str
    fault: Fault
    found: str = ""
    expected: str = ""
    sheet: str = ""


@dataclass(frozen=True, slots=True)
class RoomRow:
    """A room with its class, meter and occupants."""

    row: int
    building: str
    building_name: str
    floor: int
    room: str
    customer_class: str
    meter: str
    cut_off: CutOff
    billing: Billing
    protected: bool
    max_power_w: int
    baseline_wh: int | None
    occupants: tuple[tuple[str, str], ...]
    """(customer number, name)."""
    micro_yuan_per_kwh: int | None
    """The class's price, when the list states it."""
    said: frozenset[str] = frozenset()
    """The columns that the list fills: of a room that is there, the others stay as they are."""


@dataclass(frozen=True, slots=True)
class ClassRow:
    """A customer class."""

    row: int
    code: str
    name: str
    group: str
    unit: Unit
    overdraft: int
    warn_at: tuple[int, ...]
    minimum_fen: int
    ceiling_fen: int
    said: frozenset[str] = frozenset()
    """The columns that the list fills: of a class that is there, the others stay as they are."""


@dataclass(frozen=True, slots=True)
class PriceRow:
    """A class's price from an instant on."""

    row: int
    customer_class: str
    micro_yuan_per_kwh: int
    from_ms: int


HEADERS: dict[str, tuple[str, ...]] = {
    "building": ("building", "楼栋", "楼栋代码", "楼号"),
    "building_name": ("building_name", "building name", "楼栋名称", "楼名"),
    "floor": ("floor", "楼层"),
    "room": ("room", "房间", "房间号", "房号"),
    "class": ("class", "customer_class", "customer class", "类别", "用户类别"),
    "meter": ("meter", "meter_no", "meter no", "表号", "电表号", "模块号"),
    "cut_off": ("cut_off", "cut-off", "cut off", "断电方式"),
    "billing": ("billing", "计费方式"),
    "protected": ("protected", "保电", "不断电"),
    "max_power_w": ("max_power_w", "max power", "最大功率", "最大功率(W)"),
    "baseline_kwh": ("baseline_kwh", "baseline", "表底数", "起始读数"),
    "customer_no": ("customer_no", "customer no", "学号", "户号"),
    "occupants": ("occupants", "occupant", "住户", "姓名"),
    "price": ("price", "yuan_per_kwh", "电价", "单价"),
    "from": ("from", "valid_from", "生效时间", "生效日期"),
    "name": ("name", "名称", "类别名称"),
    "group": ("group", "归属", "分组"),
    "unit": ("unit", "单位", "计量单位"),
    "overdraft": ("overdraft", "透支", "透支额"),
    "warn_at": ("warn_at", "warn at", "预警", "预警值"),
    "minimum": ("minimum", "最低缴费"),
    "ceiling": ("ceiling", "最高缴费"),
}
"""Each column's names; the first is how problems call it."""

YES_NO = {
    "yes": True,
    "no": False,
    "true": True,
    "false": False,
    "1": True,
    "0": False,
    "是": True,
    "否": False,
    "": False,
}
CUT_OFFS = {
    **{choice.value: choice for choice in CutOff},
    "内置": CutOff.INTERNAL,
    "表内": CutOff.INTERNAL,
    "接触器": CutOff.CONTACTOR,
    "无": CutOff.NONE,
    "": CutOff.INTERNAL,
}
BILLINGS = {
    **{choice.value: choice for choice in Billing},
    "预付费": Billing.PREPAID,
    "刷卡": Billing.CARD,
    "月结": Billing.MONTHLY,
    "": Billing.PREPAID,
}
UNITS = {"yuan": Unit.YUAN, "kwh": Unit.KWH, "元": Unit.YUAN, "度": Unit.KWH, "": Unit.YUAN}
GROUPS = {
    "dormitory": "dormitory",
    "merchant": "merchant",
    "staff": "staff",
    "宿舍": "dormitory",
    "商户": "merchant",
    "教工": "staff",
    "": "dormitory",
}
_PLAIN_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,12})?")
_SEPARATORS = re.compile(r"[;；、]")
_DATES = (
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%d",
    "%Y/%m/%d",
)

_NAMES = {name.casefold(): column for column, names in HEADERS.items() for name in names}


def column_of(header: str) -> str | None:
    """Give the column a header means; None for one we don't know, which is ignored."""
    return _NAMES.get(header.strip().removesuffix("*").strip().casefold())


@dataclass(slots=True)
class _Cells:
    """The cells of one row by column, and the problems met while reading them."""

    row: int
    texts: dict[str, str]
    problems: list[Problem] = field(default_factory=list)

    @property
    def said(self) -> frozenset[str]:
        """The columns that are filled."""
        return frozenset(column for column, text in self.texts.items() if text.strip())

    def text(self, column: str, *, required: bool = False, longest: int = 80) -> str:
        found = self.texts.get(column, "").strip()
        if required and not found:
            self.blame(column, Fault.EMPTY)
        if len(found) > longest or "\x00" in found:
            self.blame(column, Fault.TOO_LONG, found[:20] + "…", str(longest))
        return found

    def identifier(self, column: str, longest: int, *, required: bool = False) -> str:
        found = self.text(column, required=required, longest=longest)
        if found:
            try:
                checked(found)
            except NotAnIdentifier:
                self.blame(column, Fault.NOT_A_NAME, found)
        return found

    def number(self, column: str, default: Any, read: Callable[[str], Any], low: int, high: int) -> Any:
        found = self.text(column)
        if not found:
            return default
        try:
            if not _PLAIN_NUMBER.fullmatch(found):
                raise NotAnAmount(found)
            value = read(found)
        except (NotAnAmount, ValueError):
            self.blame(column, Fault.NOT_A_PRICE if column == "price" else Fault.NOT_A_NUMBER, found)
            return default
        if not low <= value <= high:
            self.blame(column, Fault.OUT_OF_RANGE, found)
            return default
        return value

    def choice(self, column: str, choices: dict[str, Any]) -> Any:
        found = self.text(column).casefold()
        if found not in choices:
            self.blame(column, Fault.NOT_A_CHOICE, found, ", ".join(name for name in choices if name))
            return choices[""]
        return choices[found]

    def several(self, column: str) -> list[str]:
        parts = _SEPARATORS.split(self.text(column, longest=2000))
        return [part.strip() for part in parts if part.strip()]

    def blame(self, column: str, fault: Fault, found: str = "", expected: str = "") -> None:
        self.problems.append(Problem(self.row, column, fault, found, expected))


def read_room(row: int, texts: dict[str, str]) -> tuple[RoomRow, list[Problem]]:
    """Read a room's row. With problems the values are of no use but for further checks."""
    cells = _Cells(row, texts)
    building = cells.identifier("building", 16, required=True)
    read = RoomRow(
        row=row,
        building=building,
        building_name=cells.text("building_name") or building,
        floor=cells.number("floor", 0, int, -20, 200),
        room=cells.identifier("room", 32, required=True),
        customer_class=cells.identifier("class", 32, required=True),
        meter=cells.identifier("meter", 64),
        cut_off=cells.choice("cut_off", CUT_OFFS),
        billing=cells.choice("billing", BILLINGS),
        protected=cells.choice("protected", YES_NO),
        max_power_w=cells.number("max_power_w", 60_000, int, 1, 10_000_000),
        baseline_wh=cells.number("baseline_kwh", None, wh_from_kwh, 0, 10**12),
        occupants=_occupants(cells, building),
        micro_yuan_per_kwh=cells.number("price", None, price_from_yuan_per_kwh, 0, 100_000_000),
        said=cells.said,
    )
    return read, cells.problems


def read_class(row: int, texts: dict[str, str]) -> tuple[ClassRow, list[Problem]]:
    """Read a customer class's row; overdraft and warnings are in its unit: yuan or kWh."""
    cells = _Cells(row, texts)
    unit = cells.choice("unit", UNITS)
    amount = micro_yuan_from_yuan if unit == Unit.YUAN else wh_from_kwh
    code = cells.identifier("class", 32, required=True)
    read = ClassRow(
        row=row,
        code=code,
        name=cells.text("name") or code,
        group=cells.choice("group", GROUPS),
        unit=unit,
        overdraft=cells.number("overdraft", 0, amount, 0, 10**12),
        warn_at=_warnings(cells, amount),
        minimum_fen=cells.number("minimum", 100, fen_from_yuan, 1, 10_000_000),
        ceiling_fen=cells.number("ceiling", 500_000, fen_from_yuan, 1, 100_000_000),
        said=cells.said,
    )
    if read.minimum_fen > read.ceiling_fen:
        cells.blame("ceiling", Fault.OUT_OF_RANGE, texts.get("ceiling", ""))
    return read, cells.problems


def read_price(row: int, texts: dict[str, str]) -> tuple[PriceRow, list[Problem]]:
    """Read a price's row; a date without a time begins at midnight in the campus."""
    cells = _Cells(row, texts)
    if not cells.text("price"):
        cells.blame("price", Fault.EMPTY)
    read = PriceRow(
        row=row,
        customer_class=cells.identifier("class", 32, required=True),
        micro_yuan_per_kwh=cells.number("price", 0, price_from_yuan_per_kwh, 0, 100_000_000),
        from_ms=_instant(cells),
    )
    return read, cells.problems


def _occupants(cells: _Cells, building: str) -> tuple[tuple[str, str], ...]:
    """Pair customer numbers with names; names alone get a number made of the room and their place."""
    names, numbers = cells.several("occupants"), cells.several("customer_no")
    if not numbers:
        room = cells.texts.get("room", "").strip()
        numbers = [f"{building}-{room}/{place + 1}"[:32] for place in range(len(names))]
    if not names:
        names = numbers
    if len(names) != len(numbers):
        cells.blame("customer_no", Fault.COUNTS_DIFFER, str(len(numbers)), str(len(names)))
        return ()
    for number, name in zip(numbers, names, strict=True):
        if len(number) > 32 or len(name) > 80:
            cells.blame("occupants", Fault.TOO_LONG, name[:20] + "…", "32 / 80")
    return tuple(zip(numbers, names, strict=True))


def _warnings(cells: _Cells, amount: Callable[[str], int]) -> tuple[int, ...]:
    levels = []
    for text in cells.several("warn_at"):
        try:
            if not _PLAIN_NUMBER.fullmatch(text):
                raise NotAnAmount(text)
            levels.append(int(amount(text)))
        except (NotAnAmount, ValueError):
            cells.blame("warn_at", Fault.NOT_A_NUMBER, text)
    return tuple(sorted(levels, reverse=True))


def _instant(cells: _Cells) -> int:
    found = cells.text("from", required=True)
    for form in _DATES:
        try:
            instant = datetime.strptime(found, form).replace(tzinfo=CAMPUS_TIME)
        except ValueError:
            continue
        if 2000 <= instant.year < 2200:
            return int(instant.timestamp() * 1000)
    if found:
        cells.blame("from", Fault.NOT_A_DATE, found)
    return 0
