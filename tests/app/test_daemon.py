"""The daemon as a process: what a building lives through, and what must never stop it."""

import asyncio
import fcntl
import json
import os
import random
import subprocess
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from gateway.contract.commands import Grant, ReadNow, encode_command
from gateway.contract.facts import EntryKind, Health, RelayReport, RelayVerdict, State, Watermark
from gateway.contract.identifiers import MeterNo
from gateway.contract.rules import PriceRule
from tests.app.station import Central, Station, central_for, rooms, station_in, until
from tests.application.site import PRICE, YUAN
from tests.brokers import start_mosquitto
from tests.free_ports import free_port

YEAR_1970_MS = 3_600_000
YEAR_2040_MS = 2_208_988_800_000
DEAR = PriceRule("p2", "student", 1_780_000_000_000, 900_000)
"""In force since 2026; PRICE, from long before, is the lowest."""


async def read(station: Station, *names: str) -> None:
    meters = {f"m{name}" for name in names}

    def all_read(status: dict[str, Any]) -> bool:
        return meters <= {room["meter"] for room in status["rooms"] if room["last_seen_s"] is not None}

    await station.until_status(all_read, f"{names} read")


async def test_a_room_runs_out_and_is_supplied_again(station: Station, central: Central) -> None:
    """The two journeys through the process, and an orderly end that says all there is to say."""
    await station.wire("a", "1", "2")
    await station.start()
    await central.configure(*rooms("1", "2"))
    for name in ("1", "2"):
        await central.grant(f"g{name}", f"a{name}", 0.005)
    await until(lambda: verdicts(central, "m1") == [True], "m1 supplied, read back")
    station.use_10_wh("1")
    await until(lambda: verdicts(central, "m1") == [True, False], "m1 cut, read back")
    assert station.meters["1"].relay.contact_closed is False
    await central.grant("g3", "a1", 5)
    await until(lambda: verdicts(central, "m1") == [True, False, True], "m1 supplied again")
    assert station.meters["2"].relay.contact_closed is True
    await station.until_status(lambda status: status["outbox_rows"] == 0, "all acknowledged")
    code, out, _ = await station.command("status", "--json")
    status = json.loads(out)
    assert (code, status["link_connected"], status["oldest_outbox_s"], status["alarms"]) == (
        0,
        True,
        None,
        [],
    )
    assert [line["silent_meters"] for line in status["lines"]] == [0]
    assert await station.stop() == 0
    lines = [json.loads(line) for line in station.log_text().splitlines()]
    assert {"started", "relay-settled", "stopping"} <= {line["event"] for line in lines}
    assert isinstance(station.outbox()[-1], Watermark)
    states = [json.loads(payload) for payload in central.listener.of("state")]
    assert states[-1] == json.loads(json.dumps({"online": False, "boot": states[-1]["boot"]}))
    assert set(State.__struct_fields__) == set(states[-1])


def verdicts(central: Central, meter: str) -> list[bool]:
    """How a relay was proved to stand, each change once."""
    proved = [
        r
        for r in central.facts(RelayReport)
        if r.verdict is RelayVerdict.CONFIRMED and r.meter == MeterNo(meter)
    ]
    found: list[bool] = []
    for report in proved:
        if found[-1:] != [report.observed_closed]:
            found.append(report.observed_closed)
    return found


async def test_without_a_broker_the_building_goes_on_and_tells_everything_later(tmp_path: Path) -> None:
    port = free_port()
    async with station_in(tmp_path, port) as station:
        await station.wire("a", "1")
        await station.start()
        status = await station.until_status(
            lambda status: sum(line["counters"].get("answers", 0) for line in status["lines"]) > 3,
            "meters read",
        )
        assert status["link_connected"] is False
        assert str(port) in status["link"]
        assert status["outbox_rows"] > 0
        with start_mosquitto(tmp_path, port):
            async with central_for(station, port) as central:
                await until(lambda: central.rows, "rows at central")
                assert central.listener.of("birth")
                await station.until_status(lambda status: status["link_connected"], "link up")


