"""Make balanced Kingdee K/3 vouchers from the ledger's movements of money (R-4.1.9). Pure: sums and a map in, vouchers or
findings out.

Each movement debits one of our accounts and credits another, so every voucher balances. Ledgers count micro-yuan and K/3 counts
fen: an account's part below a fen is carried to the next voucher of its kind, so that a year of vouchers differs from the
ledger by less than a fen an account, and each voucher balances to the fen. What the map lacks is named, and then there is no
voucher at all.

K/3's periods are calendar months, whatever our accounting period is: a voucher never spans two of them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from central.domain.k3_map import AccountMap, Fact, Facts, MapRow, filled, missing_facts
from gateway.contract.quantities import MICRO_YUAN_PER_FEN

VOUCHER_WORD = "记"


class Group(StrEnum):
    """What a voucher is about: one voucher of each for a day, or for a month."""

    TAKINGS = "takings"
    BILLS = "bills"
    USE = "use"
    SUBSIDIES = "subsidies"
    REFUNDS = "refunds"
    CASH = "cash"
    BANK = "bank"
    OTHER = "other"


GROUPS: dict[str, Group] = {
    **dict.fromkeys(("payment", "charge", "bill-payment", "debt-paid", "void", "card-meter-sale"), Group.TAKINGS),
    **dict.fromkeys(("bill", "bill-credit"), Group.BILLS),
    **dict.fromkeys(("consumption", "adjustment", "expired", "true-up", "true-up-reversed"), Group.USE),
    **dict.fromkeys(("subsidy", "subsidy-back"), Group.SUBSIDIES),
    **dict.fromkeys(("pay-out", "taken-back", "offset", "moved-credit"), Group.REFUNDS),
    **dict.fromkeys(("float", "to-safe", "hand-in", "cash-difference"), Group.CASH),
    "card-pay-over": Group.BANK,
}  # fmt: skip
"""By a transfer's kind; what is not here makes the voucher of other movements."""


class Span(StrEnum):
    """What one voucher stands for."""

    DAY = "day"
    MONTH = "month"
    """The exported days of one K/3 period; dated on the last of them."""


@dataclass(frozen=True, slots=True)
class Movement:
    """A sum that moved on a day: what kind, from and to which of our accounts, in micro-yuan; whose it was, for the map's
    texts.
    """

    day: date
    kind: str
    debit: str
    credit: str
    micro_yuan: int
    facts: Facts = field(default_factory=dict)


class VoucherFault(StrEnum):
    """Why there are no vouchers yet; `central/reports/k3/words.py` says it."""

    UNMAPPED = "unmapped"
    HALF_LEFT_OUT = "half-left-out"
    """One side is left out and the other is not: the voucher could not balance."""
    NO_FACT = "no-fact"
    """The item or the summary asks for what is not known of this movement."""


@dataclass(frozen=True, slots=True)
class VoucherFinding:
    """What the map lacks: for which of our accounts, what more, and the sum that would fall under the table."""

    fault: VoucherFault
    account: str
    found: str
    micro_yuan: int


@dataclass(frozen=True, slots=True, order=True)
class LineKey:
    """One line of the vouchers of a group: which side, which account of K/3, which item."""

    group: str
    is_credit: bool
    code: str
    name: str
    item: str


Residues = Mapping[LineKey, int]
"""What is booked in our ledger and not yet in K/3, by line, in micro-yuan of its own side; each group's debits and credits tie.
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry (分录); one of the two sums is zero."""

    code: str
    name: str
    item: str
    summary: str
    debit_fen: int
    credit_fen: int


@dataclass(frozen=True, slots=True)
class Voucher:
    """One voucher (凭证). `number` is K/3's within its period, `serial` this export's own."""

    day: date
    group: Group
    number: int
    serial: int
    entries: tuple[Entry, ...]

    @property
    def period(self) -> tuple[int, int]:
        """K/3's year and period: the calendar month."""
        return self.day.year, self.day.month

    @property
    def debit_fen(self) -> int:
        """The sum of its debits."""
        return sum(entry.debit_fen for entry in self.entries)

    @property
    def credit_fen(self) -> int:
        """The sum of its credits."""
        return sum(entry.credit_fen for entry in self.entries)


