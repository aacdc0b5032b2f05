"""Pay what a gateway gave back: in cash in an open shift, by finance from the bank, or as credit of the new room. Once (C-7, C-8).

Never more than the gateway gave back, less what is owed. Cash goes through `paying_out.py`; finance books to what it paid for us;
credit is a grant of its own source, and never takings.
"""

from django.db import transaction

from central.desk import paying_out
from central.desk.departures.asking import BUCKET, target_refusal
from central.desk.departures.models import Departure, DeparturePaid, PayBy
from central.desk.departures.refusals import DepartureRefusal as Why
from central.desk.departures.refusals import Refused
from central.desk.departures.states import State, standing_of
from central.desk.departures.withdrawing import locked_case
from central.desk.paying_out import PaidOut
from central.desk.refusals import DeskRefusal
from central.desk.refusals import Refused as DeskRefused
from central.desk.shifts import locked_shift_of
from central.ledger import chart_of_accounts as chart
from central.ledger.operations import Draft, book_new, record_audit
from central.link.grants import issue_grant
from central.link.many_grants import lock_buildings
from central.link.models import Gateway, Grant
from central.office.models import User

SAME = {
    DeskRefusal.NO_SHIFT: Why.NO_SHIFT,
    DeskRefusal.NO_PRICE: Why.NO_PRICE,
    DeskRefusal.NOTHING_LEFT: Why.NOTHING_TO_PAY,
    DeskRefusal.NOT_FINAL: Why.NOT_WITHDRAWN,
}
LONGEST = 80


@transaction.atomic
def pay_cash(case_id: str, cashier: User, *, now_ms: int) -> DeparturePaid | Refused:
    """Pay a case out of the drawer of the cashier's open shift."""
    if locked_shift_of(cashier) is None:
        return Refused(Why.NO_SHIFT)
    case = _payable(case_id, PayBy.CASH, now_ms)
    if not isinstance(case, Departure):
        return case
    name = _request_id(case)
    pay = paying_out.pay_out_closed_account if case.closes else paying_out.pay_out_credit_back
    done = pay(name, cashier, now_ms=now_ms)
    if not isinstance(done, PaidOut):
        return _refused(done)
    return DeparturePaid.objects.create(
        departure=case, method=PayBy.CASH, amount_fen=done.amount_fen, by=cashier, at_ms=now_ms
    )


@transaction.atomic
def pay_by_bank(
    case_id: str, bank_reference: str, k3_voucher: str, by: User, *, now_ms: int
) -> DeparturePaid | Refused:
    """Note that finance paid a case from the bank, once; its reference pays once. Another reference for it is refused by name."""
    reference, voucher = bank_reference.strip(), k3_voucher.strip()
    if not (0 < len(reference) <= LONGEST and 0 < len(voucher) <= LONGEST):
        return Refused(Why.NO_REFERENCE)
    case = _payable(case_id, PayBy.BANK, now_ms)
    if isinstance(case, DeparturePaid):
        same = (case.bank_reference, case.k3_voucher) == (reference, voucher)
        return case if same else Refused(Why.PAID_OTHERWISE, case.bank_reference)
    if isinstance(case, Refused):
        return case
    if DeparturePaid.objects.filter(bank_reference=reference).exists():
        return Refused(Why.REFERENCE_USED, reference)
    amount_fen = _empty(case, now_ms)
    if isinstance(amount_fen, DeskRefused):
        return _refused(amount_fen)
    paid = DeparturePaid.objects.create(
        departure=case,
        method=PayBy.BANK,
        amount_fen=amount_fen,
        bank_reference=reference,
        k3_voucher=voucher,
        by=by,
        at_ms=now_ms,
    )
    detail = f"{case.pk}: {amount_fen} fen"
    record_audit(
        actor=by.get_username(),
        action="pay-out-bank",
        subject=case.account.code,
        detail=detail,
        now_ms=now_ms,
    )
    return paid


