"""Which meters are counted behind which: the groups of a building's balances, dated, in place of those before (R-B2, R-4.2.3).

They are kept as the gateway takes them, by the message's own names, and checked by the gateway's own rule, so that what is accepted
here is not refused there.
"""

import msgspec

from central.campus.models import Building
from central.campus.rules import RulesSet, set_rules
from central.domain.rule_json import RuleKind
from gateway.contract.identifiers import MeterNo
from gateway.contract.rules import GroupRule
from gateway.domain.configuration import group_mistakes
from gateway.domain.swapped_groups import with_new_meter


def read_groups(content: bytes) -> list[GroupRule] | list[str]:
    """Read a JSON list of groups; give it, or every mistake in it."""
    try:
        rules = msgspec.json.decode(content, type=list[GroupRule])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return [str(error)]
    return group_mistakes(rules) or rules


def set_groups(building_code: str, rules: list[GroupRule], *, actor: str, now_ms: int) -> bool:
    """Replace a building's groups, so that its gateway is told; False when there is no such building, or they have mistakes."""
    value = msgspec.to_builtins(rules)
    done = set_rules(RuleKind.BUILDING_GROUPS, building_code, value, actor=actor, now_ms=now_ms)
    return isinstance(done, RulesSet)


def put_new_meter_in_groups(building: Building, old_meter: str, new_meter: str, from_ms: int) -> None:
    """Let the groups that count a replaced meter go on with the new one, by the gateway's own rule.

    Inside the caller's transaction.
    """
    rules = groups_of(building)
    replaced = with_new_meter(rules, MeterNo(old_meter), MeterNo(new_meter), from_ms)
    if replaced != rules:
        building.groups = msgspec.to_builtins(replaced)
        building.save(update_fields=["groups"])


def groups_of(building: Building) -> list[GroupRule]:
    """Give a building's groups as its gateway takes them."""
    return msgspec.convert(building.groups, list[GroupRule])
