"""Collect a debt from the credit of its room, split it among persons, write it off. Each act once; refusals have names."""

from collections.abc import Sequence

from django.db import transaction

from central.campus.models import Account
from central.campus.queries import building_of
from central.desk.debts.models import DebtShare, DebtSplit, DebtWriteOff
from central.desk.debts.naming import COLLECT
from central.desk.debts.owing import is_being_collected, locked_debt, share_side
from central.desk.debts.refusals import DebtRefusal as Why
from central.desk.debts.refusals import Refused
from central.desk.debts.true_ups import in_grace
from central.domain.debt_shares import fault_of
from central.ledger import chart_of_accounts as chart
from central.ledger.operations import Draft, book_new, record_audit
from central.ledger.queries import balance
from central.link.models import TakeBackRequest
from central.link.operations import LinkRefusal, ask_credit_back
from central.link.operations import Refused as LinkRefused
from central.link.outbox import lock_gateway_or_building
from central.office.acts import Approved
from central.office.models import User
from gateway.contract.quantities import MICRO_YUAN_PER_FEN

BUCKET = "paid"


@transaction.atomic
def collect(account_code: str, key: str, *, why: str, actor: User, now_ms: int) -> TakeBackRequest | Refused:
    """Ask the gateway for as much of an open room's credit as its debt needs (C-7). The same `key` is the same request.

    One at a time: a second one could take more than is owed. While it waits, the debt is not paid or written off otherwise.
    """
    if not why.strip():
        return Refused(Why.NO_REASON)
    building = building_of(account_code)
    if building is None:
        return Refused(Why.UNKNOWN_DEBT, account_code)
    lock_gateway_or_building(building)
    account = Account.objects.select_related("point__customer_class").get(code=account_code)
    known = TakeBackRequest.objects.filter(pk=f"{COLLECT}{key}").first()
    if known is not None:
        return known if known.account_id == account.pk else Refused(Why.EXISTS_WITH_DIFFERENT)
    owed = _collectable(account, now_ms)
    if isinstance(owed, Refused):
        return owed
    asked = ask_credit_back(
        f"{COLLECT}{key}", account.code, BUCKET, owed, actor=actor.get_username(), why=why, now_ms=now_ms
    )
    if isinstance(asked, LinkRefused):
        return Refused(Why.BAD_ID if asked.why is LinkRefusal.BAD_ID else Why.NO_GATEWAY, asked.what)
    return asked


def _collectable(account: Account, now_ms: int) -> int | Refused:
    """Give how much may be asked of the gateway: what is owed in the unit of the room's own credit, and is past its grace."""
    if account.state != Account.State.OPEN:
        return Refused(Why.ACCOUNT_NOT_OPEN, account.code)
    if account.pays_from_id is not None:
        return Refused(Why.PAYS_ELSEWHERE, account.pays_from.code)
    if is_being_collected(account):
        return Refused(Why.STILL_COLLECTED, account.code)
    unit = account.point.customer_class.unit
    owed = balance(chart.owed(account.code, unit))
    if owed <= 0:
        others = any(balance(chart.owed(account.code, other)) > 0 for other in ("yuan", "kwh"))
        return Refused(Why.OTHER_UNIT if others else Why.NOTHING_OWED, account.code)
    due = owed - in_grace(account.code, unit, now_ms)
    if due <= 0:
        return Refused(Why.IN_GRACE, account.code)
    has_credit = balance(chart.customer(account.code, BUCKET, unit)) > 0
    return due if has_credit else Refused(Why.NO_CREDIT, account.code)


@transaction.atomic
def split(
    split_id: str, account_code: str, shares: Sequence[tuple[str, int]], *, why: str, actor: User, now_ms: int
) -> DebtSplit | Refused:
    """Lay a departed room's arrears on persons (name, fen): the shares make the debt exactly. The same `split_id` splits once."""
    if not why.strip():
        return Refused(Why.NO_REASON)
    debt = locked_debt(account_code, None, now_ms)
    known = DebtSplit.objects.filter(pk=split_id).first()
    if known is not None:
        said = list(known.shares.values_list("name", "amount_fen"))
        same = known.account.code == account_code and said == [(name.strip(), fen) for name, fen in shares]
        return known if same else Refused(Why.EXISTS_WITH_DIFFERENT)
    if isinstance(debt, Refused):
        return debt
    if debt.account.state != Account.State.CLOSED:
        return Refused(Why.STILL_OPEN, account_code)
    if fault := fault_of(debt.due_fen, shares):
        return Refused(Why.NOT_THE_DEBT, fault.value)
    made = DebtSplit.objects.create(
        split_id=split_id,
        account=debt.account,
        total_fen=debt.due_fen,
        why=why.strip()[:200],
        by=actor,
        at_ms=now_ms,
    )
    rows = [
        DebtShare.objects.create(split=made, number=number, name=name.strip()[:80], amount_fen=fen)
        for number, (name, fen) in enumerate(shares, start=1)
    ]
    drafts = [_share_draft(row, debt.side, now_ms) for row in rows]
    book_new([*debt.form, *drafts], now_ms)
    detail = f"{made.total_fen} fen on {len(rows)} persons: {made.why}"
    record_audit(
        actor=actor.get_username(), action="split-debt", subject=account_code, detail=detail, now_ms=now_ms
    )
    return made


def _share_draft(share: DebtShare, owed: chart.Side, now_ms: int) -> Draft:
    amount = share.amount_fen * MICRO_YUAN_PER_FEN
    name = f"debt-split:{share.split_id}:{share.number}"
    return Draft(name, share_side(share), owed, amount, "debt-split", now_ms, share.split_id, share.name)


def write_off(
    account_code: str,
    share_id: int | None,
    amount_fen: int,
    approved: Approved,
    penalty_id: int | None = None,
) -> DebtWriteOff | Refused:
    """Write off an approved sum of a debt, inside the last signature's transaction; refused when less is owed meanwhile."""
    debt = locked_debt(account_code, share_id, approved.now_ms, penalty_id)
    if isinstance(debt, Refused):
        return debt
    if not 0 < amount_fen <= debt.due_fen:
        return Refused(Why.MORE_THAN_OWED, str(debt.due_fen))
    done = DebtWriteOff.objects.create(
        approval=approved.number,
        account=debt.account,
        share=debt.share,
        penalty=debt.penalty,
        amount_fen=amount_fen,
        why=approved.why[:300],
        at_ms=approved.now_ms,
    )
    amount, name = amount_fen * MICRO_YUAN_PER_FEN, f"written-off:{approved.number}"
    draft = Draft(
        name,
        chart.bad_debts(),
        debt.side,
        amount,
        "written-off",
        approved.now_ms,
        str(approved.number),
        approved.why,
    )
    book_new([*debt.form, draft], approved.now_ms)
    record_audit(
        actor=approved.asked_by.get_username(),
        action="write-off-debt",
        subject=account_code,
        detail=f"{amount_fen} fen, approval {approved.number}: {approved.why}"[:300],
        now_ms=approved.now_ms,
    )
    return done
