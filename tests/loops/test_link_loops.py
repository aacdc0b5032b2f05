"""The two loops of the link: everything in the outbox reaches central once and in order, and only central's own words act."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.application.apply_command import Taken
from gateway.application.boot import boot
from gateway.application.outbox import outbox_batch
from gateway.application.ports import StoreFull
from gateway.application.status import station_status
from gateway.contract.commands import (
    Ack,
    ApproveCuts,
    Command,
    Configure,
    Grant,
    ReadNow,
    RelayWish,
    Resend,
    SetRelay,
    encode_command,
)
from gateway.contract.envelope import Keyring, KeySigner, Sealed, key_id_of, keyring_from_hex, seal, unseal
from gateway.contract.facts import Answer, CommandResult, UpBatch, decode_fact
from gateway.loops.drain_outbox import BATCHES_UNDER_WAY, OutboxDrain
from gateway.loops.receive_commands import CommandReceiver
from tests.application.site import PRICE, YUAN, room, tie
from tests.loops.building import Building


def signer() -> KeySigner:
    key = Ed25519PrivateKey.generate()
    return KeySigner(key_id_of(key.public_key()), key)


def ring(*signers: KeySigner) -> Keyring:
    return keyring_from_hex([one.private_key.public_key().public_bytes_raw().hex() for one in signers])


CENTRAL, GATEWAY, STRANGER, NEXT = signer(), signer(), signer(), signer()


@dataclass(frozen=True)
class Arrived:
    leaf: str
    payload: bytes


class Link:
    """The port by its name: what the gateway publishes is kept, what central says is queued."""

    def __init__(self) -> None:
        self.connected = asyncio.Event()
        self.connected.set()
        self.published: list[tuple[str, bytes]] = []
        self.inward: asyncio.Queue[Arrived] = asyncio.Queue()
        self.takes = True

    async def publish(self, leaf: str, payload: bytes, *, retain: bool = False) -> bool:
        await asyncio.sleep(0)
        if self.takes:
            self.published.append((leaf, payload))
        return self.takes

    async def receive(self) -> Arrived:
        return await self.inward.get()

    def opened(self, leaf: str, kind: type) -> list[Any]:
        found = []
        for name, payload in self.published:
            if name == leaf:
                sealed = unseal(payload, ring(GATEWAY), kind=leaf, sender="g1", recipient="central")
                assert isinstance(sealed, Sealed), sealed
                found.append(msgspec.json.decode(sealed.body, type=kind))
        return found


class Station:
    """A gateway's two link loops over a real journal."""

    def __init__(self, building: Building) -> None:
        self.building = building
        self.link = Link()
        self.heard: list[int] = []
        store, time, signals = building.store, building.time, building.signals
        self.drain = OutboxDrain("g1", GATEWAY, self.link, store, time, signals, building.tick)
        self.receiver = CommandReceiver(
            "g1", ring(CENTRAL, NEXT), lambda *_: False, GATEWAY, self.link, store, time, self.heard.append,
            self.drain, signals,
        )  # fmt: skip
        building.tasks += [asyncio.create_task(self.drain.run()), asyncio.create_task(self.receiver.run())]

    def rows(self) -> list[int]:
        """The sequences that central got, in the order of arrival."""
        return [row.seq for batch in self.link.opened("up", UpBatch) for row in batch.rows]

    def results(self) -> list[tuple[int, str]]:
        facts = {
            row.seq: decode_fact(bytes(row.fact)) for b in self.link.opened("up", UpBatch) for row in b.rows
        }
        return [(f.number, f.outcome.value) for _, f in sorted(facts.items()) if isinstance(f, CommandResult)]

    def say(self, leaf: str, body: bytes, number: int = 0, **changes: Any) -> bytes:
        who = {"signer": CENTRAL, "kind": leaf, "sender": "central", "recipient": "g1", **changes}
        payload = seal(
            who.pop("signer"),
            message_id=who.pop("message_id", f"c{number}"),
            issued_ms=self.building.time.now_ms(),
            body=body,
            number=number,
            **who,
        )
        self.link.inward.put_nowait(Arrived(leaf, payload))
        return payload

    def command(self, body: Command, number: int, **changes: Any) -> bytes:
        return self.say("down", encode_command(body), number, **changes)

    async def ack(self, seq: int, expected: int | None = None, answers: str = "", **changes: Any) -> bytes:
        epoch = (await self.building.ask(station_status)).epoch
        body = msgspec.json.encode(Ack(epoch, seq, self.building.time.now_ms(), expected, answers))
        return self.say("ack", body, **changes)

    async def until(self, true: Callable[[], object], what: str = "") -> None:
        async def answer() -> object:
            return true()

        await self.building.until(answer, what)


