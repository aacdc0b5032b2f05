"""The bus on a real pty: who is asked, in what order, and what comes back when the line is bad."""

import asyncio

import pytest

from gateway.adapters.serial_bus import SerialBus
from gateway.application.ports import BackedOff, Garbled, LineGone, Rank, Silent
from gateway.protocols.driver import Accepted, Answer, Item, Refused, RelayAction
from tests.line.pty_line import PtyLine, answer
from tests.line.toy import NOON, BrokenDriver, ToyDriver


def energy_wh(reply: object) -> int | None:
    return reply.values.energy_wh if isinstance(reply, Answer) else None


async def read(bus: SerialBus, address: str = "1", rank: Rank = Rank.POLL) -> object:
    return await bus.read(ToyDriver(address), Item.ENERGY, rank)


async def test_a_meter_on_a_perfect_line_answers(bus: SerialBus, far_end: PtyLine) -> None:
    far_end.on_request = lambda request: far_end.send(answer(request, 42))
    assert [energy_wh(await read(bus)) for _ in range(20)] == [42] * 20
    assert bus.counters()["exchanges"] == bus.counters()["answers"] == 20


async def test_an_answer_in_single_bytes_is_one_answer(bus: SerialBus, far_end: PtyLine) -> None:
    def drip(request: bytes) -> None:
        for place, byte in enumerate(answer(request, 7)):
            far_end.send(bytes([byte]), 0.001 * (place + 1))

    far_end.on_request = drip
    assert energy_wh(await read(bus)) == 7


async def test_the_next_request_leaves_on_the_last_byte_of_the_answer(
    bus: SerialBus, far_end: PtyLine
) -> None:
    far_end.on_request = lambda request: far_end.send(answer(request, 1))
    started = asyncio.get_running_loop().time()
    for _ in range(50):
        await read(bus)
    assert asyncio.get_running_loop().time() - started < 50 * 0.04  # one byte gap each would be 2 s


async def test_every_fifth_answer_lost_is_asked_again(bus: SerialBus, far_end: PtyLine) -> None:
    def lossy(request: bytes) -> None:
        if len(far_end.requests) % 5:
            far_end.send(answer(request, 9))

    far_end.on_request = lossy
    assert [energy_wh(await read(bus)) for _ in range(20)] == [9] * 20
    assert bus.counters()["retries"] == 4


async def test_a_silent_meter_is_named_after_three_tries(bus: SerialBus, far_end: PtyLine) -> None:
    assert await read(bus) == Silent(tries=3)
    assert len(far_end.requests) == 3


async def test_our_own_echo_is_dropped_counted_and_learnt(bus: SerialBus, far_end: PtyLine) -> None:
    def echo(request: bytes) -> None:
        far_end.send(request + b"\n")
        far_end.send(answer(request, 5), 0.01)

    far_end.on_request = echo
    assert not bus.echoes
    assert energy_wh(await read(bus)) == 5
    assert bus.echoes
    assert bus.counters()["echoes"] == 1


async def test_echo_alone_is_silence(bus: SerialBus, far_end: PtyLine) -> None:
    far_end.on_request = lambda request: far_end.send(request + b"\n")
    assert await read(bus) == Silent(tries=3)


async def test_noise_before_the_answer_is_counted_and_the_answer_taken(
    bus: SerialBus, far_end: PtyLine
) -> None:
    far_end.on_request = lambda request: far_end.send(b"\x00\xff\n" + answer(request, 3))
    assert energy_wh(await read(bus)) == 3
    assert bus.counters()["damage:bad-checksum"] == 1


async def test_another_meters_answer_is_not_taken(bus: SerialBus, far_end: PtyLine) -> None:
    far_end.on_request = lambda request: far_end.send(b"!2/energy/666\n" + answer(request, 3))
    assert energy_wh(await read(bus)) == 3
    assert bus.counters()["foreign:other-meter"] == 1


