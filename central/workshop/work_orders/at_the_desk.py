"""What the card room and the residents see of work at a room: locked out until when, or planned for when (R-4.1.3, R-4.3.4)."""

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from central.clock import minute_text
from central.desk.supply_notes import add_finder
from central.domain.work_order import LOCKED, OrderState
from central.office.words import Words
from central.workshop.work_orders.models import WorkOrder, WorkRoom


def tell_the_desk() -> None:
    """Let the sale's pages say it, when the app starts."""
    add_finder("work-orders", work_words)


def work_words(room_id: int, now_ms: int) -> Words:
    """Say that a room is locked out for work, and until when."""
    order = orders_at(room_id).filter(state__in=[one.value for one in (*LOCKED, OrderState.ENDED)]).first()
    if order is None:
        return ""
    words = {"number": order.number, "until": minute_text(order.until_ms), "task": order.task}
    if order.state == OrderState.ENDED:
        return _("Work %(number)s has ended; the supply is being switched on and read back.") % words
    if now_ms > order.until_ms:
        return (
            _(
                "Locked out for work %(number)s, which takes longer than until %(until)s. "
                "Money is credited at once; the supply returns when the work is done."
            )
            % words
        )
    return (
        _(
            "Locked out for work %(number)s until %(until)s: %(task)s. "
            "Money is credited at once; the supply returns when the work is done."
        )
        % words
    )


def orders_at(room_id: int) -> QuerySet[WorkOrder]:
    """Give the orders that a room is affected by, the newest first."""
    rows = WorkRoom.objects.exclude(origin=WorkRoom.Origin.LEFT_OUT).filter(room_id=room_id)
    return WorkOrder.objects.filter(rooms__in=rows).select_related("building").order_by("-pk")


def shown_to_residents(room_id: int) -> list[WorkOrder]:
    """Give the work that a room's own page tells of: asked, going on, or coming back."""
    shown = [OrderState.TOLD, *LOCKED, OrderState.ENDED]
    return list(orders_at(room_id).filter(state__in=[one.value for one in shown]).order_by("from_ms"))
