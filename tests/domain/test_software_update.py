"""The health gate of an update: each gate's edge, and what is not held against a new version."""

import msgspec
import pytest

from gateway.domain.software_update import Gate, Sight, Verdict, judge

WATCH_S = 600.0
BEFORE = Sight(
    active=True, answers=True, software="1", meters=100, answering=100, linked=True, outbox_rows=5,
    oldest_outbox_s=300, quarantined=frozenset({"a1"}),
)  # fmt: skip
AFTER = msgspec.structs.replace(BEFORE, software="2", oldest_outbox_s=None)
SILENT = Sight(active=False)


def at_the_end(*sights: Sight, before: Sight | None = BEFORE, passed_s: float = WATCH_S) -> Verdict:
    return judge(before, list(sights), "2", passed_s, WATCH_S)


def with_(**changes: object) -> Sight:
    return msgspec.structs.replace(AFTER, **changes)


@pytest.mark.parametrize(
    ("sight", "failed"),
    [
        (AFTER, None),
        (with_(answering=95), None),
        (with_(answering=94), Gate.METERS),
        (with_(active=False), Gate.READY),
        (with_(answers=False), Gate.READY),
        (with_(restarts=1), Gate.RESTARTS),
        (with_(software="1"), Gate.VERSION),
        (with_(linked=False), Gate.OUTBOX),
        (with_(outbox_rows=6, oldest_outbox_s=120), Gate.OUTBOX),
        (with_(outbox_rows=6, oldest_outbox_s=119), None),
        (with_(outbox_rows=6), Gate.OUTBOX),
        (with_(quarantined=frozenset({"a1", "a2"})), Gate.QUARANTINE),
        (with_(quarantined=frozenset()), None),
        (with_(stalled=("line a",)), Gate.STALLED),
    ],
)
def test_each_gate_has_its_edge(sight: Sight, failed: Gate | None) -> None:
    assert at_the_end(sight).failed == failed


def test_what_waiting_can_mend_is_waited_for_and_the_rest_is_not() -> None:
    assert at_the_end(with_(answering=0, linked=False), passed_s=60).open == (Gate.METERS, Gate.OUTBOX)
    assert at_the_end(SILENT, passed_s=149) == Verdict(open=(Gate.READY,))
    assert at_the_end(SILENT, passed_s=150).failed is Gate.READY
    assert at_the_end(with_(restarts=1), passed_s=3).failed is Gate.RESTARTS
    assert at_the_end(with_(quarantined=frozenset({"a9"})), passed_s=3).detail == "accounts=a9"
    # It answered, then not any more: the end of the watch decides.
    assert at_the_end(AFTER, SILENT, passed_s=300) == Verdict(open=(Gate.READY,))
    assert at_the_end(AFTER, SILENT).failed is Gate.READY


def test_an_outbox_that_was_short_once_drains_even_if_new_rows_came_since() -> None:
    assert at_the_end(with_(outbox_rows=2), with_(outbox_rows=40)).failed is None


def test_what_was_away_before_is_not_held_against_the_new_version() -> None:
    offline = msgspec.structs.replace(BEFORE, linked=False, answering=50)
    assert at_the_end(with_(linked=False, outbox_rows=500, answering=50), before=offline).failed is None
    assert (
        at_the_end(with_(answering=0, linked=False, quarantined=frozenset({"x"})), before=None).failed is None
    )
    assert at_the_end(SILENT, before=None).failed is Gate.READY
