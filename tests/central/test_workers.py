"""Ingest as several workers, and several brokers: each gateway has one worker; who dies is followed by who waits; C-11 as ever."""

import queue
import signal
import threading
import time
from unittest.mock import Mock

import pytest
from django.db import connection, connections
from django.db.utils import OperationalError
from hypothesis import given
from hypothesis import strategies as st

from central.domain.broker_config import access_list
from central.domain.certificates import ingest_name, ingest_names
from central.domain.shares import MOST_WORKERS, Share, broker_named, share_named, slot
from central.ingest import process
from central.ingest.broker_connection import Arrived
from central.ingest.lease import ShareLease
from central.ingest.process import Broker, Ingest
from central.link import outbox
from central.link.models import Command, Gateway
from central.link.operations import enrol_gateway
from central.link.telemetry.models import Reading
from tests.central.conftest import NOW_MS
from tests.central.gateway_twin import GatewayTwin

names = st.text(min_size=1, max_size=64)


@given(name=names, of=st.integers(1, MOST_WORKERS))
def test_each_gateway_has_exactly_one_worker(name, of):
    assert sum(Share(number, of).has(name) for number in range(1, of + 1)) == 1


def test_a_campus_is_divided_evenly():
    shares = [sum(Share(number, 4).has(f"b{n}") for n in range(1000)) for number in range(1, 5)]
    assert max(shares) < 1.25 * min(shares)


def test_the_hash_is_stable_across_releases():
    """Another hash would let two workers of different versions serve one gateway during an update."""
    assert [slot(name) for name in ("b1", "b2", "gw-1")] == [32201, 18452, 62739]


@pytest.mark.parametrize("text", ["", "0/2", "3/2", "1", "1/17", "a/b", "1/2/3", "-1/2", "1/0", "½/2", "1/٣"])
def test_what_is_no_share_is_refused(text):
    assert share_named(text) is None


def test_shares_and_brokers_are_read_as_they_are_written():
    assert share_named(" 2/3 ") == Share(2, 3)
    assert broker_named("b.example.edu:8883") == ("b.example.edu", 8883)
    assert broker_named("10.0.0.7") == ("10.0.0.7", 1883)
    assert broker_named("[fd00::7]:8883") == ("fd00::7", 8883)
    assert [broker_named(text) for text in ("", "a:b", "a:0", "a:70000", "http://a", "a b")] == [None] * 6


def test_every_worker_has_a_name_at_the_broker_that_no_gateway_can_have():
    listed = [line.split()[1] for line in access_list().splitlines() if line.startswith("user ")]
    assert listed == ingest_names()
    assert ingest_name(2) in listed
    assert all(name.startswith("_") for name in listed)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["ingest", "--worker", "3/2"], "names no share"),
        (["ingest", "--mqtt-broker", "b1:1883", "--mqtt-broker", "b2:x"], "'b2:x' names no broker"),
        (["broker-config", "/nowhere", "--host", "a.example.edu", "--workers", "99"], "99 workers"),
    ],
)
def test_a_worker_that_cannot_be_is_a_sentence(ready, arguments, said):
    done = ready.run(*arguments)
    assert done.returncode == 2
    assert said in done.stderr


def test_on_sqlite_ingest_stays_one_process_and_says_why(ready):
    if ready.suffix:
        pytest.skip("several workers are right here")
    done = ready.run("ingest", "--worker", "1/2")
    assert done.returncode == 2
    assert "SQLite has one writer" in done.stderr


@pytest.mark.django_db(databases=["default", "telemetry"])
def test_the_database_works_out_the_same_worker(twin):
    if connection.vendor != "postgresql":
        pytest.skip("several workers are PostgreSQL's alone")
    enrol_gateway("gw-2", "2", GatewayTwin("gw-2").public_key, actor="test", now_ms=NOW_MS)
    for number, gateway in enumerate(Gateway.objects.all(), start=1):
        Command.objects.create(
            gateway=gateway, stream=1, number=number, command_id=f"c{number}", kind="grant", subject="",
            body=b"", sealed=b"", created_ms=NOW_MS,
        )  # fmt: skip
    for of in (1, 2, 3, 7, 16):
        for number in range(1, of + 1):
            share = Share(number, of)
            due = {command.gateway_id for command in outbox.to_send(NOW_MS, 5_000, share)}
            assert due == {name for name in ("gw-1", "gw-2") if share.has(name)}


@pytest.mark.django_db(databases=["default", "telemetry"])
def test_one_process_has_a_share_until_it_ends():
    if connection.vendor != "postgresql":
        pytest.skip("several workers are PostgreSQL's alone")
    first, second, other = ShareLease(Share(1, 2)), ShareLease(Share(1, 2)), ShareLease(Share(2, 2))
    try:
        assert [first.take(), second.take(), other.take()] == [True, False, True]
        assert [first.is_held(), second.is_held()] == [True, False]
        first.give_back()
        assert [first.is_held(), second.take()] == [False, True]
    finally:
        for lease in (first, second, other):
            lease.give_back()


