"""The link on real brokers: what is said to have been taken was taken, and a missing broker costs the daemon nothing."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.adapters.mqtt_session import Broker, Trouble
from gateway.adapters.mqtt_uplink import ARRIVALS, Uplink, backoff_ms
from gateway.contract.identifiers import BootId, GatewayId
from gateway.contract.topics import topic
from tests.brokers import start_amqtt, start_mosquitto
from tests.free_ports import free_port
from tests.uplink.certificates import make_authority
from tests.uplink.listener import Listener, listen

B1 = GatewayId("b1")


def broker_at(port: int, **more: object) -> Broker:
    return Broker("127.0.0.1", port, reconnect_min_ms=20, reconnect_max_ms=100, **more)


@contextlib.asynccontextmanager
async def running(broker: Broker, births: list[bytes] | None = None) -> AsyncIterator[Uplink]:
    said: list[bytes] = [] if births is None else births

    async def birth() -> bytes:
        said.append(f"birth {len(said) + 1}".encode())
        return said[-1]

    uplink = Uplink(broker, B1, BootId("boot"), birth)
    await uplink.start()
    try:
        yield uplink
    finally:
        await uplink.stop()


async def connected(uplink: Uplink) -> None:
    await asyncio.wait_for(uplink.connected.wait(), 60)


async def lost(uplink: Uplink) -> None:
    async with asyncio.timeout(60):
        while uplink.connected.is_set():
            await asyncio.sleep(0.01)


async def trouble(uplink: Uplink, expected: Trouble) -> str:
    async with asyncio.timeout(60):
        while uplink.fault is None or uplink.fault.trouble is not expected:
            await asyncio.sleep(0.01)
    return uplink.fault.message


def online(listener: Listener) -> list[bool]:
    return [json.loads(payload)["online"] for payload in listener.of("state")]


async def test_birth_comes_first_then_state_and_both_are_retained(broker_port: int) -> None:
    async with running(broker_at(broker_port)) as uplink:
        await connected(uplink)
        async with listen(broker_port) as late:
            await late.until(lambda heard: len(heard.messages) >= 2)
            assert {(leaf, retained) for leaf, _, retained in late.messages} == {
                ("birth", True),
                ("state", True),
            }
            assert late.of("birth") == [b"birth 1"]
            assert json.loads(late.of("state")[0]) == {"online": True, "boot": "boot"}


async def test_orderly_stop_says_offline_and_retains_it(broker_port: int) -> None:
    async with running(broker_at(broker_port)) as uplink:
        await connected(uplink)
    async with listen(broker_port) as late:
        await late.until(lambda heard: online(heard) == [False])


async def test_a_killed_gateway_is_said_offline_by_its_will(broker_port: int) -> None:
    async with listen(broker_port) as central, running(broker_at(broker_port)) as uplink:
        await connected(uplink)
        await central.until(lambda heard: online(heard)[-1:] == [True])
        assert uplink._session is not None
        uplink._session._client.socket().shutdown(socket.SHUT_RDWR)  # the cable is cut, no DISCONNECT is sent
        await central.until(lambda heard: False in online(heard))


async def test_ten_thousand_messages_arrive_once_each_and_in_order(broker_port: int) -> None:
    count = 10_000
    async with listen(broker_port) as central, running(broker_at(broker_port)) as uplink:
        await connected(uplink)
        for first in range(0, count, 20):
            batch = [uplink.publish("up", b"%d" % number) for number in range(first, first + 20)]
            assert all(await asyncio.gather(*batch))
        await central.until(lambda heard: len(heard.of("up")) >= count, within_s=60)
        assert [int(payload) for payload in central.of("up")] == list(range(count))


async def test_a_large_payload_arrives_whole(broker_port: int) -> None:
    payload = bytes(range(256)) * 3_000
    async with listen(broker_port) as central, running(broker_at(broker_port)) as uplink:
        await connected(uplink)
        assert await uplink.publish("up", payload)
        await central.until(lambda heard: heard.of("up") == [payload])


async def test_commands_and_acks_arrive_with_their_leaf(broker_port: int) -> None:
    async with listen(broker_port) as central, running(broker_at(broker_port)) as uplink:
        await connected(uplink)
        central.client.publish(topic(B1, "down"), b"command", 1)
        central.client.publish(topic(B1, "ack"), b"stored", 1)
        central.client.publish(topic(GatewayId("b2"), "down"), b"not ours", 1)
        arrived = [await asyncio.wait_for(uplink.receive(), 60) for _ in range(2)]
        assert [(message.leaf, message.payload) for message in arrived] == [
            ("down", b"command"),
            ("ack", b"stored"),
        ]


async def test_what_nobody_takes_is_dropped_and_counted(broker_port: int) -> None:
    async with listen(broker_port) as central, running(broker_at(broker_port)) as uplink:
        await connected(uplink)
        for number in range(ARRIVALS + 5):
            central.client.publish(topic(B1, "down"), b"%d" % number, 1)
        async with asyncio.timeout(60):
            while uplink.counters().get("arrival-dropped", 0) < 5:
                await asyncio.sleep(0.01)
        assert uplink.counters()["arrivals"] == ARRIVALS
        assert (await uplink.receive()).payload == b"0"


async def test_a_message_over_the_limit_is_dropped_and_counted(tmp_path: Path) -> None:
    with start_mosquitto(tmp_path, port := free_port()):
        async with listen(port) as central, running(broker_at(port)) as uplink:
            await connected(uplink)
            central.client.publish(topic(B1, "down"), b"x" * 1_000_001, 1)
            central.client.publish(topic(B1, "down"), b"next", 1)
            assert (await asyncio.wait_for(uplink.receive(), 60)).payload == b"next"
            assert uplink.counters()["arrival-too-long"] == 1


async def test_no_broker_at_start_blocks_nothing_and_is_found_when_it_comes(tmp_path: Path) -> None:
    port = free_port()
    async with running(broker_at(port)) as uplink:
        assert "Is the broker running" in await trouble(uplink, Trouble.UNREACHABLE)
        assert await asyncio.wait_for(uplink.publish("up", b"row"), 60) is False
        with start_mosquitto(tmp_path, port):
            await connected(uplink)
            assert uplink.fault is None
            assert await uplink.publish("up", b"row")


async def test_amqtt_that_goes_and_returns() -> None:
    port = free_port()
    births: list[bytes] = []
    async with contextlib.AsyncExitStack() as stack:
        async with start_amqtt(port):
            uplink = await stack.enter_async_context(running(broker_at(port), births))
            await connected(uplink)
        await lost(uplink)
        async with start_amqtt(port):
            await connected(uplink)
            assert births == [b"birth 1", b"birth 2"]
            assert await uplink.publish("up", b"row")


async def test_kill_9_of_the_broker_hangs_nobody_and_the_link_returns(tmp_path: Path) -> None:
    """The sender repeats what was not taken, as the outbox does: every call ends, and after each return rows get through."""
    with start_mosquitto(tmp_path, port := free_port()) as mosquitto:
        births: list[bytes] = []
        async with listen(port) as central, running(broker_at(port), births) as uplink:
            await connected(uplink)

            async def send_for_ever() -> None:
                while True:
                    await uplink.connected.wait()
                    await uplink.publish("up", b"round %d" % len(births))

            sending = asyncio.create_task(send_for_ever())
            for round_number in (1, 2, 3):
                await central.until(lambda heard, row=b"round %d" % round_number: row in heard.of("up"))
                mosquitto.kill()
                await lost(uplink)
                mosquitto.start()
                await connected(uplink)
                assert len(births) == round_number + 1
            assert not sending.done()
            sending.cancel()


async def test_publishes_that_wait_for_a_dead_broker_are_told_false(tmp_path: Path) -> None:
    with start_mosquitto(tmp_path, port := free_port()) as mosquitto:
        async with running(broker_at(port)) as uplink:
            await connected(uplink)
            mosquitto.process.send_signal(19)  # SIGSTOP: it holds the connection and answers nothing
            waiting = [asyncio.create_task(uplink.publish("up", b"row")) for _ in range(50)]
            await asyncio.sleep(0.1)
            mosquitto.kill()
            assert not any(await asyncio.wait_for(asyncio.gather(*waiting), 60))


async def test_a_broker_that_acknowledges_nothing_is_left(tmp_path: Path) -> None:
    with start_mosquitto(tmp_path, port := free_port()) as mosquitto:
        async with running(broker_at(port, puback_timeout_ms=200)) as uplink:
            await connected(uplink)
            mosquitto.process.send_signal(19)
            assert await asyncio.wait_for(uplink.publish("up", b"row"), 60) is False
            assert "acknowledges nothing" in await trouble(uplink, Trouble.NO_ANSWER)
            mosquitto.process.send_signal(18)
            await connected(uplink)


async def test_something_that_is_no_broker_is_told_apart() -> None:
    async def mute(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _reader.read()
        writer.close()

    server = await asyncio.start_server(mute, "127.0.0.1", port := free_port())
    async with running(broker_at(port, connect_timeout_ms=200)) as uplink:
        assert "does not speak MQTT" in await trouble(uplink, Trouble.NO_ANSWER)
    server.close()


@pytest.mark.parametrize("password", ["wrong", None])
async def test_a_wrong_password_says_so(tmp_path: Path, password: str | None) -> None:
    (tmp_path / "passwords").write_text("")
    with start_mosquitto(
        tmp_path, port := free_port(), "allow_anonymous false", f"password_file {tmp_path}/passwords"
    ):
        async with running(broker_at(port, username="b1" if password else None, password=password)) as uplink:
            message = await trouble(uplink, Trouble.NOT_AUTHORISED)
            assert "password_file" in message
            assert "wrong" not in message


async def test_amqtt_with_a_wrong_password_says_so_too(tmp_path: Path) -> None:
    (tmp_path / "passwords").write_text("")
    async with (
        start_amqtt(port := free_port(), tmp_path / "passwords"),
        running(broker_at(port, username="b1", password="wrong")) as uplink,
    ):
        async with asyncio.timeout(60):
            while uplink.fault is None or uplink.fault.trouble is Trouble.NOT_YET:
                await asyncio.sleep(0.01)
        assert uplink.fault.trouble in (Trouble.WRONG_PASSWORD, Trouble.NOT_AUTHORISED)
        assert "password_file" in uplink.fault.message


async def test_tls_with_the_right_authority_connects_and_with_another_says_what_to_check(
    tmp_path: Path,
) -> None:
    ours, theirs = make_authority(tmp_path / "ours"), make_authority(tmp_path / "theirs")
    settings = [f"certfile {ours}/broker.pem", f"keyfile {ours}/broker.key"]
    with start_mosquitto(tmp_path, port := free_port(), *settings):
        async with running(broker_at(port, tls=True, ca_file=theirs / "ca.pem")) as uplink:
            assert "ca_file" in await trouble(uplink, Trouble.TLS_FAILED)
        async with running(broker_at(port, tls=True, ca_file=tmp_path / "missing.pem")) as uplink:
            assert "missing.pem" in await trouble(uplink, Trouble.TLS_FAILED)
        async with running(broker_at(port, tls=True, ca_file=ours / "ca.pem")) as uplink:
            await connected(uplink)
            assert await uplink.publish("up", b"row")


async def test_a_birth_that_fails_is_tried_again_with_the_next_connection(tmp_path: Path) -> None:
    with start_mosquitto(tmp_path, port := free_port()):
        tries = 0

        async def birth() -> bytes:
            nonlocal tries
            tries += 1
            if tries == 1:
                raise OSError("the store is busy")
            return b"birth"

        uplink = Uplink(broker_at(port), B1, BootId("boot"), birth)
        await uplink.start()
        await connected(uplink)
        assert tries == 2
        assert uplink.counters()["link-birth-failed"] == 1
        await uplink.stop()


def test_backoff_doubles_to_its_cap_and_is_spread_over_its_upper_half() -> None:
    assert [backoff_ms(500, 60_000, attempt, 1.0) for attempt in (0, 1, 2, 6, 7, 99)] == [
        500, 1_000, 2_000, 32_000, 60_000, 60_000,
    ]  # fmt: skip
    assert backoff_ms(500, 60_000, 99, 0.0) == 30_000


def test_a_broker_never_shows_its_password() -> None:
    assert "opensesame" not in repr(Broker("host", 1883, "b1", "opensesame"))


async def test_a_spare_broker_takes_over_and_the_first_is_the_first_again(tmp_path: Path) -> None:
    ports, births = (free_port(), free_port(), free_port()), []
    folders = [tmp_path / str(port) for port in ports]
    for folder in folders:
        folder.mkdir()
    spares = tuple(("127.0.0.1", port) for port in ports[1:])
    with (
        start_mosquitto(folders[0], ports[0]) as first,
        start_mosquitto(folders[1], ports[1]) as second,
        start_mosquitto(folders[2], ports[2]) as third,
    ):
        async with running(broker_at(ports[0], spares=spares), births) as uplink:
            for broker, others in ((first, ()), (second, (first,)), (third, (first, second))):
                for other in others:
                    other.kill()
                await connected(uplink)
                assert await uplink.publish("up", b"row")
                async with listen(broker.port) as heard:
                    await heard.until(lambda listener: bool(listener.of("state")))
                    assert online(heard)[-1]
                if broker is not third:
                    broker.kill()
                    await lost(uplink)
            first.start()
            third.kill()
            await lost(uplink)
            await connected(uplink)
            async with listen(first.port) as heard:
                await heard.until(lambda listener: bool(listener.of("birth")))
                assert heard.of("birth")[-1] == births[-1] == b"birth 4", "one birth per connection"


async def test_at_a_spare_the_first_broker_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.adapters.mqtt_uplink.HOME_AGAIN_S", 0.5)
    ports = (free_port(), free_port())
    (tmp_path / "1").mkdir()
    (tmp_path / "2").mkdir()
    with start_mosquitto(tmp_path / "2", ports[1]):
        async with running(broker_at(ports[0], spares=(("127.0.0.1", ports[1]),))) as uplink:
            await connected(uplink)
            with start_mosquitto(tmp_path / "1", ports[0]):
                async with listen(ports[0]) as home, listen(ports[1]) as spare:
                    await home.until(lambda listener: bool(listener.of("state")))
                    assert online(home) == [True]
                    assert online(spare)[-1] is False, "it said that it goes"


async def test_a_broker_that_has_lost_central_is_left_for_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes every row and no word comes back: payments would wait there for as long as it runs."""
    monkeypatch.setattr("gateway.adapters.mqtt_uplink.UNHEARD_S", 0.5)
    monkeypatch.setattr("gateway.adapters.mqtt_uplink.LOOK_S", 0.05)
    ports = (free_port(), free_port())
    for n in (0, 1):
        (tmp_path / str(n)).mkdir()
    with start_mosquitto(tmp_path / "0", ports[0]), start_mosquitto(tmp_path / "1", ports[1]):
        async with (
            running(broker_at(ports[0], spares=(("127.0.0.1", ports[1]),))) as uplink,
            listen(ports[0]) as deserted,
            listen(ports[1]) as central,
        ):
            while not central.of("up"):
                await connected(uplink)
                await uplink.publish("up", b"row")
                await asyncio.sleep(0.05)
            assert online(deserted)[-1] is False, "it said that it goes"
            for _ in range(20):  # twice the patience, and central answers each time
                central.client.publish(topic(B1, "ack"), b"stored", qos=1)
                await uplink.receive()
                assert await uplink.publish("up", b"row")
                await asyncio.sleep(0.05)
            assert len(central.of("birth")) == 1, "where central is heard it stays"
