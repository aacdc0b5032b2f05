"""What the adapter adds: its echo, bytes kept back. Pure; what /sys tells is read by `read_latency_timer`."""

import os
from collections.abc import Iterator
from pathlib import Path

from gateway.technician.checks.line_facts import LineFacts
from gateway.technician.findings import Finding, Level
from gateway.words import say

CHECK = "adapter"
SLOW_TIMER_MS = 4
SLOW_ANSWER_MS = 100
"""Meters turn round in 20 to 50 ms; where the quickest of a line needs more each time, it is what lies between."""
LEAST_METERS = 2


def read_latency_timer(port: str, system: Path = Path("/")) -> int | None:
    """Read what an FTDI adapter keeps bytes back for, below a root; None: another kind of adapter.

    The kernel tells 1 while somebody has asked for low latency, as our bus does on opening.
    """
    name = os.path.basename(os.path.realpath(port))
    try:
        return int((system / "sys/bus/usb-serial/devices" / name / "latency_timer").read_text())
    except (OSError, ValueError):
        return None


def judge_adapter(facts: LineFacts) -> Iterator[Finding]:
    """Judge one line's adapter."""
    told: dict[str, str | int] = {"line": facts.line, "port": facts.state.port}
    if echoes := facts.state.counters.get("echoes", 0):
        yield Finding(
            CHECK,
            Level.ASK,
            "echo",
            say("Line {line}: the adapter echoes what is sent.", line=facts.line),
            say("It works, and its receiver stays on while it sends: each question is read twice."),
            say("Nothing must be done. An adapter that switches its receiver off spares the work."),
            {**told, "echoes": echoes},
        )
    timer = facts.latency_timer_ms
    if timer is not None and timer > SLOW_TIMER_MS:
        yield Finding(
            CHECK,
            Level.ASK,
            "adapter-slow",
            say("Line {line}: the adapter keeps each answer back for {ms} ms.", line=facts.line, ms=timer),
            say(
                "Its latency timer is not set to 1 ms, though the gateway asks for it: each meter costs that much more."
            ),
            say(
                "Set it: echo 1 | sudo tee /sys/bus/usb-serial/devices/*/latency_timer (the package's udev rule does so)."
            ),
            {**told, "latency_timer_ms": timer},
        )
    fastest = [meter.fastest_ms for meter in facts.answering if meter.fastest_ms is not None]
    if len(fastest) >= LEAST_METERS and min(fastest) >= SLOW_ANSWER_MS:
        yield Finding(
            CHECK,
            Level.ASK,
            "answers-late",
            say("Line {line}: no answer begins before {ms} ms.", line=facts.line, ms=min(fastest)),
            say("All its meters being so slow, the adapter or serial server keeps bytes back."),
            say("Try another adapter; at a serial server, turn packing and its timers down."),
            {**told, "fastest_ms": min(fastest)},
        )