@pytest.fixture
async def station(tmp_path: Path) -> Any:
    async with Building(tmp_path) as building:
        await building.configure()
        station = Station(building)
        await station.until(lambda: station.rows())
        yield station


async def test_c11_rows_go_up_in_order_and_stay_until_they_are_acknowledged(station: Station) -> None:
    last = station.rows()[-1]
    assert station.rows() == list(range(1, last + 1))
    assert (await station.building.ask(station_status)).unacked == last
    await station.ack(last)
    await station.until(lambda: station.receiver.counters["ack:taken"] == 1)
    status = await station.building.ask(station_status)
    assert (status.unacked, status.oldest_unacked_ms) == (0, None)
    assert len(station.heard) == 1


async def test_a_gap_that_central_saw_is_sent_again_from_there(station: Station) -> None:
    last = station.rows()[-1]
    await station.ack(0, expected=1)
    await station.until(lambda: station.rows() == [*range(1, last + 1)] * 2)


async def test_a_copy_of_an_old_gap_has_nothing_sent_again(station: Station) -> None:
    """R-G5: an acknowledgement has no number; only one of a batch under way may turn the outbox back."""
    last = station.rows()[-1]
    await station.ack(last, answers="e.1")
    await station.until(lambda: station.receiver.counters["ack:taken"] == 1)
    for said in ({"answers": "e.1"}, {"answers": "e.99"}, {}):
        await station.ack(last, expected=1, **said)
    await station.until(lambda: station.receiver.counters["ack:stale"] == 3)
    station.command(Grant("t1", "nobody", "paid", "yuan", YUAN), 1)
    await station.until(station.results)
    assert station.rows().count(1) == 1
    epoch, behind = (await station.building.ask(station_status)).epoch, station.rows()[-1]
    await station.ack(last, expected=last + 1, answers=f"{epoch}.{last + 1}")
    await station.until(lambda: station.rows().count(behind) == 2, "a gap in a batch under way is mended")


