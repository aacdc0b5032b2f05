"""An error of the college itself, found after its day: an adjustment that two people sign, never a correction (R-4.1.5).

Credit goes to the account as a grant; a debit is asked back of its gateway, and what was used is owed. Its own side of the ledger
keeps it apart from takings and subsidies.
"""

from dataclasses import dataclass
from enum import StrEnum

from django.db import transaction

from central.campus.models import Account
from central.campus.queries import building_of, payer_code
from central.desk.corrections.models import Adjustment, Reclaim
from central.desk.corrections.reclaims import ADJUSTED, begin
from central.desk.models import Receipt
from central.ledger import chart_of_accounts as chart
from central.ledger.operations import Draft, book_new, record_audit
from central.link.grants import issue_grant
from central.link.models import Gateway, Grant
from central.link.outbox import lock_gateway_or_building
from central.office.acts import Approved, Content
from central.office.approvals import ApprovalRefusal, ask
from central.office.models import Approval, User

ACT = "adjustment"
SIGNATURES_AT_LEAST = 2
MOST = 10**12
"""A million yuan in micro-yuan, a GWh in watt-hours: more is a typing mistake."""


class AdjustmentRefusal(StrEnum):
    """Why no adjustment was asked for, or could not be carried out; a text key for the pages."""

    UNKNOWN_RECEIPT = "unknown-receipt"
    UNKNOWN_ACCOUNT = "unknown-account"
    ACCOUNT_NOT_OPEN = "account-not-open"
    UNKNOWN_BUCKET = "unknown-bucket"
    BAD_AMOUNT = "bad-amount"
    TOO_FEW_SIGNATURES = "too-few-signatures"
    NO_GATEWAY = "no-gateway"
    """Nothing can be asked back where no gateway keeps the credit."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for: `amount` above zero is given, below zero taken; micro-yuan or watt-hours, as the account is kept."""

    receipt: int
    account: str
    bucket: str
    amount: int


@transaction.atomic
def ask_adjustment(
    wanted: Wanted, key: str, *, why: str, actor: User, now_ms: int
) -> Approval | ApprovalRefusal | AdjustmentRefusal:
    """Ask that an account is given or taken credit; nothing is done yet. The same `key` again is the same request."""
    receipt = Receipt.objects.filter(pk=wanted.receipt).first()
    if receipt is None:
        return AdjustmentRefusal.UNKNOWN_RECEIPT
    found = _account_of(payer_code(wanted.account), wanted.bucket, wanted.amount)
    if isinstance(found, AdjustmentRefusal):
        return found
    account, unit = found
    content: Content = {
        "receipt": receipt.pk,
        "account": account.code,
        "bucket": wanted.bucket,
        "unit": unit,
        "amount": wanted.amount,
    }
    return ask(ACT, content, subject=f"receipt {receipt.pk}", why=why, actor=actor, now_ms=now_ms, key=key)


def carry_out(content: Content, approved: Approved) -> Adjustment | AdjustmentRefusal:
    """Give or ask back what was signed, inside the last signature's transaction."""
    if len(approved.signers) < SIGNATURES_AT_LEAST:
        return AdjustmentRefusal.TOO_FEW_SIGNATURES
    building = building_of(content["account"])
    if building is None:
        return AdjustmentRefusal.UNKNOWN_ACCOUNT
    gateway = lock_gateway_or_building(building)
    found = _account_of(content["account"], content["bucket"], content["amount"])
    if isinstance(found, AdjustmentRefusal):
        return found
    if content["amount"] < 0 and gateway is None:
        return AdjustmentRefusal.NO_GATEWAY
    names = "、".join(one.get_username() for one in approved.signers)[:400]
    done = _store(content, found[0], approved, names)
    book_new([_draft(done)], approved.now_ms)
    if done.reclaim is not None:
        begin(done.reclaim, None, actor=approved.asked_by, now_ms=approved.now_ms)
    else:
        _grant(done, gateway)
    record_audit(
        actor=approved.asked_by.get_username(),
        action="adjustment",
        subject=done.account.code,
        detail=f"{done.amount} {done.unit}, receipt {done.receipt_id}, approval {done.pk}, signed by {names}: {done.why}",
        now_ms=approved.now_ms,
    )
    return done


def _account_of(code: str, bucket: str, amount: int) -> tuple[Account, str] | AdjustmentRefusal:
    """Give an open account and its bucket's unit, or say why it can't be adjusted by this amount."""
    accounts = Account.objects.select_related("point__customer_class", "point__room__building")
    account = accounts.filter(code=code).first()
    if account is None:
        return AdjustmentRefusal.UNKNOWN_ACCOUNT
    if account.state != Account.State.OPEN:
        return AdjustmentRefusal.ACCOUNT_NOT_OPEN
    rule = account.point.customer_class.buckets.filter(name=bucket).first()
    if rule is None:
        return AdjustmentRefusal.UNKNOWN_BUCKET
    return (account, rule.unit) if 0 < abs(amount) <= MOST else AdjustmentRefusal.BAD_AMOUNT


def _store(content: Content, account: Account, approved: Approved, names: str) -> Adjustment:
    amount, reclaim = content["amount"], None
    if amount < 0:
        reclaim = Reclaim.objects.create(
            reclaim_id=f"{ADJUSTED}{approved.number}",
            account=account,
            bucket=content["bucket"],
            unit=content["unit"],
            amount=-amount,
            why=approved.why[:200],
            at_ms=approved.now_ms,
        )
    return Adjustment.objects.create(
        approval=approved.number,
        receipt_id=content["receipt"],
        account=account,
        bucket=content["bucket"],
        unit=content["unit"],
        amount=amount,
        why=approved.why[:300],
        asked_by=approved.asked_by,
        signed_by=names,
        at_ms=approved.now_ms,
        grant=None if reclaim else f"adj-{approved.number}",
        reclaim=reclaim,
    )


def _draft(done: Adjustment) -> Draft:
    errors = chart.college_errors(done.unit)
    if done.amount > 0:
        sides = errors, chart.customer(done.account.code, done.bucket, done.unit)
    else:
        sides = chart.reclaim(done.account.code, done.unit), errors
    return Draft(
        f"adjustment:{done.pk}", *sides, abs(done.amount), "college-error", done.at_ms, str(done.pk), done.why
    )


def _grant(done: Adjustment, gateway: Gateway | None) -> None:
    issue_grant(
        grant_id=str(done.grant),
        account=done.account,
        gateway=gateway,
        bucket=done.bucket,
        unit=done.unit,
        amount=done.amount,
        source=Grant.Source.ADJUSTMENT,
        note=f"adjustment {done.pk}: {done.why}",
        now_ms=done.at_ms,
    )
