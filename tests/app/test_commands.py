"""Technicians' commands and refusals to start, against the real daemon: what happened, why, what to do."""

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

from gateway.application.accounts import quarantine
from gateway.contract.commands import Grant, encode_command
from gateway.contract.facts import Alarm, RelayVerdict
from gateway.contract.rules import EmergencyRule
from tests.app.station import Central, Station, fresh_signer, rooms, station_in, until
from tests.application.site import YUAN
from tests.free_ports import free_port


@pytest.fixture
async def lone(tmp_path: Path) -> object:
    """A station whose broker is not there."""
    async with station_in(tmp_path, free_port()) as station:
        yield station


async def stopped(station: Station) -> str:
    """Start a daemon that can't; give its log."""
    await station.spawn()
    assert await station.ended() == 1
    log = station.log_text()
    assert "Traceback" not in log
    return log


async def test_a_second_daemon_is_refused_and_the_first_goes_on(lone: Station) -> None:
    await lone.start()
    first = lone.process
    log = await stopped(lone)
    assert "a gateway daemon is running already" in log
    lone.process = first
    assert (await lone.status())["gateway"] == "b1"


async def test_a_damaged_journal_stops_the_daemon_and_stays_as_evidence(lone: Station) -> None:
    await lone.start()
    assert await lone.stop() == 0
    path = lone.data / "journal.db"
    content = bytearray(path.read_bytes())
    content[4096:12288] = os.urandom(8192)
    path.write_bytes(content)
    log = await stopped(lone)
    assert "is damaged" in log
    assert "keep a copy of it" in log
    assert path.read_bytes() == bytes(content)


async def test_a_file_that_is_no_journal_is_not_touched(lone: Station) -> None:
    path = lone.data / "journal.db"
    path.write_bytes(b"my diary" * 1000)
    assert "journal.db is damaged" in await stopped(lone)
    assert path.read_bytes() == b"my diary" * 1000


async def test_a_damaged_registry_stops_the_start_and_a_copy_is_kept(lone: Station) -> None:
    (lone.data / "registry.json").write_text('{"lines": {"1": ')
    log = await stopped(lone)
    assert "can't be read" in log
    assert "jq" in log
    assert [path.read_text() for path in lone.data.glob("registry.json.damaged-*")] == ['{"lines": {"1": ']


async def test_another_gateways_folder_is_refused(lone: Station) -> None:
    await lone.start()
    assert await lone.stop() == 0
    lone.config.write_text(lone.config.read_text().replace('id = "b1"', 'id = "b7"'))
    log = await stopped(lone)
    assert "belongs to gateway b1" in log


async def test_a_wrong_configuration_names_every_mistake_at_once(lone: Station) -> None:
    lone.config.write_text(
        '[gateway]\nid = "b 1"\ndata = "/nowhere/at/all"\n[centrall]\npublic_keys = ["12"]\n'
        '[mqtt]\nhots = "x"\nport = 99999\n[polling]\npause_ms = "soon"\n'
    )
    log = await stopped(lone)
    for place in ("gateway.id", "gateway.data", "centrall", "mqtt.hots", "mqtt.port", "polling.pause_ms"):
        assert place in log, place


async def test_a_key_that_others_can_read_is_refused(lone: Station) -> None:
    (lone.data / "gateway.key").chmod(0o644)
    assert "chmod 600" in await stopped(lone)


async def test_a_bench_clock_that_is_none_is_refused(lone: Station) -> None:
    lone.use_clock(free_port(), 1)
    (lone.folder / "clock.json").write_text('{"rate": 0}')
    assert "is no bench clock" in await stopped(lone)


BROKEN_LOOP = """
import sys
from gateway.__main__ import main
from gateway.loops.drive_relays import RelayDriver
async def broken(self):
    raise ExceptionGroup("tasks", [ZeroDivisionError("a fault of ours")])
RelayDriver.run = broken
sys.argv = ["cardroom-gateway", "run", "--config", sys.argv[1]]
sys.exit(main())
"""


async def test_a_fault_of_ours_ends_the_process_with_a_logged_trace(lone: Station) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", BROKEN_LOOP, str(lone.config), stderr=asyncio.subprocess.PIPE
    )
    _, err = await process.communicate()
    lines = [json.loads(line) for line in err.decode().splitlines()]
    assert process.returncode == 1
    assert (lines[-1]["event"], lines[-1]["level"]) == ("failed", "error")
    assert "ZeroDivisionError: a fault of ours" in lines[-1]["exception"]


async def test_commands_say_when_no_daemon_runs(lone: Station) -> None:
    for words in (("status",), ("release", "a1", "--why", "x"), ("lock-out", "m1", "--why", "x")):
        code, _, err = await lone.command(*words)
        assert (code, bool(err)) == (3, True)


