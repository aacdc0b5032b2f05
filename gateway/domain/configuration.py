"""Whether a configuration can be billed by at all (C-3). Knows the message, not what is stored."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from gateway.contract.commands import Configure
from gateway.contract.identifiers import NotAnIdentifier, checked
from gateway.contract.quantities import Unit
from gateway.contract.rules import AccountRule, ClockRule, GroupRule, PriceRule
from gateway.domain.buckets import PAID
from gateway.domain.calendar import offset_mistake, window_mistake
from gateway.domain.clock_setting import MOST_OFF_S
from gateway.domain.period import period_mistake
from gateway.domain.shared_credit import sharing_mistakes
from gateway.domain.tariff import lowest_rate
from gateway.domain.timetable import calendar_mistakes

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
        *sharing_mistakes(configure.accounts),
        *(
            f"binding {tie.binding}: there is no account {tie.account}"
            for tie in configure.bindings
            if tie.account not in accounts
        ),
        *(mistake for price in configure.prices for mistake in _price_mistakes(price)),
        *calendar_mistakes(configure),
        *filter(None, [period_mistake(configure.policy)]),
        *group_mistakes(configure.groups),
        *(mistake for rule in configure.policy.clocks for mistake in _clock_mistakes(rule)),
    ]


def _clock_mistakes(rule: ClockRule) -> Iterator[str]:
    name = f"clocks from {rule.from_ms}"
    if not 0 <= rule.hour <= 23:
        yield f"{name}: there is no hour {rule.hour}"
    if not 1 <= rule.drift_s <= MOST_OFF_S:
        yield f"{name}: meters that are off by {rule.drift_s} s can't be told; use 1 to {MOST_OFF_S}"


def _twice(names: Iterable[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]


def _price_mistakes(price: PriceRule) -> Iterator[str]:
    name = f"price {price.version}"
    if lowest_rate(price) < 0:
        yield f"{name} is below zero"
    for priced in price.windows:
        if mistake := window_mistake(priced.window):
            yield f"{name}: {mistake}"
    marks = [step.above_wh for step in price.steps]
    if marks != sorted(set(marks)) or any(mark <= 0 for mark in marks):
        yield f"{name}: its steps don't rise from above zero"
    if any(step.add_micro_yuan_per_kwh < 0 for step in price.steps):
        yield f"{name}: a step lowers the price"
    if mistake := offset_mistake(price.utc_offset_minutes):
        yield f"{name}: {mistake}"


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
    if min(rule.no_cut_extra, rule.isolated_extra, rule.emergency.limit if rule.emergency else 0) < 0:
        yield f"{name}: a leeway is below zero"
    if rule.software is not None and rule.software.wh_per_day < 0:
        yield f"{name}: its estimate is below zero"
    powers = [power for power in (rule.power_cap, rule.high_power) if power is not None]
    if any(power.confirmations < 2 for power in powers):
        yield f"{name}: a power rule acts on a single reading"
    if any(min(power.restore_after_s, power.restores_per_day) < 0 for power in powers):
        yield f"{name}: a power rule's restoring is below zero"
    if rule.power_cap is not None and rule.power_cap.night_limit_w and not rule.power_cap.night:
        yield f"{name}: the night cap has no night"
    if rule.high_power is not None and rule.high_power.step_w <= 0:
        yield f"{name}: the power step is not above zero"
    if rule.overdraft < 0:
        yield f"{name}: the overdraft is below zero"
    if rule.warn_at != sorted(rule.warn_at, reverse=True):
        yield f"{name}: the warning levels don't fall"
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
