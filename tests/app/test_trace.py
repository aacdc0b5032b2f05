"""`trace` on a real line: every frame with its timing, damage marked, passwords masked; a stopped line is only listened to."""

import asyncio
import json
import signal
import sys

import pytest

from firmware_tools.virtual_meter.faults import LineFaults
from gateway.adapters.control_protocol import TraceNote
from gateway.protocols.dlt645 import functions
from gateway.technician.trace_frames import LineTrace
from gateway.technician.trace_words import Summary, words_of
from tests.app.station import PATIENCE_S, Central, Station, rooms, until

QUESTION = functions.read("000000000001", "00010000", preamble=4)
SECRET, IN_WIRE_ORDER = "654321", "214365"
ON_WIRE = "54 76 98"
"""Each byte travels +33H."""


async def traced(station: Station, *words: str) -> list[dict[str, object]]:
    code, out, err = await station.command("trace", "--json", "--seconds", "1", *words)
    assert (code, err) == (0, "")
    return [json.loads(line) for line in out.splitlines()]


async def heard_of(station: Station, *meters: str) -> list[dict[str, object]]:
    """Listen until a second has a question to each of these meters, and an answer: a busy machine asks few in one."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            heard = await traced(station)
            ways = {one["way"] for one in heard if "way" in one}
            if {one["meter"] for one in heard if one.get("way") == "ask"} == {*meters} and "answer" in ways:
                return heard


async def test_the_daemons_frames_are_shown_as_they_go(station: Station, central: Central) -> None:
    await station.wire("a", "1", "2", passwords={"02": SECRET, "04": SECRET})
    await station.start()
    await central.configure(*rooms("1"))
    await central.grant("g1", "a1", 5)
    heard = await heard_of(station, "m1", "m2")
    answers = [one for one in heard if one.get("way") == "answer"]
    assert all(one["turn_round_us"] is not None for one in answers)
    assert any(one["fields"]["unit"] == "kWh" for one in answers)  # type: ignore[index]
    assert heard[-1]["summary"] is True
    of_one = [one for one in await traced(station, "--meter", "m1") if "meter" in one]
    # What is damaged, or cut off by the listening's end, names nobody and may be this meter's.
    assert {one["meter"] for one in of_one if one["way"] not in ("damage", "cut-off")} == {"m1"}
    station.lines["a"].faults = LineFaults(flip=1.0)
    code, out = 0, ""
    while code == 0 and not ("!!" in out and "Damage:" in out):
        code, out, _ = await station.command("trace", "--line", "a", "--seconds", "1")
    assert code == 0
    assert (await station.command("trace", "--line", "z"))[0] == 2
    assert (await station.command("trace", "--meter", "m7"))[0] == 2
    assert (await station.command("trace", "--seconds", "soon"))[0] == 2


async def test_ctrl_c_ends_it_with_a_summary_and_no_password_is_shown(station: Station) -> None:
    await station.wire("a", "1", passwords={"02": SECRET, "04": SECRET})
    await station.start()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway", "trace", "--raw", "--config", str(station.config),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    shown = await process.stdout.readline()
    words = ("--why", "test", "--yes", "--password", f"04{IN_WIRE_ORDER}")
    code, _, _ = await station.command("set-clock", "m1", *words)
    assert code == 0
    shown += await process.stdout.readuntil(b"write ")
    process.send_signal(signal.SIGINT)
    out, err = await process.communicate()
    text = (shown + out).decode()
    assert (process.returncode, err) == (0, b"")
    assert "frames:" in text
    assert not [shape for shape in (SECRET, IN_WIRE_ORDER, ON_WIRE) if shape in text]
    assert "** ** **" in text
    # Nobody listens any more: the daemon keeps nothing, and says nothing of it.
    await until(lambda: "stream-failed" not in station.log_text(), "quiet")


async def test_a_stopped_line_is_only_heard(station: Station) -> None:
    line = await station.wire("a", "1")
    requests = line.counts.requests
    listening = asyncio.create_task(station.command("trace", "--seconds", "2"))
    while not listening.done():
        await asyncio.sleep(0.2)
        line._endpoint.send(QUESTION)
    code, out, err = await listening
    assert (code, "only" in err) == (0, True)
    assert "<?" in out
    assert "m1  read forward active energy total" in out
    assert line.counts.requests == requests


@pytest.mark.parametrize("came", range(1, len(QUESTION)))
def test_what_the_end_of_listening_cuts_off_is_no_damage(came: int) -> None:
    trace = LineTrace("a", 11 / 2400)
    [whole] = [*trace.feed(TraceNote("a", 0, "in", QUESTION.hex())), *trace.quiet(60_000)]
    assert list(trace.feed(TraceNote("a", 500_000, "in", QUESTION[:came].hex()))) == []
    [cut] = trace.end()
    summary = Summary()
    for one in (whole, cut):
        summary.add(one, "m1")
    assert (whole.way, cut.way, summary.frames, summary.damage) == ("unasked", "cut-off", 1, {})
    assert "cut off" in words_of(cut)


def test_a_whole_frame_with_a_wrong_sum_stays_damage_at_the_end() -> None:
    trace = LineTrace("a", 11 / 2400)
    spoilt = QUESTION[:-2] + bytes([QUESTION[-2] ^ 1, QUESTION[-1]])
    assert list(trace.feed(TraceNote("a", 0, "in", spoilt.hex()))) == []
    assert [one.way for one in trace.end()] == ["damage"]
