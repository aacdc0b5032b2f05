"""How much energy a room may still use before something happens to it, for the poll plan. Decides nothing, writes nothing."""

from gateway.application.accounts import Metered, live_balance
from gateway.contract.facts import DecisionKind, Instant
from gateway.contract.quantities import Unit
from gateway.domain.cutoff import Basis, Ground, ground_of
from gateway.domain.poll_plan import Outlook

WH_PER_KWH = 1000


def outlook_of(gathered: Metered, now: Instant, *, confirm: bool) -> Outlook:
    """Look ahead from a meter's last good reading at today's price. `confirm`: a cut waits for its second look.

    A room that is cut, held or spent without a cut has nothing ahead: its next reading can wait its turn.
    """
    rule, state = gathered.rule, gathered.state
    balance = live_balance(gathered, now)
    to_cut_wh = 0 if confirm else None
    if (
        balance > -rule.overdraft
        and state.decision is not DecisionKind.OPEN
        and ground_of(rule, state, questionable=False, basis=Basis.CONFIRMED) is Ground.CONFIRMED
    ):
        to_cut_wh = _energy_wh(gathered, balance + rule.overdraft, now)
    level = max((level for level in rule.warn_at if level < balance), default=None)
    to_warning_wh = None if level is None else _energy_wh(gathered, balance - level, now)
    return Outlook(to_cut_wh, to_warning_wh, rule.max_power_w)


def _energy_wh(gathered: Metered, amount: int, now: Instant) -> int | None:
    """Give the least energy that uses an amount up, in whole watt-hours; None where it costs nothing."""
    if gathered.rule.unit != Unit.YUAN:
        return amount
    price = gathered.price_now(now)
    return -(-amount * WH_PER_KWH // price) if price > 0 else None
