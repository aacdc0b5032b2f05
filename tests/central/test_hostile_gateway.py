"""A gateway that is broken or in other hands harms its own building's rows at most (R-G5, C-1, C-11)."""

import pytest

from central.ingest.process import Broker, Ingest
from central.link.models import Gateway
from gateway.contract.facts import Answer
from tests.central.conftest import NOW_MS
from tests.central.steps import answer, counts

IMPOSSIBLE_BIRTHS = {
    "a configuration below zero": {"config_version": -1},
    "a row below zero": {"last_seq": -1},
    "a number beyond 64 bits": {"last_command": 1 << 64},
    "a number nobody counts to": {"last_command": 1 << 60},
    "a boot that is no identifier": {"boot": "b" * 65},
    "an epoch that is no identifier": {"epoch": "e/2"},
    "a NUL": {"software": "twin\x00"},
}


@pytest.fixture
def ingest(taker, monkeypatch):
    """An ingest process without a broker, on the test's own connection."""
    monkeypatch.setattr("central.ingest.process.DATABASE_PAUSE_S", 0)
    monkeypatch.setattr("central.ingest.process.close_old_connections", lambda: None)
    return Ingest(Broker(), now_ms=lambda: NOW_MS)


@pytest.mark.parametrize("name", IMPOSSIBLE_BIRTHS)
def test_c_11_a_birth_that_cannot_be_is_refused_and_the_next_message_taken(ingest, twin, name):
    twin.boot = "boot-2"
    ingest._inbox.put((twin.topic("birth"), twin.birth(**IMPOSSIBLE_BIRTHS[name])))
    ingest._inbox.put((twin.topic("state"), b'{"online":false,"boot":"boot-2"}'))
    ingest._guarded(ingest._take_one)
    ingest._guarded(ingest._take_one)
    gateway = Gateway.objects.get()
    assert not gateway.online, "the message behind it was taken"
    assert gateway.boot == "boot-1"
    assert counts(ingest._taker)["refused-malformed"] == 1


def test_c_11_what_the_database_refuses_for_its_content_is_not_kept_in_hand(ingest, twin, monkeypatch):
    from django.db import transaction
    from django.db.utils import IntegrityError

    def impossible(*_, **__):
        raise IntegrityError("CHECK constraint failed")

    monkeypatch.setattr("central.ingest.take_message.greet", impossible)
    ingest._inbox.put((twin.topic("birth"), twin.birth(boot="boot-2")))
    ingest._inbox.put((twin.topic("state"), b'{"online":false,"boot":"boot-2"}'))
    for _ in range(2):
        with transaction.atomic():
            ingest._guarded(ingest._take_one)
    assert not Gateway.objects.get().online


@pytest.mark.parametrize(
    "said",
    [
        Answer(-1, "gap", 2),
        Answer(3, "gap", 0),
        Answer(3, "gap", 1 << 64),
        Answer(3, "gap", 1 << 60),
        Answer(3, "gap\x00", 2),
        Answer(3, "", 2),
    ],
)
def test_c_5_an_answer_that_cannot_be_is_refused(taker, twin, said):
    before = Gateway.objects.get().next_number
    answer(taker, twin, said)
    assert counts(taker)["refused-malformed"] == 1
    assert Gateway.objects.get().next_number == before


def test_c_11_an_envelope_dated_beyond_any_clock_is_refused(taker, twin):
    assert taker.take(twin.topic("up"), twin.sealed_rows([], issued_ms=1 << 64), NOW_MS) is None
    assert counts(taker)["refused-malformed"] == 1
