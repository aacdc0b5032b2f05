"""What a room's page says of its cases: one under way, or the reason why the room is dark after a departure."""

from collections.abc import Iterable

from django import template

from central import clock
from central.campus.models import Account
from central.desk.debts.penalties import due_fen
from central.desk.debts.penalty_models import DebtPenalty
from central.desk.departures.states import OVER, Standing, cases_with_all, standings
from central.desk.departures.words import STATES, next_step
from central.ledger import chart_of_accounts as chart
from central.ledger.queries import balances
from central.office.access import may
from central.office.roles import ASK_REFUNDS, SEE_DEBTS
from gateway.contract.quantities import Unit

register = template.Library()
NEWEST = 5


@register.inclusion_tag("desk/departure_links.html", takes_context=True)
def departure_links(context: dict, room_id: int) -> dict[str, object]:
    """Give the room's doors to refunds and debts, and its newest cases that are not over."""
    cases = cases_with_all().filter(account__point__room=room_id).order_by("-asked_ms")[:NEWEST]
    found = standings(cases, clock.now_ms())
    accounts = dict(Account.objects.filter(point__room=room_id).values_list("code", "state"))
    live = any(state != Account.State.CLOSED for state in accounts.values())
    may_see_debts = may(context["request"], SEE_DEBTS)
    return {
        "room_id": room_id,
        "rows": [(one, STATES[one.state], next_step(one)) for one in found if one.state not in OVER],
        "dark": None if live else _departed(found),
        "may_ask": live and may(context["request"], ASK_REFUNDS),
        "may_see_debts": may_see_debts,
        "debts": _debts(accounts) if may_see_debts else [],
        "penalties": _penalties(accounts) if may_see_debts else [],
    }


def _debts(codes: Iterable[str]) -> list[tuple[str, int, str]]:
    """Give what is booked as owed by these accounts: the account, how much, in which unit."""
    sides = {(code, unit): chart.owed(code, unit) for code in codes for unit in Unit}
    owed = balances(sides.values())
    return [
        (code, owed[side.code], unit) for (code, unit), side in sides.items() if owed.get(side.code, 0) > 0
    ]


def _penalties(codes: Iterable[str]) -> list[tuple[DebtPenalty, int]]:
    """Give the penalties on these accounts of which something is owed, with how much, in fen."""
    laid = (
        DebtPenalty.objects.filter(account__code__in=list(codes)).select_related("account").order_by("case")
    )
    return [(one, due) for one in laid if (due := due_fen(one)) > 0]


def _departed(found: list[Standing]) -> Standing | None:
    """Give the case whose closing keeps the room locked out."""
    closed = [one for one in found if one.closing and one.case.account.state == Account.State.CLOSED]
    return next(iter(closed), None)
