"""Why a room was on or off at an instant gone by: what the store's rows still say of it. Reads, decides nothing."""

from collections.abc import Iterator

import msgspec

from gateway.application.accounts import metered
from gateway.application.alarms import station
from gateway.application.explain import accounts_named
from gateway.application.ledger_look import BroughtForward, balances_before
from gateway.application.outbox import marks
from gateway.application.ports import Journal
from gateway.contract.facts import (
    Alarm,
    Decision,
    Fact,
    Instant,
    ReadingRow,
    Readings,
    RelayReport,
    decode_fact,
)
from gateway.contract.identifiers import AccountId, Epoch
from gateway.domain.tariff import price_at, rate_at

ROWS_AT_ONCE = 500
NO_LIMIT_BYTES = 1_000_000_000
MOST_ROWS = 50_000
"""How far back rows are looked through: days."""


class PastExplanation(msgspec.Struct, frozen=True):
    """What is still known of one account at an instant. None and empty: no row that is kept says it."""

    account: str
    room: str
    unit: str
    at_ms: int
    decision: Decision | None
    relay: RelayReport | None
    reading: ReadingRow | None
    booked: list[BroughtForward]
    """What the ledger held then; empty where entries of that time are folded away."""
    is_folded: bool
    price_micro_yuan_per_kwh: int | None
    price_version: str
    alarms: list[Alarm]
    """Raised within the rows that were looked through, and not cleared before the instant."""
    rows_seen: int
    rows_from_ms: int | None
    """When the oldest of them was written."""


class _Found:
    """What the rows before the instant say, the newest word first."""

    def __init__(self, account: str, meter: str | None, about: tuple[str | None, ...]) -> None:
        self._account, self._meter, self._about = account, meter, about
        self.decision: Decision | None = None
        self.relay: RelayReport | None = None
        self.reading: ReadingRow | None = None
        self.alarms: dict[str, Alarm] = {}
        self.rows = 0
        self.oldest_ms: int | None = None

    def note(self, fact: Fact, at_ms: int, written_ms: int) -> None:
        self.rows, self.oldest_ms = self.rows + 1, written_ms
        match fact:
            case Decision() if fact.account == self._account:
                self.decision = self.decision or fact
            case RelayReport() if fact.meter == self._meter:
                self.relay = self.relay or fact
            case Alarm() if fact.subject in self._about:
                self.alarms.setdefault(fact.alarm, fact)
            case Readings():
                rows = (
                    row for row in reversed(fact.rows) if row.meter == self._meter and row.wall_ms <= at_ms
                )
                self.reading = self.reading or next(rows, None)


def explain_past(journal: Journal, name: str, at_ms: int, now: Instant) -> list[PastExplanation]:
    """Explain every account of this name at an instant; empty when there is none."""
    return [_explain(journal, account, at_ms, now) for account in accounts_named(journal, name)]


def _explain(journal: Journal, account: AccountId, at_ms: int, now: Instant) -> PastExplanation:
    one = metered(journal, account)
    assert one is not None, "it was named by its rule"
    found = _Found(account, one.state.meter, (account, one.state.meter, station(journal).gateway))
    for fact, written_ms in _rows_before(journal, at_ms):
        found.note(fact, at_ms, written_ms)
    is_folded = at_ms < journal.folded_until_ms()
    return PastExplanation(
        account=account,
        room=one.rule.room,
        unit=one.rule.unit,
        at_ms=at_ms,
        decision=found.decision,
        relay=found.relay,
        reading=found.reading,
        booked=[] if is_folded else balances_before(journal, account, at_ms),
        is_folded=is_folded,
        price_micro_yuan_per_kwh=rate_at(one.prices, at_ms, one.state.months) if one.prices else None,
        price_version=price_at(one.prices, at_ms).version if one.prices else "",
        alarms=[alarm for alarm in found.alarms.values() if alarm.raised],
        rows_seen=found.rows,
        rows_from_ms=found.oldest_ms,
    )


def _rows_before(journal: Journal, at_ms: int) -> Iterator[tuple[Fact, int]]:
    """Give the kept rows written up to an instant with when they were, the newest first, as far back as is worth it."""
    left = MOST_ROWS
    for mark in reversed(marks(journal)):
        first = journal.first_kept_seq(mark.epoch)
        end = _last_before(journal, mark.epoch, at_ms)
        while end >= first and left > 0:
            begin = max(first, end - ROWS_AT_ONCE + 1)
            rows = journal.outbox(mark.epoch, begin - 1, NO_LIMIT_BYTES, end - begin + 1)
            for row in reversed(rows):
                try:
                    fact = decode_fact(bytes(row.fact))
                except msgspec.DecodeError:
                    continue
                yield fact, journal.written_ms(mark.epoch, row.seq - 1) or 0
            left -= end - begin + 1
            end = begin - 1


def _last_before(journal: Journal, epoch: Epoch, at_ms: int) -> int:
    """Find the last row of an epoch that was written by an instant: rows are dated in order, as far as the clock was."""
    low, high = journal.first_kept_seq(epoch) - 1, journal.last_seq(epoch)
    while low < high:
        middle = (low + high + 1) // 2
        written_ms = journal.written_ms(epoch, middle - 1)
        if written_ms is not None and written_ms <= at_ms:
            low = middle
        else:
            high = middle - 1
    return low
