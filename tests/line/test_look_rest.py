"""A line's short rest before a read-back: only where a poll would be in its way, and never long."""

import pytest

from gateway.adapters.serial_bus import SerialBus
from gateway.adapters.serial_bus.look_rest import (
    ASKS_ON_WITHIN_S,
    LONGEST_REST_S,
    LOOK_AFTER_S,
    LookRest,
)
from gateway.application.ports import Rank
from gateway.protocols.driver import Accepted, Answer, Item, RelayAction
from tests.line.pty_line import PtyLine, answer
from tests.line.toy import NOON, ToyDriver


@pytest.mark.parametrize(
    ("poll_s", "after_s", "rests"),
    [
        (0.062, 0.0, False),
        (0.062, LOOK_AFTER_S - LONGEST_REST_S - 0.001, False),
        (0.062, LOOK_AFTER_S - 0.03, True),
        (0.020, LOOK_AFTER_S - 0.03, False),
        (0.185, 0.0, False),
        (0.185, LOOK_AFTER_S + 0.001, False),
    ],
    ids=[
        "a poll fits",
        "too long a rest",
        "a poll in the way",
        "a short poll fits",
        "a slow line",
        "too late",
    ],
)
def test_when_a_line_rests(poll_s: float, after_s: float, rests: bool) -> None:
    rest = LookRest()
    rest.note_poll(poll_s)
    rest.note_command(99.0)
    rest.note_looked(99.0)
    rest.note_command(100.0)
    if after_s < ASKS_ON_WITHIN_S:
        after_s = ASKS_ON_WITHIN_S
    assert bool(rest.rest_s(100.0 + after_s)) is rests
    assert 0 <= rest.rest_s(100.0 + after_s) <= LONGEST_REST_S
    rest.note_looked(100.0 + after_s)
    assert 0 < rest.rest_s(100.0 + after_s) <= ASKS_ON_WITHIN_S
    assert rest.rest_s(100.0 + after_s + ASKS_ON_WITHIN_S) == 0


def test_who_was_answered_may_ask_on_before_a_poll_goes() -> None:
    rest = LookRest()
    assert not rest.is_look_expected
    for note in (rest.note_command, rest.note_looked):
        note(100.0)
        assert rest.is_look_expected
        assert 0 < rest.rest_s(100.001) <= ASKS_ON_WITHIN_S
        assert rest.rest_s(100.0 + ASKS_ON_WITHIN_S) == 0
    assert not rest.is_look_expected


async def test_a_poll_that_was_kept_back_is_served_in_the_end_and_a_read_back_before_it(
    bus: SerialBus, far_end: PtyLine
) -> None:
    def on_request(request: bytes) -> None:
        if request.endswith(b"open"):
            far_end.send(b"!1/open/done\n")
        else:
            far_end.send(answer(request, 5), 0.05)

    far_end.on_request = on_request
    assert isinstance(await bus.read(ToyDriver("2"), Item.ENERGY, Rank.POLL), Answer)
    assert isinstance(await bus.switch(ToyDriver("1"), RelayAction.OPEN, NOON), Accepted)
    for _ in range(4):
        assert isinstance(await bus.read(ToyDriver("2"), Item.ENERGY, Rank.POLL), Answer)
    assert isinstance(await bus.read(ToyDriver("1"), Item.RELAY, Rank.READ_BACK), Answer)
