"""Cash that is not what the books say: named and booked at once; above the desk's limit it waits for the offices' signatures.

Up to the limit it is over or short. Above it, the sum waits on an account of its own until the act `cash-difference` is approved; a
request that was refused can be made again with a better reason.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from central.desk.desk_settings import difference_limit_fen_at
from central.desk.refusals import ShiftRefusal
from central.desk.shift_models import CashDifference, DifferenceApproved, Shift
from central.domain.approval import Step
from central.domain.cash_count import waits_for_approval
from central.domain.paper import Column, Kind, Row, Table
from central.ledger import chart_of_accounts as chart
from central.ledger.models import Transfer
from central.ledger.operations import Draft, book_new
from central.office.acts import Act, Approved
from central.office.approvals import ask
from central.office.models import Approval, User
from central.office.roles import NAME_DIFFERENCES, Role
from gateway.contract.quantities import MICRO_YUAN_PER_FEN, Fen, micro_yuan_from_fen

ACT = "cash-difference"
Where = CashDifference.Where


def name_difference(
    where: str,
    amount_fen: int,
    reason: str,
    *,
    shift: Shift | None = None,
    hand_in: int | None = None,
    day: date,
    by: User,
    now_ms: int,
) -> CashDifference:
    """Keep and book a difference, inside the caller's transaction. One of a hand-in, or above the limit, asks for signatures."""
    waits = where == Where.HAND_IN or waits_for_approval(amount_fen, difference_limit_fen_at(now_ms))
    difference = CashDifference.objects.create(
        id=f"hand-in-{hand_in}" if shift is None else f"shift-{shift.pk}-{where}",
        where=where,
        day=day,
        shift=shift,
        amount_fen=amount_fen,
        reason=reason,
        at_ms=now_ms,
        named_by=by,
        needs_approval=waits,
    )
    cash = chart.safe() if shift is None else chart.cash(shift.drawer)
    other = chart.difference_waiting() if waits else chart.over_short()
    book_new([_draft(f"difference:{difference.pk}", cash, other, difference, now_ms)], now_ms)
    if waits:
        _ask(difference, reason, by, now_ms)
    return difference


def _draft(
    draft_id: str, cash: chart.Side, other: chart.Side, difference: CashDifference, now_ms: int
) -> Draft:
    """Missing cash goes out of the first side, cash above the books comes into it."""
    fen = difference.amount_fen
    debit, credit = (cash, other) if fen > 0 else (other, cash)
    amount = micro_yuan_from_fen(Fen(abs(fen)))
    return Draft(draft_id, debit, credit, amount, "cash-difference", now_ms, difference.pk, difference.reason)


def _ask(difference: CashDifference, why: str, by: User, now_ms: int) -> object:
    content = {
        "difference": difference.pk,
        "where": difference.where,
        "day": difference.day.isoformat(),
        "fen": difference.amount_fen,
    }
    return ask(ACT, content, subject=difference.pk, why=why, actor=by, now_ms=now_ms)


@transaction.atomic
def ask_again(difference_id: str, why: str, *, by: User, now_ms: int) -> object:
    """Ask once more for the approval of a difference whose request was refused or withdrawn. Gives the request, or a refusal."""
    difference = (
        CashDifference.objects.select_for_update().filter(pk=difference_id, needs_approval=True).first()
    )
    if difference is None:
        return ShiftRefusal.UNKNOWN_DIFFERENCE
    if DifferenceApproved.objects.filter(pk=difference.pk).exists():
        return ShiftRefusal.ALREADY_APPROVED
    if _was_taken_back(difference):
        return ShiftRefusal.ALREADY_ENDED
    if not why.strip():
        return ShiftRefusal.NO_REASON
    if is_asked(difference):
        return ShiftRefusal.ALREADY_ASKED
    return _ask(difference, why.strip()[:200], by, now_ms)


def is_asked(difference: CashDifference) -> bool:
    """Say whether a request for it waits for signatures."""
    return request_of(difference, Approval.State.WAITING) is not None


def request_of(difference: CashDifference, state: str) -> Approval | None:
    """Give its newest request in a state: the one that waits, or the one that was approved."""
    asked = Approval.objects.filter(act=ACT, subject=difference.pk, state=state)
    return asked.order_by("-number").first()