async def test_only_another_meters_answer_is_garbled_by_name(bus: SerialBus, far_end: PtyLine) -> None:
    far_end.on_request = lambda request: far_end.send(b"!2/energy/666\n")
    assert await read(bus) == Garbled(reason="other-meter", tries=3)


async def test_a_late_answer_is_not_taken_for_the_next_meters(bus: SerialBus, far_end: PtyLine) -> None:
    def late(request: bytes) -> None:
        slow = request.startswith(b"?1/")
        far_end.send(answer(request, 111 if slow else 222), 0.1 if slow else 0.03)

    far_end.on_request = late
    replies = await asyncio.gather(read(bus, "1"), read(bus, "2"), read(bus, "2"))
    assert energy_wh(replies[1]) == energy_wh(replies[2]) == 222


async def test_an_old_status_word_does_not_pass_for_a_read_back(bus: SerialBus, far_end: PtyLine) -> None:
    """The status read before a command was given up; its late answer must not confirm the command."""

    def late_then_prompt(request: bytes) -> None:
        if len(far_end.requests) <= 3:
            far_end.send(answer(request, 0), 0.5)
        else:
            far_end.send(answer(request, 1))

    far_end.on_request = late_then_prompt
    assert await bus.read(ToyDriver("1"), Item.RELAY, Rank.READ_BACK) == Silent(tries=3)
    assert energy_wh(await bus.read(ToyDriver("1"), Item.RELAY, Rank.READ_BACK)) == 1
    assert bus.counters()["exchanges"] == 4


async def test_a_refusal_and_an_acknowledgement_come_back_as_such(bus: SerialBus, far_end: PtyLine) -> None:
    far_end.on_request = lambda request: far_end.send(
        b"!1/open/ok\n" if b"open" in request else b"!1/close/no\n"
    )
    assert isinstance(await bus.switch(ToyDriver("1"), RelayAction.OPEN, NOON), Accepted)
    assert isinstance(await bus.switch(ToyDriver("1"), RelayAction.CLOSE, NOON), Refused)


async def test_a_relay_command_is_never_sent_twice(bus: SerialBus, far_end: PtyLine) -> None:
    """C-15: silence is unknown; the meter may have acted."""
    assert await bus.switch(ToyDriver("1"), RelayAction.OPEN, NOON) == Silent(tries=1)
    assert len(far_end.requests) == 1


async def test_callers_are_served_by_rank_and_in_turn_within_a_rank(bus: SerialBus, far_end: PtyLine) -> None:
    far_end.on_request = lambda request: far_end.send(answer(request, 1), 0.01)
    first = asyncio.create_task(read(bus, "first"))
    await far_end.next_request()
    await asyncio.gather(
        read(bus, "poll-a"),
        read(bus, "poll-b"),
        read(bus, "grant", Rank.AFTER_GRANT),
        read(bus, "back", Rank.READ_BACK),
        bus.switch(ToyDriver("relay"), RelayAction.OPEN, NOON),
        first,
    )
    asked = [request[1:].split(b"/")[0].decode() for request in far_end.requests]
    assert asked == ["first", "relay", "back", "grant", "poll-a", "poll-b"]


async def test_a_relay_command_waits_for_one_try_of_a_dead_meter_not_for_three(
    bus: SerialBus, far_end: PtyLine
) -> None:
    far_end.on_request = lambda request: far_end.send(b"!2/open/ok\n") if request.startswith(b"?2/") else None
    dead = asyncio.create_task(read(bus, "1"))
    await far_end.next_request()
    assert isinstance(await bus.switch(ToyDriver("2"), RelayAction.OPEN, NOON), Accepted)
    assert [request[:2] for request in far_end.requests] == [b"?1", b"?2"]
    assert await dead == Silent(tries=3)


async def test_a_dead_meters_polls_are_backed_off_but_not_its_read_back(
    bus: SerialBus, far_end: PtyLine
) -> None:
    await read(bus, "1")
    reply = await read(bus, "1")
    assert isinstance(reply, BackedOff)
    assert 0 < reply.again_in_ms <= 2000
    assert await read(bus, "1", Rank.READ_BACK) == Silent(tries=3)