@dataclass(frozen=True, slots=True)
class Made:
    """Vouchers, or why there are none; what the map leaves out on purpose; what is left below a fen afterwards."""

    vouchers: list[Voucher]
    findings: list[VoucherFinding]
    left_out: dict[str, int]
    """Micro-yuan by kind of movement."""
    residues: dict[LineKey, int]


@dataclass(slots=True)
class _Line:
    micro_yuan: int = 0
    summary: str = ""


@dataclass(slots=True)
class _Sheet:
    """One voucher to be: its lines by key."""

    day: date
    first: date
    group: Group
    lines: dict[LineKey, _Line] = field(default_factory=dict)


def make_vouchers(
    movements: Iterable[Movement],
    map_at: Mapping[date, AccountMap],
    span: Span,
    residues: Residues,
    numbers: Mapping[tuple[int, int], int],
    words: Mapping[Group, str],
) -> Made:
    """Make the vouchers of some days, in order of day and group.

    `map_at` is the map in force on each day, `residues` what former exports carried, `numbers` the first voucher number by K/3
    period (1 where none is given), `words` what each group is called in a summary. Any finding: no voucher at all.
    """
    rows = sorted(movements, key=lambda one: (one.day, one.kind, one.debit, one.credit))
    findings: dict[tuple[str, str, str], VoucherFinding] = {}
    left_out: dict[str, int] = {}
    spans = _spans([one.day for one in rows], span)
    sheets: dict[tuple[date, Group], _Sheet] = {}
    for one in rows:
        sides = _sides_of(one, map_at[one.day], findings)
        if sides is None:
            continue
        if sides[0].left_out:
            left_out[one.kind] = left_out.get(one.kind, 0) + one.micro_yuan
            continue
        first, last = spans[one.day]
        group = GROUPS.get(one.kind, Group.OTHER)
        sheet = sheets.setdefault((last, group), _Sheet(last, first, group))
        _add(sheet, one, sides, words[group], findings)
    if findings:
        return Made([], list(findings.values()), left_out, dict(residues))
    order = list(Group)
    ordered = sorted(sheets.values(), key=lambda sheet: (sheet.day, order.index(sheet.group)))
    vouchers, after = _numbered(ordered, residues, numbers)
    return Made(vouchers, [], left_out, after)


def _spans(days: Sequence[date], span: Span) -> dict[date, tuple[date, date]]:
    """Give by day the first and last day of its voucher."""
    if span is Span.DAY:
        return {day: (day, day) for day in days}
    months: dict[tuple[int, int], list[date]] = {}
    for day in days:
        months.setdefault((day.year, day.month), []).append(day)
    return {day: (min(of), max(of)) for of in months.values() for day in of}


def _sides_of(
    one: Movement, accounts: AccountMap, findings: dict[tuple[str, str, str], VoucherFinding]
) -> tuple[MapRow, MapRow] | None:
    debit, credit = accounts.row_of(one.debit), accounts.row_of(one.credit)
    for row, account in ((debit, one.debit), (credit, one.credit)):
        if row is None:
            _note(findings, VoucherFault.UNMAPPED, _shape(account), one.kind, one.micro_yuan)
    if debit is None or credit is None:
        return None
    if debit.left_out != credit.left_out:
        out, kept = (debit, credit) if debit.left_out else (credit, debit)
        _note(findings, VoucherFault.HALF_LEFT_OUT, out.pattern, kept.pattern, one.micro_yuan)
        return None
    return debit, credit


def _shape(account: str) -> str:
    """Name an account as a pattern would: without whose it is, so that a thousand rooms are one finding."""
    parts = account.split(":")
    return account if len(parts) < 3 else f"{parts[0]}:*:{parts[-1]}"


