"""What the pages of shifts show: who may take over, which drawers are free, lists as tables."""

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from central.clock import local
from central.desk.cash_differences import is_settled, request_of
from central.desk.shift_models import CashDifference, Drawer, Shift
from central.desk.shift_words import drawer_word, flags_of
from central.desk.shifts import drawer_tie, drawers_to_open
from central.domain.cash_count import DrawerTie
from central.domain.paper import Cell, Column, Kind, Row, Table
from central.office.models import Approval, User
from central.office.roles import SELL
from gateway.contract.quantities import MICRO_YUAN_PER_FEN


def free_drawers(now_ms: int) -> list[str]:
    """Name the drawers at which no shift is open."""
    taken = set(Drawer.objects.filter(open_shift__isnull=False).values_list("name", flat=True))
    return [name for name in drawers_to_open(now_ms) if name not in taken]


def left_in_drawers() -> dict[str, int]:
    """Give what lies in each drawer between shifts, in fen."""
    return dict(Drawer.objects.filter(open_shift=None).values_list("name", "left_fen"))


def who_may_take_over(shift: Shift, now_ms: int) -> QuerySet[User]:
    """Give those who may sell now and have no shift open."""
    lasting = Q(
        standing_in__from_ms__lte=now_ms,
        standing_in__until_ms__gt=now_ms,
        standing_in__absent__role__in=SELL,
        standing_in__absent__is_active=True,
    )
    able = User.objects.filter(Q(role__in=SELL) | lasting, is_active=True)
    return (
        able.exclude(pk=shift.cashier_id)
        .exclude(shifts__open_at__isnull=False)
        .distinct()
        .order_by("username")
    )


def tie_so_far(shift: Shift) -> DrawerTie:
    """Give a shift's drawer by the books alone."""
    return drawer_tie(shift, 0)


def shifts_table(shifts: QuerySet[Shift]) -> Table:
    """List shifts with their counts."""
    columns = [
        Column("shift", _("Shift"), Kind.COUNT, 6),
        Column("day", _("Day"), width=10),
        Column("cashier", _("Cashier"), width=12),
        Column("drawer", _("Drawer"), width=10),
        Column("from", _("Began"), width=11),
        Column("until", _("Ended at"), width=11),
        Column("taken", _("Cash taken"), Kind.YUAN, 10),
        Column("out", _("Paid out"), Kind.YUAN, 10),
        Column("counted", _("Counted"), Kind.YUAN, 10),
        Column("difference", _("Difference"), Kind.YUAN, 9),
        Column("about", _("Remarks"), width=16),
    ]
    rows = shifts.select_related("cashier", "stands_in_for", "end")
    return Table("", columns, [_shift_row(shift) for shift in rows])


def _shift_row(shift: Shift) -> Row:
    end = getattr(shift, "end", None)
    tie = None if end else tie_so_far(shift)
    amounts: list[Cell] = (
        [end.taken_fen, end.paid_out_fen, end.counted_fen, end.difference_fen]
        if end
        else [tie.taken_fen, tie.paid_out_fen, None, None]
    )
    cells: list[Cell] = [
        shift.number,
        shift.day.isoformat(),
        who(shift),
        drawer_word(shift.drawer),
        local(shift.opened_ms).strftime("%m-%d %H:%M"),
        local(end.ended_ms).strftime("%m-%d %H:%M") if end else _("on duty now"),
        *(None if fen is None else fen * MICRO_YUAN_PER_FEN for fen in amounts),
        "; ".join(flags_of(shift)),
    ]
    return Row(cells, {"shift": reverse("desk:shift-record", args=[shift.number])})


def who(shift: Shift) -> str:
    """Name the cashier, and whom he stands in for."""
    if shift.stands_in_for is None:
        return shift.cashier.spoken_name
    names = {"who": shift.cashier.spoken_name, "absent": shift.stands_in_for.spoken_name}
    return _("%(who)s for %(absent)s") % names


def differences_with_state(differences: list[CashDifference]) -> list[dict[str, object]]:
    """Give differences as a page lists them, each with whether it is settled, asked for, or must be asked for again."""
    return [_with_state(one) for one in differences]


def _with_state(difference: CashDifference) -> dict[str, object]:
    settled = is_settled(difference)
    state = Approval.State.APPROVED if settled else Approval.State.WAITING
    request = request_of(difference, state) if difference.needs_approval else None
    return {"difference": difference, "settled": settled, "request": request}


def receipts_of_shift(shift: Shift) -> dict[str, int | None]:
    """Give a shift's receipts: how many, the first and the last number."""
    numbers = list(shift.receipts_issued.order_by("number").values_list("number", flat=True))
    return {
        "count": len(numbers),
        "first": numbers[0] if numbers else None,
        "last": numbers[-1] if numbers else None,
    }