async def test_a_missing_port_is_an_alarm_for_its_line_alone_and_comes_back(
    station: Station, central: Central
) -> None:
    missing = await station.wire("a", "1", plugged=False)
    await station.wire("b", "2")
    await station.start()
    await central.configure(*rooms("1", "2", protected=True))
    await read(station, "2")
    await until(lambda: "line-gone" in central.alarms(), "line-gone at central")
    status = await station.status()
    (said,) = [alarm for alarm in status["alarms"] if alarm.startswith("line-gone")]
    assert said.startswith("line-gone b1/a: port")
    assert "is missing" in said
    assert "plugged in" in said
    await missing.start()
    await read(station, "1", "2")
    await until(lambda: "line-gone" not in central.alarms(), "line-gone cleared")


async def test_a_busy_port_is_named_and_taken_when_it_is_free(station: Station) -> None:
    line = await station.wire("a", "1")
    with open(line.address, "rb+", buffering=0) as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        await station.start()
        status = await station.until_status(lambda status: status["alarms"], "an alarm")
        assert "is busy" in status["alarms"][0]
        assert "fuser" in status["alarms"][0]
    await station.until_status(
        lambda status: not status["alarms"] and status["lines"][0]["counters"].get("answers"), "line back"
    )


async def test_the_registry_is_followed_while_the_daemon_runs(station: Station, central: Central) -> None:
    await station.wire("a", "1")
    await station.start()
    await central.configure(*rooms("1", "2", protected=True))
    await until(lambda: "meter-missing" in central.alarms(), "central told that m2 is on no line")
    await station.wire("b", "2")
    await read(station, "1", "2")
    await until(lambda: "meter-missing" not in central.alarms(), "m2 found")
    registry = station.data / "registry.json"
    whole = registry.read_bytes()
    registry.write_text("{ broken")
    status = await station.until_status(lambda status: status["alarms"], "registry damaged")
    assert "registry-damaged b1" in status["alarms"][0]
    assert len(status["lines"]) == 2
    registry.write_bytes(whole)
    await station.until_status(lambda status: not status["alarms"], "registry whole again")


@pytest.mark.parametrize("year_ms", [YEAR_1970_MS, YEAR_2040_MS], ids=["1970", "2040"])
async def test_c14_a_wrong_clock_bills_the_lowest_price_and_is_trued_up(
    tmp_path: Path, broker_port: int, year_ms: int
) -> None:
    async with station_in(tmp_path, broker_port) as station:
        await station.wire("a", "1")
        station.use_clock(broker_port, year_ms)
        await station.start()
        async with central_for(station, broker_port) as central:
            central.acknowledges = False
            await central.configure(*rooms("1"), prices=(PRICE, DEAR))
            await central.grant("g1", "a1", 50)
            await read(station, "1")
            station.use_10_wh("1")
            await station.until_status(
                lambda status: status["rooms"][0]["balance"] < 49_997_500, "10 Wh used"
            )
            await central.grant("g2", "a1", 1)
            entry = next(entry for entry in central.entries() if entry.energy_wh >= 10)
            assert (entry.provisional, entry.price_version) == (True, "p1")
            status = await station.status()
            assert (
                status["clock_doubt"] == {YEAR_1970_MS: "before-release", YEAR_2040_MS: "far-ahead"}[year_ms]
            )
            assert any(alarm.startswith("clock-untrusted b1") for alarm in status["alarms"])
            assert station.meters["1"].relay.contact_closed is True
            await mend_clock(station, central, broker_port, year_ms)
            await station.until_status(lambda status: status["clock_doubt"] is None, "clock believed")
            await station.until_status(lambda status: not status["alarms"], "alarm over")
            await until(lambda: settled_true(central, entry.entry, year_ms), "trued up")
            await central.grant("g3", "a1", 1)
            assert central.billed_wh("a1") < 60


async def mend_clock(station: Station, central: Central, port: int, year_ms: int) -> None:
    """In 2040 central says that it is; in 1970 a technician sets the clock, and the daemon starts anew."""
    central.acknowledges = True
    if year_ms == YEAR_2040_MS:
        bench = json.loads((station.folder / "clock.json").read_text())
        central._clock_ms = lambda: YEAR_2040_MS + station.clock.now_ms() - bench["real_epoch_ms"]
    else:
        await station.stop()
        station.write_config(port)
        await station.start()


def settled_true(central: Central, entry: str, year_ms: int) -> bool:
    """The difference to what held: known in the same boot; after a restart the lowest price of all that time stands."""
    adjusted = [e for e in central.entries() if e.entry_kind is EntryKind.ADJUSTMENT and e.source == entry]
    if year_ms == YEAR_1970_MS:
        return not adjusted
    return len(adjusted) == 1 and adjusted[0].lines[0].amount < 0


