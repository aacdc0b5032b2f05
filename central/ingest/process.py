"""The ingest process: one consumer of what gateways send, one publisher of what they are sent.

What is proved is proved by our own signed acks after our own commits, not by the broker's: kill -9, a broker's restart or a lost
message only mean that something comes again. While the database can't be written nothing is acknowledged, and we try again.
"""

import logging
import queue
import threading
from collections.abc import Callable, Sequence

from django.db import close_old_connections, connections, transaction
from django.db.utils import OperationalError

from central import clock
from central.domain.shares import Share
from central.ingest.broker_connection import Arrived, BrokerConnection
from central.ingest.broker_connection import Broker as Broker
from central.ingest.database_failure import has_failed
from central.ingest.lease import AlwaysHeld, Lease, ShareLease
from central.ingest.take_message import MessageTaker
from central.ingest.waiting import Waiting
from central.ingest.whereabouts import Whereabouts
from central.ledger.monthly_tables import month_at
from central.link import outbox
from central.link.configuration import ConfigurationTooBig, publish_if_changed
from central.link.models import Command, Gateway
from central.link.pulse.beats import INGEST
from central.link.telemetry.partitions import make_partitions
from gateway.contract import topics

POLL_OUTBOX_S = 0.03
RESEND_AFTER_MS = 5_000
HOUSEKEEPING_S = 1.0
BIRTHS_AGAIN_S = 10.0
"""Between two requests for the retained births: a broker hands out all of them."""
MONTHS_AGAIN_S = 600.0
DATABASE_PAUSE_S = 1.0
LEASE_PAUSE_S = 1.0
QUEUE_MESSAGES = 2_000
CLIENT_ID = "central-ingest"
EVERYBODY = Share()

log = logging.getLogger(__name__)


