"""Read one row of the old system's balance list: text in, values or named findings out. Pure: it knows no file and no database.

Headers may be English or Chinese (docs/go-live.md). Full-width digits, thousands separators and a unit behind the number are taken
as people write them; what could mean two things is refused by name. Amounts are micro-yuan or watt-hours, exact to the fen and to
the watt-hour.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from enum import StrEnum

from gateway.contract.quantities import MICRO_YUAN_PER_FEN, Unit

MOST_YUAN, MOST_KWH = 1_000_000, 1_000_000
"""No room holds more: a figure beyond is a lost decimal point."""
MOST_REGISTER_KWH = 100_000_000
PAID = "paid"


class Fault(StrEnum):
    """What can be wrong with a row, or worth knowing about it; the words are `desk/go_live/words.py`'s."""

    EMPTY = "empty"
    NOT_A_NUMBER = "not-a-number"
    FORMULA = "formula"
    TOO_FINE = "too-fine"
    OUT_OF_RANGE = "out-of-range"
    BELOW_ZERO = "below-zero"
    TOO_LONG_TEXT = "too-long-text"
    NO_UNIT = "no-unit"
    TWO_UNITS = "two-units"
    TWO_BALANCES = "two-balances"
    WRONG_UNIT = "wrong-unit"
    PART_TOO_BIG = "part-too-big"
    UNKNOWN_BUCKET = "unknown-bucket"
    BUCKET_OTHER_UNIT = "bucket-other-unit"
    UNKNOWN_ROOM = "unknown-room"
    ROOM_TWICE = "room-twice"
    NOT_PREPAID = "not-prepaid"
    NO_LIVE_ACCOUNT = "no-live-account"
    PAYS_ELSEWHERE = "pays-elsewhere"
    ALREADY_LIVE = "already-live"
    METER_DIFFERS = "meter-differs"
    METER_TWICE = "meter-twice"
    REGISTER_AHEAD = "register-ahead"
    MISSING_UNDECIDED = "missing-undecided"
    EXTRA_CELLS = "extra-cells"
    COLUMN_TWICE = "column-twice"
    NO_HEADER = "no-header"
    UNREADABLE = "unreadable"
    TOO_LONG = "too-long"
    NO_ROWS = "no-rows"
    DEBT = "debt"
    NOBODY = "nobody"
    NO_METER = "no-meter"
    NO_READING = "no-reading"
    REGISTER_DIFFERS = "register-differs"
    BILLED_BEFORE = "billed-before"
    NO_GATEWAY = "no-gateway"
    UNKNOWN_COLUMN = "unknown-column"


NOTICES = frozenset(
    {
        Fault.DEBT,
        Fault.NOBODY,
        Fault.NO_METER,
        Fault.NO_READING,
        Fault.REGISTER_DIFFERS,
        Fault.BILLED_BEFORE,
        Fault.NO_GATEWAY,
        Fault.UNKNOWN_COLUMN,
    }
)
"""Worth knowing before one signs; they stop nothing."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found: where (`row` as a spreadsheet counts it, 0 for the whole file), what was found, what would do."""

    row: int
    column: str
    fault: Fault
    found: str = ""
    expected: str = ""
    sheet: str = ""

    @property
    def blocks(self) -> bool:
        """Say whether nothing can be asked for while it stands."""
        return self.fault not in NOTICES


@dataclass(frozen=True, slots=True)
class OpeningRow:
    """A room's old balance as the list says it; `balance` is the whole of it, `parts` what of it lies in other buckets."""

    row: int
    building: str
    room: str
    unit: Unit | None
    balance: int
    parts: tuple[tuple[str, int], ...] = ()
    meter: str = ""
    register_wh: int | None = None
    old_receipt: str = ""

    @property
    def by_bucket(self) -> list[tuple[str, int]]:
        """Give the amount of each bucket; what is in no other one is paid."""
        return [(PAID, self.balance - sum(amount for _name, amount in self.parts)), *self.parts]


