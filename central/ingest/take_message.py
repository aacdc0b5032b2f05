"""Take one MQTT message: who says it is checked before anything is believed (R-G5). Refusals are named and counted.

It knows topics and envelopes, not the broker: `process.py` brings the bytes and carries the answers away.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from django.db import transaction

from central.ingest.ingest_pulse import IngestPulse
from central.ingest.joined_batches import Joined, join
from central.ingest.received_claims import answer_can_be, birth_can_be
from central.ingest.received_rows import BatchRefusal
from central.ingest.take_batch import take_batch
from central.link import counters, outbox
from central.link.alarms import raise_alarm
from central.link.epochs import greet, hear_word, number_above
from central.link.models import Gateway
from central.link.pulse.beats import INGEST
from central.link.signing import signer
from central.prepared import Prepared
from gateway.contract import topics
from gateway.contract.commands import CENTRAL, Ack
from gateway.contract.envelope import Refusal, Sealed, body_of, keyring_from_hex, seal, unseal
from gateway.contract.facts import NOT_OPENED, Answer, Birth, CommandOutcome, State, UpBatch

HOSTILE = frozenset({Refusal.FORGED, Refusal.UNKNOWN_KEY, Refusal.WRONG_SENDER, Refusal.WRONG_RECIPIENT})
"""Refusals that a healthy building never causes: they raise an alarm."""

REASONS = frozenset({"gap", NOT_OPENED, "already-have", CommandOutcome.EXISTS_WITH_DIFFERENT.value})
"""Of answers. Whatever else a gateway may give as one is counted together, so that no gateway fills the counters' table."""

_GATEWAY = Prepared(lambda name: Gateway.objects.defer("counters", "meters_seen").filter(pk=name), str)
"""Without the long lists of what it counts and sees: they are read from no message's path."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to publish."""

    topic: str
    payload: bytes