async def test_a_voucher_credits_once_whatever_carries_it(station: Station, central: Central) -> None:
    """C-6 through file, command, kill -9 and both again."""
    await station.start()
    await central.configure(*rooms("1"))
    grant = Grant("p1", "a1", "paid", "yuan", 5 * YUAN)
    sealed = [
        central.seal("voucher", encode_command(grant), message_id="v1"),
        central.seal("voucher", encode_command(Grant("p2", "nobody", "paid", "yuan", YUAN))),
        central.seal("voucher", encode_command(grant), signer=fresh_signer()),
    ]
    path = station.folder / "credit.txt"
    path.write_bytes(sealed[0] + b"\n")
    code, out, _ = await station.command("voucher", str(path))
    assert (code, "p1  a1  applied" in out) == (0, True)
    await station.kill()
    await station.start()
    path.write_bytes(b"\n".join(sealed) + b"\n")
    code, out, _ = await station.command("voucher", str(path))
    assert code == 1
    for said in ("p1  a1  exists", "p2  nobody  unknown-account", "unknown-key"):
        assert said in out
    await central.command(grant, expects="exists")
    assert (await station.status())["rooms"][0]["balance"] == 5 * YUAN


async def test_a_lock_out_and_its_end_are_told_to_central_with_name_and_reason(
    station: Station, central: Central
) -> None:
    await station.wire("a", "1")
    await station.start()
    await central.configure(*rooms("1", protected=True))
    await station.until_status(lambda status: status["rooms"][0]["observed_closed"], "supplied")
    code, out, _ = await station.command("lock-out", "m1", "--why", "wet\nsocket")
    assert (code, "Isolate the circuit" in out) == (0, True)
    await until(lambda: station.meters["1"].relay.contact_closed is False, "open")
    status = await station.until_status(
        lambda status: (
            status["rooms"][0]["why"].startswith(RelayVerdict.CONFIRMED) and status["rooms"][0]["locks"]
        ),
        "read back",
    )
    assert status["rooms"][0]["locks"] == ["technician"]
    await until(lambda: "locked-out" in central.alarms(), "lock-out at central")
    code, _, _ = await station.command("lock-out", "m1", "--end", "--why", "dried")
    assert code == 0
    await until(lambda: station.meters["1"].relay.contact_closed, "closed again")
    await until(lambda: told(central, "lock-out-ended"), "the end at central")
    assert "wet socket" in told(central, "locked-out")
    assert "dried" in told(central, "lock-out-ended")
    assert central.alarms() == set()
    code, _, err = await station.command("lock-out", "m9", "--why", "x")
    assert (code, "there is no meter m9" in err) == (1, True)


def told(central: Central, what: str) -> str:
    return " ".join(alarm.detail for alarm in central.facts(Alarm) if alarm.what == what)


async def test_held_cuts_wait_for_a_person_on_site(station: Station, central: Central) -> None:
    await station.wire("a", "1", "2", "3")
    await station.start()
    await central.configure(*rooms("1", "2", "3"), cut_guard_count=1)
    await station.until_status(
        lambda status: (
            status["cuts_held"] == 2 and any(alarm.startswith("cut-guard b1") for alarm in status["alarms"])
        ),
        "two held",
    )
    code, out, _ = await station.command("approve-cuts", "--count", "2")
    assert (code, "2 were waiting" in out) == (0, True)
    await until(
        lambda: all(not meter.relay.contact_closed for meter in station.meters.values()), "all three open"
    )
    await until(lambda: "cut-guard" not in central.alarms(), "guard at rest")
    assert "2 were waiting" in told(central, "cuts-approved")


async def test_a_quarantined_account_is_released_by_a_person(station: Station, central: Central) -> None:
    await station.start()
    await central.configure(*rooms("1"))
    assert await station.stop() == 0
    set_aside(station)
    await station.start()
    status = await station.status()
    assert status["rooms"][0]["quarantined"] is True
    code, out, _ = await station.command("release", "a1", "--why", "books looked into")
    assert (code, "is billed again" in out) == (0, True)
    await until(lambda: "account-quarantined" not in central.alarms(), "over at central")
    await until(lambda: "books looked into" in told(central, "account-released"), "the reason at central")
    code, _, err = await station.command("release", "zz", "--why", "x")
    assert (code, "there is no account zz" in err) == (1, True)


async def test_an_emergency_is_drawn_on_site_once(station: Station, central: Central) -> None:
    await station.start()
    await central.configure(*rooms("1", emergency=EmergencyRule(5 * YUAN)), *rooms("2"))
    code, out, err = await station.command("emergency", "a1", "--why", "a sick student")
    assert (code, "supplied by its emergency rule" in out) == (0, True), err
    await until(lambda: "a sick student" in told(central, "emergency-drawn"), "the reason at central")
    code, _, err = await station.command("emergency", "a1", "--why", "again")
    assert (code, "drawn already within 30 days" in err) == (1, True)
    code, _, err = await station.command("emergency", "a2", "--why", "x")
    assert (code, "no emergency rule" in err) == (1, True)


def set_aside(station: Station) -> None:
    """Quarantine the account in the stopped daemon's books."""
    from gateway.adapters.journal_store import SqliteJournal
    from gateway.contract.facts import Instant

    journal = SqliteJournal(station.data / "journal.db")
    journal.perform(lambda open_: quarantine(open_, "a1", "a test", Instant("x", 1, 1, False)))
    journal.close()