HEADERS: dict[str, tuple[str, ...]] = {
    "building": ("building", "楼栋", "楼栋代码", "楼号", "楼栋名称"),
    "room": ("room", "房间", "房间号", "房号", "宿舍号"),
    "balance": ("balance", "余额", "账户余额", "结余", "剩余"),
    "balance_yuan": ("balance_yuan", "balance (yuan)", "余额(元)", "剩余金额", "剩余金额(元)", "金额(元)"),
    "balance_kwh": ("balance_kwh", "balance (kwh)", "余额(度)", "余额(kwh)", "剩余电量", "剩余电量(度)"),
    "unit": ("unit", "单位", "计量单位"),
    "subsidy": ("subsidy", "其中补助", "补助", "补助余额", "其中补贴", "补贴余额"),
    "meter": ("meter", "meter_no", "meter no", "表号", "电表号", "模块号"),
    "register": ("register", "register_kwh", "表码", "止码", "电表读数", "表底数", "读数"),
    "old_receipt": ("old_receipt", "last receipt", "最后收据", "最后收据号", "最后收据页号", "旧收据号"),
}
"""Each column's names; the first is how findings call it."""
REQUIRED_BALANCES = frozenset({"balance", "balance_yuan", "balance_kwh"})
PART_PREFIX = "bucket:"
_NAMES = {name: column for column, names in HEADERS.items() for name in names}
_UNIT_WORDS = {
    "yuan": Unit.YUAN,
    "元": Unit.YUAN,
    "人民币": Unit.YUAN,
    "rmb": Unit.YUAN,
    "cny": Unit.YUAN,
    "kwh": Unit.KWH,
    "度": Unit.KWH,
    "千瓦时": Unit.KWH,
}
_NUMBER = re.compile(
    r"(?P<number>[+-]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,15})(?:\.[0-9]{1,25})?)\s*(?P<unit>\D*)"
)
_EXPONENT = re.compile(r"[+-]?[0-9](?:\.[0-9]{1,25})?[eE]-?[0-9]{1,2}")
_NOISE = Decimal("0.000001")
"""A spreadsheet's sum of exact figures is off by less than this, and no one's balance is."""


def plain(text: str) -> str:
    """Give text as one writes it on a keyboard: full-width letters and digits, wide spaces and long minus signs are made plain."""
    return unicodedata.normalize("NFKC", text).replace("−", "-").replace("–", "-").strip()


def column_of(header: str) -> str | None:
    """Give the column a header means; None for one we don't know, which is ignored and said."""
    name = " ".join(plain(header).removesuffix("*").split()).casefold()
    if name.startswith(PART_PREFIX) and len(name) > len(PART_PREFIX):
        return name
    return _NAMES.get(name) or _NAMES.get(name.replace(" ", ""))


@dataclass(slots=True)
class _Cells:
    row: int
    texts: dict[str, str]
    findings: list[Finding] = field(default_factory=list)

    def text(self, column: str, longest: int = 64) -> str:
        found = plain(self.texts.get(column, ""))
        if len(found) > longest or "\x00" in found:
            self.blame(column, Fault.TOO_LONG_TEXT, found[:20] + "…", str(longest))
            return ""
        return found

    def blame(self, column: str, fault: Fault, found: str = "", expected: str = "") -> None:
        self.findings.append(Finding(self.row, column, fault, found, expected))

    def number(self, column: str) -> tuple[Decimal, Unit | None] | None:
        """Read a number and the unit behind it; None when it is empty or bad, and then it is named."""
        found = self.text(column).replace("¥", "").replace("￥", "").strip()
        if not found:
            return None
        if found.startswith(("=", "#")):
            self.blame(column, Fault.FORMULA, found[:20])
            return None
        match = _NUMBER.fullmatch(found)
        unit_word = match["unit"].strip().casefold() if match else ""
        if match is None and _EXPONENT.fullmatch(found):
            return Decimal(found), None
        if match is None or (unit_word and unit_word not in _UNIT_WORDS):
            self.blame(column, Fault.NOT_A_NUMBER, found)
            return None
        try:
            return Decimal(match["number"].replace(",", "")), _UNIT_WORDS.get(unit_word)
        except InvalidOperation:
            self.blame(column, Fault.NOT_A_NUMBER, found)
            return None

    def exact(self, column: str, number: Decimal, unit: Unit, most: int) -> int:
        """Give micro-yuan or watt-hours; what is finer than a fen or a watt-hour is named, but for a spreadsheet's noise."""
        places, scale = (2, MICRO_YUAN_PER_FEN) if unit is Unit.YUAN else (3, 1)
        if abs(number) > most:
            self.blame(column, Fault.OUT_OF_RANGE, str(number), str(most))
            return 0
        rounded = number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN)
        if abs(rounded - number) >= _NOISE:
            self.blame(column, Fault.TOO_FINE, str(number), str(places))
        return int(rounded.scaleb(places)) * scale


