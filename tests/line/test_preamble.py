"""Waking bytes: left out for meters that have shown to need none, given back for good to those that fall silent without."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.adapters.serial_bus import SerialBus
from gateway.adapters.serial_bus.preamble import TRIED_AFTER_ANSWERS, Hearing, PreambleHabit
from gateway.application.ports import Rank
from gateway.protocols.driver import Accepted, Answer, Exchange, Item, RelayAction
from tests.line.pty_line import PtyLine, answer
from tests.line.toy import FIRST_BYTE_MS, GAP_MS, NOON, ToyDriver, ToyListener

WAKE = b"~~"


class SleepyDriver(ToyDriver):
    """Asks with two bytes that only wake the meter."""

    def _exchange(self, word: str) -> Exchange:
        request = WAKE + f"?{self.address}/{word}\n".encode()
        return Exchange(request, True, FIRST_BYTE_MS, GAP_MS, 0, word, preamble_bytes=len(WAKE))

    def listen(self, exchange: Exchange, baud: int) -> ToyListener:
        return ToyListener(exchange.request.removeprefix(WAKE))


def meter_that(far_end: PtyLine, *, needs_waking: bool) -> None:
    def on_request(request: bytes) -> None:
        if request.startswith(WAKE) or not needs_waking:
            far_end.send(answer(request.removeprefix(WAKE), 7))

    far_end.on_request = on_request


async def poll(bus: SerialBus, times: int) -> None:
    for _ in range(times):
        reply = await bus.read(SleepyDriver("1"), Item.ENERGY, Rank.POLL)
        assert isinstance(reply, Answer), reply


async def test_a_meter_that_hears_without_is_asked_without_after_some_answers(
    bus: SerialBus, far_end: PtyLine
) -> None:
    meter_that(far_end, needs_waking=False)
    await poll(bus, TRIED_AFTER_ANSWERS + 5)
    woken = [request.startswith(WAKE) for request in far_end.requests]
    assert woken == [True] * TRIED_AFTER_ANSWERS + [False] * 5
    assert bus.counters()["without-preamble"] == 5


async def test_a_meter_that_needs_waking_is_tried_once_and_never_again(
    bus: SerialBus, far_end: PtyLine
) -> None:
    meter_that(far_end, needs_waking=True)
    await poll(bus, TRIED_AFTER_ANSWERS + 10)
    woken = [request.startswith(WAKE) for request in far_end.requests]
    assert woken == [True] * TRIED_AFTER_ANSWERS + [False] + [True] * 10


async def test_a_relay_command_always_wakes_the_meter(bus: SerialBus, far_end: PtyLine) -> None:
    meter_that(far_end, needs_waking=False)
    await poll(bus, TRIED_AFTER_ANSWERS + 1)
    far_end.on_request = lambda request: far_end.send(b"!1/open/done\n")
    assert isinstance(await bus.switch(SleepyDriver("1"), RelayAction.OPEN, NOON), Accepted)
    assert far_end.requests[-1] == WAKE + b"?1/open"


async def test_a_meter_that_goes_silent_is_looked_for_with_waking_and_comes_back(
    bus: SerialBus, far_end: PtyLine
) -> None:
    meter_that(far_end, needs_waking=False)
    await poll(bus, TRIED_AFTER_ANSWERS + 1)
    far_end.on_request = lambda request: None
    before = len(far_end.requests)
    await bus.read(SleepyDriver("1"), Item.ENERGY, Rank.READ_BACK)
    assert [request.startswith(WAKE) for request in far_end.requests[before:]] == [False, True, True]
    meter_that(far_end, needs_waking=False)
    await asyncio.sleep(1.1)
    await bus.read(SleepyDriver("1"), Item.ENERGY, Rank.READ_BACK)
    await poll(bus, 1)
    assert far_end.requests[-1] == b"?1/energy"


TABLE = {
    "heard at once": ([("bare", True)], Hearing.HEARS),
    "silent, then heard with it": ([("bare", False), ("woken", True)], Hearing.NEEDED),
    "silent either way": ([("bare", False), ("woken", False), ("woken", True)], Hearing.UNTRIED),
    "one missed by noise": ([("bare", True), ("bare", False), ("woken", True)], Hearing.HEARS),
    "two missed running": (
        [("bare", True), *[("bare", False), ("woken", True)] * 2],
        Hearing.NEEDED,
    ),
    "two missed, one heard between": (
        [("bare", True), ("bare", False), ("woken", True), ("bare", True), ("bare", False), ("woken", True)],
        Hearing.HEARS,
    ),
    "damaged is not silent": ([("garbled", False), ("woken", True)], Hearing.UNTRIED),
}


@pytest.mark.parametrize(("tries", "hearing"), TABLE.values(), ids=TABLE.keys())
def test_what_tries_say(tries: list[tuple[str, bool]], hearing: Hearing) -> None:
    habit = PreambleHabit(answers=TRIED_AFTER_ANSWERS)
    for how, answered in tries:
        if how == "woken":
            habit.note_with(answered=answered)
        else:
            habit.note_without(answered=answered, silent=how == "bare" and not answered)
    assert habit.hearing is hearing


@given(st.lists(st.booleans(), max_size=60))
def test_a_meter_that_needs_waking_costs_one_try_whatever_the_line_loses(lost: list[bool]) -> None:
    """A meter deaf without waking, on a line that loses answers: tried without until one woken answer proves it, then never."""
    habit, bare_after_proof, proved = PreambleHabit(), 0, False
    for is_lost in lost:
        if habit.is_left_out:
            bare_after_proof += proved
            habit.note_without(answered=False, silent=True)
        else:
            proved = proved or (habit.missed and not is_lost)
            habit.note_with(answered=not is_lost)
    assert bare_after_proof == 0
