"""Where cases stand: read from their approval, from what their gateway answered, and from what was paid. Many in a few queries."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from central.campus.models import Account, Price
from central.campus.queries import prices_at
from central.desk.departures.models import Departure, Withdrawal
from central.domain.selling import money_back
from central.ledger import chart_of_accounts as chart
from central.ledger.queries import balances
from central.link.models import Closing, Gateway, TakeBackRequest
from central.office.models import Approval
from gateway.contract.quantities import MicroYuanPerKwh, Unit


class State(StrEnum):
    """The steps of a case; the order is the rule (C-8)."""

    ASKED = "asked"
    ENDED = "ended"
    """Refused by who signs, or withdrawn: nothing happens any more."""
    APPROVED = "approved"
    """Signed, and not asked of the gateway yet."""
    WAITING = "waiting"
    """Asked of the gateway, which has not answered."""
    GATEWAY_REFUSED = "gateway-refused"
    WITHDRAWN = "withdrawn"
    """The gateway gave something back: it is to be paid."""
    EMPTY = "empty"
    """The gateway ended it, and nothing is to be paid."""
    PAID = "paid"


OVER = frozenset({State.ENDED, State.EMPTY, State.PAID})
"""Nothing of the money is left to be done."""
FREE = OVER | {State.GATEWAY_REFUSED}
"""Another case of the account may begin beside it."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One case as it stands."""

    case: Departure
    state: State
    approval: Approval | None = None
    closing: Closing | None = None
    request: TakeBackRequest | None = None
    left: int = 0
    """What is to be paid, in the case's unit, less what is owed against it."""
    left_fen: int = 0
    """The same in money; kWh at the price of the day."""
    is_online: bool | None = None
    """Whether the building's gateway is connected; None while it has none."""


def standing_of(case: Departure, now_ms: int) -> Standing:
    """Give one case as it stands."""
    return standings([case], now_ms)[0]


def standings(cases: Iterable[Departure], now_ms: int) -> list[Standing]:
    """Give cases as they stand, in their order."""
    cases = list(cases)
    last = {w.departure_id: w for w in Withdrawal.objects.filter(departure__in=cases).order_by("number")}
    ids = [w.request_id for w in last.values()]
    closings = Closing.objects.in_bulk(ids)
    requests = TakeBackRequest.objects.in_bulk(ids)
    keys = {case.approval_key for case in cases}
    approvals = {one.key: one for one in Approval.objects.filter(key__in=keys)}
    held = balances(side for case in cases for side in _sides(case))
    buildings = {case.account.point.room.building_id for case in cases}
    prices = prices_at({case.account.point.customer_class.tariff_id for case in cases}, now_ms)
    gateways = dict(Gateway.objects.filter(building__in=buildings).values_list("building", "online"))
    found = []
    for case in cases:
        asked = last.get(case.pk)
        name = asked.request_id if asked else ""
        found.append(
            _standing(
                case,
                approvals.get(case.approval_key),
                closings.get(name),
                requests.get(name),
                held,
                prices.get(case.account.point.customer_class.tariff_id),
                gateways.get(case.account.point.room.building_id),
            )
        )
    return found


def _sides(case: Departure) -> tuple[chart.Side, chart.Side]:
    return chart.taken_back(case.account.code, case.unit), chart.owed(case.account.code, case.unit)


def _standing(
    case: Departure,
    approval: Approval | None,
    closing: Closing | None,
    request: TakeBackRequest | None,
    held: dict[str, int],
    price: Price | None,
    is_online: bool | None,
) -> Standing:
    taken, owed = (held.get(side.code, 0) for side in _sides(case))
    given = taken if case.closes else min(taken, request.taken if request else 0)
    left = max(given - owed, 0)
    per_kwh = MicroYuanPerKwh(price.micro_yuan_per_kwh if price else 0)
    left_fen, _rest = money_back(left, Unit(case.unit), per_kwh)
    is_payable = left > 0 if case.to_account_id else left_fen > 0
    state = _state(case, approval, closing, request, is_payable)
    return Standing(case, state, approval, closing, request, left, left_fen, is_online)


def _state(
    case: Departure,
    approval: Approval | None,
    closing: Closing | None,
    request: TakeBackRequest | None,
    is_payable: bool,
) -> State:
    if hasattr(case, "paid"):
        return State.PAID
    asked = closing or request
    if asked is None:
        return _before_the_gateway(approval)
    if asked.state in (Closing.State.REFUSED, TakeBackRequest.State.REFUSED):
        return State.GATEWAY_REFUSED
    if asked.state not in (Closing.State.FINAL, TakeBackRequest.State.SETTLED):
        return State.WAITING
    return State.WITHDRAWN if is_payable else State.EMPTY


def _before_the_gateway(approval: Approval | None) -> State:
    if approval is None or approval.state == Approval.State.WAITING:
        return State.ASKED
    return State.APPROVED if approval.state == Approval.State.APPROVED else State.ENDED


def cases_with_all():
    """Select cases with what their standing needs."""
    return Departure.objects.select_related(
        "account__point__room__building",
        "account__point__customer_class",
        "to_account__point__room__building",
        "run",
        "asked_by",
        "paid__by",
    )


def open_case_of(account: Account, now_ms: int, besides: str = "") -> Departure | None:
    """Give the case of an account that is under way; another one must wait for its end."""
    cases = cases_with_all().filter(account=account).exclude(pk=besides)
    return next((one.case for one in standings(cases, now_ms) if one.state not in FREE), None)
