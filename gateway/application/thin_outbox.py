"""Bounding what weeks without central leave on the card (R-G2, C-12). Sends nothing, and never touches what may have been sent.

The newest KEPT_WHOLE_ROWS rows stay as they are: three days of one commit every 5 s. Of older rows only plain readings are thinned
(`domain/thinning`); entries, decisions, relay reports, alarms and answers to commands never. The rule counts rows, not hours, so
that it holds on a Pi without a clock, too. A row keeps its sequence, be it empty: central sees no gap.
"""

from collections.abc import Sequence

import msgspec

from gateway.application.alarms import station
from gateway.application.ports import Journal
from gateway.application.records import OutboxMark
from gateway.contract.facts import Entry, Fact, ReadingRow, Readings, UpRow, decode_fact
from gateway.domain.thinning import registers_behind, thinned

KEPT_WHOLE_ROWS = 52_000
ROWS_AT_ONCE = 720
"""An hour of rows: some tens of milliseconds of the writer's time."""
_NO_LIMIT = 1_000_000_000


def thin_outbox(journal: Journal) -> int:
    """Thin the next stretch of old readings that were never sent; give how many readings were dropped."""
    epoch = station(journal).epoch
    mark, last_seq = journal.record(OutboxMark, epoch), journal.last_seq(epoch)
    if mark is None:
        return 0
    if mark.sendable_seq < 0:
        # A store from before this rule: what of it was sent is not known.
        journal.keep(epoch, msgspec.structs.replace(mark, sendable_seq=last_seq))
        return 0
    after_seq = max(mark.sendable_seq, mark.thinned_seq, mark.acked_seq)
    if last_seq - KEPT_WHOLE_ROWS - after_seq < ROWS_AT_ONCE:
        return 0
    rows = journal.outbox(epoch, after_seq, _NO_LIMIT, 2 * ROWS_AT_ONCE)
    dropped = _thin(journal, mark, rows[:ROWS_AT_ONCE], _entries(rows))
    total = mark.thinned_readings + dropped
    journal.keep(
        epoch,
        msgspec.structs.replace(mark, thinned_seq=after_seq + ROWS_AT_ONCE, thinned_readings=total),
    )
    return dropped


def _entries(rows: Sequence[UpRow]) -> list[Entry]:
    """An entry follows the reading it ends with; one behind the stretch may still belong to a reading in it."""
    facts = (_fact(row) for row in rows)
    return [fact for fact in facts if isinstance(fact, Entry)]


def _fact(row: UpRow) -> Fact:
    return decode_fact(bytes(row.fact))


def _thin(journal: Journal, mark: OutboxMark, rows: Sequence[UpRow], entries: list[Entry]) -> int:
    packs: dict[int, list[ReadingRow]] = {}
    for row in rows:
        fact = _fact(row)
        if isinstance(fact, Readings):
            packs[row.seq] = fact.rows
    fewer = thinned(list(packs.values()), registers_behind(entries))
    for (seq, pack), left in zip(packs.items(), fewer, strict=True):
        if len(left) < len(pack):
            journal.replace_readings(mark.epoch, seq, left)
    return sum(map(len, packs.values())) - sum(map(len, fewer))
