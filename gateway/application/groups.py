"""The groups of a building as the configuration has them: taken, dated, and begun anew when their wires change."""

from gateway.application.alarms import clear_alarm, station
from gateway.application.loss_records import GroupRules, GroupState
from gateway.application.ports import Journal
from gateway.contract.commands import Configure
from gateway.contract.facts import Instant
from gateway.contract.identifiers import MeterNo
from gateway.contract.meter_facts import MeterSwapped
from gateway.contract.rules import GroupRule
from gateway.domain.loss import meters_of, rule_in_force
from gateway.domain.swapped_groups import with_new_meter

ENERGY_LOSS, UNUSUAL_LOSS = "energy-loss", "unusual-loss"
MASTER_BELOW_SUBS, COUNTS_BACKWARDS = "master-below-subs", "meter-counts-backwards"

LOSS_ALARMS = frozenset({ENERGY_LOSS, UNUSUAL_LOSS, MASTER_BELOW_SUBS, COUNTS_BACKWARDS})
"""What this use case raises and clears."""


def take_groups(journal: Journal, configure: Configure, now: Instant) -> None:
    """Replace the groups' rules; what a group that is gone has left behind goes with it."""
    listed: dict[str, list[GroupRule]] = {}
    for rule in configure.groups:
        listed.setdefault(rule.group, []).append(rule)
    for group in journal.records(GroupRules):
        if group not in listed:
            journal.forget(GroupRules, group)
            begin_anew(journal, group, now)
    for group, rules in listed.items():
        journal.keep(group, GroupRules(tuple(rules)))


def replace_in_groups(journal: Journal, fact: MeterSwapped, now: Instant) -> None:
    """Let every group that counts a replaced meter go on with the new one."""
    for group, known in journal.records(GroupRules).items():
        rules = tuple(with_new_meter(known.rules, fact.old_meter, fact.new_meter, fact.from_ms))
        if rules != known.rules:
            journal.keep(group, GroupRules(rules))
            clear_alarm(journal, COUNTS_BACKWARDS, fact.old_meter, now)


def begin_anew(journal: Journal, group: str, now: Instant) -> None:
    """Forget a group's marks and what was learnt, and clear its alarms."""
    journal.forget(GroupState, group)
    for what in (ENERGY_LOSS, UNUSUAL_LOSS, MASTER_BELOW_SUBS):
        clear_alarm(journal, what, group, now)


def groups_in_force(journal: Journal, now: Instant) -> dict[str, GroupRule]:
    """Give each group's rule of now; on an untrusted clock of the latest time that is proved."""
    at_ms = now.wall_ms if now.trusted else station(journal).high_water_ms
    rules = {group: rule_in_force(known.rules, at_ms) for group, known in journal.records(GroupRules).items()}
    return {group: rule for group, rule in rules.items() if rule is not None}


def group_meters(journal: Journal, now: Instant) -> tuple[MeterNo, ...]:
    """Give all meters that a balance needs, each once, group by group, a master before its subs."""
    rules = groups_in_force(journal, now)
    meters = (MeterNo(meter) for rule in rules.values() for meter in (rule.master, *meters_of(rule, rules)))
    return tuple(dict.fromkeys(meters))


def same_wires(known: GroupRule, rule: GroupRule) -> bool:
    """Only what is counted where, and the known load, make old marks and learnt losses worthless; limits don't."""
    return (known.master, sorted(known.subs), sorted(known.sub_groups), known.own_use_w) == (
        rule.master,
        sorted(rule.subs),
        sorted(rule.sub_groups),
        rule.own_use_w,
    )