def _note(
    findings: dict[tuple[str, str, str], VoucherFinding],
    fault: VoucherFault,
    account: str,
    found: str,
    micro: int,
) -> None:
    before = findings.get((fault, account, found))
    summed = micro + (before.micro_yuan if before else 0)
    findings[(fault, account, found)] = VoucherFinding(fault, account, found, summed)


def _add(
    sheet: _Sheet,
    one: Movement,
    sides: tuple[MapRow, MapRow],
    words: str,
    findings: dict[tuple[str, str, str], VoucherFinding],
) -> None:
    days = f"{sheet.first}" if sheet.first == sheet.day else f"{sheet.first} – {sheet.day}"
    for row, account, is_credit in ((sides[0], one.debit, False), (sides[1], one.credit, True)):
        facts = {**one.facts, Fact.DAYS: days, Fact.WHAT: words, Fact.ITEM: _item_of(account)}
        for fact in (*missing_facts(row.item, facts), *missing_facts(row.summary, facts)):
            _note(findings, VoucherFault.NO_FACT, row.pattern, fact.value, one.micro_yuan)
        key = LineKey(sheet.group.value, is_credit, row.code, row.name, filled(row.item, facts))
        line = sheet.lines.setdefault(key, _Line(summary=filled(row.summary, facts)))
        line.micro_yuan += one.micro_yuan


def _item_of(account: str) -> str:
    parts = account.split(":")
    return parts[1] if len(parts) > 2 else ""


def _numbered(
    sheets: Sequence[_Sheet], residues: Residues, numbers: Mapping[tuple[int, int], int]
) -> tuple[list[Voucher], dict[LineKey, int]]:
    carried = dict(residues)
    following = dict(numbers)
    vouchers: list[Voucher] = []
    for sheet in sheets:
        entries = _entries_of(sheet, carried)
        if not entries:
            continue
        period = (sheet.day.year, sheet.day.month)
        number = following.get(period, 1)
        following[period] = number + 1
        vouchers.append(Voucher(sheet.day, sheet.group, number, len(vouchers) + 1, entries))
    return vouchers, {key: micro for key, micro in carried.items() if micro}


def _entries_of(sheet: _Sheet, carried: dict[LineKey, int]) -> tuple[Entry, ...]:
    """Round a voucher's lines with what was carried for its group; what is left over is carried on."""
    keys = sorted({*sheet.lines, *(key for key in carried if key.group == sheet.group)})
    exact = [carried.get(key, 0) + (sheet.lines[key].micro_yuan if key in sheet.lines else 0) for key in keys]
    signed = [-micro if key.is_credit else micro for key, micro in zip(keys, exact, strict=True)]
    entries: list[Entry] = []
    some_summary = next(iter(sheet.lines.values())).summary
    for key, micro, rounded in zip(keys, exact, whole_fen(signed), strict=True):
        fen = -rounded if key.is_credit else rounded
        carried[key] = micro - fen * MICRO_YUAN_PER_FEN
        if fen:
            summary = sheet.lines[key].summary if key in sheet.lines else some_summary
            entries.append(_entry(key, fen, summary))
    return tuple(entries)


def _entry(key: LineKey, fen: int, summary: str) -> Entry:
    """A sum below zero, which only carrying can make, stands on the other side instead: K/3 would print it red."""
    is_credit = key.is_credit == (fen > 0)
    debit, credit = (0, abs(fen)) if is_credit else (abs(fen), 0)
    return Entry(key.code, key.name, key.item, summary, debit, credit)


def whole_fen(exact: Sequence[int]) -> list[int]:
    """Round signed micro-yuan whose sum is zero to whole fen whose sum is zero: each is off by less than a fen, whole ones by
    nothing.
    """
    assert sum(exact) == 0, "both sides of a voucher are the same money"
    floors = [micro // MICRO_YUAN_PER_FEN for micro in exact]
    rests = [micro % MICRO_YUAN_PER_FEN for micro in exact]
    most = sorted(range(len(exact)), key=lambda place: (-rests[place], place))
    up = set(most[: -sum(floors)]) if sum(floors) else set()
    return [floor + (place in up) for place, floor in enumerate(floors)]
