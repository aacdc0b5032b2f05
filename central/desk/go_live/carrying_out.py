"""Carry out what was signed: grants, debts, credit asked back, in one transaction, once per batch.

Credit travels by grants named after their rows: the same row again is the same grant (C-1). What is taken back is asked of the
gateway, and booked when it has answered (`settling.py`, C-7).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from central.campus.models import Account
from central.desk.go_live.batches import accounts_of, digest_of
from central.desk.go_live.campus_rooms import booked_already, opened
from central.desk.go_live.models import OpeningAcceptance, OpeningBalance, OpeningBatch, OpeningDone
from central.domain.opening_moves import Moves, moves
from central.ledger import chart_of_accounts as chart
from central.ledger.operations import Draft, book_new, record_audit
from central.link.configuration import ConfigurationTooBig
from central.link.many_grants import issue_grants, lock_buildings
from central.link.models import Gateway, Grant
from central.link.operations import Refused as LinkRefused
from central.link.operations import ask_credit_back

DRAFTS_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Hindrance:
    """Why a signed batch can't be carried out now: nothing of it was done. A name for the pages' words, and a room."""

    why: str
    what: str = ""


@dataclass(frozen=True, slots=True)
class Signed:
    """Whose signatures stand under it."""

    approval: int
    asked_by: str
    signed_by: tuple[str, ...]


@dataclass(slots=True)
class _Work:
    grants: list[Grant] = field(default_factory=list)
    drafts: list[Draft] = field(default_factory=list)
    backs: list[tuple[OpeningBalance, int]] = field(default_factory=list)


def carry_out(batch_id: str, digest: str, signed: Signed, now_ms: int) -> OpeningDone | Hindrance:
    """Carry a batch out inside the caller's transaction, which is rolled back for a Hindrance. Done before, it is done once."""
    batch = OpeningBatch.objects.select_related("of").filter(pk=batch_id).first()
    if batch is None:
        return Hindrance("unknown-batch", batch_id)
    rows = list(batch.rows.all())
    gateways = lock_buildings({row.building_id for row in rows})
    done = OpeningDone.objects.filter(batch=batch_id).first()
    if done is not None:
        return done
    if digest != batch.digest or digest_of(rows) != batch.digest:
        return Hindrance("rows-differ", batch_id)
    accounts = accounts_of(rows)
    hindrance = _hindrance(batch, rows, accounts, gateways)
    if hindrance is not None:
        return hindrance
    work = _work(batch, rows, accounts, now_ms)
    for start in range(0, len(work.drafts), DRAFTS_AT_ONCE):
        book_new(work.drafts[start : start + DRAFTS_AT_ONCE], now_ms)
    try:
        issue_grants(work.grants, gateways, now_ms)
    except ConfigurationTooBig as error:
        return Hindrance("configuration-too-big", str(error)[:120])
    for row, amount in work.backs:
        refused = _ask_back(batch, row, accounts[row.account_id], amount, signed, now_ms)
        if refused is not None:
            return refused
    return _note_done(batch, rows, signed, now_ms)


def _hindrance(
    batch: OpeningBatch,
    rows: Sequence[OpeningBalance],
    accounts: dict[int, Account],
    gateways: dict[int, Gateway],
) -> Hindrance | None:
    """The campus may have changed since it was asked: look again, now that the buildings are locked."""
    now = opened({row.account_id for row in rows})
    accepted = set()
    if batch.kind == OpeningBatch.Kind.BACK:
        accepted = set(OpeningAcceptance.objects.filter(batch=batch.of).values_list("building", flat=True))
    for row in rows:
        before, is_live = now.get((row.account_id, row.bucket), (0, False))
        if batch.kind == OpeningBatch.Kind.OPEN and is_live:
            return Hindrance("already-live", row.room)
        if batch.kind != OpeningBatch.Kind.OPEN and before != row.before:
            return Hindrance("changed-meanwhile", row.room)
        if row.building_id in accepted:
            return Hindrance("accepted", row.room)
        if row.before > max(row.after, 0) and row.building_id not in gateways:
            return Hindrance("no-gateway", row.room)
        why = _account_hindrance(row, accounts[row.account_id])
        if why:
            return Hindrance(why, row.room)
    return None


