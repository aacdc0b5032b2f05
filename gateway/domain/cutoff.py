"""Whether a metering point is supplied, warned or cut: a table (C-16). Knows balances, not relays.

Read it by the ground that holds first and the credit that is left. What is not in the table does not happen.
"""

from dataclasses import dataclass
from enum import StrEnum

from gateway.contract.facts import DecisionKind
from gateway.contract.rules import AccountRule, Billing, CutOff
from gateway.domain.ledger import AccountState
from gateway.domain.leeway import NO_LEEWAY, Leeway


class Ground(StrEnum):
    """What matters beside the credit; the first that holds, in this order."""

    QUARANTINED = "account-quarantined"
    CLOSED = "account-closed"
    NO_CUT_OFF = "no-cut-off"
    CARD = "card-meter"
    MONTHLY = "monthly"
    PROTECTED = "protected"
    SOFTWARE_CONTROL = "software-control"
    IN_DOUBT = "meter-in-doubt"
    NEWLY_BOUND = "newly-bound"
    ESTIMATED = "estimate"
    UNCONFIRMED = "unconfirmed"
    CONFIRMED = "confirmed"


class Credit(StrEnum):
    """What is left to spend."""

    LEFT = "left"
    LOW = "low"
    SPARED = "spared"
    """Spent, but a rule lets the supply stay on a little further (`leeway.py`)."""
    SPENT = "spent"


class Basis(StrEnum):
    """What a balance rests on."""

    ESTIMATE = "estimate"
    """No register was read for it just now."""
    READ = "read"
    CONFIRMED = "confirmed"
    """Read again at once after a reading that would cut."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """A row of the table. `kind` None: leave everything as it is."""

    kind: DecisionKind | None
    reason: str
    confirm: bool = False
    """Read the register again at once and ask again."""


_CLOSE = Ruling(DecisionKind.CLOSE, "credit-left")
_WARN = Ruling(DecisionKind.WARN, "credit-low")
_SPARE = Ruling(DecisionKind.WARN, "spared")
"""Its reason is the leeway's own."""


def _hold(reason: str) -> Ruling:
    return Ruling(DecisionKind.HOLD, reason)


def _supply(reason: str, when_spent: str) -> dict[Credit, Ruling]:
    return {
        Credit.LEFT: Ruling(DecisionKind.CLOSE, reason),
        Credit.LOW: _WARN,
        Credit.SPARED: Ruling(DecisionKind.WARN, when_spent),
        Credit.SPENT: Ruling(DecisionKind.WARN, when_spent),
    }


def _always(ruling: Ruling) -> dict[Credit, Ruling]:
    return dict.fromkeys(Credit, ruling)


def _spendable(when_spent: Ruling) -> dict[Credit, Ruling]:
    return {Credit.LEFT: _CLOSE, Credit.LOW: _WARN, Credit.SPARED: _SPARE, Credit.SPENT: when_spent}


RULINGS: dict[Ground, dict[Credit, Ruling]] = {
    Ground.QUARANTINED: _always(_hold("account-quarantined")),
    Ground.CLOSED: _always(Ruling(None, "account-closed")),
    Ground.NO_CUT_OFF: _supply("no-cut-off", "spent-no-cut-off"),
    Ground.CARD: _always(Ruling(None, "card-meter")),
    Ground.MONTHLY: _always(Ruling(DecisionKind.CLOSE, "monthly")),
    Ground.PROTECTED: _supply("protected", "spent-protected"),
    Ground.SOFTWARE_CONTROL: _always(Ruling(DecisionKind.CLOSE, "software-control")),
    Ground.IN_DOUBT: _spendable(_hold("meter-in-doubt")),
    Ground.NEWLY_BOUND: _spendable(Ruling(None, "newly-bound")),
    Ground.ESTIMATED: _spendable(Ruling(None, "estimate")),
    Ground.UNCONFIRMED: _spendable(Ruling(None, "unconfirmed", confirm=True)),
    Ground.CONFIRMED: _spendable(Ruling(DecisionKind.OPEN, "credit-spent")),
}

HELD_BY_GUARD = _hold("cut-guard")

WISH: dict[DecisionKind, bool | None] = {
    DecisionKind.OPEN: False,
    DecisionKind.CLOSE: True,
    DecisionKind.WARN: True,
    DecisionKind.HOLD: None,
}
"""What a decision wants of the relay: closed, open, or as it is."""


def ground_of(
    rule: AccountRule, state: AccountState, questionable: bool, basis: Basis, *, newly_bound: bool = False
) -> Ground:
    """Give the first ground that holds."""
    grounds = (
        (Ground.QUARANTINED, bool(state.quarantined)),
        (Ground.CLOSED, state.closed or state.closing is not None),
        (Ground.NO_CUT_OFF, rule.cut_off is CutOff.NONE),
        (Ground.CARD, rule.billing is Billing.CARD),
        (Ground.MONTHLY, rule.billing is Billing.MONTHLY),
        (Ground.PROTECTED, rule.protected),
        (Ground.SOFTWARE_CONTROL, rule.software is not None),
        (Ground.IN_DOUBT, questionable),
        (Ground.NEWLY_BOUND, newly_bound),
        (Ground.ESTIMATED, basis is Basis.ESTIMATE),
        (Ground.UNCONFIRMED, basis is Basis.READ),
    )
    return next((ground for ground, holds in grounds if holds), Ground.CONFIRMED)


def credit_of(rule: AccountRule, balance: int, leeway: Leeway = NO_LEEWAY) -> Credit:
    """Judge a balance in the account's unit: spent at or below the overdraft, low at or below the highest warning level."""
    if balance <= -rule.overdraft:
        return Credit.SPARED if balance > -leeway.limit else Credit.SPENT
    return Credit.LOW if warning_stage(rule, balance) else Credit.LEFT


def warning_stage(rule: AccountRule, balance: int) -> int:
    """Count the warning levels that a balance has reached; 0 is none."""
    return sum(balance <= level for level in rule.warn_at)


def facts_of(rule: AccountRule, balance: int, leeway: Leeway = NO_LEEWAY) -> dict[str, int]:
    """Give what a decision on credit rests on beside the balance, for whoever is to be shown why."""
    credit = credit_of(rule, balance, leeway)
    if rule.software is not None:
        return {"since_ms": rule.software.from_ms, "wh_per_day": rule.software.wh_per_day}
    if credit is Credit.SPARED:
        return leeway.facts
    if credit is Credit.SPENT:
        return {"limit": rule.overdraft}
    stage = warning_stage(rule, balance)
    return {"level": rule.warn_at[stage - 1]} if stage else {}


def rule_on(
    rule: AccountRule,
    state: AccountState,
    balance: int,
    questionable: bool,
    basis: Basis,
    *,
    newly_bound: bool = False,
    leeway: Leeway = NO_LEEWAY,
) -> Ruling:
    """Look the decision up. A hold never lifts a cut that stands: the relay stays as it is either way."""
    credit = credit_of(rule, balance, leeway)
    ruling = RULINGS[ground_of(rule, state, questionable, basis, newly_bound=newly_bound)][credit]
    if ruling.kind is DecisionKind.WARN and credit is Credit.LOW:
        return Ruling(DecisionKind.WARN, f"{ruling.reason}-{warning_stage(rule, balance)}")
    standing_cut = state.decision is DecisionKind.OPEN
    if ruling is _SPARE:
        return Ruling(ruling.kind if leeway.restores or not standing_cut else None, leeway.reason)
    if standing_cut and (ruling.kind in (DecisionKind.HOLD, DecisionKind.OPEN) or ruling.confirm):
        return Ruling(None, state.reason)
    return ruling