@pytest.mark.django_db(databases=["default", "telemetry"])
def test_a_machine_that_vanishes_keeps_no_lease_and_no_lock():
    """Each side gives the other up after half a minute of silence; a server's own habit is two hours."""
    if connection.vendor != "postgresql":
        pytest.skip("PostgreSQL alone is elsewhere")
    for one in connections.all():
        with one.cursor() as cursor:
            cursor.execute(
                "SELECT reset_val FROM pg_settings WHERE name LIKE 'tcp_keepalives_%' ORDER BY name"
            )
            assert cursor.fetchall() == [("3",), ("10",), ("5",)]
        assert one.connection.info.get_parameters()["tcp_user_timeout"] == "25000"


class Wire:
    """A broker's connection as ingest sees it."""

    def __init__(self) -> None:
        self.connected, self.said = threading.Event(), queue.SimpleQueue()
        self.connected.set()

    def publish(self, topic: str, payload: bytes) -> None:
        self.said.put(topic)


def _two_brokers() -> tuple[Ingest, list[Wire]]:
    ingest, wires = Ingest(Broker(), Broker(port=1884), now_ms=lambda: NOW_MS), [Wire(), Wire()]
    ingest._brokers[:] = wires
    return ingest, wires


@pytest.mark.django_db(databases=["default", "telemetry"])
def test_rows_are_acknowledged_where_they_came_from_and_commands_go_to_all(taker, twin):
    ingest, wires = _two_brokers()
    batch = twin.batch(twin.reading(500))
    for broker in (
        1,
        0,
    ):  # said again at another broker: its acknowledgement was on the way when the first one died
        ingest._inbox.put(Arrived(broker, twin.topic("up"), batch))
        ingest._take_one()
        assert wires[broker].said.get_nowait() == twin.topic("ack")
    assert Reading.objects.count() == 1
    assert all(wire.said.empty() for wire in wires)
    ingest._publish_commands()  # the birth's configuration is due
    assert [wire.said.get_nowait() for wire in wires] == [twin.topic("down")] * 2


@pytest.mark.django_db(databases=["default", "telemetry"])
def test_a_broker_that_a_gateway_left_does_not_say_whether_it_is_up(taker, twin):
    ingest, _wires = _two_brokers()
    ingest._inbox.put(Arrived(1, twin.topic("up"), twin.batch(twin.reading(500))))
    ingest._inbox.put(Arrived(1, twin.topic("state"), b'{"online":true,"boot":"boot-1"}'))
    ingest._inbox.put(Arrived(0, twin.topic("state"), b'{"online":false,"boot":"boot-1"}'))
    for _ in range(3):
        ingest._take_one()
    assert Gateway.objects.get().online
    ingest._inbox.put(Arrived(1, twin.topic("state"), b'{"online":false,"boot":"boot-1"}'))
    ingest._take_one()
    assert not Gateway.objects.get().online


@pytest.mark.django_db(databases=["default", "telemetry"])
def test_a_gateway_that_moves_while_the_database_fails_is_up_afterwards(taker, twin, monkeypatch):
    ingest, _wires = _two_brokers()
    monkeypatch.setattr(process, "DATABASE_PAUSE_S", 0.0)
    monkeypatch.setattr(process, "close_old_connections", lambda: None)
    ingest._inbox.put(Arrived(0, twin.topic("up"), twin.batch(twin.reading(500))))
    ingest._inbox.put(Arrived(0, twin.topic("state"), b'{"online":false,"boot":"boot-1"}'))
    ingest._inbox.put(Arrived(1, twin.topic("state"), b'{"online":true,"boot":"boot-1"}'))
    for _ in range(3):
        ingest._take_one()
    assert not Gateway.objects.get().online
    ingest._inbox.put(Arrived(1, twin.topic("up"), twin.batch(twin.reading(510))))
    with monkeypatch.context() as failing:
        failing.setattr(ingest._taker, "take_all", Mock(side_effect=OperationalError("gone")))
        ingest._guarded(ingest._take_one)
    ingest._guarded(ingest._take_one)
    assert Gateway.objects.get().online


@pytest.mark.django_db(databases=["default", "telemetry"])
def test_a_building_whose_configuration_cannot_be_made_keeps_no_other_s_back(taker, twin, monkeypatch):
    enrol_gateway("gw-2", "2", GatewayTwin("gw-2").public_key, actor="test", now_ms=NOW_MS)
    ingest, _wires = _two_brokers()
    made = []

    def broken(gateway_id, now_ms):
        made.append(gateway_id)
        raise ValueError("a fault of ours")

    monkeypatch.setattr(process, "publish_if_changed", broken)
    ingest._keep_house()
    assert sorted(made) == ["gw-1", "gw-2"]


def test_who_waits_follows_who_dies(ready):
    if not ready.suffix:
        pytest.skip("several workers are PostgreSQL's alone")
    arguments = ("ingest", "--mqtt-port", "9", "--worker", "1/2")
    first = ready.start(*arguments)
    _until_said(first, "serves its share")
    second = ready.start(*arguments)
    _until_said(second, "waits")
    first.kill()
    first.communicate()
    _until_said(second, "serves its share")
    second.send_signal(signal.SIGTERM)
    second.communicate(timeout=30)
    assert second.returncode == 0


def _until_said(process, words: str) -> None:
    give_up = time.monotonic() + 30
    while words not in process.stdout.readline():
        assert process.poll() is None
        assert time.monotonic() < give_up