def _account_hindrance(row: OpeningBalance, account: Account) -> str:
    point = account.point
    if account.state != Account.State.OPEN:
        return "account-not-open"
    if account.pays_from_id is not None:
        return "pays-elsewhere"
    if point.billing != "prepaid":
        return "not-prepaid"
    return "" if point.customer_class.unit == row.unit else "unit-changed"


def _work(
    batch: OpeningBatch, rows: Sequence[OpeningBalance], accounts: dict[int, Account], now_ms: int
) -> _Work:
    work = _Work()
    forgiving = [row for row in rows if row.before < 0 and row.after > row.before]
    owed = booked_already(chart.opening_owed(accounts[r.account_id].code, r.unit).code for r in forgiving)
    for row in rows:
        account = accounts[row.account_id]
        still_owed = owed.get(chart.opening_owed(account.code, row.unit).code, 0)
        moved = moves(row.before, row.after, still_owed)
        work.drafts += _drafts(batch, row, account, moved)
        if moved.grant:
            work.grants.append(_grant(row, account, moved.grant, now_ms))
        if moved.take_back:
            work.backs.append((row, moved.take_back))
    return work


def _drafts(batch: OpeningBatch, row: OpeningBalance, account: Account, moved: Moves) -> list[Draft]:
    """Book what comes from the former system, at the instant of the change-over: it happened then, and is learnt now (R-4.1.9)."""
    from_old, owed = chart.opening(row.unit), chart.opening_owed(account.code, row.unit)
    credit = chart.customer(account.code, row.bucket, row.unit)
    wanted = [
        ("opening", from_old, credit, moved.grant, "opening"),
        ("opening-owed", owed, from_old, moved.owe, "opening-owed"),
        ("opening-forgiven", from_old, owed, moved.forgive, "opening-owed"),
    ]
    return [
        Draft(
            id=f"{name}:{row.grant_id}",
            debit=debit,
            credit=credited,
            amount=amount,
            kind=kind,
            at_ms=batch.change_over_ms,
            reference=row.grant_id,
            note=_note(batch, row),
        )
        for name, debit, credited, amount, kind in wanted
        if amount
    ]


def _note(batch: OpeningBatch, row: OpeningBalance) -> str:
    page = f", old receipt {row.old_receipt}" if row.old_receipt else ""
    return (
        f"opening balance of {row.room}{page}"
        if batch.kind == OpeningBatch.Kind.OPEN
        else f"{batch.why}{page}"
    )


def _grant(row: OpeningBalance, account: Account, amount: int, now_ms: int) -> Grant:
    return Grant(
        grant_id=row.grant_id,
        account=account,
        bucket=row.bucket,
        unit=row.unit,
        amount=amount,
        source=Grant.Source.OPENING,
        note=f"opening balance {row.room}"[:200],
        created_ms=now_ms,
    )


def _ask_back(
    batch: OpeningBatch, row: OpeningBalance, account: Account, amount: int, signed: Signed, now_ms: int
) -> Hindrance | None:
    asked = ask_credit_back(
        row.back_id, account.code, row.bucket, amount, actor=signed.asked_by, why=batch.why, now_ms=now_ms
    )
    return Hindrance(asked.why.value, row.room) if isinstance(asked, LinkRefused) else None


def _note_done(
    batch: OpeningBatch, rows: Sequence[OpeningBalance], signed: Signed, now_ms: int
) -> OpeningDone:
    names = "、".join(signed.signed_by)
    done = OpeningDone.objects.create(
        batch=batch, done_ms=now_ms, approval=signed.approval, signed_by=names[:400]
    )
    record_audit(
        actor=signed.asked_by,
        action=f"go-live-{batch.kind}",
        subject=batch.pk,
        detail=f"{len(rows)} rows, {batch.digest}; approval {signed.approval}, signed by {names}: {batch.why}",
        now_ms=now_ms,
    )
    return done