async def test_a_meter_that_answers_again_is_polled_again(bus: SerialBus, far_end: PtyLine) -> None:
    far_end.on_request = lambda request: far_end.send(answer(request, 1)) if b"?2" in request else None
    await read(bus, "2")
    await read(bus, "1")
    far_end.on_request = lambda request: far_end.send(answer(request, 1))
    assert energy_wh(await read(bus, "1", Rank.AFTER_GRANT)) == 1
    assert energy_wh(await read(bus, "1")) == 1


@pytest.mark.parametrize("turns", range(8))
@pytest.mark.parametrize("after_s", [0.0, 0.015, 0.045])
async def test_a_cancelled_caller_leaves_the_line_in_step(
    bus: SerialBus, far_end: PtyLine, turns: int, after_s: float
) -> None:
    """Cancelled after any number of turns of the event loop: queued, sending, waiting for the first byte, half heard."""

    def in_halves(request: bytes) -> None:
        whole = answer(request, 111 if request.startswith(b"?1/") else 222)
        far_end.send(whole[:4], 0.03)
        far_end.send(whole[4:], 0.06)

    far_end.on_request = in_halves
    doomed = asyncio.create_task(read(bus, "1"))
    await asyncio.sleep(after_s)
    for _ in range(turns):
        await asyncio.sleep(0)
    if not doomed.cancel():
        return  # a machine that came back late: the whole answer was there before anybody could cancel
    with pytest.raises(asyncio.CancelledError):
        await doomed
    assert [energy_wh(await read(bus, "2")) for _ in range(2)] == [222] * 2
    assert "foreign:other-meter" not in bus.counters()


async def test_a_cancelled_caller_in_the_queue_is_never_asked(bus: SerialBus, far_end: PtyLine) -> None:
    far_end.on_request = lambda request: far_end.send(answer(request, 1), 0.01)
    first = asyncio.create_task(read(bus, "1"))
    await far_end.next_request()
    doomed = asyncio.create_task(read(bus, "2"))
    await asyncio.sleep(0)
    doomed.cancel()
    await first
    await read(bus, "3")
    assert [request[:2] for request in far_end.requests] == [b"?1", b"?3"]
    assert bus.counters()["abandoned"] == 1


async def test_endless_chatter_ends_the_try_and_is_named(bus: SerialBus, far_end: PtyLine) -> None:
    running = True

    def chatter() -> None:
        if running:
            far_end.send(b"\x55")
            asyncio.get_running_loop().call_later(0.02, chatter)

    chatter()
    reply = await asyncio.wait_for(read(bus), 20)
    running = False
    assert isinstance(reply, Garbled)


async def test_a_bug_in_a_listener_surfaces_in_caller_and_owner(far_end: PtyLine) -> None:
    from gateway.adapters.serial_bus import open_line

    bus = open_line("north", far_end.path, 9600, "N")
    owner = bus.start()
    far_end.on_request = lambda request: far_end.send(answer(request, 1))
    with pytest.raises(ZeroDivisionError):
        await bus.read(BrokenDriver("1"), Item.ENERGY, Rank.POLL)
    with pytest.raises(ZeroDivisionError):
        await owner
    with pytest.raises(RuntimeError, match="no running owner"):
        await read(bus)


async def test_an_item_the_model_lacks_is_the_callers_mistake(bus: SerialBus) -> None:
    with pytest.raises(KeyError):
        await bus.read(ToyDriver("1"), Item.CLOCK, Rank.POLL)


async def test_closing_answers_those_who_wait(bus: SerialBus, far_end: PtyLine) -> None:
    waiting = [asyncio.create_task(read(bus, str(number))) for number in range(3)]
    await far_end.next_request()
    await bus.close()
    assert all(isinstance(reply, LineGone) for reply in await asyncio.gather(*waiting))
