"""Several metering points on one account's money (C-4, R-B1): whose limits hold, and what can't be configured. Knows rules only.

A point keeps its own tariff, meter, relay, time-table and power rules; how far the money goes is said by the account that pays.
"""

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from gateway.contract.identifiers import AccountId
from gateway.contract.rules import AccountRule, Billing


def with_limits_of(payer: AccountRule, point: AccountRule) -> AccountRule:
    """Give a point's rule with the credit's own part as the account that pays has it: one credit is judged by one measure."""
    return msgspec.structs.replace(
        point,
        unit=payer.unit,
        buckets=payer.buckets,
        overdraft=payer.overdraft,
        warn_at=payer.warn_at,
        no_cut=payer.no_cut,
        no_cut_extra=payer.no_cut_extra,
        isolated_extra=payer.isolated_extra,
        emergency=payer.emergency,
    )


def sharing_mistakes(rules: Iterable[AccountRule]) -> Iterator[str]:
    """Name every account that can't pay from the one it names."""
    known = {rule.account: rule for rule in rules}
    for rule in known.values():
        if rule.pays_from:
            yield from _mistakes(rule, known)


def _mistakes(rule: AccountRule, known: Mapping[AccountId, AccountRule]) -> Iterator[str]:
    name = f"account {rule.account}"
    payer = known.get(rule.pays_from)
    if payer is None:
        yield f"{name}: there is no account {rule.pays_from} here to pay from (a merged balance lives on one gateway)"
        return
    if _ends_at_itself(rule, known):
        yield f"{name} pays from itself"
    elif payer.pays_from:
        yield f"{name}: {payer.account} pays from {payer.pays_from} itself, so name that one"
    if payer.unit != rule.unit:
        yield f"{name}: kept in {rule.unit}, but {payer.account}, which it pays from, in {payer.unit}"
    for one in (rule, payer):
        if one.billing is not Billing.PREPAID:
            yield f"{name} pays from {payer.account}, but {one.account} is not prepaid"


def _ends_at_itself(rule: AccountRule, known: Mapping[AccountId, AccountRule]) -> bool:
    passed, name = set[AccountId](), rule.pays_from
    while name in known and name not in passed:
        if name == rule.account:
            return True
        passed.add(name)
        name = known[name].pays_from
    return False