async def test_what_is_not_acknowledged_is_sent_again(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    last = station.rows()[-1]
    monkeypatch.setattr("gateway.loops.drain_outbox.ACK_PATIENCE_S", 0.2)
    await station.until(lambda: station.rows()[: 2 * last] == [*range(1, last + 1)] * 2)
    assert station.drain.sent_again >= 1


async def test_an_old_acknowledgement_does_not_put_the_next_try_off(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broker that repeats old words for ever must not keep rows from being sent again."""
    monkeypatch.setattr("gateway.loops.drain_outbox.ACK_PATIENCE_S", 0.3)
    last = station.rows()[-1]

    async def chatter() -> bool:
        await station.ack(0)
        return station.drain.sent_again > 0

    await station.building.until(chatter)
    assert len(station.rows()) >= last


async def test_a_backlog_goes_up_in_several_batches_under_way_but_no_more(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    def one_row(journal: Any, after: Any = None) -> Any:
        return outbox_batch(journal, 1, after)

    monkeypatch.setattr("gateway.loops.drain_outbox.outbox_batch", one_row)
    last = station.rows()[-1]
    await station.ack(last)
    await station.until(lambda: station.receiver.counters["ack:taken"] == 1)
    for number in range(1, 21):
        station.command(Grant(f"t{number}", "nobody", "paid", "yuan", YUAN), number)
    await station.until(lambda: len(station.results()) == BATCHES_UNDER_WAY)
    await station.until(lambda: station.receiver.counters["command:unknown-account"] == 20)
    assert len(station.results()) == BATCHES_UNDER_WAY

    async def acknowledged() -> bool:
        await station.ack(station.rows()[-1])
        return len(station.results()) == 20

    await station.building.until(acknowledged)
    assert station.rows() == list(range(1, last + 21))


async def test_a_broken_link_loses_nothing(station: Station) -> None:
    last = station.rows()[-1]
    await station.ack(last)
    station.link.takes = False
    station.link.connected.clear()
    station.command(Grant("t1", "nobody", "paid", "yuan", YUAN), 1)
    await station.until(lambda: station.receiver.counters["command:unknown-account"] == 1)
    station.link.takes = True
    station.link.connected.set()
    await station.until(lambda: station.results() == [(1, "unknown-account")])


async def test_commands_act_in_order_and_each_has_its_answer(station: Station) -> None:
    station.command(Configure(9, [room()], [tie()], [PRICE]), 1)
    station.command(Grant("t1", "a1", "paid", "yuan", YUAN), 2)
    station.command(SetRelay("m1", RelayWish.LOCK_OUT, "li", "fire"), 3, signer=NEXT)
    station.command(ReadNow(), 4)
    station.command(Resend("none", 1), 5)
    station.command(ApproveCuts(1, 10**14), 6)
    expected = [(1, "applied"), (2, "applied"), (3, "applied"), (4, "applied"), (5, "refused"),
                (6, "needs-second-signature")]  # fmt: skip
    await station.until(lambda: station.results() == expected)
    assert (await station.building.relay("1")).locks == ("central",)


REFUSED = {
    "forged": lambda s: s.link.inward.put_nowait(
        Arrived("down", s.command(ReadNow(), 1, recipient="nobody").replace(b'"to":"nobody"', b'"to":"g1"'))
    ),
    "unknown-key": lambda s: s.command(ReadNow(), 1, signer=STRANGER),
    "wrong-recipient": lambda s: s.command(ReadNow(), 1, recipient="g2"),
    "wrong-sender": lambda s: s.command(ReadNow(), 1, sender="g2"),
    "wrong-kind": lambda s: s.say("down", encode_command(ReadNow()), 1, kind="ack"),
    "malformed": lambda s: s.link.inward.put_nowait(Arrived("down", b"\xff\x00 nonsense")),
    "too-long": lambda s: s.link.inward.put_nowait(Arrived("down", b"x" * 1_000_001)),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_what_is_not_centrals_own_word_is_refused_by_name_and_counted(
    station: Station, name: str
) -> None:
    REFUSED[name](station)
    await station.until(lambda: station.receiver.counters[f"refused:down:{name}"] == 1)
    assert (await station.building.ask(station_status)).last_command == 0
    station.command(ReadNow(), 1)
    await station.until(lambda: station.results() == [(1, "applied")])


async def test_an_acknowledgement_that_holds_none_is_refused(station: Station) -> None:
    station.say("ack", b'{"kind":"nothing"}')
    await station.until(lambda: station.receiver.counters["refused:ack:malformed"] == 1)


async def test_a_replayed_command_does_nothing_and_a_changed_one_is_an_alarm(station: Station) -> None:
    payload = station.command(ReadNow(), 1)
    await station.until(lambda: station.results() == [(1, "applied")])
    station.link.inward.put_nowait(Arrived("down", payload))
    await station.until(lambda: station.receiver.counters["command:repeated"] == 1)
    station.command(ReadNow(["m1"]), 1)
    await station.until(lambda: station.link.opened("answer", Answer))
    assert station.link.opened("answer", Answer) == [Answer(1, "exists-with-different", 2, "c1")]
    assert ("exists-with-different", "command 1") in await station.building.alarms()
    assert station.results() == [(1, "applied")]


async def test_c5_a_gap_is_answered_with_the_number_expected(station: Station) -> None:
    station.command(ReadNow(), 3)
    await station.until(lambda: station.link.opened("answer", Answer))
    assert station.link.opened("answer", Answer) == [Answer(3, "gap", 1, "c3")]
    for number in (1, 2, 3):
        station.command(ReadNow(), number)
    await station.until(lambda: [number for number, _ in station.results()] == [1, 2, 3])


async def test_an_expired_relay_command_uses_its_number_up_and_does_nothing(station: Station) -> None:
    station.command(Configure(9, [room()], [tie()], [PRICE]), 1)
    station.command(SetRelay("m1", RelayWish.OPEN, "li", "test"), 2, expires_ms=1)
    await station.until(lambda: station.results() == [(1, "applied"), (2, "expired")])
    assert (await station.building.relay("1")).override is None


async def test_c5_a_command_that_breaks_is_refused_and_the_next_one_is_taken(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr("gateway.loops.receive_commands.apply_command", broken)
        station.command(ReadNow(), 1)
        await station.until(lambda: station.receiver.counters["command:failed"] == 1)
    station.command(ReadNow(), 2)
    await station.until(lambda: station.results() == [(1, "refused"), (2, "applied")])


async def test_c5_a_number_beyond_the_store_blocks_nothing(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(station.receiver, "_approves", lambda *_: True)
    station.command(ApproveCuts(1 << 70, 10**14, "k9", "00"), 1)
    station.command(ReadNow(), 2)
    await station.until(lambda: station.results() == [(1, "refused"), (2, "applied")])


async def test_while_the_disk_is_full_commands_and_acks_are_not_taken_and_the_loops_go_on(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(_use_case: object) -> None:
        raise StoreFull("no space left; free some")

    last = station.rows()[-1]
    with monkeypatch.context() as patch:
        patch.setattr(station.building.store, "run", full)
        station.command(ReadNow(), 1)
        station.say("ack", msgspec.json.encode(Ack("x", last, 1)))
        await station.until(lambda: station.receiver.counters["ack:store-full"] == 1)
        assert station.receiver.counters["command:store-full"] == 1
        station.building.signals.outbox.set()
        await asyncio.sleep(0.05)
    station.command(ReadNow(), 1)
    await station.until(lambda: station.results() == [(1, "applied")])


async def test_a_command_that_the_disk_has_no_room_for_is_not_asked_for_by_those_behind_it(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stores nothing is answered while the disk is full: central sent all of them again at once, and so on."""
    run, counters = station.building.store.run, station.receiver.counters

    async def full(use_case: Any) -> Any:
        done = await run(use_case)
        if isinstance(done, Taken):
            raise StoreFull("no space left; free some")
        return done

    def nothing_stored(journal: Any, sealed: Sealed, now: Any, _approves: Any) -> Any:
        return Taken(None) if sealed.number == 1 else Answer(sealed.number, "gap", 1)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr("gateway.loops.receive_commands.apply_command", nothing_stored)
        patch.setattr(station.building.store, "run", full)
        for number in (1, 2, 3):
            station.command(ReadNow(), number)
        await station.until(lambda: counters["command:gap"] == 2)
        assert counters["command:store-full"] == 1
        assert station.link.opened("answer", Answer) == []
        patch.setattr("gateway.loops.receive_commands.UNSTORED_MS", 0)
        station.command(ReadNow(), 3)
        await station.until(
            lambda: station.link.opened("answer", Answer), "it may be lost, too: asked for later"
        )


async def test_rows_of_a_restarted_gateway_go_on_where_they_ended(station: Station) -> None:
    last = station.rows()[-1]
    await station.building.ask(lambda journal: boot(journal, "g1", station.building.time.now()))
    station.drain.begin_anew()
    await station.until(lambda: station.rows() == [*range(1, last + 1)] * 2)
