"""Which rooms would be decided otherwise under other rules: the gateway's own table over what central knows now. Saves nothing.

Balances are the ledger's, as of the last settlement; what only the gateway knows (a drawn emergency, a meter in doubt) is left out.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from central.ledger.chart_of_accounts import customer
from central.ledger.queries import balances
from central.link.models import AccountDecision
from gateway.contract.commands import Configure
from gateway.contract.facts import DecisionKind, Instant
from gateway.contract.identifiers import BootId
from gateway.contract.rules import AccountRule, PolicyRule
from gateway.domain.calendar import day_starts_ms, edges_of, local_day
from gateway.domain.cutoff import Basis, rule_on
from gateway.domain.ledger import AccountState
from gateway.domain.leeway import Heard, Leeway, leeway_of
from gateway.domain.shared_credit import with_limits_of
from gateway.domain.timetable import LIGHTS_OUT, calendar_named, holds

CUT = "open"
STANDING = frozenset(kind.value for kind in DecisionKind)
OFFSET_MINUTES = 480


@dataclass(frozen=True, slots=True)
class Otherwise:
    """A room whose decision would change: what it is now and would be, each as decision and reason."""

    room: str
    now: tuple[str, str]
    then: tuple[str, str]
    account: str = ""
    balance: int = 0
    unit: str = ""
    at_ms: int = 0
    """From when today: now, or the next edge of a calendar at which the two part."""


def decided_otherwise(before: Configure, after: Configure, now_ms: int) -> list[Otherwise]:
    """Name the rooms whose decision differs between two configurations of a building at this instant; by room."""
    return parted(before, after, [now_ms])


def parted(before: Configure, after: Configure, instants: Iterable[int]) -> list[Otherwise]:
    """Name the rooms whose decision differs at one of these instants, each with the first of them; by room."""
    former, later = _by_account(before), _by_account(after)
    same_policy = before.policy == after.policy
    asked = [
        account
        for account in later
        if account in former and not (same_policy and former[account] == later[account])
    ]
    held = _held(later[account] for account in asked)
    standing = _standing(asked)
    found: dict[str, Otherwise] = {}
    for at_ms in instants:
        is_now, would_be = _Judge(before.policy, at_ms), _Judge(after.policy, at_ms)
        for account in asked:
            if account in found:
                continue
            rule = later[account]
            state = standing.get(account) or AccountState(rule.account)
            balance = held[rule.pays_from or account]
            now = is_now.decided(former[account], state, balance)
            then = would_be.decided(rule, state, balance)
            if now != then:
                found[account] = Otherwise(rule.room, now, then, account, balance, rule.unit, at_ms)
    return sorted(found.values(), key=lambda one: one.room)


def instants_of_today(before: Configure, after: Configure, now_ms: int) -> list[int]:
    """Give now, and until the campus's midnight every instant at which a calendar that a room names begins or ends to hold."""
    ends_ms = day_starts_ms(local_day(now_ms, OFFSET_MINUTES) + 1, OFFSET_MINUTES)
    edges: set[int] = set()
    for rules in (before, after):
        named = {rule.lights_out for rule in rules.accounts} | {
            rule.no_cut for rule in rules.accounts if rule.no_cut_extra > 0
        }
        for name in named:
            calendar = calendar_named(rules.policy.calendars, name)
            if calendar is None:
                continue
            for windows in [calendar.windows, *(one.windows for one in calendar.exceptions)]:
                edges |= set(edges_of(windows, now_ms, ends_ms, calendar.utc_offset_minutes))
            edges |= {at for one in calendar.exceptions for at in (one.from_ms, one.to_ms)}
    return [now_ms, *sorted(at for at in edges if now_ms < at < ends_ms)]


def _by_account(rules: Configure) -> dict[str, AccountRule]:
    """Give the rules by account, as the gateway judges them: who pays for others says how far the money goes."""
    known = {rule.account: rule for rule in rules.accounts}
    return {
        rule.account: with_limits_of(known[rule.pays_from], rule) if rule.pays_from in known else rule
        for rule in rules.accounts
    }


def _held(rules: Iterable[AccountRule]) -> dict[str, int]:
    """Give by account what is left in its own unit."""
    sides = {
        (rule.pays_from or rule.account, bucket.name): customer(
            rule.pays_from or rule.account, bucket.name, bucket.unit
        )
        for rule in rules
        for bucket in rule.buckets
        if bucket.unit == rule.unit
    }
    amounts = balances(sides.values())
    held: dict[str, int] = {}
    for (account, _bucket), side in sides.items():
        held[account] = held.get(account, 0) + amounts.get(side.code, 0)
    return held


def _standing(accounts: list[str]) -> dict[str, AccountState]:
    """Give by account what its gateway decided last: what is cut stays so where a rule only spares."""
    rows = AccountDecision.objects.filter(account__in=accounts).values_list("account", "decision", "reason")
    return {
        account: AccountState(
            account, decision=DecisionKind(decision), reason=reason,
            quarantined=reason if reason == "account-quarantined" else "",
        )
        for account, decision, reason in rows
        if decision in STANDING
    }  # fmt: skip


class _Judge:
    """The gateway's own decision under one policy at one instant; what rooms of one kind share is asked once."""

    def __init__(self, policy: PolicyRule, at_ms: int) -> None:
        self.policy, self.now = policy, Instant(BootId(""), 0, at_ms, True)
        self.dark: dict[str, bool] = {}
        self.leeways: dict[tuple[int, str, int, int], Leeway] = {}

    def decided(self, rule: AccountRule, state: AccountState, balance: int) -> tuple[str, str]:
        """Give the decision and its reason."""
        if self._is_dark(rule.lights_out):
            return CUT, LIGHTS_OUT
        ruling = rule_on(rule, state, balance, False, Basis.CONFIRMED, leeway=self._leeway(rule))
        if ruling.kind is None and state.decision is not None:
            return state.decision.value, state.reason
        return (ruling.kind.value if ruling.kind else ""), ruling.reason

    def _is_dark(self, name: str) -> bool:
        if name not in self.dark:
            calendar = calendar_named(self.policy.calendars, name)
            self.dark[name] = calendar is not None and holds(calendar, self.now.wall_ms)
        return self.dark[name]

    def _leeway(self, rule: AccountRule) -> Leeway:
        """Nobody has drawn an emergency here: the rest of a leeway is these four values'."""
        key = (rule.overdraft, rule.no_cut, rule.no_cut_extra, rule.isolated_extra)
        if key not in self.leeways:
            self.leeways[key] = leeway_of(rule, self.policy, None, Heard(), self.now)
        return self.leeways[key]
