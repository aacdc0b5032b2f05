"""Groups go on when one of their meters is replaced: a dated rule with the new meter follows the one in force (R-B2, R-4.3.5).

The gateway does it at the swap, central when it learns of it: one rule, one code.
"""

from collections.abc import Sequence

import msgspec

from gateway.contract.identifiers import MeterNo
from gateway.contract.rules import GroupRule
from gateway.domain.loss import rule_in_force


def names_meter(rule: GroupRule, meter: MeterNo) -> bool:
    """Say whether a group counts a meter itself."""
    return meter == rule.master or meter in rule.subs


def rules_from(rules: Sequence[GroupRule], from_ms: int) -> list[GroupRule]:
    """Give the rules that hold at an instant or begin later."""
    groups = {rule.group: [other for other in rules if other.group == rule.group] for rule in rules}
    current = (rule_in_force(listed, from_ms) for listed in groups.values())
    return [*(rule for rule in current if rule), *(rule for rule in rules if rule.from_ms > from_ms)]


def with_new_meter(rules: Sequence[GroupRule], old: MeterNo, new: MeterNo, from_ms: int) -> list[GroupRule]:
    """Give the rules with a meter replaced from an instant on: the one in force gets a follower, planned ones are changed.

    The same again changes nothing.
    """
    groups = {rule.group: [other for other in rules if other.group == rule.group] for rule in rules}
    found: list[GroupRule] = []
    for listed in groups.values():
        current = rule_in_force(listed, from_ms)
        found += [_replaced(rule, old, new) if rule.from_ms >= from_ms else rule for rule in listed]
        if current is not None and current.from_ms < from_ms and names_meter(current, old):
            found.append(msgspec.structs.replace(_replaced(current, old, new), from_ms=from_ms))
    return found


def _replaced(rule: GroupRule, old: MeterNo, new: MeterNo) -> GroupRule:
    if not names_meter(rule, old):
        return rule
    master = new if rule.master == old else rule.master
    return msgspec.structs.replace(
        rule, master=master, subs=[new if sub == old else sub for sub in rule.subs]
    )