class MessageTaker:
    """Takes messages of all gateways. Counts are kept in memory and written by `write_counts`, so that noise costs no writes."""

    def __init__(self, *, on_bench: bool, name: str = INGEST) -> None:
        self._on_bench = on_bench
        self._counts: Counter[tuple[str, str]] = Counter()
        self._hostile: dict[str, str] = {}
        self.pulse = IngestPulse(name)
        self.misses_a_birth = False
        """Rows came of an epoch that no birth told of: the gateway spoke before it was enrolled, or its birth got lost here."""

    def take(self, topic: str, payload: bytes, now_ms: int) -> Outgoing | None:
        """Take one message; give the acknowledgement to publish, if any."""
        return next(iter(self.take_all(topic, [payload], now_ms)), None)

    def take_all(self, topic: str, payloads: Sequence[bytes], now_ms: int) -> list[Outgoing]:
        """Take messages of one topic in order; give the acknowledgements to publish.

        Each is proved by itself. Batches that go on where the one before ends are booked as one, and acknowledged by its last row:
        what a batch costs by itself is paid once where a building drains faster than central takes.
        """
        name, leaf = topics.gateway_of(topic), topic.rpartition("/")[2]
        for _ in payloads:
            self.pulse.took_message(leaf)
        gateway = _GATEWAY.first(name) if name is not None else None
        if gateway is None:
            self._count(counters.UNKNOWN_GATEWAY, "unknown-gateway", len(payloads))
            return []
        if leaf == topics.STATE:
            for payload in payloads:
                self._take_state(gateway, payload)
            return []
        proved = [
            sealed for sealed in (self._proved(gateway, leaf, one) for one in payloads) if sealed is not None
        ]
        return self._take_sealed(gateway, leaf, proved, now_ms)

    def _proved(self, gateway: Gateway, leaf: str, payload: bytes) -> Sealed | None:
        """Open an envelope; None after counting why it is nothing that this gateway says."""
        # A gateway that was revoked has no key: whatever comes in its name is a stranger's.
        ring = keyring_from_hex([gateway.public_key] if gateway.public_key else [])
        sealed = unseal(payload, ring, kind=leaf, sender=gateway.pk, recipient=CENTRAL)
        if isinstance(sealed, Refusal):
            self._refuse(gateway, sealed)
            return None
        return sealed

    def write_counts(self, now_ms: int) -> None:
        """Write what was counted since the last time, and the alarms of hostile messages; kept until the database has them."""
        if not self._counts:
            return
        with transaction.atomic():
            for (gateway_id, name), count in sorted(self._counts.items()):
                counters.add(gateway_id, {name: count})
            for gateway_id, refusal in self._hostile.items():
                detail = f"refused: {refusal}; someone writes in this gateway's name, or its key was replaced"
                raise_alarm(
                    "messages-refused", gateway_id, now_ms=now_ms, gateway_id=gateway_id, detail=detail
                )
        self._counts.clear()
        self._hostile.clear()

    def _take_sealed(
        self, gateway: Gateway, leaf: str, proved: Sequence[Sealed], now_ms: int
    ) -> list[Outgoing]:
        if leaf == topics.UP:
            batches = [joined for sealed in proved if (joined := self._batch(gateway, sealed))]
            taken = [self._take_up(gateway, joined, now_ms) for joined in join(batches)]
            return [answer for answer in taken if answer is not None]
        for sealed in proved:
            match leaf:
                case topics.BIRTH:
                    self._take_birth(gateway, sealed, now_ms)
                case topics.ANSWER:
                    self._take_answer(gateway, sealed, now_ms)
                case _:
                    self._count(gateway.pk, f"refused-{Refusal.WRONG_KIND.value}")
        return []

    def _batch(self, gateway: Gateway, sealed: Sealed) -> Joined | None:
        batch = body_of(sealed, UpBatch)
        if isinstance(batch, Refusal):
            self._refuse(gateway, batch)
            return None
        return Joined(batch, sealed.issued_ms, sealed.id)

    def _take_up(self, gateway: Gateway, joined: Joined, now_ms: int) -> Outgoing | None:
        taken = take_batch(gateway.pk, joined.batch, joined.issued_ms, now_ms)
        if isinstance(taken, BatchRefusal):
            self._count(gateway.pk, f"batch-{taken.value}", joined.of)
            self.misses_a_birth = self.misses_a_birth or taken is BatchRefusal.UNKNOWN_EPOCH
            return None
        self._count(gateway.pk, "batches", joined.of)
        # A batch that comes again may be anybody's copy, and tells of no clock and no delay.
        if taken.counts.get("rows"):
            self.pulse.took_batch(gateway.pk, joined.issued_ms, taken.newest_ms, now_ms)
        for name, count in taken.counts.items():
            self._count(gateway.pk, name, count)
        return self._ack(gateway, msgspec.structs.replace(taken.ack, answers=joined.answers[:64]), now_ms)

    def _ack(self, gateway: Gateway, ack: Ack, now_ms: int) -> Outgoing:
        payload = seal(
            signer(gateway.central_keys),
            kind=topics.ACK,
            sender=CENTRAL,
            recipient=gateway.pk,
            message_id=f"a-{ack.epoch}-{ack.seq}"[:64],
            issued_ms=now_ms,
            body=msgspec.json.encode(ack),
        )
        return Outgoing(topics.topic(gateway.pk, topics.ACK), payload)

    def _take_birth(self, gateway: Gateway, sealed: Sealed, now_ms: int) -> None:
        birth = body_of(sealed, Birth)
        if isinstance(birth, Refusal) or not birth_can_be(birth):
            self._refuse(gateway, birth if isinstance(birth, Refusal) else Refusal.MALFORMED)
            return
        with transaction.atomic():
            greeting = greet(gateway.pk, birth, sealed.issued_ms, now_ms, on_bench=self._on_bench)
        self._count(gateway.pk, f"birth-{greeting.value}")

    def _take_answer(self, gateway: Gateway, sealed: Sealed, now_ms: int) -> None:
        answer = body_of(sealed, Answer)
        if isinstance(answer, Refusal) or not answer_can_be(answer):
            self._refuse(gateway, answer if isinstance(answer, Refusal) else Refusal.MALFORMED)
            return
        self._count(gateway.pk, f"answer-{answer.reason if answer.reason in REASONS else 'other'}")
        with transaction.atomic():
            locked = outbox.locked(gateway.pk)
            if answer.command and not outbox.is_present(locked, answer.number, answer.command):
                self._count(gateway.pk, "answer-stale")
            elif locked.awaits_word:
                if outbox.is_unanswered(locked, answer.number):
                    hear_word(locked, answer.expected, now_ms, is_opened=answer.reason != NOT_OPENED)
            elif outbox.is_out_of_reach(locked, answer.expected) or self._is_taken_by_another(locked, answer):
                number_above(locked, answer.expected, now_ms)
            else:
                outbox.send_again_from(locked, answer.expected)

    def _is_taken_by_another(self, gateway: Gateway, answer: Answer) -> bool:
        """The gateway used this number for a command that this central doesn't know: it was restored from a backup."""
        return answer.expected > answer.number and outbox.is_unanswered(gateway, answer.number)

    def _take_state(self, gateway: Gateway, payload: bytes) -> None:
        try:
            state = msgspec.json.decode(payload, type=State)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            self._count(gateway.pk, "state-malformed")
            return
        if state.online != gateway.online:
            Gateway.objects.filter(pk=gateway.pk).update(online=state.online)

    def _refuse(self, gateway: Gateway, refusal: Refusal) -> None:
        self._count(gateway.pk, f"refused-{refusal.value}")
        if refusal in HOSTILE:
            self._hostile[gateway.pk] = refusal.value

    def _count(self, gateway_id: str, name: str, count: int = 1) -> None:
        if count:
            self._counts[gateway_id, name] += count
