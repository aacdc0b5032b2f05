"""Carry a signed subsidy out: one transaction, a few statements for thousands of rooms, once per batch (R-4.1.7, C-1).

A room that can't be credited any more (it departed, its class changed) is left out and named; the others get what was signed.
Never more than was signed.
"""

from collections.abc import Sequence

from central.campus.models import Account, Bucket
from central.desk.subsidies.batches import ROWS_AT_ONCE, stored_digest
from central.desk.subsidies.models import SubsidyBatch, SubsidyDone, SubsidyLeftOut, SubsidyRow
from central.ledger import chart_of_accounts as chart
from central.ledger.operations import Draft, book_new, record_audit
from central.link.configuration import ConfigurationTooBig
from central.link.many_grants import issue_grants, lock_buildings
from central.link.models import Gateway, Grant
from central.office.acts import Approved

DRAFTS_AT_ONCE = 2_000


def carry_out(batch_id: str, digest: str, approved: Approved) -> SubsidyDone | str:
    """Credit a batch inside the caller's transaction; done before, it is done once. A text names why nothing of it can be done."""
    batch = SubsidyBatch.objects.filter(pk=batch_id).first()
    if batch is None:
        return "unknown-batch"
    rows = list(batch.rows.all())
    gateways = lock_buildings({row.building_id for row in rows})
    done = SubsidyDone.objects.filter(pk=batch_id).first()
    if done is not None:
        return done
    if digest != batch.digest or stored_digest(batch, rows) != batch.digest:
        return "rows-differ"
    if batch.expires_ms and batch.expires_ms <= approved.now_ms:
        return "expired"
    accounts = _accounts_of(rows)
    left = _left_out(batch, rows, accounts, gateways)
    credited = [row for row in rows if row.pk not in left]
    if not credited:
        return "nothing-left"
    drafts = [_draft(batch, row, accounts[row.account_id], approved) for row in credited]
    for start in range(0, len(drafts), DRAFTS_AT_ONCE):
        book_new(drafts[start : start + DRAFTS_AT_ONCE], approved.now_ms)
    grants = [_grant(batch, row, accounts[row.account_id], approved) for row in credited]
    try:
        issue_grants(grants, gateways, approved.now_ms)
    except ConfigurationTooBig:
        return "configuration-too-big"
    SubsidyLeftOut.objects.bulk_create(
        [SubsidyLeftOut(row_id=pk, why=why) for pk, why in left.items()], batch_size=ROWS_AT_ONCE
    )
    return _note_done(batch, credited, approved)


def _accounts_of(rows: Sequence[SubsidyRow]) -> dict[int, Account]:
    """Give the accounts that are credited, with what a grant needs of them."""
    accounts = Account.objects.select_related("point__room__building")
    wanted, found = sorted({row.account_id for row in rows}), {}
    for start in range(0, len(wanted), ROWS_AT_ONCE):
        found |= accounts.in_bulk(wanted[start : start + ROWS_AT_ONCE])
    return found


def _left_out(
    batch: SubsidyBatch,
    rows: Sequence[SubsidyRow],
    accounts: dict[int, Account],
    gateways: dict[int, Gateway],
) -> dict[int, str]:
    """Look again, now that the buildings are locked: why which row can't be credited any more."""
    able = set(
        Bucket.objects.filter(name=batch.bucket, unit=batch.unit, refundable=False).values_list(
            "customer_class", flat=True
        )
    )
    found = {}
    for row in rows:
        account = accounts[row.account_id]
        if account.state != Account.State.OPEN:
            found[row.pk] = "account-not-open"
        elif account.pays_from_id is not None:
            found[row.pk] = "pays-elsewhere"
        elif account.point.billing != "prepaid":
            found[row.pk] = "not-prepaid"
        elif account.point.customer_class_id not in able:
            found[row.pk] = "payer-without-bucket"
        elif row.building_id not in gateways:
            found[row.pk] = "no-gateway"
    return found


def _draft(batch: SubsidyBatch, row: SubsidyRow, account: Account, approved: Approved) -> Draft:
    return Draft(
        id=f"subsidy:{row.grant_id}",
        debit=chart.subsidy(batch.unit),
        credit=chart.customer(account.code, batch.bucket, batch.unit),
        amount=row.amount,
        kind="subsidy",
        at_ms=approved.now_ms,
        reference=row.grant_id,
        note=batch.why,
    )


def _grant(batch: SubsidyBatch, row: SubsidyRow, account: Account, approved: Approved) -> Grant:
    return Grant(
        grant_id=row.grant_id,
        account=account,
        bucket=batch.bucket,
        unit=batch.unit,
        amount=row.amount,
        expires_ms=batch.expires_ms,
        source=Grant.Source.SUBSIDY,
        note=f"subsidy {row.room}: {batch.why}"[:200],
        created_ms=approved.now_ms,
    )


def _note_done(batch: SubsidyBatch, credited: Sequence[SubsidyRow], approved: Approved) -> SubsidyDone:
    names = "、".join(person.get_username() for person in approved.signers)
    done = SubsidyDone.objects.create(
        batch=batch, done_ms=approved.now_ms, approval=approved.number, signed_by=names[:400]
    )
    what = f"{len(credited)} rooms, {sum(row.amount for row in credited)} ({batch.unit}), {batch.digest}"
    record_audit(
        actor=approved.asked_by.get_username(),
        action="subsidy-batch",
        subject=batch.pk,
        detail=f"{what}; approval {approved.number}, signed by {names}: {batch.why}",
        now_ms=approved.now_ms,
    )
    return done
