"""Verify the books from a page, a step at a time: triggers, the chain, units and sums, up to the newest row.

A million rows take many seconds; no request may. So a check is a row that remembers how far it came: each step claims it, reads a
stretch of the chain without a lock on anything, and stores where it is. Two steps never run at once, and a check that somebody
left is not gone on with later: what it read could have been changed behind it. The end is on record in the chain itself.

chain       row by row from the first; units with it
sums        are added up on the way, and compared in the last step with what accounts keep: one state, nothing booked in between
triggers    are looked at at the end, whole or not: a row that was altered is named even where its trigger is gone
"""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum

from django.db import transaction

from central.domain import chain
from central.ledger.chain_rows import TRANSFERS, links
from central.ledger.immutability import missing_triggers
from central.ledger.models import BooksCheck, ChainHead, LedgerAccount
from central.ledger.one_state import one_state
from central.ledger.one_writer import lock_head
from central.ledger.operations import record_audit

ROWS_PER_STEP = 20_000
CLAIM_MS = 60_000
LEFT_AFTER_MS = 10 * 60_000
"""Without a step for so long nobody watches any more."""
VERIFIED = "verify-books"
"""The act's name in the record."""
State = BooksCheck.State
Sums = dict[str, list[int]]


class FaultKind(StrEnum):
    """What can be wrong with the books; a text key for the pages."""

    TRIGGERS = "triggers"
    """Tables of money can be changed; named are the triggers that are missing."""
    MISSING = "missing"
    ALTERED = "altered"
    UNITS = "units"
    NEWEST = "newest"
    """The head knows of rows that aren't there, or ends with another hash."""
    SUMS = "sums"
    """Named is the account whose sums differ from its transfers."""


@dataclass(frozen=True, slots=True)
class Fault:
    """The first thing that doesn't hold: `name` is a row's table and key, an account or triggers."""

    kind: FaultKind
    name: str
    position: int = 0


@dataclass(frozen=True, slots=True)
class _Walked:
    """What a step found: how far the chain holds, the sums so far, the first fault, and whether nothing is left to read."""

    so_far: chain.Whole
    aim: int
    sums: Sums
    faults: tuple[Fault, ...] = ()
    at_end: bool = False


@transaction.atomic
def begin(*, actor: str, now_ms: int) -> BooksCheck:
    """Begin a check; the one that is under way is given instead, whoever began it."""
    lock_head()
    running = BooksCheck.objects.select_for_update().filter(state=State.RUNNING)
    running.filter(stepped_ms__lt=now_ms - LEFT_AFTER_MS).update(state=State.LEFT, ended_ms=now_ms, sums={})
    under_way = running.first()
    return under_way or BooksCheck.objects.create(
        started_by=actor, started_ms=now_ms, stepped_ms=now_ms, chain_hash=chain.GENESIS, aim=_head().position
    )


def step(check_id: int, *, now_ms: int, rows: int = ROWS_PER_STEP) -> BooksCheck:
    """Read the next rows of a check; the last step puts its end on record. Does nothing while another step is under way."""
    mine = _claim(check_id, now_ms)
    if mine is None:
        return BooksCheck.objects.get(pk=check_id)
    with one_state():
        walked = _walk(mine, rows)
    return _store(mine, walked, now_ms)


@transaction.atomic
def _claim(check_id: int, now_ms: int) -> BooksCheck | None:
    check = BooksCheck.objects.select_for_update().get(pk=check_id)
    if check.state != State.RUNNING or check.claimed_until_ms > now_ms:
        return None
    check.claimed_until_ms = now_ms + CLAIM_MS
    check.save(update_fields=["claimed_until_ms"])
    return check


@transaction.atomic
def _store(mine: BooksCheck, walked: _Walked, now_ms: int) -> BooksCheck:
    """Keep what a step found; one whose claim has gone to another keeps nothing.

    The head first, as who begins a check does: the last step's end goes on record behind the check's own lock.
    """
    lock_head()
    check = BooksCheck.objects.select_for_update().get(pk=mine.pk)
    if check.state != State.RUNNING or check.claimed_until_ms != mine.claimed_until_ms:
        return check
    check.position, check.chain_hash = walked.so_far.rows, walked.so_far.last_hash
    check.aim, check.stepped_ms, check.claimed_until_ms = walked.aim, now_ms, 0
    check.sums = walked.sums
    if walked.at_end:
        check.state = State.BROKEN if walked.faults else State.WHOLE
        check.ended_ms, check.sums, check.faults = now_ms, {}, [asdict(fault) for fault in walked.faults]
        _on_record(check, walked, now_ms)
    check.save()
    return check


