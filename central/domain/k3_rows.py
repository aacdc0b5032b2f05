"""Read what Kingdee K/3 exports, by a column map: its vouchers (会计分录序时簿, voucher files) and its totals (科目余额表). Pure.

The cells are read as those of every other system's list (`imported_rows`): exactly, formulas are never evaluated, what is wrong
is named. K/3's own habits are met: a voucher's date and number stand in its first row only, `记 - 12` is word and number,
titles may take two rows, and rows of sums (合计) are no entries.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

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

SUMS = re.compile(r"合\s*计|小\s*计|总\s*计|本期发生|期末余额|承前|过次")
WORD_AND_NUMBER = re.compile(r"(?P<word>[^\d\s\-－—_]*)\s*[-－—_]?\s*(?P<number>\d{1,9})")
LONGEST_NAME = 255


class K3Kind(StrEnum):
    """What K/3 exported."""

    VOUCHERS = "vouchers"
    TOTALS = "totals"


_ACCOUNT = Field("account", Reads.NUMBER, True, ("account", "FAccountNum", "科目代码", "科目编码", "科目"))
_NAME = Field("name", Reads.NUMBER, False, ("name", "FAccountName", "科目名称"))
_ITEM = Field("item", Reads.NUMBER, False, ("item", "FItem", "核算项目", "核算项目代码", "核算项目名称"))
K3_FIELDS: dict[K3Kind, tuple[Field, ...]] = {
    K3Kind.VOUCHERS: (
        Field("date", Reads.TIME, True, ("date", "FDate", "凭证日期", "日期", "业务日期")),
        Field("word", Reads.NUMBER, False, ("word", "FGroupID", "凭证字")),
        Field("number", Reads.NUMBER, True, ("number", "FNumber", "凭证号", "凭证字号", "凭证号数")),
        Field("entry", Reads.NUMBER, False, ("entry", "FEntryID", "分录序号", "分录号", "行号")),
        Field("summary", Reads.NUMBER, False, ("summary", "FExplanation", "凭证摘要", "摘要")),
        _ACCOUNT,
        _NAME,
        _ITEM,
        Field("debit", Reads.FEN, True, ("debit", "FDebit", "借方", "借方金额", "借方本位币")),
        Field("credit", Reads.FEN, True, ("credit", "FCredit", "贷方", "贷方金额", "贷方本位币")),
    ),
    K3Kind.TOTALS: (
        _ACCOUNT,
        _NAME,
        _ITEM,
        Field("opening_debit", Reads.FEN, False, ("opening_debit", "期初余额借方", "期初借方", "期初借方余额")),
        Field("opening_credit", Reads.FEN, False, ("opening_credit", "期初余额贷方", "期初贷方", "期初贷方余额")),
        Field("debit", Reads.FEN, True, ("debit", "本期发生借方", "本期发生额借方", "本期借方", "借方发生额", "借方")),
        Field("credit", Reads.FEN, True, ("credit", "本期发生贷方", "本期发生额贷方", "本期贷方", "贷方发生额", "贷方")),
        Field("closing_debit", Reads.FEN, False, ("closing_debit", "期末余额借方", "期末借方", "期末借方余额")),
        Field("closing_credit", Reads.FEN, False, ("closing_credit", "期末余额贷方", "期末贷方", "期末贷方余额")),
    ),
}  # fmt: skip
MARKS = {key: frozenset(plain(alias).casefold() for field in fields for alias in field.aliases)
         for key, fields in K3_FIELDS.items()}  # fmt: skip


@dataclass(frozen=True, slots=True)
class K3Row:
    """A row as K/3 has it; sums in fen. A total has no date, word, number or entry."""

    row: int
    day: date | None
    word: str
    number: str
    entry: int
    texts: Mapping[str, str]
    sums: Mapping[str, int]

    @property
    def key(self) -> tuple[str, ...]:
        """By which K/3 knows it: period, word, number, entry; of a total the account and its item."""
        if self.day is None:
            return self.texts["account"], self.texts.get("item", "")
        return month_of(self.day), self.word, self.number, str(self.entry)

    @property
    def voucher(self) -> tuple[str, ...]:
        """The voucher it belongs to."""
        return self.key[:3]

    def side(self, name: str) -> int:
        """Give a sum, zero where the cell was empty."""
        return self.sums.get(name, 0)


@dataclass(frozen=True, slots=True)
class K3Read:
    """What was read: rows, what is wrong, and how many rows of sums were left out."""

    rows: list[K3Row]
    findings: list[RowFinding]
    sums_left_out: int


def joined_header(
    header: Sequence[str], rows: Sequence[tuple[int, list[str]]]
) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Join titles that take two rows (期初余额 above 借方 and 贷方) into one; give them and the rows that are left."""
    second = [plain(cell) for cell in rows[0][1]] if rows else []
    if sum(cell in ("借方", "贷方") for cell in second) < 2 or any(re.search(r"\d", cell) for cell in second):
        return list(header), list(rows)
    above, joined = "", []
    for place, title in enumerate(header):
        below = second[place] if place < len(second) else ""
        above = plain(title) or (above if below else "")
        joined.append(f"{above}{below}")
    return joined, list(rows[1:])


def looks_like(kind: K3Kind, header: Sequence[str]) -> int:
    """Say how many of a sheet's titles are known: of several sheets the one with most is read."""
    return sum(plain(title).casefold() in MARKS[kind] for title in header)


