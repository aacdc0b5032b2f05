"""Read rows of another system's list by a column map: text in, values or named findings out. Pure: no file, no database.

Two lists are known (R-4.2.1): what a card system took at our terminals, and what a card meter's vendor sold. Which column holds
what is chosen by a person. Money is read exactly to the fen, energy to the watt-hour;
what a spreadsheet has damaged is refused by name.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

MOST_FEN = 100_000_000
MOST_WH = 10**13
LONGEST_TEXT = 80
DIGITS_OF_A_SPREADSHEET = 15
"""A number cell holds no more: a longer number that ends in zeros has lost its end."""
EXPONENT = re.compile(r"[+-]?\d(\.\d+)?[eE][+]?\d+")
FIGURE = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,2})?")
"""What a spreadsheet writes; `Decimal` reads much else: `1_0`, `1e999999999`."""
NOT_A_FIGURE = re.compile(r"[¥￥,\s]|元|度|kwh", re.IGNORECASE)
SHAPES = (
    *("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d", "%Y%m%d%H%M%S", "%Y%m%d %H:%M:%S"),
    *("%Y%m%d %H:%M", "%Y%m%d%H%M", "%Y%m%d", "%Y年%m月%d日 %H:%M:%S", "%Y年%m月%d日 %H:%M", "%Y年%m月%d日"),
)


class ListKind(StrEnum):
    """Whose list it is."""

    CARD_SYSTEM = "card-system"
    CARD_METERS = "card-meters"


class Reads(StrEnum):
    """How a column's text is read."""

    NUMBER = "number"
    """A transaction's, terminal's, card's or meter's number: text, kept as it is written."""
    TIME = "time"
    FEN = "fen"
    WATT_HOURS = "watt-hours"


@dataclass(frozen=True, slots=True)
class Field:
    """What a list can say; `aliases` are headers that are taken for it until a person says otherwise."""

    name: str
    reads: Reads
    required: bool
    aliases: tuple[str, ...]


_TIME = Field(
    "time",
    Reads.TIME,
    True,
    (
        *("time", "date", "交易时间", "交易日期", "日期", "时间"),
        *("售电时间", "售电日期", "购电时间", "购电日期"),
    ),
)
_CLOCK = Field("clock", Reads.TIME, False, ("clock", "时刻", "交易时刻"))
_AMOUNT = Field(
    "amount",
    Reads.FEN,
    True,
    ("amount", "金额", "交易金额", "消费金额", "售电金额", "购电金额", "金额(元)", "实收金额"),
)
_CARD = Field("card", Reads.NUMBER, False, ("card", "卡号", "card_number", "一卡通号", "用户卡号", "ic卡号"))
FIELDS: dict[ListKind, tuple[Field, ...]] = {
    ListKind.CARD_SYSTEM: (
        Field(
            "number",
            Reads.NUMBER,
            True,
            ("number", "transaction", "流水号", "交易流水号", "交易号", "序号"),
        ),
        Field(
            "reference",
            Reads.NUMBER,
            True,
            ("reference", "terminal", "小票号", "终端流水号", "凭证号", "参考号", "pos流水号"),
        ),
        _TIME,
        _CLOCK,
        _AMOUNT,
        _CARD,
    ),
    ListKind.CARD_METERS: (
        Field(
            "number",
            Reads.NUMBER,
            True,
            ("number", "sale", "流水号", "售电流水号", "售电单号", "购电单号", "单号", "序号"),
        ),
        _TIME,
        _CLOCK,
        _AMOUNT,
        Field(
            "energy",
            Reads.WATT_HOURS,
            False,
            ("energy", "电量", "售电量", "购电量", "电量(kwh)", "电量(度)", "购电量(度)"),
        ),
        Field("room", Reads.NUMBER, False, ("room", "房间", "房号", "房间号", "商铺", "商铺号", "铺位")),
        Field("meter", Reads.NUMBER, False, ("meter", "表号", "电表号", "电能表号")),
        _CARD,
        Field(
            "register",
            Reads.WATT_HOURS,
            False,
            ("register", "表底数", "示数", "表码", "电表读数", "抄表示数"),
        ),
    ),
}


