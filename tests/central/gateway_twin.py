"""A gateway as central sees it: it keeps balances by the contract, and signs what it says. No daemon, no broker.

Written from the contract alone: what it reports is what an honest gateway would, unless a test asks for something else.
"""

from dataclasses import dataclass, field

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.contract import facts, topics
from gateway.contract.commands import CENTRAL
from gateway.contract.envelope import KeySigner, key_id_of, seal
from gateway.contract.facts import Entry, EntryCause, EntryKind, EntryLine, Instant


@dataclass
class GatewayTwin:
    """One gateway's outbox, balances and key."""

    name: str = "gw-1"
    epoch: str = "e1"
    boot: str = "boot-1"
    seq: int = 0
    entries: int = 0
    last_command: int = 0
    now_ms: int = 1_790_000_000_000
    balances: dict[tuple[str, str, str], int] = field(default_factory=dict)
    private_key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    @property
    def public_key(self) -> str:
        return self.private_key.public_key().public_bytes_raw().hex()

    def at(self, *, trusted: bool = True) -> Instant:
        return Instant(self.boot, self.now_ms, self.now_ms, trusted)

    def sealed(self, kind: str, body: object, *, issued_ms: int | None = None, **changes: object) -> bytes:
        fields = {
            "kind": kind,
            "sender": self.name,
            "recipient": CENTRAL,
            "message_id": f"m-{kind}",
            "issued_ms": self.now_ms if issued_ms is None else issued_ms,
            "body": msgspec.json.encode(body),
            **changes,
        }
        return seal(KeySigner(key_id_of(self.private_key.public_key()), self.private_key), **fields)

    def topic(self, leaf: str) -> str:
        return topics.topic(self.name, leaf)

    def birth(self, **changes: object) -> bytes:
        fields = {
            "boot": self.boot,
            "epoch": self.epoch,
            "software": "twin",
            "last_seq": self.seq,
            "last_command": self.last_command,
            "config_version": 0,
            "meters": [facts.MeterSeen("m-301", "line-1", "generic", "1")],
            **changes,
        }
        return self.sealed(topics.BIRTH, facts.Birth(**fields))

    def rows(self, *reported: facts.Fact | bytes) -> list[facts.UpRow]:
        """Give outbox rows with the next sequences; bytes are sent as they are."""
        rows = []
        for fact in reported:
            self.seq += 1
            raw = fact if isinstance(fact, bytes) else facts.encode_fact(fact)
            rows.append(facts.UpRow(self.seq, msgspec.Raw(raw)))
        return rows

    def batch(self, *reported: facts.Fact | bytes) -> bytes:
        return self.sealed_rows(self.rows(*reported))

    def sealed_rows(self, rows: list[facts.UpRow], epoch: str | None = None, **changes: object) -> bytes:
        return self.sealed(topics.UP, facts.UpBatch(epoch or self.epoch, rows), **changes)

    def entry(
        self,
        kind: EntryKind,
        account: str,
        amount: int,
        *,
        bucket: str = "paid",
        unit: str = "yuan",
        **changes: object,
    ) -> Entry:
        """Give an entry that moves one bucket, and move it here."""
        self.entries += 1
        key = (account, bucket, unit)
        self.balances[key] = self.balances.get(key, 0) + amount
        fields = {
            "entry": f"{self.name}.{self.epoch}.{self.entries}",
            "account": account,
            "entry_kind": kind,
            "cause": EntryCause.GRANT if kind == EntryKind.GRANT else EntryCause.HOUR,
            "at": self.at(),
            "lines": [EntryLine(bucket, unit, amount, self.balances[key])],
            "carried_nano_yuan": 0,
            **changes,
        }
        return Entry(**fields)

    def consumption(self, account: str, energy_wh: int, register_to_wh: int, **changes: object) -> Entry:
        return self.entry(
            EntryKind.CONSUMPTION,
            account,
            -energy_wh * 558,
            meter="m-301",
            energy_wh=energy_wh,
            register_from_wh=register_to_wh - energy_wh,
            register_to_wh=register_to_wh,
            price_micro_yuan_per_kwh=558_000,
            **changes,
        )

    def granted(self, grant_id: str, account: str, amount: int, **changes: object) -> Entry:
        return self.entry(EntryKind.GRANT, account, amount, source=grant_id, **changes)

    def watermark(self) -> facts.Watermark:
        balances = [facts.Balance(a, b, u, amount) for (a, b, u), amount in sorted(self.balances.items())]
        return facts.Watermark(self.last_command, self.at(), balances)

    def result(
        self, number: int, command: str, outcome: facts.CommandOutcome, **changes: object
    ) -> facts.CommandResult:
        return facts.CommandResult(number, command, outcome, self.at(), **changes)

    def relay(
        self, closed: bool | None, verdict: facts.RelayVerdict, account: str, **changes: object
    ) -> facts.RelayReport:
        fields = {"desired_closed": closed, "commanded_closed": closed, "why": "credit", **changes}
        return facts.RelayReport(
            meter="m-301", observed_closed=closed, verdict=verdict, at=self.at(), account=account, **fields
        )

    def decision(
        self, account: str, decision: facts.DecisionKind, reason: str = "credit", **rests_on: int
    ) -> facts.Decision:
        return facts.Decision(account, decision, reason, self.at(), 0, rests_on)

    def reading(
        self, register_wh: int, outcome: facts.ReadingOutcome = facts.ReadingOutcome.ADVANCED
    ) -> facts.Readings:
        row = facts.ReadingRow("m-301", self.now_ms, register_wh, 500, 2_300, True, outcome)
        return facts.Readings([row])