def is_settled(difference: CashDifference) -> bool:
    """Say whether nothing of it waits any more."""
    return not difference.needs_approval or hasattr(difference, "approved")


def waiting_differences(first: date, last: date) -> list[CashDifference]:
    """List the differences of a span of days that wait for an approval."""
    return list(
        CashDifference.objects.filter(
            day__gte=first, day__lte=last, needs_approval=True, approved=None
        ).order_by("at_ms")
    )


def take_back_difference(difference_id: str, now_ms: int) -> None:
    """Book a hand-in's difference back, inside the caller's transaction: its batch was sent back, all its cash with it.

    Locked, as by its last signature: what is booked back is where the other one has left it.
    """
    difference = CashDifference.objects.select_for_update().filter(pk=difference_id).first()
    if difference is None:
        return
    other = chart.over_short() if is_settled(difference) else chart.difference_waiting()
    book_new([_draft(f"difference:{difference_id}:back", other, chart.safe(), difference, now_ms)], now_ms)


def _was_taken_back(difference: CashDifference) -> bool:
    """Say whether its batch was sent back; its row is locked."""
    return Transfer.objects.filter(pk=f"difference:{difference.pk}:back").exists()


def carry_out(content: Mapping[str, Any], approved: Approved) -> str:
    """Book an approved difference as over or short; the last signature's transaction."""
    difference = CashDifference.objects.select_for_update().get(pk=content["difference"])
    if DifferenceApproved.objects.filter(pk=difference.pk).exists():
        return _("This difference was approved before.")
    if _was_taken_back(difference):
        return _("The batch was sent back: its difference is booked back.")
    DifferenceApproved.objects.create(difference=difference, approval=approved.number, at_ms=approved.now_ms)
    sides = chart.difference_waiting(), chart.over_short()
    book_new(
        [_draft(f"difference:{difference.pk}:approved", *sides, difference, approved.now_ms)],
        approved.now_ms,
    )
    return ""


def show(content: Mapping[str, Any]) -> list[Table]:
    """Show the signer what differs, where and by how much."""
    difference = CashDifference.objects.select_related("named_by", "shift").get(pk=content["difference"])
    columns = [
        Column("day", _("Day"), width=12),
        Column("where", _("Found at"), width=16),
        Column("who", _("Named by"), width=14),
        Column("amount", _("Difference"), Kind.YUAN, 12),
        Column("reason", _("Reason"), width=30),
    ]
    cells = [
        difference.day.isoformat(),
        str(difference.get_where_display()),
        difference.named_by.spoken_name,
        difference.amount_fen * MICRO_YUAN_PER_FEN,
        difference.reason,
    ]
    return [Table("", columns, [Row(cells)])]


def _barred(content: Mapping[str, Any]) -> frozenset[int]:
    """Nobody signs what differed in a shift that he worked or stood in, or at a count that he made himself."""
    people = CashDifference.objects.filter(pk=content["difference"]).values_list("named_by", "shift__cashier")
    return frozenset(person for row in people for person in row if person is not None)


def _address(content: Mapping[str, Any]) -> str:
    difference = CashDifference.objects.filter(pk=content["difference"]).first()
    if difference is None or difference.shift_id is None:
        return reverse("desk:hand-ins")
    return reverse("desk:shift-record", args=[difference.shift_id])


def _about(content: Mapping[str, Any]) -> str:
    difference = CashDifference.objects.filter(pk=content["difference"]).first()
    if difference is None:
        return ""
    where = str(difference.get_where_display())
    if difference.shift_id is None:
        return f"{where} · {difference.day.isoformat()}"
    return f"{_('shift %(number)s') % {'number': difference.shift_id}} · {where}"


CASH_DIFFERENCE = Act(
    code=ACT,
    title=gettext_lazy("Cash difference"),
    roles=NAME_DIFFERENCES,
    chain=(Step((Role.FINANCE,)), Step((Role.DIRECTOR,))),
    show=show,
    carry_out=carry_out,
    address=_address,
    about=_about,
    barred=_barred,
    copies=(Role.CASHIER,),
)
