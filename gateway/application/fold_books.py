"""Bounding the books' own growth on the card (R-G2): what central has long since is folded away. Loses nothing of money.

- A ledger entry goes once it is older than `keep_ledger_days`, central has acknowledged it and its outbox row is gone
  (`keep_acked_days`), and nothing still has to correct it: it becomes part of one sum per bucket and of a chain of digests.
- The body of a command goes once it is older than `keep_acked_days`; number, digest and answer stay for ever, so that a
  repetition is known. The configuration in force and what came after it keep their bytes.
- A provisional record that was settled goes with its entry: no price that is learnt later reaches back behind the fold.
Known grants stay for ever: a voucher may come after years (C-6). Nothing is folded on an untrusted clock.
"""

from hashlib import sha256

import msgspec

from gateway.application.alarms import station
from gateway.application.ports import Journal
from gateway.application.records import ONLY, Folded, InboxRow, Provisional
from gateway.contract.commands import Configure, decode_command
from gateway.contract.facts import Instant
from gateway.contract.identifiers import EntryId
from gateway.contract.rules import PolicyRule

DAY_MS = 86_400_000
COMMANDS_AT_ONCE = 100
WORTH_BYTES = 100
"""A smaller body is hardly longer than its digest."""


def fold_books(journal: Journal, policy: PolicyRule, now: Instant) -> int:
    """Fold the next stretch of what is old enough; give how many entries and command bodies went."""
    if not now.trusted:
        return 0
    days = max(policy.keep_ledger_days, policy.keep_acked_days)
    pending = [
        number_of(record.entry)
        for record in journal.records(Provisional).values()
        if record.settled_span is None
    ]
    folded = journal.fold_entries(now.wall_ms - days * DAY_MS, now.wall_ms, min(pending, default=None))
    if folded:
        _forget_provisional(journal)
    return folded + _shrink_bodies(journal, now.wall_ms - policy.keep_acked_days * DAY_MS)


def number_of(entry: EntryId) -> int:
    """Give an entry's number, which its id ends in."""
    tail = entry.rpartition(".")[2]
    return int(tail) if tail.isdigit() else 0


def _forget_provisional(journal: Journal) -> None:
    settled = [r.entry for r in journal.records(Provisional).values() if r.settled_span is not None]
    for entry in settled:
        if journal.entry(entry) is None:
            journal.forget(Provisional, entry)


def _shrink_bodies(journal: Journal, before_ms: int) -> int:
    mark = journal.record(Folded, ONLY) or Folded()
    here = station(journal)
    old_until = _old_until(journal, mark.commands, here.last_command, before_ms)
    number, shrunk = mark.commands, 0
    while number < min(old_until, mark.commands + COMMANDS_AT_ONCE):
        row = journal.record(InboxRow, str(number + 1))
        if row is not None and _is_in_force(row, here.config_version):
            break
        number += 1
        if row is not None and len(row.body) > WORTH_BYTES:
            kept = msgspec.structs.replace(row, body=b"", digest=sha256(row.body).digest())
            journal.keep(str(number), kept)
            shrunk += 1
    if number > mark.commands:
        journal.keep(ONLY, Folded(number))
    return shrunk


def _old_until(journal: Journal, after: int, last: int, before_ms: int) -> int:
    """The last command of the next stretch that is old: what came before an old one is, whatever an untrusted clock said."""
    old = after
    for number in range(after + 1, last + 1):
        row = journal.record(InboxRow, str(number))
        at = row.result.at if row is not None else None
        if at is not None and at.trusted and at.wall_ms >= before_ms:
            break
        if at is None or at.trusted:
            old = number
        if old >= after + COMMANDS_AT_ONCE:
            break
    return old


def _is_in_force(row: InboxRow, version: int) -> bool:
    """Those behind the configuration in force wait until another one is."""
    body = decode_command(row.body)
    return isinstance(body, Configure) and body.version == version