class RowFault(StrEnum):
    """What is wrong with a row; `central/desk/merchants/words.py` says it."""

    EMPTY = "empty"
    FORMULA = "formula"
    NOT_A_NUMBER = "not-a-number"
    TOO_FINE = "too-fine"
    OUT_OF_RANGE = "out-of-range"
    NOT_A_TIME = "not-a-time"
    TOO_LONG_TEXT = "too-long-text"
    SHORTENED = "shortened"
    """A spreadsheet has rounded the number away."""
    OTHER_PERIOD = "other-period"
    TWICE = "twice"
    DIFFERS_FROM_BEFORE = "differs-from-before"
    NO_ROOM = "no-room"
    SEVERAL_ROOMS = "several-rooms"
    NOT_A_CARD_METER = "not-a-card-meter"
    NO_COLUMN = "no-column"
    UNREADABLE = "unreadable"
    TOO_LONG = "too-long"
    NO_ROWS = "no-rows"
    SAME_FILE = "same-file"
    NOT_BALANCED = "not-balanced"
    """A voucher whose debits and credits differ."""
    NO_BUILDING = "no-building"
    TOLD_BEFORE = "told-before"
    """Another list that counts says it already."""


@dataclass(frozen=True, slots=True)
class RowFinding:
    """One thing that keeps the list from being imported: row as a spreadsheet shows it (0: the file), column, what was found."""

    row: int
    field: str
    fault: RowFault
    found: str = ""


@dataclass(frozen=True, slots=True)
class ReadRow:
    """A row's values by field: texts, fen, watt-hours; `at` is local time without a zone. Missing fields are absent."""

    row: int
    at: datetime
    amount_fen: int
    texts: Mapping[str, str]
    energies_wh: Mapping[str, int]

    @property
    def number(self) -> str:
        """The number by which the other system knows it."""
        return self.texts["number"]


class BadCell(ValueError):
    """A cell can't be read; its fault is the first argument."""


def plain(text: str) -> str:
    """Give text without full-width letters, blanks at its ends, and the apostrophe that keeps a spreadsheet from counting."""
    return unicodedata.normalize("NFKC", text).replace("\u2212", "-").strip().removeprefix("'").strip()


def guessed_map(
    fields: Iterable[Field], header: Sequence[str], remembered: Mapping[str, str]
) -> dict[str, int]:
    """Give by field the place of its column: as remembered by header, else by a usual name. Fields not found are missing."""
    places = {plain(title).casefold(): place for place, title in reversed(list(enumerate(header)))}
    found: dict[str, int] = {}
    for field in fields:
        names = [remembered.get(field.name, ""), *field.aliases]
        place = next(
            (places[key] for name in names if name and (key := plain(name).casefold()) in places), None
        )
        if place is not None:
            found[field.name] = place
    return found


def read_rows(
    kind: ListKind, columns: Mapping[str, int], rows: Sequence[tuple[int, list[str]]]
) -> tuple[list[ReadRow], list[RowFinding]]:
    """Read every row by the map; a row with a finding is not among the rows. The same number twice in a list is a finding."""
    missing = [field.name for field in FIELDS[kind] if field.required and field.name not in columns]
    if missing:
        return [], [RowFinding(0, name, RowFault.NO_COLUMN) for name in missing]
    read: list[ReadRow] = []
    findings: list[RowFinding] = []
    seen: dict[str, int] = {}
    for row, cells in rows:
        one = _read_row(kind, columns, row, cells, findings)
        if one is None:
            continue
        if one.number in seen:
            findings.append(RowFinding(row, "number", RowFault.TWICE, f"{one.number} ({seen[one.number]})"))
            continue
        seen[one.number] = row
        read.append(one)
    return read, findings


def _read_row(
    kind: ListKind, columns: Mapping[str, int], row: int, cells: list[str], findings: list[RowFinding]
) -> ReadRow | None:
    texts: dict[str, str] = {}
    numbers: dict[str, int] = {}
    at, before = None, len(findings)
    clock = columns.get("clock")
    for field in FIELDS[kind]:
        if field.name not in columns or field.name == "clock":
            continue
        text = plain(cells[columns[field.name]]) if columns[field.name] < len(cells) else ""
        if field.name == "time" and clock is not None and clock < len(cells):
            text = f"{text.partition(' ')[0]} {plain(cells[clock]).rpartition(' ')[2]}"
        try:
            if not text:
                if field.required:
                    raise BadCell(RowFault.EMPTY)
            elif field.reads is Reads.TIME:
                at = read_time(text)
            elif field.reads is Reads.NUMBER:
                texts[field.name] = read_number(text)
            else:
                numbers[field.name] = read_figure(text, field.reads)
        except BadCell as bad:
            findings.append(RowFinding(row, field.name, bad.args[0], text[:40]))
    if len(findings) > before or at is None:
        return None
    energies = {name: amount for name, amount in numbers.items() if name != "amount"}
    return ReadRow(row, at, numbers["amount"], texts, energies)