def read_row(row: int, texts: dict[str, str]) -> tuple[OpeningRow, list[Finding]]:
    """Read a room's row. With blocking findings its values are of no use but for further checks."""
    cells = _Cells(row, texts)
    room = cells.text("room")
    if not room:
        cells.blame("room", Fault.EMPTY)
    unit, balance = _balance(cells)
    read = OpeningRow(
        row=row,
        building=cells.text("building"),
        room=room,
        unit=unit,
        balance=balance,
        parts=_parts(cells, unit, balance) if unit is not None else (),
        meter=cells.text("meter"),
        register_wh=_register(cells),
        old_receipt=cells.text("old_receipt"),
    )
    return read, cells.findings


def _balance(cells: _Cells) -> tuple[Unit | None, int]:
    """Read the balance and the unit that its header, its own column or the cell itself gives: they must not differ."""
    given = [column for column in ("balance", "balance_yuan", "balance_kwh") if cells.text(column)]
    if len(given) != 1:
        cells.blame("balance", Fault.TWO_BALANCES if given else Fault.EMPTY, ", ".join(given))
        return None, 0
    column = given[0]
    read = cells.number(column)
    if read is None:
        return None, 0
    number, written = read
    units = {written} | {_unit_column(cells)} | {_of_header(column)}
    units.discard(None)
    if len(units) != 1:
        cells.blame(
            "unit", Fault.TWO_UNITS if units else Fault.NO_UNIT, ", ".join(sorted(u for u in units if u))
        )
        return None, 0
    unit = units.pop()
    assert unit is not None
    return unit, cells.exact(column, number, unit, MOST_YUAN if unit is Unit.YUAN else MOST_KWH)


def _of_header(column: str) -> Unit | None:
    return {"balance_yuan": Unit.YUAN, "balance_kwh": Unit.KWH}.get(column)


def _unit_column(cells: _Cells) -> Unit | None:
    found = cells.text("unit").casefold()
    if found and found not in _UNIT_WORDS:
        cells.blame("unit", Fault.NO_UNIT, found)
    return _UNIT_WORDS.get(found)


def _parts(cells: _Cells, unit: Unit, balance: int) -> tuple[tuple[str, int], ...]:
    parts = []
    for column in cells.texts:
        if column != "subsidy" and not column.startswith(PART_PREFIX):
            continue
        read = cells.number(column)
        if read is None:
            continue
        if read[1] not in (None, unit):
            cells.blame(column, Fault.TWO_UNITS, cells.text(column))
        amount = cells.exact(column, read[0], unit, MOST_YUAN if unit is Unit.YUAN else MOST_KWH)
        if amount < 0:
            cells.blame(column, Fault.BELOW_ZERO, cells.text(column))
        elif amount:
            parts.append((column.removeprefix(PART_PREFIX), amount))
    if sum(amount for _name, amount in parts) > max(balance, 0):
        cells.blame("subsidy", Fault.PART_TOO_BIG, cells.text("subsidy"), cells.text("balance"))
        return ()
    return tuple(parts)


def _register(cells: _Cells) -> int | None:
    read = cells.number("register")
    if read is None:
        return None
    if read[1] is Unit.YUAN:
        cells.blame("register", Fault.NOT_A_NUMBER, cells.text("register"))
    if read[0] < 0:
        cells.blame("register", Fault.BELOW_ZERO, cells.text("register"))
    return cells.exact("register", abs(read[0]), Unit.KWH, MOST_REGISTER_KWH)
