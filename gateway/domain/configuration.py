"""Whether a configuration can be billed by at all (C-3). Knows the message, not what is stored."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from gateway.contract.commands import AccountRule, Configure, GroupRule
from gateway.contract.identifiers import NotAnIdentifier, checked
from gateway.contract.quantities import Unit
from gateway.domain.buckets import PAID

UNITS = frozenset(unit.value for unit in Unit)


def mistakes(configure: Configure, known_tariffs: Iterable[str]) -> list[str]:
    """List every mistake of a configuration, each with the thing it is about; empty when there is none."""
    tariffs = {price.tariff for price in configure.prices} | set(known_tariffs)
    accounts = {rule.account for rule in configure.accounts}
    return [
        *(f"account {name} is listed twice" for name in _twice(rule.account for rule in configure.accounts)),
        *(f"binding {name} is listed twice" for name in _twice(tie.binding for tie in configure.bindings)),
        *(f"price {name} is listed twice" for name in _twice(price.version for price in configure.prices)),
        *(mistake for rule in configure.accounts for mistake in _account_mistakes(rule, tariffs)),
        *(
            f"binding {tie.binding}: there is no account {tie.account}"
            for tie in configure.bindings
            if tie.account not in accounts
        ),
        *(
            f"price {price.version} is below zero"
            for price in configure.prices
            if price.micro_yuan_per_kwh < 0
        ),
        *group_mistakes(configure.groups),
    ]


def _twice(names: Iterable[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]


def _account_mistakes(rule: AccountRule, tariffs: set[str]) -> Iterator[str]:
    name = f"account {rule.account}"
    try:
        checked(rule.account)
    except NotAnIdentifier as error:
        yield f"{name}: {error}"
    if rule.tariff not in tariffs:
        yield f"{name}: tariff {rule.tariff} has no price"
    if rule.unit not in UNITS or any(bucket.unit not in UNITS for bucket in rule.buckets):
        yield f"{name}: a unit is neither yuan nor kwh"
    if not any(bucket.name == PAID for bucket in rule.buckets):
        yield f"{name}: there is no bucket named {PAID}"
    if _twice(bucket.name for bucket in rule.buckets):
        yield f"{name}: a bucket is listed twice"
    if rule.overdraft < 0:
        yield f"{name}: the overdraft is below zero"
    if rule.max_power_w <= 0:
        yield f"{name}: the greatest power is not above zero"


def group_mistakes(rules: Sequence[GroupRule]) -> list[str]:
    """List every mistake of a building's groups; empty when there is none."""
    groups = {rule.group for rule in rules}
    return [
        *(mistake for rule in rules for mistake in _group_mistakes(rule, groups)),
        *_group_rings(rules),
    ]


def _group_mistakes(rule: GroupRule, groups: set[str]) -> Iterator[str]:
    name = f"group {rule.group}"
    try:
        checked(rule.group)
    except NotAnIdentifier as error:
        yield f"{name}: {error}"
    if rule.master in rule.subs or _twice(rule.subs):
        yield f"{name}: a meter is listed twice"
    if not rule.subs and not rule.sub_groups:
        yield f"{name}: nothing is counted behind the master"
    yield from (f"{name}: there is no group {other}" for other in rule.sub_groups if other not in groups)
    numbers = (rule.own_use_w, rule.fixed_loss_ppm, rule.tolerance_ppm)
    if min(*numbers, rule.master_class_ppm, rule.sub_class_ppm) < 0:
        yield f"{name}: a number is below zero"


def _group_rings(rules: Iterable[GroupRule]) -> Iterator[str]:
    """A group that counts itself, through whatever others, would be explained by its own energy."""
    behind: dict[str, set[str]] = {}
    for rule in rules:
        behind.setdefault(rule.group, set()).update(rule.sub_groups)
    for group in behind:
        reached, ahead = set[str](), set(behind[group])
        while ahead:
            other = ahead.pop()
            reached.add(other)
            ahead |= behind.get(other, set()) - reached
        if group in reached:
            yield f"group {group} is counted behind itself"
