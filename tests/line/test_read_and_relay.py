"""`cardroom-gateway read` and `relay` as a technician types them, against the virtual meter on a pty."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest

from firmware_tools.virtual_meter.endpoint import PtyEndpoint
from firmware_tools.virtual_meter.faults import LineFaults
from firmware_tools.virtual_meter.line import VirtualLine
from firmware_tools.virtual_meter.meter import MeterSpec, VirtualMeter
from firmware_tools.virtual_meter.relay import Fault
from firmware_tools.virtual_meter.wall_clock import WallClock
from gateway.application.ports import LineReply, Silent
from gateway.contract.facts import RelayVerdict
from gateway.domain.relay import CURRENT_FLOWS_MA, TRIP_WAITS_ABOVE_MA
from gateway.protocols.driver import Accepted, Refused, RelayAction
from gateway.technician.relay import ReadBack, judge

HONEST, WELDED, KEPT, STOPPED = "000000000001", "000000000002", "000000000003", "000000000004"


def meter(address: str, **spec: object) -> VirtualMeter:
    described = MeterSpec(name=f"m{address}", address=address, load="500W", register_kwh="88.40", **spec)  # type: ignore[arg-type]
    return VirtualMeter(described, WallClock().now_ms())


@pytest.fixture
async def line() -> AsyncIterator[VirtualLine]:
    meters = [
        meter(HONEST),
        meter(WELDED, relay_fault=Fault.WELDED),
        meter(KEPT, keep_power=True),
        meter("4", model="dds238-zn-sr"),
        meter("5", model="sdm120"),
    ]
    line = VirtualLine(meters, PtyEndpoint(), WallClock(), baud=9600, turn_round_ms=(20, 30))
    await line.start()
    yield line
    await line.stop()


async def gateway(*words: str) -> tuple[int, str, str]:
    """Run one command as a process of its own; return exit code, stdout, stderr."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway", *words,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    assert process.returncode is not None
    assert "Traceback" not in err.decode()
    return process.returncode, out.decode(), err.decode()


async def ask(
    command: str, line: VirtualLine, address: str, *words: str, model: str = "generic-dlt645-2007"
) -> tuple[int, Any]:
    place = ("--port", line.address, "--baud", "9600", "--model", model, "--address", address, "--json")
    code, out, _ = await gateway(*command.split(), *place, *words)
    return code, json.loads(out)


async def test_energy_is_read(line: VirtualLine) -> None:
    code, answer = await ask("read", line, HONEST)
    assert code == 0
    assert answer["energy_wh"] == 88400
    assert answer["raw"]["energy"].startswith("68010000000000")


async def test_all_items_are_read_for_people_and_for_programs(line: VirtualLine) -> None:
    code, answer = await ask("read", line, HONEST, "--item", "all")
    assert code == 0
    assert answer["relay_closed"] is True
    assert answer["clock"].startswith("20")
    code, out, _ = await gateway("read", "--port", line.address, "--baud", "9600", "--item", "all",
                                 "--model", "eastron-sdm120", "--address", "5")  # fmt: skip
    assert code == 0
    assert "88.40 kWh" in out


async def test_a_relay_is_opened_and_closed_and_read_back(line: VirtualLine) -> None:
    code, opened = await ask("relay open", line, HONEST)
    assert (code, opened["outcome"], opened["relay_closed"], opened["current_ma"]) == (
        0,
        "confirmed",
        False,
        0,
    )
    code, closed = await ask("relay close", line, HONEST)
    assert (code, closed["outcome"], closed["relay_closed"]) == (0, "confirmed", True)


async def test_a_permit_waits_for_the_key(line: VirtualLine) -> None:
    await ask("relay open", line, HONEST)
    code, permitted = await ask("relay permit", line, HONEST, "--wait", "0.2")
    assert (code, permitted["outcome"]) == (0, "waiting-key")
    assert "key" in permitted["next"]


async def test_a_welded_contact_is_contradicted(line: VirtualLine) -> None:
    code, answer = await ask("relay open", line, WELDED, "--wait", "0.2")
    assert (code, answer["outcome"], answer["relay_closed"]) == (1, "contradicted", False)
    assert answer["current_ma"] > 1000
    assert "electrician" in answer["next"]


async def test_keep_power_is_a_refusal_and_the_relay_stays(line: VirtualLine) -> None:
    code, answer = await ask("relay open", line, KEPT, "--wait", "0.2")
    assert (code, answer["outcome"], answer["relay_closed"]) == (1, "refused", True)
    assert answer["reply"].startswith("refused:")


async def test_a_modbus_relay_is_switched(line: VirtualLine) -> None:
    code, answer = await ask("relay open", line, "4", model="hiking-dds238-zn-sr")
    assert (code, answer["outcome"]) == (0, "confirmed")


async def test_a_silent_meter_gets_no_command(line: VirtualLine) -> None:
    code, answer = await ask("relay open", line, STOPPED)
    assert code == 1
    assert answer["error"] == "silent"
    assert answer["what"].startswith("Nothing was sent.")


async def test_wrong_parity_is_said(line: VirtualLine) -> None:
    line.faults = LineFaults(wrong_parity=1.0)
    code, answer = await ask("read", line, HONEST)
    assert (code, answer["error"]) == (1, "garbled:wrong-parity")


