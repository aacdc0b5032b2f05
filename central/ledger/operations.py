"""Book transfers and audit entries: append only, chained, once per id. Callers open the transaction.

All bookings queue at the chain's head. Who also touches a gateway's row (a command, a grant, an account that ingest settles) locks
that row before, and who touches a building's row (a change of the campus, a swap that ingest books) locks that one next, several in
the order of their keys: then no two writers wait for each other in a circle. Rows that others' foreign keys name are locked without
their keys (`no_key`): on PostgreSQL a key is asked for at the commit, with the head held.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum

from django.db import IntegrityError, connection

from central.domain import chain
from central.ledger.chart_of_accounts import Side
from central.ledger.models import AuditEntry, ChainHead, LedgerAccount, Transfer
from central.prepared import Prepared, PreparedIn, insert, update, write_rows

_ACCOUNTS = LedgerAccount._meta.db_table
_MOVE = f"UPDATE {_ACCOUNTS} SET debits = debits + %s, credits = credits + %s WHERE code = %s"  # noqa: S608  a table's name
_MOVE_MANY = (
    f"UPDATE {_ACCOUNTS} SET debits = {_ACCOUNTS}.debits + moved.debit, credits = {_ACCOUNTS}.credits + moved.credit "  # noqa: S608
    "FROM unnest(%s::bigint[], %s::bigint[], %s::text[]) AS moved (debit, credit, code) "
    f"WHERE {_ACCOUNTS}.code = moved.code"
)
"""Any number of accounts at once: the head is locked while it runs."""
FEW = 4
_HEAD = Prepared(lambda key: ChainHead.objects.select_for_update().filter(pk=key), int)
_TRANSFERS = PreparedIn(lambda names: Transfer.objects.filter(id__in=names).order_by())
_SIDES = Prepared(
    lambda *codes: (
        LedgerAccount.objects.filter(code__in=codes).order_by().values_list("code", "unit", "kind")
    ),
    *[str] * FEW,
)


@dataclass(frozen=True, slots=True)
class Draft:
    """A transfer to book. `id` is its originator's and never used for another one (C-1)."""

    id: str
    debit: Side
    credit: Side
    amount: int
    kind: str
    at_ms: int
    reference: str = ""
    note: str = ""


class Booked(StrEnum):
    """What became of a draft."""

    NEW = "new"
    EXISTS = "exists"
    EXISTS_WITH_DIFFERENT = "exists-with-different"


class BrokenInvariant(RuntimeError):
    """The books would not hold; the transaction must not be committed."""


def book(drafts: Sequence[Draft], now_ms: int) -> list[Booked]:
    """Book drafts in order, inside the caller's transaction; give one outcome each.

    A draft whose id is booked with the same content is EXISTS; with other content EXISTS_WITH_DIFFERENT, and is not booked.
    Raises BrokenInvariant for an amount of zero or less, for mixed units and for an account used with another unit or kind.
    """
    _require_transaction()
    for draft in drafts:
        _check_draft(draft)
    with _locked_head() as head:
        known = {t.id: _fingerprint_of(t) for t in _TRANSFERS.any_of(draft.id for draft in drafts)}
        outcomes: list[Booked] = []
        new: list[Draft] = []
        for draft in drafts:
            fingerprint = _fingerprint(draft)
            outcome = Booked.NEW
            if draft.id in known:
                same = known[draft.id] == fingerprint
                outcome = Booked.EXISTS if same else Booked.EXISTS_WITH_DIFFERENT
            else:
                known[draft.id] = fingerprint
                new.append(draft)
            outcomes.append(outcome)
        _append_transfers(head, new, now_ms)
    return outcomes


def book_new(drafts: Sequence[Draft], now_ms: int) -> None:
    """Book drafts none of which may have been booked before. Raises BrokenInvariant otherwise: its cause was not stored."""
    _require_transaction()
    for draft in drafts:
        _check_draft(draft)
    with _locked_head() as head:
        try:
            _append_transfers(head, list(drafts), now_ms)
        except IntegrityError as error:
            ids = ", ".join(draft.id for draft in drafts)
            raise BrokenInvariant(f"one of transfers {ids} was booked before without its cause") from error


def record_audit(*, actor: str, action: str, subject: str, detail: str, now_ms: int) -> None:
    """Append who did what to the chain, inside the caller's transaction."""
    _require_transaction()
    with _locked_head() as head:
        entry = AuditEntry(at_ms=now_ms, actor=actor, action=action, subject=subject, detail=detail)
        entry.position, entry.chain_hash = _advance(head, AuditEntry._meta.db_table, audit_content(entry))
        insert(entry)