def read_number(text: str) -> str:
    """Read a number that is a name. Raises BadCell for what a spreadsheet has shortened."""
    if text.startswith(("=", "#")):
        raise BadCell(RowFault.FORMULA)
    if len(text) > LONGEST_TEXT or not text.isprintable():
        raise BadCell(RowFault.TOO_LONG_TEXT)
    ends_in_zeros = (
        text.isdigit()
        and len(text) > DIGITS_OF_A_SPREADSHEET
        and text[DIGITS_OF_A_SPREADSHEET:].strip("0") == ""
    )
    if EXPONENT.fullmatch(text) or ends_in_zeros:
        raise BadCell(RowFault.SHORTENED)
    return text


def read_figure(text: str, reads: Reads) -> int:
    """Read money as fen, energy in kWh as watt-hours, exactly. Raises BadCell."""
    if text.startswith(("=", "#")):
        raise BadCell(RowFault.FORMULA)
    figure = NOT_A_FIGURE.sub("", text)
    if not FIGURE.fullmatch(figure) or abs(number := Decimal(figure)) > 10**12:
        raise BadCell(RowFault.NOT_A_NUMBER)
    places, most = (2, MOST_FEN) if reads is Reads.FEN else (3, MOST_WH)
    scaled = number.scaleb(places)
    whole = scaled.to_integral_value()
    if abs(scaled - whole) > Decimal("0.00001"):  # a spreadsheet's 0.1 + 0.2 is off by less than this
        raise BadCell(RowFault.TOO_FINE)
    if abs(whole) > most or (reads is Reads.WATT_HOURS and whole < 0):
        raise BadCell(RowFault.OUT_OF_RANGE)
    return int(whole)


def read_time(text: str) -> datetime:
    """Read local time as these systems write it; a day alone is its midnight. Raises BadCell."""
    if text.startswith(("=", "#")):
        raise BadCell(RowFault.FORMULA)
    said = " ".join(text.replace("/", "-").replace(".", "-").replace("T", " ").split())
    said = re.sub(r"-\d+$", "", said) if said.count(":") == 2 and re.search(r":\d\d-\d+$", said) else said
    for shape in SHAPES:
        try:
            found = datetime.strptime(said, shape)  # noqa: DTZ007  local time by the list's own word
        except ValueError:
            continue
        if 2000 <= found.year < 2200:
            return found
    raise BadCell(RowFault.NOT_A_TIME)


def matching_key(reference: str, known: Mapping[str, object], short: Mapping[str, str]) -> str:
    """Give our reference that a file's number means: the same, or the only one that differs by leading zeros; else itself."""
    if reference in known:
        return reference
    return short.get(shortened(reference), reference)


def shortened(reference: str) -> str:
    """Give a number as a spreadsheet leaves it: without leading zeros, in one case."""
    return plain(reference).lstrip("0").casefold()


def short_names(known: Sequence[str]) -> dict[str, str]:
    """Give by shortened number the only reference that has it."""
    found: dict[str, list[str]] = {}
    for one in known:
        found.setdefault(shortened(one), []).append(one)
    return {short: names[0] for short, names in found.items() if len(names) == 1}


class Match(StrEnum):
    """How a terminal's number stands in the card system's list and in our receipts."""

    MATCHED = "matched"
    DIFFERS = "differs"
    MISSING_HERE = "missing-here"
    """They took it, we have no receipt that holds."""
    MISSING_THERE = "missing-there"
    """We gave a receipt, their list hasn't it."""


def match_of(theirs_fen: int | None, ours_fen: int | None) -> Match:
    """Compare the sums of one terminal's number; None where one side has no row. What they took and gave back is nothing taken."""
    if theirs_fen is None or (theirs_fen == 0 and ours_fen is not None):
        return Match.MISSING_THERE
    if ours_fen is None:
        return Match.MATCHED if theirs_fen == 0 else Match.MISSING_HERE
    return Match.MATCHED if theirs_fen == ours_fen else Match.DIFFERS