@pytest.mark.parametrize(
    ("words", "exit_code", "error"),
    [
        (["read", "--model", "generic-dlt645-2007", "--address", "1"], 1, "port-missing"),
        (["read", "--model", "none", "--address", "1"], 2, "unknown-model"),
        (["read", "--model", "generic-dlt645-2007", "--address", "12x"], 2, "bad-address"),
        (["read", "--model", "generic-dlt645-2007", "--address", "1", "--baud", "0"], 2, "bad-baud"),
        (["read", "--model", "generic-dlt645-2007", "--address", "1", "--ct-ratio", "0"], 2, "bad-value"),
        (["read", "--model", "eastron-sdm120", "--address", "1", "--item", "relay"], 2, "no-such-item"),
        (["relay", "close", "--model", "eastron-sdm120", "--address", "1"], 2, "no-such-action"),
        (["read", "--model", "eastron-sdm120", "--address", "1" * 5000], 2, "bad-address"),
        *(
            (["relay", "open", "--model", "generic-dlt645-2007", "--address", many], 2, "not-one-meter")
            for many in ("AAAAAAAAAAAA", "AAAAAAAAAA12", "aaaaaaaaaa12", "999999999999")
        ),
    ],
)
async def test_what_can_not_work_is_said_with_what_to_do(
    words: list[str], exit_code: int, error: str
) -> None:
    code, out, _ = await gateway(*words, "--port", "/dev/ttyUSB77", "--json")
    answer = json.loads(out)
    assert (code, answer["error"]) == (exit_code, error)
    assert answer["what"]
    assert answer["why"]
    assert answer["next"]


@pytest.mark.parametrize("seconds", ["nan", "inf", "-1", "soon"])
async def test_a_wait_without_an_end_is_refused(seconds: str) -> None:
    words = ["--model", "generic-dlt645-2007", "--address", "1", "--port", "/dev/ttyUSB77"]
    code, _, err = await gateway("relay", "open", *words, "--wait", seconds)
    assert code == 2
    assert "must be a number of seconds" in err


YES, NO, NOTHING = Accepted(b""), Refused("keep-power", b""), Silent(tries=1)


@pytest.mark.parametrize(
    ("action", "reply", "read_back", "verdict"),
    [
        (RelayAction.OPEN, YES, ReadBack(False, False, 0), RelayVerdict.CONFIRMED),
        (RelayAction.OPEN, NOTHING, ReadBack(False, False, 0), RelayVerdict.CONFIRMED),
        (RelayAction.OPEN, YES, ReadBack(False, False, CURRENT_FLOWS_MA), RelayVerdict.CONFIRMED),
        (RelayAction.OPEN, YES, ReadBack(False, False, CURRENT_FLOWS_MA + 1), RelayVerdict.CONTRADICTED),
        (RelayAction.OPEN, NO, ReadBack(False, False, 900), RelayVerdict.CONTRADICTED),
        (RelayAction.OPEN, YES, ReadBack(False, False, None), RelayVerdict.UNKNOWN),
        (RelayAction.OPEN, YES, ReadBack(True, True, 0), RelayVerdict.CONTRADICTED),
        (RelayAction.OPEN, YES, ReadBack(True, False, TRIP_WAITS_ABOVE_MA), RelayVerdict.CONTRADICTED),
        (RelayAction.OPEN, YES, ReadBack(True, False, TRIP_WAITS_ABOVE_MA + 1), RelayVerdict.DELAYED),
        (RelayAction.OPEN, NO, ReadBack(True, True, 0), RelayVerdict.REFUSED),
        (RelayAction.OPEN, YES, ReadBack(None, None, 0), RelayVerdict.UNKNOWN),
        (RelayAction.CLOSE, YES, ReadBack(True, True, 0), RelayVerdict.CONFIRMED),
        (RelayAction.CLOSE, YES, ReadBack(True, True, None), RelayVerdict.CONFIRMED),
        (RelayAction.CLOSE, YES, ReadBack(False, True, 0), RelayVerdict.CONTRADICTED),
        (RelayAction.CLOSE, NO, ReadBack(False, True, 0), RelayVerdict.REFUSED),
        (RelayAction.CLOSE, YES, ReadBack(None, None, 900), RelayVerdict.UNKNOWN),
        (RelayAction.PERMIT, YES, ReadBack(False, True, 0), RelayVerdict.WAITING_KEY),
        (RelayAction.PERMIT, NOTHING, ReadBack(False, True, 0), RelayVerdict.CONTRADICTED),
        (RelayAction.PERMIT, NO, ReadBack(False, True, 0), RelayVerdict.REFUSED),
        (RelayAction.PERMIT, YES, ReadBack(True, True, 0), RelayVerdict.CONFIRMED),
    ],
)
def test_a_command_is_weighed_by_what_is_read_back(
    action: RelayAction, reply: LineReply, read_back: ReadBack, verdict: RelayVerdict
) -> None:
    assert judge(action, reply, read_back) is verdict


async def test_the_months_that_a_meter_kept_are_read_newest_first(line: VirtualLine) -> None:
    line.meters[0].freezes.settlements = [(0, 8_000), (0, 7_000)]
    code, answer = await ask("read", line, HONEST, "--months")
    assert (code, answer["settles_on"]) == (0, [1, 0])
    assert answer["settled_wh"][:3] == [80_000, 70_000, 0]
    assert len(answer["settled_wh"]) == 12
    code, out, _ = await gateway("read", "--port", line.address, "--baud", "9600", "--months",
                                 "--model", "generic-dlt645-2007", "--address", HONEST)  # fmt: skip
    assert (code, "settles on day 1, 00:00" in out, "settlement  2 ago   70.00 kWh" in out) == (0, True, True)
    code, answer = await ask("read", line, "5", "--months", model="eastron-sdm120")
    assert (code, answer["error"]) == (2, "no-such-item")
