"""Shooting at central's ingest and judging by every table: one message, one name under which it was counted, nothing changed."""

import random
from collections import Counter
from dataclasses import dataclass, field

from gateway.contract import facts
from gateway.contract.envelope import KeySigner, Refusal, key_id_of
from tests.attack.forge import Forge, signer_of, walk
from tests.attack.tally import Tally
from tests.attack.target_central import TargetCentral
from tests.central.gateway_twin import GatewayTwin

NOTHING: frozenset[str] = frozenset()
ENVELOPE = {refusal.value for refusal in Refusal}


@dataclass
class CentralSiege:
    """Fires at one central as gateway 1's enemy; what it is fired at with goes to the tally."""

    target: TargetCentral
    tally: Tally
    dice: random.Random
    said: list[tuple[str, bytes]] = field(default_factory=list)
    """Everything that gateway 1 said: leaf and bytes."""
    beside: dict[str, set[str]] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)
    """By the names of envelopes' refusals."""
    payments: int = 0
    register_wh: int = 1_000

    def begin(self) -> None:
        self.target.begin()
        self.twin, self.other = self.target.twins["gw-1"], self.target.twins["gw-2"]
        known = [signer_of_twin(self.other), signer_of(self.dice), central_signer()]
        self.forge = Forge(self.dice, signer_of_twin(self.twin), known)
        self.walk = walk(self.dice, self.forge)
        self.content, self.writes = self.target.content(all_of_it=True), self.target.writes()
        self.say("up", self.twin.batch(self.twin.reading(self.register_wh, facts.ReadingOutcome.FIRST)))
        self.look()

    # --- judging

    def look(self) -> set[str]:
        """Say which tables changed since the last look."""
        writes = self.target.writes()
        if writes == self.writes:
            return set()
        after = self.target.content()
        differs = {table for table, digest in after.items() if self.content[table] != digest}
        self.content |= after
        self.writes = self.target.writes()
        return differs

    def nothing_escaped(self) -> bool:
        """Read every table: nothing else changed than was seen to be written."""
        self.look()
        return self.target.content(all_of_it=True) == self.content

    def counters_agree(self) -> bool:
        """Say whether the database's counters hold every refusal of an envelope that was sent here."""
        from central.link import counters
        from central.link.counters import UNKNOWN_GATEWAY

        self.target.taker.write_counts(self.target.now_ms)
        written: Counter[str] = Counter()
        for gateway in (UNKNOWN_GATEWAY, "gw-1", "gw-2"):
            written += Counter(counters.of(gateway))
        refused = {name: count for name, count in written.items() if name.startswith("refused-")}
        return refused == {f"refused-{name}": count for name, count in self.refused.items()}

    def shoot(
        self,
        target: str,
        how: str,
        topic: str,
        payload: bytes,
        expected: frozenset[str],
        may_change: frozenset[str] = NOTHING,
    ) -> None:
        """Send one bad message; it must be counted under one of the names, and change nothing else than it may."""
        self.target.tick()
        names = self.target.take(topic, payload)
        self.refused.update({name: count for name, count in names.items() if name in ENVELOPE})
        found = sorted(expected & set(names))
        name = found[0] if found else ""
        content = payload if name else payload[:150] + repr(dict(names)).encode()
        self.tally.shot(target, how, name, ", ".join(sorted(self.look() - may_change)), content)
        self.beside.setdefault(target, set()).add(how)

    def say(self, leaf: str, payload: bytes) -> Counter[str]:
        self.said.append((leaf, payload))
        return self.target.take(self.twin.topic(leaf), payload)

    def control(self, target: str, kind: str, leaf: str, payload: bytes, table: str, named: str) -> None:
        """Send a valid message: it acts in the table it is for."""
        self.target.tick()
        self.look()
        names = self.say(leaf, payload)
        did = names[named] > 0 and table in self.look() and not names["quarantined"]
        if leaf == "up":
            did = did and self.target.answer is not None
        self.tally.valid(kind, did)
        self.tally.control(target, self.beside.pop(target, set()), did, f"{kind}: {dict(names)}")

    def _forged(self, target: str, leaf: str, data: bytes, shots: int) -> None:
        for _ in range(shots):
            mutation = next(self.walk)
            self.shoot(target, mutation.how, self.twin.topic(leaf), mutation.make(data), mutation.expected)
        other = self.dice.choice([one for one in ("up", "birth", "answer", "ack", "down") if one != leaf])
        self.shoot(target, "on another leaf", self.twin.topic(other), data, frozenset({"wrong-kind"}))
        self.shoot(
            target, "on another gateway's topic", self.other.topic(leaf), data, frozenset({"unknown-key"})
        )
        names = [
            "cardroom/1/gw-9/up",
            "cardroom/1/gw-1",
            "cardroom/2/gw-1/up",
            "cardroom/1/gw-1/up/x",
            "cardroom/1/g\x00/up",
            "",
        ]
        self.shoot(
            target, "on a stranger's topic", self.dice.choice(names), data, frozenset({"unknown-gateway"})
        )


def signer_of_twin(twin: GatewayTwin) -> KeySigner:
    return KeySigner(key_id_of(twin.private_key.public_key()), twin.private_key)


def central_signer() -> KeySigner:
    """Central's own key: real, and no gateway's."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from django.conf import settings

    text = settings.SIGNING_KEY_FILE.read_text().strip()
    private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(text))
    return KeySigner(key_id_of(private.public_key()), private)
