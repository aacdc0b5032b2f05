"""Shooting at a gateway and judging by its whole state: one message, one name under which it was counted, nothing changed."""

import random
from collections import Counter
from dataclasses import dataclass, field

from tests.attack.forge import Forge, Mutation, walk
from tests.attack.tally import Tally
from tests.attack.target_gateway import TargetGateway, changed

TOO_LONG = "too-long"
NAMES = {"link:arrival-too-long": TOO_LONG, "link:arrival-other-topic": "other-topic"}
ON_RECORD = frozenset({"applied", "exists", "exists-with-different", "unknown-account", "refused", "listed"})
"""Outcomes of opened credit: each is a row of its own at central, and no counter's."""
NOTHING_IN_IT = "nothing-in-it"
NOTHING: frozenset[str] = frozenset()


def named(counted: Counter[str]) -> list[str]:
    """Give the names that a message was counted under, beside its arrival."""
    return [
        NAMES.get(name, name.rpartition(":")[2])
        for name, count in counted.items()
        if name != "link:arrivals"
        for _ in range(count)
    ]


@dataclass
class Siege:
    """Attacks one gateway; what it is fired at with goes to the tally."""

    gateway: TargetGateway
    forge: Forge
    tally: Tally
    dice: random.Random
    beside: dict[str, set[str]] = field(default_factory=dict)
    """Classes shot at each target since its last control."""

    def __post_init__(self) -> None:
        self.walk = walk(self.dice, self.forge)
        self.content: dict[str, str] = {}
        self.writes = -1

    async def look(self) -> set[str]:
        """Say what changed since the last look."""
        writes = await self.gateway.writes()
        believed = repr(sorted(self.gateway.parts.central.keys))
        if writes == self.writes and believed == self.content.get("keys believed"):
            return set()
        after = await self.gateway.content()
        differs = changed(self.content, after)
        self.content, self.writes = after, await self.gateway.writes()
        return differs

    async def shoot(
        self,
        target: str,
        how: str,
        leaf: str,
        payload: bytes,
        expected: frozenset[str],
        may_change: frozenset[str] = NOTHING,
    ) -> None:
        """Send one bad message by the broker's way."""
        before = self.gateway.counts()
        await self.gateway.say(leaf, payload)
        names = named(self.gateway.counts() - before)
        name = names[0] if len(names) == 1 and names[0] in expected else ""
        await self._note(
            target, how, name, payload + repr(names).encode() if not name else payload, may_change
        )

    async def mutate(self, target: str, leaf: str, valid: bytes, mutation: Mutation | None = None) -> None:
        """Send one forgery of a message that would act."""
        mutation = mutation or next(self.walk)
        expected = mutation.expected
        await self.shoot(target, mutation.how, leaf, mutation.make(valid), expected)

    async def hand_in(
        self,
        target: str,
        how: str,
        sealed: bytes,
        expected: frozenset[str],
        may_change: frozenset[str] = NOTHING,
    ) -> None:
        """Hand in one bad piece of a file of credit; whatever it falls into must be refused by name."""
        before = self.gateway.counts()
        outcomes = await self.gateway.hand_in(sealed)
        counted = named(self.gateway.counts() - before)
        refused = [one for one in outcomes if one not in ON_RECORD]
        is_named = set(outcomes) <= expected | {"listed"} and sorted(refused) == sorted(counted)
        name = (outcomes[-1] if outcomes else NOTHING_IN_IT) if is_named else ""
        content = sealed if name else sealed + repr(outcomes).encode()
        await self._note(target, how, name, content, may_change)

    async def type_code(
        self, target: str, how: str, code: str, expected: frozenset[str], may_change: frozenset[str] = NOTHING
    ) -> None:
        before = self.gateway.counts()
        outcome = await self.gateway.type_code(code)
        counted = named(self.gateway.counts() - before)
        is_named = outcome in expected and counted == ([] if outcome in ON_RECORD else [outcome])
        await self._note(target, how, outcome if is_named else "", f"{code} {outcome} {counted}", may_change)

    async def _note(
        self, target: str, how: str, name: str, content: bytes | str, may_change: frozenset[str]
    ) -> None:
        differs = await self.look() - may_change
        self.tally.shot(target, how, name, ", ".join(sorted(differs)), content)
        self.beside.setdefault(target, set()).add(how)

    async def passed(self, target: str, acted: bool, content: str = "") -> None:
        """Note what a valid message did, for all classes that stood before it."""
        self.tally.control(target, self.beside.pop(target, set()), acted, content)