class Ingest:
    """Joins brokers to the databases. `run` returns after `stop`.

    One process serves all gateways, unless `share` says that it is one of several workers: then it serves its share's, while it has
    the share's lease. Workers share nothing but the databases.
    """

    def __init__(
        self, *brokers: Broker, share: Share = EVERYBODY, now_ms: Callable[[], int] = clock.now_ms
    ) -> None:
        self._share, self._now_ms = share, now_ms
        self._waiting = Waiting(QUEUE_MESSAGES)
        self._inbox = self._waiting.arriving
        self._stopping = threading.Event()
        name = INGEST if share.is_whole else f"{INGEST}-{share}"
        self._taker = MessageTaker(on_bench=clock.is_bench(), name=name)
        self._lease: Lease = AlwaysHeld() if share.is_whole else ShareLease(share)
        self._brokers = _connections(brokers, share, self._inbox)
        self._whereabouts = Whereabouts()
        self._births_asked_s = clock.monotonic_s()
        self._in_hand: list[Arrived] = []
        self._months_made_in, self._months_again_s = 0, 0.0

    def run(self) -> None:
        """Take and publish until `stop`. A broker that is down is tried again with back-off, for ever."""
        waits = False
        try:
            while not self._stopping.is_set():
                if self._lease.take():
                    self._serve()
                    waits = False
                    continue
                if not waits:
                    log.warning("worker %s waits: another process serves this share", self._share)
                waits = True
                self._stopping.wait(LEASE_PAUSE_S)
        finally:
            self._lease.give_back()
            connections.close_all()

    def stop(self) -> None:
        """Ask `run` to end after the message at hand."""
        self._stopping.set()

    def _serve(self) -> None:
        """Work while the lease is ours. What is in hand after it is forgotten: rows come again, births are retained."""
        if not self._share.is_whole:
            log.info("worker %s serves its share", self._share)
        for broker in self._brokers:
            broker.start()
        try:
            self._work()
        finally:
            for broker in self._brokers:
                broker.stop()
            self._in_hand = []
            self._waiting.forget()

    def _work(self) -> None:
        next_housekeeping_s = next_outbox_s = clock.monotonic_s()
        while not self._stopping.is_set():
            self._guarded(self._take_one)
            if clock.monotonic_s() >= next_outbox_s:
                self._guarded(self._publish_commands)
                next_outbox_s = clock.monotonic_s() + POLL_OUTBOX_S
            if clock.monotonic_s() >= next_housekeeping_s:
                if not self._lease.is_held():
                    return
                self._guarded(self._keep_house)
                self._guarded(self._make_months)
                next_housekeeping_s = clock.monotonic_s() + HOUSEKEEPING_S

    def _guarded(self, step: Callable[[], None]) -> None:
        """Run a step. A database that fails is waited for; whatever else fails is logged, and the other steps go on.

        A database that refuses a message's content has not failed: waiting for it would stop every other building.
        """
        try:
            step()
        except Exception as error:
            if not has_failed(error):
                log.exception("a step failed; the others go on, and it is tried again")
                return
            log.error("the database failed, nothing was acknowledged, trying again: %s", error)
            close_old_connections()
            self._stopping.wait(DATABASE_PAUSE_S)

    def _take_one(self) -> None:
        """Take a message, or wait for one at most an outbox poll: a busy building never makes a payment wait for its rows.

        It stays in hand while the database fails, whichever step finds it out: rows would come again, a birth or a state would not.
        """
        self._in_hand = self._in_hand or self._waiting.next(POLL_OUTBOX_S)
        if not self._in_hand:
            return
        try:
            self._take_in_hand()
        except Exception as error:
            if has_failed(error):
                raise
            if len(self._in_hand) > 1:
                self._waiting.give_back_singly(self._in_hand)
            else:
                log.exception("a message could not be taken; it is not acknowledged and will come again")
        self._in_hand = []

    def _take_in_hand(self) -> None:
        first, *others = self._in_hand
        for arrived in self._whereabouts.now(first):
            payloads = [arrived.payload, *(one.payload for one in others if arrived is first)]
            for answer in self._taker.take_all(arrived.topic, payloads, self._now_ms()):
                self._brokers[arrived.broker].publish(answer.topic, answer.payload)
        self._whereabouts.took(first)

    def _publish_commands(self) -> None:
        """Publish what is due to every broker: the one without the gateway drops it, and nobody must know where it is."""
        brokers = [broker for broker in self._brokers if broker.connected.is_set()]
        if not brokers:
            return
        now_ms = self._now_ms()
        commands: list[Command] = outbox.to_send(now_ms, clock.on_bench_ms(RESEND_AFTER_MS), self._share)
        if not commands:
            return
        for command in commands:
            for broker in brokers:
                broker.publish(topics.topic(command.gateway_id, topics.DOWN), bytes(command.sealed))
        with transaction.atomic():
            outbox.mark_sent(commands, now_ms)

    def _keep_house(self) -> None:
        now_ms = self._now_ms()
        self._ask_for_births()
        self._taker.write_counts(now_ms)
        is_connected = all(broker.connected.is_set() for broker in self._brokers)
        self._taker.pulse.write(queue=self._waiting.size(), is_connected=is_connected, now_ms=now_ms)
        for gateway_id in filter(self._share.has, Gateway.objects.values_list("pk", flat=True)):
            try:
                with transaction.atomic():
                    publish_if_changed(gateway_id, now_ms)
            except ConfigurationTooBig as error:
                log.error("%s", error)
            except Exception as error:  # what is wrong with one building keeps no other's back
                if has_failed(error):
                    raise
                log.exception("the configuration of gateway %s could not be made", gateway_id)

    def _make_months(self) -> None:
        """Make telemetry's next months, long before they begin: who reads for hours, as a dump does, is not waited for."""
        month, now_s = month_at(self._now_ms()), clock.monotonic_s()
        if month == self._months_made_in or now_s < self._months_again_s:
            return
        self._months_again_s = now_s + MONTHS_AGAIN_S
        try:
            make_partitions(self._now_ms())
            self._months_made_in = month
        except OperationalError as error:
            log.warning("telemetry's next months can't be made yet, trying again later: %s", error)

    def _ask_for_births(self) -> None:
        """Have the brokers hand out the retained births again when rows came of an epoch that we know nothing of."""
        waited_s = clock.monotonic_s() - self._births_asked_s
        if self._taker.misses_a_birth and waited_s > BIRTHS_AGAIN_S:
            self._births_asked_s, self._taker.misses_a_birth = clock.monotonic_s(), False
            for broker in self._brokers:
                if broker.connected.is_set():
                    broker.ask_for_births()


def _connections(
    brokers: Sequence[Broker], share: Share, inbox: queue.Queue[Arrived]
) -> list[BrokerConnection]:
    client_id = CLIENT_ID if share.is_whole else f"{CLIENT_ID}-{share.number}-of-{share.of}"

    def is_ours(topic: str) -> bool:
        return share.has(topics.gateway_of(topic) or "")

    return [
        BrokerConnection(broker, place, client_id, inbox, is_ours) for place, broker in enumerate(brokers)
    ]
