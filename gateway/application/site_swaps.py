"""Swaps beside central's configuration: one that was made before central learnt of a swap doesn't undo it (C-3)."""

import msgspec

from gateway.application.ports import Journal
from gateway.application.records import Swap
from gateway.application.swap_meter import binding_of
from gateway.contract.commands import Configure
from gateway.contract.rules import GroupRule
from gateway.domain.swapped_groups import names_meter, rules_from, with_new_meter


def with_swaps(journal: Journal, configure: Configure) -> Configure:
    """Give a configuration with the bindings and groups of the swaps that central has not booked.

    Central's word holds from the first configuration on that lists a swap's binding, or, of a meter that bills nobody, whose groups
    have followed; a newer binding wins at any time.
    """
    bindings, groups = list(configure.bindings), list(configure.groups)
    listed = {tie.binding for tie in bindings}
    accounts = {rule.account for rule in configure.accounts}
    for key, swap in sorted(journal.records(Swap).items(), key=lambda one: one[1].fact.from_ms):
        if swap.booked:
            continue
        if swap.fact.binding in listed or (swap.fact.account is None and _followed(groups, swap)):
            journal.keep(key, msgspec.structs.replace(swap, booked=True))
            continue
        groups = _with_swap(groups, swap)
        binding = binding_of(swap.fact)
        if binding is not None and binding.account in accounts:
            bindings.append(binding)
    return msgspec.structs.replace(configure, bindings=bindings, groups=groups)


def _followed(groups: list[GroupRule], swap: Swap) -> bool:
    """Say whether the groups name the new meter, or no longer the old one, from the swap's instant on."""
    rules = rules_from(groups, swap.fact.from_ms)
    new, old = swap.fact.new_meter, swap.fact.old_meter
    return any(names_meter(rule, new) for rule in rules) or not any(names_meter(rule, old) for rule in rules)


def _with_swap(groups: list[GroupRule], swap: Swap) -> list[GroupRule]:
    return with_new_meter(groups, swap.fact.old_meter, swap.fact.new_meter, swap.fact.from_ms)


def say_swaps(journal: Journal) -> None:
    """Report every swap that central has not booked once more: what the epoch before said may not have been taken (C-11)."""
    for swap in journal.records(Swap).values():
        if not swap.booked:
            journal.append_fact(swap.fact)


def unregistered(journal: Journal) -> list[Swap]:
    """Give the swaps that the registry has not followed, oldest first: a crash came between."""
    waiting = [swap for swap in journal.records(Swap).values() if not swap.registered]
    return sorted(waiting, key=lambda swap: swap.fact.from_ms)


def note_registered(journal: Journal, swap: str) -> None:
    """The registry has followed."""
    known = journal.record(Swap, swap)
    if known is not None and not known.registered:
        journal.keep(swap, msgspec.structs.replace(known, registered=True))
        journal.must_commit()
