"""Whether a configuration can be billed by at all (C-3). Knows the message, not what is stored."""

from collections import Counter
from collections.abc import Iterable, Iterator

from gateway.contract.commands import AccountRule, Configure
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
