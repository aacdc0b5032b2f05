"""How much energy a room may still use before something happens to it, for the poll plan. Decides nothing, writes nothing."""

from gateway.application.accounts import Metered, metered, sharing
from gateway.application.decide import Decided
from gateway.application.ports import Journal
from gateway.application.shared_credit import balance_of_all
from gateway.contract.facts import DecisionKind, Instant
from gateway.contract.identifiers import AccountId, MeterNo
from gateway.contract.quantities import WH_PER_KWH, Unit
from gateway.domain.cutoff import Basis, Ground, ground_of
from gateway.domain.poll_plan import Outlook


def outlooks_of(
    journal: Journal, account: AccountId, decided: Decided, now: Instant
) -> dict[MeterNo, Outlook]:
    """Look ahead from what was just read and decided: for the account's meter, and for all whose energy comes from the same credit.

    A watt-hour of the dearest of them counts for each: nobody is read too late because another's tariff is cheaper.
    """
    gathered = metered(journal, account)
    if gathered is None:
        return {}
    points = sharing(journal, gathered)
    balance = balance_of_all(points, now)
    dearest = max(point.price_now(now) for point in points)
    meters = [point.state.meter for point in points if point.state.meter]
    found = {}
    for point in points:
        name, meter = point.state.account, point.state.meter
        if meter is not None:
            looks = decided.confirm if name == account else name in decided.waiting
            beside = tuple(other for other in meters if other != meter)
            found[meter] = _outlook(point, balance, dearest, beside, looks=looks)
    return found


def _outlook(
    point: Metered, balance: int, micro_yuan_per_kwh: int, beside: tuple[MeterNo, ...], *, looks: bool
) -> Outlook:
    """`looks`: a cut waits for a look at this meter. One that is cut, held or spent without a cut has nothing ahead."""
    rule, state = point.rule, point.state
    to_cut_wh = 0 if looks else None
    if (
        balance > -rule.overdraft
        and state.decision is not DecisionKind.OPEN
        and ground_of(rule, state, questionable=False, basis=Basis.CONFIRMED) is Ground.CONFIRMED
    ):
        to_cut_wh = _energy_wh(rule.unit, balance + rule.overdraft, micro_yuan_per_kwh)
    level = max((level for level in rule.warn_at if level < balance), default=None)
    to_warning_wh = None if level is None else _energy_wh(rule.unit, balance - level, micro_yuan_per_kwh)
    return Outlook(to_cut_wh, to_warning_wh, rule.max_power_w, beside)


def _energy_wh(unit: str, amount: int, micro_yuan_per_kwh: int) -> int | None:
    """Give the least energy that uses an amount up, in whole watt-hours; None where it costs nothing."""
    if unit != Unit.YUAN:
        return amount
    return -(-amount * WH_PER_KWH // micro_yuan_per_kwh) if micro_yuan_per_kwh > 0 else None