def _empty(case: Departure, now_ms: int) -> int | DeskRefused:
    if case.closes:
        closing = paying_out.locked_closing(_request_id(case))
        if isinstance(closing, DeskRefused):
            return closing
        return paying_out.empty_closed(closing, chart.paid_by_finance(), now_ms)
    request = paying_out.locked_request(_request_id(case))
    if isinstance(request, DeskRefused):
        return request
    return paying_out.empty_request(request, chart.paid_by_finance(), now_ms)


@transaction.atomic
def move_credit(case_id: str, by: User, *, now_ms: int) -> DeparturePaid | Refused:
    """Give what the former room's gateway gave back to the new room, as a grant: no cash, and no takings."""
    found = Departure.objects.filter(pk=case_id).values_list(
        "account__point__room__building", "to_account__point__room__building"
    )
    buildings = [pk for pk in next(iter(found), ()) if pk is not None]
    gateways = lock_buildings(buildings)
    case = _payable(case_id, PayBy.CREDIT, now_ms)
    if not isinstance(case, Departure):
        return case
    if refusal := target_refusal(case.account, case.to_account, case.to_account.code):
        return refusal
    closing = paying_out.locked_closing(_request_id(case))
    if isinstance(closing, DeskRefused):
        return _refused(closing)
    moved = _book_move(case, now_ms)
    if moved <= 0:
        return Refused(Why.NOTHING_TO_PAY)
    closing.paid_out_ms = now_ms
    closing.save(update_fields=["paid_out_ms"])
    _grant(case, moved, gateways.get(case.to_account.point.room.building_id), now_ms)
    detail = f"{case.pk}: {moved} {case.unit} to {case.to_account.code}"
    record_audit(
        actor=by.get_username(), action="move-credit", subject=case.account.code, detail=detail, now_ms=now_ms
    )
    return DeparturePaid.objects.create(departure=case, method=PayBy.CREDIT, moved=moved, by=by, at_ms=now_ms)


def _book_move(case: Departure, now_ms: int) -> int:
    """Book out of what was taken back, through the account of moved credit, into the new room; give how much."""
    left = paying_out.what_is_left(case.account)
    drafts = paying_out.offsets(case.pk, left, now_ms)
    side, road = chart.taken_back(case.account.code, case.unit), chart.moved_credit(case.unit)
    moved, new = left[side], chart.customer(case.to_account.code, BUCKET, case.unit)
    if moved > 0:
        for name, debit, credit in (("out", side, road), ("in", road, new)):
            draft_id = f"moved:{case.pk}:{name}"
            drafts.append(Draft(draft_id, debit, credit, moved, "moved-credit", now_ms, grant_name(case)))
        book_new(drafts, now_ms)
    return moved


def grant_name(case: Departure) -> str:
    """Name the grant that carries a case's credit to the new room; fixed by the case, so that it is given once (C-1)."""
    return f"mv-{case.pk}"


def _grant(case: Departure, moved: int, gateway: Gateway | None, now_ms: int) -> None:
    issue_grant(
        grant_id=grant_name(case),
        account=case.to_account,
        gateway=gateway,
        bucket=BUCKET,
        unit=case.unit,
        amount=moved,
        source=Grant.Source.MOVED,
        note=f"from {case.account.code}",
        now_ms=now_ms,
    )


def _payable(case_id: str, way: PayBy, now_ms: int) -> Departure | DeparturePaid | Refused:
    """Lock a case that can be paid this way now; the one payment that was made, or why not."""
    case = locked_case(case_id)
    if case is None:
        return Refused(Why.UNKNOWN_CASE, case_id)
    if case.pay_by != way:
        return Refused(Why.WRONG_WAY)
    standing = standing_of(case, now_ms)
    if standing.state == State.PAID:
        return case.paid
    if standing.state == State.EMPTY:
        return Refused(Why.NOTHING_TO_PAY)
    return case if standing.state == State.WITHDRAWN else Refused(Why.NOT_WITHDRAWN)


def _request_id(case: Departure) -> str:
    return case.withdrawals.order_by("number").last().request_id


def _refused(refused: DeskRefused) -> Refused:
    return Refused(SAME.get(refused.why, Why.NOTHING_TO_PAY))
