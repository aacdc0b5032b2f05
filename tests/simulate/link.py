"""The link and central at its far end: latency, loss, repeats, wrong order, outages; a central that keeps its own simple books.

Central commits rows before it acknowledges, numbers its commands, and sends again what was not answered. It checks what it is
sent by the contract alone: rows without gap, each the same whenever it comes, answers in the order of the numbers.
"""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.contract.commands import CENTRAL, Ack, Command, Grant, encode_command
from gateway.contract.envelope import KeySigner, Refusal, body_of, key_id_of, keyring_from_hex, seal, unseal
from gateway.contract.facts import Answer, Birth, CommandResult, Fact, UpBatch, decode_fact
from gateway.contract.topics import ACK, ANSWER, BIRTH, DOWN, UP

GATEWAY = "g1"
AGAIN_S = 1_800.0


@dataclass(frozen=True, slots=True)
class Arrived:
    leaf: str
    payload: bytes


def signer(seed: int) -> KeySigner:
    private = Ed25519PrivateKey.from_private_bytes(seed.to_bytes(32, "big"))
    return KeySigner(key_id_of(private.public_key()), private)


class Link:
    """One gateway life's end of the link; the wire between is the `Central`'s."""

    def __init__(self, central: "Central", birth: Callable[[], Any]) -> None:
        self.central, self.birth = central, birth
        self.connected = asyncio.Event()
        self.arrivals: asyncio.Queue[Arrived] = asyncio.Queue()

    async def receive(self) -> Arrived:
        return await self.arrivals.get()

    async def publish(self, leaf: str, payload: bytes, *, retain: bool = False) -> bool:
        central = self.central
        if not self.connected.is_set():
            return False
        await asyncio.sleep(central.dice.uniform(0.02, 1.5))
        if central.is_up and central.link is self:
            central.take(leaf, payload)
            return True
        self.connected.clear()
        if central.link is self and central.dice.random() < 0.5:
            central.take(leaf, payload)  # it arrived; only the PUBACK was lost
        return False

    async def keep(self) -> None:
        """Connect whenever the broker is there; say who we are first."""
        while True:
            if self.central.is_up and not self.connected.is_set():
                birth = await self.birth()
                self.connected.set()
                await self.publish(BIRTH, birth)
            elif not self.central.is_up:
                self.connected.clear()
            await asyncio.sleep(30)


class Central:
    """Central, as far as a gateway can tell."""

    def __init__(self, dice: random.Random, now_ms: Callable[[], int]) -> None:
        self.dice, self._now_ms = dice, now_ms
        self._signer, self.gateway_signer = signer(1), signer(2)
        self._ring = keyring_from_hex([self.gateway_signer.private_key.public_key().public_bytes_raw().hex()])
        self.ring = keyring_from_hex([self._signer.private_key.public_key().public_bytes_raw().hex()])
        self.is_up = True
        self.link: Link | None = None
        self.commands: list[tuple[Command, bytes]] = []
        self.results: dict[int, CommandResult] = {}
        self.rows: dict[str, list[bytes]] = {}
        self.facts: list[Fact] = []
        self.faults: list[str] = []
        self.again = 0
        self._answer_again_s = 0.0

    # --- down

    def command(self, body: Command) -> int:
        number = len(self.commands) + 1
        payload = seal(
            self._signer,
            kind=DOWN,
            sender=CENTRAL,
            recipient=GATEWAY,
            message_id=f"c{number}",
            number=number,
            issued_ms=self._now_ms(),
            body=encode_command(body),
        )
        self.commands.append((body, payload))
        self._send(DOWN, payload)
        return number

    def grants(self) -> list[Grant]:
        return [body for body, _ in self.commands if isinstance(body, Grant)]

    def _send(self, leaf: str, payload: bytes) -> None:
        """Each message takes its own time, so that the order changes; some come twice, some never."""
        loop = asyncio.get_running_loop()
        for _ in range(self.dice.choices([0, 1, 2], weights=[5, 85, 10])[0]):
            loop.call_later(self.dice.uniform(0.02, 3.0), self._arrive, self.link, leaf, payload)

    def _arrive(self, link: Link | None, leaf: str, payload: bytes) -> None:
        if self.is_up and link is not None and link is self.link and link.connected.is_set():
            link.arrivals.put_nowait(Arrived(leaf, payload))

    async def keep_sending(self) -> None:
        while True:
            await asyncio.sleep(AGAIN_S)
            if self.is_up:
                self._send_from(max(self.results, default=0) + 1)

    def _send_missing(self, number: int) -> None:
        """Send what the gateway misses, but not for each of several answers that say the same."""
        now_s = asyncio.get_running_loop().time()
        if now_s >= self._answer_again_s:
            self._answer_again_s = now_s + 5
            self._send_from(number)

    def _send_from(self, number: int) -> None:
        for _, payload in self.commands[number - 1 : number + 4]:
            self.again += 1
            self._send(DOWN, payload)

    # --- up

    def take(self, leaf: str, payload: bytes) -> None:
        opened = unseal(payload, self._ring, kind=leaf, sender=GATEWAY, recipient=CENTRAL)
        if isinstance(opened, Refusal):
            self.faults.append(f"{leaf}: {opened}")
            return
        kind = {UP: UpBatch, BIRTH: Birth, ANSWER: Answer}[leaf]
        body = body_of(opened, kind)
        match body:
            case UpBatch():
                self._take_rows(body)
            case Birth(last_command=last):
                self._send_from(last + 1)
            case Answer(expected=expected):
                if body.reason not in ("gap", "already-have", "not-opened"):
                    self.faults.append(f"command {body.number}: {body.reason}")
                self._send_missing(expected)
            case Refusal():
                self.faults.append(f"{leaf}: {body}")

    def _take_rows(self, batch: UpBatch) -> None:
        held = self.rows.setdefault(batch.epoch, [])
        for row in batch.rows:
            raw = bytes(row.fact)
            if row.seq <= len(held):
                if held[row.seq - 1] != raw:
                    self.faults.append(f"row {row.seq} came again with other content")
            elif row.seq == len(held) + 1:
                held.append(raw)
                self._note(decode_fact(raw))
            else:
                self._acknowledge(batch.epoch, len(held), expected=len(held) + 1)
                return
        self._acknowledge(batch.epoch, len(held))

    def _acknowledge(self, epoch: str, seq: int, expected: int | None = None) -> None:
        ack = Ack(epoch, seq, self._now_ms(), expected)
        payload = seal(
            self._signer,
            kind=ACK,
            sender=CENTRAL,
            recipient=GATEWAY,
            message_id=f"ack.{seq}",
            issued_ms=self._now_ms(),
            body=msgspec.json.encode(ack),
        )
        self._send(ACK, payload)

    def _note(self, fact: Fact) -> None:
        self.facts.append(fact)
        if isinstance(fact, CommandResult) and fact.number:
            last = max(self.results, default=0)
            if fact.number != last + 1:
                self.faults.append(f"answer {fact.number} after {last}")
            self.results[fact.number] = fact
