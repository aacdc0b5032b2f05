"""A line's listener: it never holds the line up, and masks what nobody may read, in whole frames and in damaged ones."""

from gateway.adapters.control_protocol import TraceNote
from gateway.adapters.serial_bus.tap import Kind, Note, Tap
from gateway.protocols.dlt645 import functions, relay
from gateway.protocols.driver import MeterClock
from gateway.technician.trace_frames import LineTrace, Traced
from gateway.technician.trace_words import words_of

ADDRESS = "000000000001"
PASSWORD, ON_WIRE = "02214365", "547698"
OPERATOR = "0a0b0c0d"
BYTE_S = 0.001


def test_a_slow_listener_loses_the_oldest_and_is_told() -> None:
    tap = Tap(room=2)
    for number in range(5):
        tap.note(Note(number, Kind.IN, bytes([number])))
    notes, lost = tap.take()
    assert ([note.data for note in notes], lost) == ([b"\x03", b"\x04"], 3)
    assert tap.take() == ([], 0)


def test_a_try_whose_beginning_nobody_heard_is_not_heard() -> None:
    tap = Tap(is_amid=True)
    for kind in (Kind.IN, Kind.END, Kind.OUT):
        tap.note(Note(0, kind))
    assert [note.kind for note in tap.take()[0]] == [Kind.OUT]


def traced(*notes: TraceNote) -> list[Traced]:
    trace = LineTrace("a", BYTE_S)
    return [one for note in notes for one in trace.feed(note)] + list(trace.flush())


def test_passwords_are_masked_in_frames_echoes_and_damage() -> None:
    until = MeterClock(2026, 11, 30, 12, 0, 0)
    for request in (
        relay.switch(ADDRESS, 0x1A, PASSWORD, OPERATOR, until, preamble=4),
        functions.write(ADDRESS, "04000102", PASSWORD, OPERATOR, b"\x00\x00\x12", preamble=4),
    ):
        assert ON_WIRE in request.hex()
        told = traced(
            TraceNote("a", 0, "out", request.hex(), ADDRESS),
            TraceNote("a", 60_000, "in", request.hex()),
            TraceNote("a", 90_000, "in", request[20:-1].hex()),
            TraceNote("a", 99_000, "end", "", ADDRESS, "damaged"),
            TraceNote("a", 400_000, "in", request[:-1].hex()),
        )
        assert {"ask", "echo", "damage"} <= {one.way for one in told}
        for one in told:
            shown = f"{one.raw} {one.fields} {words_of(one)}".lower()
            assert not [secret for secret in (ON_WIRE, PASSWORD[2:], OPERATOR) if secret in shown], one
            assert "**" in one.raw


def test_turn_round_and_gap_are_told_and_another_meter_is_named() -> None:
    question = functions.read(ADDRESS, "00010000")
    answer = bytes.fromhex("680100000000006891083333343378563412") + b"\x00\x16"
    body = answer[:-2]
    answer = body + bytes([sum(body) & 0xFF, 0x16])
    sent_us = len(question) * 1000
    came_us = sent_us + 30_000 + len(answer) * 1000
    first, second = traced(
        TraceNote("a", 0, "out", question.hex(), ADDRESS),
        TraceNote("a", came_us, "in", answer.hex()),
        TraceNote("a", came_us, "end", "", ADDRESS, "answer"),
    )
    assert (first.way, first.gap_us, second.way, second.turn_round_us) == ("ask", None, "answer", 30_000)
    other = functions.read("000000000002", "00010000")
    told = traced(
        TraceNote("a", 0, "out", other.hex(), "2"), TraceNote("a", came_us, "in", answer.hex()),
        TraceNote("a", 10**6, "end", "", "2", "silent"),
    )  # fmt: skip
    assert [one.way for one in told] == ["ask", "other-meter", "no-answer"]