def read_k3(kind: K3Kind, columns: Mapping[str, int], rows: Sequence[tuple[int, list[str]]]) -> K3Read:
    """Read every row by the map. The same entry twice, a voucher that does not balance and each bad cell are findings."""
    missing = [one.name for one in K3_FIELDS[kind] if one.required and one.name not in columns]
    if missing:
        return K3Read([], [RowFinding(0, name, RowFault.NO_COLUMN) for name in missing], 0)
    reader = _Reader(kind, columns)
    for number, cells in rows:
        reader.take(number, cells)
    if kind is K3Kind.VOUCHERS:
        reader.hold_to_balance()
    return K3Read(reader.rows, reader.findings, reader.sums_left_out)


class _Reader:
    """Reads rows in order: what a voucher's later rows leave empty is its first row's."""

    def __init__(self, kind: K3Kind, columns: Mapping[str, int]) -> None:
        self.kind, self.columns = kind, columns
        self.rows: list[K3Row] = []
        self.findings: list[RowFinding] = []
        self.sums_left_out = 0
        self.seen: dict[tuple[str, ...], int] = {}
        self.entries: dict[tuple[str, ...], int] = {}
        self.days: dict[str, date] = {}
        self.head = {"date": "", "word": "", "number": ""}

    def take(self, number: int, cells: list[str]) -> None:
        """Read one row."""
        texts = {
            name: plain(cells[place]) if place < len(cells) else "" for name, place in self.columns.items()
        }
        if _is_sum(texts["account"], cells):
            self.sums_left_out += 1
            return
        self._fill_down(texts)
        row = self._row(number, texts)
        if row is None:
            return
        if row.key in self.seen:
            found = f"{' '.join(row.key)} ({self.seen[row.key]})"
            self.findings.append(
                RowFinding(number, "number" if row.day else "account", RowFault.TWICE, found)
            )
            return
        self.seen[row.key] = number
        self.rows.append(row)

    def _fill_down(self, texts: dict[str, str]) -> None:
        if self.kind is not K3Kind.VOUCHERS:
            return
        if not texts["number"] and not texts["date"]:
            texts |= {name: text for name, text in self.head.items() if name in texts or name == "word"}
        self.head = {name: texts.get(name, "") for name in self.head}

    def _row(self, number: int, texts: Mapping[str, str]) -> K3Row | None:
        before = len(self.findings)
        kept: dict[str, str] = {}
        sums: dict[str, int] = {}
        day: date | None = None
        for one in K3_FIELDS[self.kind]:
            text = texts.get(one.name, "")
            try:
                if not text:
                    if one.required and one.reads is not Reads.FEN:
                        raise BadCell(RowFault.EMPTY)
                elif one.reads is Reads.FEN:
                    sums[one.name] = read_figure(text, Reads.FEN)
                elif one.reads is Reads.TIME:
                    day = self._day(text)
                else:
                    kept[one.name] = _read_text(one.name, text)
            except BadCell as bad:
                self.findings.append(RowFinding(number, one.name, bad.args[0], text[:40]))
        if self.kind is K3Kind.TOTALS:
            return K3Row(number, None, "", "", 0, kept, sums) if len(self.findings) == before else None
        if len(self.findings) > before or day is None:
            return None
        return self._entry(number, day, kept, sums)

    def _day(self, text: str) -> date:
        """Read a day; a list of 100,000 rows has a few dozen of them."""
        if text not in self.days:
            self.days[text] = read_time(text).date()
        return self.days[text]

    def _entry(self, number: int, day: date, kept: dict[str, str], sums: dict[str, int]) -> K3Row | None:
        if not sums.get("debit") and not sums.get("credit"):
            self.findings.append(RowFinding(number, "debit", RowFault.EMPTY))
            return None
        told = WORD_AND_NUMBER.fullmatch(kept["number"])
        if told is None:
            self.findings.append(RowFinding(number, "number", RowFault.NOT_A_NUMBER, kept["number"][:40]))
            return None
        word, voucher = kept.get("word") or told["word"], str(int(told["number"]))
        key = (month_of(day), word, voucher)
        ordinal = self.entries.get(key, 0)
        self.entries[key] = ordinal + 1
        said = kept.get("entry", "")
        entry = int(said) if said.isascii() and said.isdecimal() and len(said) < 9 else ordinal
        return K3Row(number, day, word, voucher, entry, kept, sums)

    def hold_to_balance(self) -> None:
        """Name each voucher whose debits and credits differ: some of its rows are not in the file."""
        left: dict[tuple[str, ...], int] = {}
        first: dict[tuple[str, ...], int] = {}
        for row in self.rows:
            left[row.voucher] = left.get(row.voucher, 0) + row.side("debit") - row.side("credit")
            first.setdefault(row.voucher, row.row)
        if self.findings:
            return  # a row that can't be read is missing in its voucher: that is said once
        self.findings += [
            RowFinding(first[voucher], "number", RowFault.NOT_BALANCED, " ".join(voucher))
            for voucher, fen in left.items()
            if fen
        ]


def month_of(day: date) -> str:
    """Give the K/3 period of a day as text."""
    return f"{day.year}-{day.month:02d}"


def _is_sum(account: str, cells: Sequence[str]) -> bool:
    """Say whether a row only sums others: `合计` stands where the account would, or beside an empty one."""
    if account:
        return SUMS.fullmatch(account) is not None
    return any(SUMS.search(plain(cell)) for cell in cells)


def _read_text(name: str, text: str) -> str:
    """Read a text: names, items and summaries may be longer than a number, and no spreadsheet shortens them."""
    if name in ("account", "number", "entry", "word"):
        return read_number(text)
    if text.startswith(("=", "#")):
        raise BadCell(RowFault.FORMULA)
    if len(text) > LONGEST_NAME or not text.isprintable():
        raise BadCell(RowFault.TOO_LONG_TEXT)
    return text
