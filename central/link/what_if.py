"""Which rooms would be decided otherwise under other rules: the gateway's own table over what central knows now. Saves nothing.

Balances are the ledger's, as of the last settlement; what only the gateway knows (a drawn emergency, a meter in doubt) is left out.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from central.ledger.chart_of_accounts import customer
from central.ledger.queries import balances
from gateway.contract.commands import Configure
from gateway.contract.facts import Instant
from gateway.contract.identifiers import BootId
from gateway.contract.rules import AccountRule, PolicyRule
from gateway.domain.cutoff import Basis, rule_on
from gateway.domain.ledger import AccountState
from gateway.domain.leeway import Heard, leeway_of
from gateway.domain.timetable import LIGHTS_OUT, calendar_named, holds

CUT = "open"


@dataclass(frozen=True, slots=True)
class Otherwise:
    """A room whose decision would change: what it is now and would be, each as decision and reason."""

    room: str
    now: tuple[str, str]
    then: tuple[str, str]


def decided_otherwise(before: Configure, after: Configure, now_ms: int) -> list[Otherwise]:
    """Name the rooms whose decision differs between two configurations of a building at this instant; by room."""
    held = _held([*before.accounts, *after.accounts])
    was = {rule.account: rule for rule in before.accounts}
    found = []
    for rule in after.accounts:
        former = was.get(rule.account)
        if former is None:
            continue
        balance = held[rule.account]
        now = _decided(former, before.policy, balance, now_ms)
        then = _decided(rule, after.policy, balance, now_ms)
        if now != then:
            found.append(Otherwise(rule.room, now, then))
    return sorted(found, key=lambda one: one.room)


def _held(rules: Iterable[AccountRule]) -> dict[str, int]:
    """Give by account what is left in its own unit."""
    sides = {
        (rule.account, bucket.name): customer(rule.account, bucket.name, bucket.unit)
        for rule in rules
        for bucket in rule.buckets
        if bucket.unit == rule.unit
    }
    amounts = balances(sides.values())
    held: dict[str, int] = {}
    for (account, _bucket), side in sides.items():
        held[account] = held.get(account, 0) + amounts.get(side.code, 0)
    return held


def _decided(rule: AccountRule, policy: PolicyRule, balance: int, now_ms: int) -> tuple[str, str]:
    dark = calendar_named(policy.calendars, rule.lights_out)
    if dark is not None and holds(dark, now_ms):
        return CUT, LIGHTS_OUT
    now = Instant(BootId(""), 0, now_ms, True)
    leeway = leeway_of(rule, policy, None, Heard(), now)
    ruling = rule_on(rule, AccountState(rule.account), balance, False, Basis.CONFIRMED, leeway=leeway)
    return (ruling.kind.value if ruling.kind else ""), ruling.reason
