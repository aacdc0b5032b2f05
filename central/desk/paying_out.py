"""Pay credit out: only what a gateway's answer says may leave, once (C-7, C-8), cash in an open shift (R-4.1.1a)."""

from dataclasses import dataclass

from django.db import transaction

from central.campus.models import Account
from central.campus.queries import price_at
from central.desk.corrections.reclaims import is_reclaim
from central.desk.debts.naming import is_a_collection
from central.desk.go_live.settling import is_ours
from central.desk.refusals import DeskRefusal, Refused
from central.desk.shifts import locked_shift_of, record_cash_out
from central.desk.subsidies.undoing import is_ours as is_subsidy
from central.domain.selling import money_back
from central.ledger import chart_of_accounts as chart
from central.ledger.operations import Draft, book_new, record_audit
from central.ledger.queries import balance
from central.link.models import Closing, TakeBackRequest
from central.link.outbox import lock_gateway_of
from central.office.models import User
from gateway.contract.quantities import MICRO_YUAN_PER_FEN, Fen, MicroYuanPerKwh, Unit, micro_yuan_from_fen

BUILDING = "account__point__room__building"


@dataclass(frozen=True, slots=True)
class PaidOut:
    """Money that left, in whole fen; `existed` when it had left before."""

    amount_fen: int
    existed: bool