def transfer_content(transfer: Transfer) -> chain.Content:
    """Give the fields of a transfer that its hash covers."""
    return [
        transfer.id,
        transfer.debit_id,
        transfer.credit_id,
        transfer.amount,
        transfer.unit,
        transfer.kind,
        transfer.at_ms,
        transfer.booked_ms,
        transfer.reference,
        transfer.note,
    ]


def audit_content(entry: AuditEntry) -> chain.Content:
    """Give the fields of an audit entry that its hash covers."""
    return [entry.at_ms, entry.actor, entry.action, entry.subject, entry.detail]


def _require_transaction() -> None:
    if not connection.in_atomic_block:
        raise BrokenInvariant(
            "book inside transaction.atomic(): a transfer without its cause must not be committed"
        )


def _check_draft(draft: Draft) -> None:
    if draft.amount <= 0:
        raise BrokenInvariant(f"transfer {draft.id}: the amount {draft.amount} is not above zero")
    if draft.debit.unit != draft.credit.unit:
        raise BrokenInvariant(
            f"transfer {draft.id}: {draft.debit.code} and {draft.credit.code} differ in unit"
        )


def _fingerprint(draft: Draft) -> tuple[object, ...]:
    return (draft.debit.code, draft.credit.code, draft.amount, draft.kind, draft.at_ms, draft.reference)


def _fingerprint_of(transfer: Transfer) -> tuple[object, ...]:
    return (
        transfer.debit_id,
        transfer.credit_id,
        transfer.amount,
        transfer.kind,
        transfer.at_ms,
        transfer.reference,
    )


@contextmanager
def _locked_head() -> Iterator[ChainHead]:
    head = (
        _HEAD.first(1)
        or ChainHead.objects.select_for_update().get_or_create(
            pk=1, defaults={"position": 0, "chain_hash": chain.GENESIS}
        )[0]
    )
    before = head.position
    yield head
    if head.position != before:
        update(head, "position", "chain_hash")


def _advance(head: ChainHead, table: str, content: chain.Content) -> tuple[int, bytes]:
    head.position += 1
    head.chain_hash = chain.next_hash(bytes(head.chain_hash), table, head.position, content)
    return head.position, head.chain_hash


def _append_transfers(head: ChainHead, drafts: list[Draft], now_ms: int) -> None:
    if not drafts:
        return
    _open_accounts({side.code: side for draft in drafts for side in (draft.debit, draft.credit)})
    rows = []
    debits: dict[str, int] = {}
    credits: dict[str, int] = {}
    for draft in drafts:
        row = Transfer(
            id=draft.id,
            debit_id=draft.debit.code,
            credit_id=draft.credit.code,
            amount=draft.amount,
            unit=draft.debit.unit,
            kind=draft.kind,
            at_ms=draft.at_ms,
            booked_ms=now_ms,
            reference=draft.reference,
            note=draft.note[:200],
        )
        row.position, row.chain_hash = _advance(head, Transfer._meta.db_table, transfer_content(row))
        rows.append(row)
        debits[row.debit_id] = debits.get(row.debit_id, 0) + row.amount
        credits[row.credit_id] = credits.get(row.credit_id, 0) + row.amount
    if len(rows) <= FEW:
        for row in rows:
            insert(row)
    else:
        Transfer.objects.bulk_create(rows)
    moved = [
        (debits.get(code, 0), credits.get(code, 0), code) for code in sorted(debits.keys() | credits.keys())
    ]
    write_rows(connection, moved, each=_MOVE, arrays=_MOVE_MANY)


def _accounts_named(codes: list[str]) -> Iterable[tuple[str, str, str]]:
    if len(codes) <= FEW:
        codes = codes + codes[:1] * (FEW - len(codes))  # one statement for any few
        return _SIDES.rows(*codes)
    return LedgerAccount.objects.filter(code__in=codes).values_list("code", "unit", "kind")


def _open_accounts(sides: dict[str, Side]) -> None:
    known = {code: (unit, kind) for code, unit, kind in _accounts_named(list(sides))}
    for code, (unit, kind) in known.items():
        if (unit, kind) != (sides[code].unit, sides[code].kind):
            raise BrokenInvariant(f"ledger account {code} is {unit}/{kind}, not {sides[code]}")
    if len(known) == len(sides):
        return
    LedgerAccount.objects.bulk_create(
        [
            LedgerAccount(code=s.code, unit=s.unit, kind=s.kind)
            for code, s in sides.items()
            if code not in known
        ]
    )