async def test_kill_nine_never_bills_a_watt_hour_twice_or_not_at_all(
    station: Station, central: Central
) -> None:
    """Killed while a grant settles what was used: whatever had been stored, central's resend makes it whole."""
    dice = random.Random(1)
    await station.wire("a", "1")
    await station.start()
    await central.configure(*rooms("1"))
    for number in range(3):
        await fresh_reading(station)
        station.use_10_wh("1")
        await fresh_reading(station)
        again = Grant(f"g{number}", "a1", "paid", "yuan", 10 * YUAN)
        central.publish("down", central.seal("down", encode_command(again), central.number + 1))
        await asyncio.sleep(dice.random() * 0.1)
        await station.kill()
        await station.start()
        await central.command(again)
    entries = [entry for entry in central.entries() if entry.energy_wh]
    registers = [(entry.register_from_wh, entry.register_to_wh) for entry in entries]
    assert all(sooner[1] == later[0] for sooner, later in pairwise(registers)), registers
    assert registers[-1][1] - registers[0][0] == central.billed_wh("a1") >= 30
    granted = [entry.source for entry in central.entries() if entry.entry_kind is EntryKind.GRANT]
    assert granted == ["g0", "g1", "g2"]


async def fresh_reading(station: Station) -> None:
    """Two turns of the only meter, details included."""

    def answers(status: dict[str, Any]) -> int:
        return int(status["lines"][0]["counters"].get("answers", 0))

    begun = answers(await station.status())
    await station.until_status(lambda status: answers(status) >= begun + 10, "fresh readings")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small file system")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)], capture_output=True
    )
    if mounted.returncode != 0:
        pytest.skip(f"no mounting here: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


async def test_a_full_disk_loses_nothing_and_is_over_when_it_is(
    tmp_path: Path, small_disk: Path, broker_port: int
) -> None:
    ballast = small_disk / "ballast"
    async with station_in(tmp_path, broker_port, data=small_disk) as station:
        await station.wire("a", "1")
        await station.start()
        async with central_for(station, broker_port) as central:
            await central.configure(*rooms("1"))
            await central.grant("g1", "a1", 0.005)
            await until(lambda: verdicts(central, "m1") == [True], "supplied")
            with pytest.raises(OSError, match="No space"):
                ballast.write_bytes(b"\0" * 4_000_000)
            station.use_10_wh("1")
            status = await station.until_status(
                lambda status: any("store-full b1" in alarm for alarm in status["alarms"]), "full disk told"
            )
            assert "free some" in " ".join(status["alarms"])
            assert (await station.command("status"))[0] == 0
            assert station.meters["1"].relay.contact_closed is True
            ballast.unlink()
            await until(lambda: verdicts(central, "m1") == [True, False], "cut once there is room")
            assert "store-full" not in central.alarms()
            assert await station.stop() == 0


async def test_refused_commands_are_counted_and_reported_and_good_ones_act(
    station: Station, central: Central
) -> None:
    """R-G5 through the process: forged, replayed, misaddressed, out of order."""
    await station.start()
    await central.configure(*rooms("1"))
    body = encode_command(Grant("stolen", "a1", "paid", "yuan", YUAN))
    good = central.seal("down", body, 2, recipient="b2")
    central.publish("down", good)
    central.publish("down", good.replace(b'"to":"b2"', b'"to":"b1"'))
    central.publish("down", central.seal("down", body, 9))
    await central.grant("g2", "a1", 1)
    central.publish("down", central.seal("down", encode_command(ReadNow()), 2))
    expected = {
        "refused:down:wrong-recipient": 1,
        "refused:down:forged": 1,
        "command:gap": 1,
        "command:exists-with-different": 1,
        "command:applied": 2,
    }
    await station.until_status(lambda status: expected.items() <= status["counters"].items(), "all counted")
    await until(
        lambda: len(central.listener.of("answer")) == 2,
        "both answers, which are counted before they are sent",
    )
    assert await station.stop() == 0
    assert len(central.listener.of("answer")) == 2
    health = [fact for fact in station.outbox() if isinstance(fact, Health)]
    assert expected.items() <= health[-1].counters.items()
    assert not [entry for entry in central.entries() if entry.source == "stolen"]