@transaction.atomic
def pay_out_closed_account(request_id: str, cashier: User, *, now_ms: int) -> PaidOut | Refused:
    """Pay out what was left of a closed account, after its final register and lock-out came back (C-8); once.

    Only refundable buckets are paid out; what is below a fen stays.
    """
    shift = locked_shift_of(cashier)
    closing = locked_closing(request_id)
    if isinstance(closing, Refused):
        return closing
    if closing.paid_out_ms is not None:
        return PaidOut(closing.paid_out_micro_yuan // MICRO_YUAN_PER_FEN, True)
    if shift is None:
        return Refused(DeskRefusal.NO_SHIFT)
    paid_fen = empty_closed(closing, chart.cash(shift.drawer), now_ms)
    if isinstance(paid_fen, Refused):
        return paid_fen
    record_cash_out(shift, request_id, closing.account_id, paid_fen, now_ms)
    _audit_pay_out(cashier, closing.account, request_id, paid_fen, now_ms)
    return PaidOut(paid_fen, False)


@transaction.atomic
def pay_out_credit_back(request_id: str, cashier: User, *, now_ms: int) -> PaidOut | Refused:
    """Pay out what the gateway took back for a request, after its answer (C-7); once."""
    shift = locked_shift_of(cashier)
    request = locked_request(request_id)
    if isinstance(request, Refused):
        return request
    if request.paid_out_ms is not None:
        return PaidOut(request.paid_out_fen, True)
    if shift is None:
        return Refused(DeskRefusal.NO_SHIFT)
    paid_fen = empty_request(request, chart.cash(shift.drawer), now_ms)
    if isinstance(paid_fen, Refused):
        return paid_fen
    record_cash_out(shift, request_id, request.account_id, paid_fen, now_ms)
    _audit_pay_out(cashier, request.account, request_id, paid_fen, now_ms)
    return PaidOut(paid_fen, False)


def locked_closing(request_id: str) -> Closing | Refused:
    """Lock a closing that is final, its gateway before it."""
    _lock_gateway(Closing.objects.filter(pk=request_id).values_list(BUILDING, flat=True).first())
    closing = Closing.objects.select_for_update(of=("self",)).filter(pk=request_id)
    found = closing.select_related("account").first()
    if found is None:
        return Refused(DeskRefusal.UNKNOWN_ACCOUNT)
    return found if found.state == Closing.State.FINAL else Refused(DeskRefusal.NOT_FINAL)


def locked_request(request_id: str) -> TakeBackRequest | Refused:
    """Lock a settled request for credit, its gateway before it."""
    _lock_gateway(TakeBackRequest.objects.filter(pk=request_id).values_list(BUILDING, flat=True).first())
    requests = TakeBackRequest.objects.select_for_update(of=("self",)).filter(pk=request_id)
    found = requests.select_related("account").first()
    if found is None:
        return Refused(DeskRefusal.UNKNOWN_ACCOUNT)
    return found if found.state == TakeBackRequest.State.SETTLED else Refused(DeskRefusal.NOT_FINAL)


def empty_closed(closing: Closing, where: chart.Side, now_ms: int) -> Fen | Refused:
    """Book what was left of a closed account to where the money leaves from; note it on the closing, which is locked."""
    paid_fen = _pay_out(closing.request_id, closing.account, what_is_left(closing.account), where, now_ms)
    if isinstance(paid_fen, Refused):
        return paid_fen
    closing.paid_out_ms, closing.paid_out_micro_yuan = now_ms, micro_yuan_from_fen(paid_fen)
    closing.save(update_fields=["paid_out_ms", "paid_out_micro_yuan"])
    return paid_fen


def empty_request(request: TakeBackRequest, where: chart.Side, now_ms: int) -> Fen | Refused:
    """Book what was taken back for a request, less what is owed, to where the money leaves from; note it on the request, which is
    locked.
    """
    buckets = request.account.point.customer_class.buckets
    not_paid_out = (is_ours, is_reclaim, is_a_collection, is_subsidy)
    is_payable = buckets.filter(name=request.bucket, refundable=True).exists()
    if any(named(request.request_id) for named in not_paid_out) or not is_payable:
        return Refused(DeskRefusal.NOT_REFUNDABLE)
    side = chart.taken_back(request.account.code, request.unit)
    owed = chart.owed(request.account.code, request.unit)
    left = {side: min(balance(side), request.taken), owed: -balance(owed)}
    paid_fen = _pay_out(request.request_id, request.account, left, where, now_ms)
    if isinstance(paid_fen, Refused):
        return paid_fen
    request.paid_out_ms, request.paid_out_fen = now_ms, paid_fen
    request.save(update_fields=["paid_out_ms", "paid_out_fen"])
    return paid_fen


def what_is_left(account: Account) -> dict[chart.Side, int]:
    """Give what the gateway gave back of a closed account, and what is owed against it (below zero), in each side's unit.

    A balance that no gateway gave back stays: credit that never arrived may still arrive (C-7).
    """
    buckets = account.point.customer_class.buckets.filter(refundable=True)
    left = {}
    for bucket in buckets:
        side = chart.customer(account.code, bucket.name, bucket.unit)
        left[side] = min(balance(side), 0)
    for unit in Unit:
        left[chart.owed(account.code, unit.value)] = -balance(chart.owed(account.code, unit.value))
        left[chart.taken_back(account.code, unit.value)] = balance(chart.taken_back(account.code, unit.value))
    return left


def _lock_gateway(building_id: int | None) -> None:
    """Ingest may be settling this very request: it holds the gateway, and so must who waits for its rows."""
    if building_id is not None:
        lock_gateway_of(building_id)


def _pay_out(
    reference: str, account: Account, left: dict[chart.Side, int], where: chart.Side, now_ms: int
) -> Fen | Refused:
    """Empty these liabilities into money, less what is owed in the same unit; yuan as it is, kWh at the price of the day."""
    price = price_at(account.point.customer_class.tariff_id, now_ms)
    drafts = offsets(reference, left, now_ms)
    paid_fen = 0
    for index, (side, amount) in enumerate(left.items()):
        if amount <= 0:
            continue
        if side.unit == Unit.KWH and price is None:
            return Refused(DeskRefusal.NO_PRICE)
        per_kwh = MicroYuanPerKwh(price.micro_yuan_per_kwh if price else 0)
        fen, rest = money_back(amount, Unit(side.unit), per_kwh)
        paid_fen += fen
        draft_id = f"pay-out:{reference}:{index}"
        drafts += _pay_out_drafts(draft_id, reference, account, side, amount, fen, rest, where, now_ms)
    if paid_fen <= 0:
        return Refused(DeskRefusal.NOTHING_LEFT)
    book_new(drafts, now_ms)
    return Fen(paid_fen)


def offsets(reference: str, left: dict[chart.Side, int], now_ms: int) -> list[Draft]:
    """Settle what is owed from what is left in the same unit; `left` is changed to what remains."""
    drafts = []
    for debtor in [side for side, amount in left.items() if amount < 0]:
        for giver in [side for side, amount in left.items() if amount > 0 and side.unit == debtor.unit]:
            amount = min(-left[debtor], left[giver])
            if amount > 0:
                left[debtor] += amount
                left[giver] -= amount
                draft_id = f"offset:{reference}:{len(drafts)}"
                drafts.append(Draft(draft_id, giver, debtor, amount, "offset", now_ms, reference))
    return drafts


def _pay_out_drafts(
    draft_id: str,
    reference: str,
    account: Account,
    side: chart.Side,
    left: int,
    fen: int,
    rest: int,
    where: chart.Side,
    now_ms: int,
) -> list[Draft]:
    class_code = account.point.customer_class.code
    money = micro_yuan_from_fen(Fen(fen))
    if side.unit == Unit.YUAN:
        moves = [("", side, where, money), (":rest", side, chart.rounding(), rest)]
    else:
        moves = [
            (":energy", side, chart.energy_sold(class_code), left),
            ("", chart.energy_sales(class_code), where, money),
        ]
    return [
        Draft(draft_id + end, debit, credit, amount, "pay-out", now_ms, reference)
        for end, debit, credit, amount in moves
        if amount > 0
    ]


def _audit_pay_out(cashier: User, account: Account, request_id: str, paid_fen: int, now_ms: int) -> None:
    detail = f"{request_id}: {paid_fen} fen"
    record_audit(
        actor=cashier.get_username(), action="pay-out", subject=account.code, detail=detail, now_ms=now_ms
    )