def _on_record(check: BooksCheck, walked: _Walked, now_ms: int) -> None:
    detail = f"{walked.so_far.rows} {walked.so_far.last_hash.hex()}"
    if walked.faults:
        first = walked.faults[0]
        detail = f"{first.kind} {first.position} {first.name}"
    record_audit(
        actor=check.started_by, action=VERIFIED, subject=str(check.state), detail=detail, now_ms=now_ms
    )


def _walk(check: BooksCheck, rows: int) -> _Walked:
    """Read a stretch of the chain; at its end, or at the first row that doesn't hold, look at everything else."""
    before = chain.Whole(check.position, bytes(check.chain_hash))
    head = _head()
    sums: Sums = {code: list(both) for code, both in check.sums.items()}
    stretch = list(links(before.rows, before.rows + rows))
    held, fault = _held(stretch, before)
    if fault is None:
        _add(sums, stretch)
        if len(stretch) == rows:
            return _Walked(held, max(head.position, held.rows), sums)
        fault = _gap_after(held) or _newest_missing(head, held) or next(_other_sums(sums), None)
    faults = tuple(found for found in (fault, _triggers_missing()) if found is not None)
    return _Walked(held, max(head.position, held.rows), sums, faults, at_end=True)


def _held(stretch: list[chain.Link], before: chain.Whole) -> tuple[chain.Whole, Fault | None]:
    """Say how far a stretch holds, and the first row of it that doesn't."""
    found = chain.check(stretch, before)
    if isinstance(found, chain.Whole):
        return found, next(_mixed_units(stretch), None)
    kept = [link for link in stretch if link.position < found.position]
    held = chain.Whole(kept[-1].position, kept[-1].chain_hash) if kept else before
    return held, Fault(FaultKind(found.damage.value), f"{found.table} {found.key}", found.position)


def _gap_after(held: chain.Whole) -> Fault | None:
    """Name the missing row where a stretch ended early and others follow."""
    following = next(links(held.rows), None)
    if following is None:
        return None
    return Fault(FaultKind.MISSING, f"{following.table} {following.key}", held.rows + 1)


def _triggers_missing() -> Fault | None:
    missing = missing_triggers()
    return Fault(FaultKind.TRIGGERS, ", ".join(missing)) if missing else None


def _head() -> ChainHead:
    return ChainHead.objects.filter(pk=1).first() or ChainHead(position=0, chain_hash=chain.GENESIS)


def _transfers(stretch: Iterable[chain.Link]) -> Iterator[tuple[int, str, str, str, int, str]]:
    for link in stretch:
        if link.table == TRANSFERS:
            debit, credit, amount, unit = link.content[1:5]
            yield link.position, link.key, str(debit), str(credit), int(amount), str(unit)


def _mixed_units(stretch: list[chain.Link]) -> Iterator[Fault]:
    codes = {code for _at, _key, *sides, _amount, _unit in _transfers(stretch) for code in sides}
    units: dict[str, str] = {}
    for code, unit in LedgerAccount.objects.filter(code__in=codes).values_list("code", "unit").iterator():
        units[code] = unit
    for position, key, debit, credit, _amount, unit in _transfers(stretch):
        if not unit == units.get(debit) == units.get(credit):
            yield Fault(FaultKind.UNITS, f"{TRANSFERS} {key}", position)


def _add(sums: Sums, stretch: Iterable[chain.Link]) -> None:
    for _at, _key, debit, credit, amount, _unit in _transfers(stretch):
        sums.setdefault(debit, [0, 0])[0] += amount
        sums.setdefault(credit, [0, 0])[1] += amount


def _newest_missing(head: ChainHead, found: chain.Whole) -> Fault | None:
    if (head.position, bytes(head.chain_hash)) == (found.rows, found.last_hash):
        return None
    return Fault(FaultKind.NEWEST, str(head.position), found.rows + 1)


def _other_sums(sums: Sums) -> Iterator[Fault]:
    left = dict(sums)
    accounts = LedgerAccount.objects.order_by("code").values_list("code", "debits", "credits")
    for code, debits, credited in accounts.iterator():
        if [debits, credited] != left.pop(code, [0, 0]):
            yield Fault(FaultKind.SUMS, code)
    for code in sorted(left):
        yield Fault(FaultKind.SUMS, code)
