"""Batches that wait beside each other are taken as one, and nothing changes by it but the time that it takes (C-11)."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.ingest.broker_connection import Arrived
from central.ingest.joined_batches import Joined, join
from central.ingest.process import Broker, Ingest
from central.ingest.waiting import TOGETHER, Waiting
from central.link import counters
from central.link.models import GatewayEpoch, QuarantinedRow
from central.link.telemetry.models import Reading
from gateway.contract import topics
from gateway.contract.facts import UpBatch, UpRow
from tests.central.conftest import NOW_MS
from tests.central.gateway_twin import GatewayTwin


def batch(epoch: str, *seqs: int) -> UpBatch:
    return UpBatch(epoch, [UpRow(seq, msgspec.Raw(b"{}")) for seq in seqs])


batches = st.lists(
    st.builds(
        lambda epoch, first, count: batch(epoch, *range(first, first + count)),
        st.sampled_from(["e1", "e2"]), st.integers(1, 9), st.integers(0, 3),
    ),
    max_size=9,
)  # fmt: skip


@given(batches)
def test_joining_loses_nothing_and_changes_no_order(given_batches):
    joined = join([Joined(one, n) for n, one in enumerate(given_batches)])
    assert sum(one.of for one in joined) == len(given_batches)
    said = [(one.epoch, row.seq) for one in given_batches for row in one.rows]
    assert [(one.batch.epoch, row.seq) for one in joined for row in one.batch.rows] == said
    for one in joined:
        seqs = [row.seq for row in one.batch.rows]
        assert one.of == 1 or seqs == list(range(seqs[0], seqs[0] + len(seqs)))


def test_what_has_no_order_is_joined_with_nothing():
    parts = [batch("e1", 1, 2), batch("e1", 3, 5), batch("e1", 6)]
    assert [one.of for one in join([Joined(part, 0) for part in parts])] == [1, 1, 1]


def up(gateway: str, text: str, broker: int = 0) -> Arrived:
    return Arrived(broker, topics.topic(gateway, topics.UP), text.encode())


def test_batches_of_one_gateway_come_together_and_overtake_nothing_of_it():
    waiting = Waiting(100)
    birth = Arrived(0, topics.topic("b1", topics.BIRTH), b"")
    order = [
        up("b1", "1"),
        up("b2", "1"),
        up("b1", "2"),
        birth,
        up("b1", "3"),
        up("b2", "2", 1),
        up("b2", "3"),
    ]
    for one in order:
        waiting.arriving.put(one)
    given_together = [waiting.next(0.01) for _ in range(6)]
    assert given_together == [
        [up("b1", "1"), up("b1", "2")],
        [up("b2", "1")],
        [birth],
        [up("b1", "3")],
        [up("b2", "2", 1)],
        [up("b2", "3")],
    ]
    assert waiting.next(0.01) == []


def test_no_more_come_together_than_a_gateway_has_under_way():
    waiting = Waiting(100)
    for n in range(TOGETHER + 2):
        waiting.arriving.put(up("b1", str(n)))
    assert [len(waiting.next(0.01)) for _ in range(2)] == [TOGETHER, 2]


class Said:
    """A connection that notes what it publishes."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def publish(self, topic: str, payload: bytes) -> None:
        self.said.append(topic)


@pytest.fixture
def ingest(taker, monkeypatch) -> Ingest:
    ingest = Ingest(Broker(), now_ms=lambda: NOW_MS)
    ingest._brokers[:] = [Said()]
    return ingest


@pytest.mark.django_db(databases=["default", "telemetry"])
def test_a_forged_batch_between_good_ones_is_left_out(ingest, twin):
    stranger = GatewayTwin(now_ms=NOW_MS)
    good = [twin.batch(twin.reading(n)) for n in (500, 510, 520)]
    for payload in (good[0], stranger.batch(stranger.reading(1)), good[1], good[2]):
        ingest._inbox.put(Arrived(0, twin.topic("up"), payload))
    ingest._guarded(ingest._take_one)
    assert Reading.objects.count() == GatewayEpoch.objects.get().received_seq == 3
    assert ingest._brokers[0].said == [twin.topic("ack")]
    ingest._taker.write_counts(NOW_MS)
    assert counters.of(twin.name)["batches"] == 3
    assert counters.of(twin.name)["refused-unknown-key"] == 1


@pytest.mark.django_db(databases=["default", "telemetry"])
def test_one_that_cannot_be_taken_costs_the_others_nothing(ingest, twin, monkeypatch):
    taken, real = [], ingest._taker.take_all

    def fails_on_the_second(topic, payloads, now_ms):
        taken.append(len(payloads))
        if bad in payloads:
            raise ValueError("a fault of ours")
        return real(topic, payloads, now_ms)

    monkeypatch.setattr(ingest._taker, "take_all", fails_on_the_second)
    first, bad, third = [twin.batch(twin.reading(n)) for n in (500, 510, 520)]
    for payload in (first, bad, third):
        ingest._inbox.put(Arrived(0, twin.topic("up"), payload))
    for _ in range(4):
        ingest._guarded(ingest._take_one)
    assert taken == [3, 1, 1, 1]
    assert GatewayEpoch.objects.get().received_seq == 1
    assert QuarantinedRow.objects.count() == 0
    ingest._inbox.put(Arrived(0, twin.topic("up"), bad))
    monkeypatch.undo()
    ingest._inbox.put(Arrived(0, twin.topic("up"), third))
    ingest._guarded(ingest._take_one)
    assert GatewayEpoch.objects.get().received_seq == Reading.objects.count() == 3
