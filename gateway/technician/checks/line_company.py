"""Who else speaks on a line: two meters with one address, another master. Pure."""

from collections.abc import Iterator

from gateway.protocols.dlt645.frame import Frame
from gateway.technician.checks.line_facts import LineFacts
from gateway.technician.decode import Named, events_of
from gateway.technician.findings import Finding, Level
from gateway.words import say

CHECK = "line"
LEAST_QUESTIONS = 2
"""One question of another master may be our own, heard late."""


def judge_company(facts: LineFacts) -> Iterator[Finding]:
    """Judge who shares the line with us."""
    if (asked := _foreign_questions(facts)) >= LEAST_QUESTIONS:
        yield Finding(
            CHECK,
            Level.BAD,
            "second-master",
            say("Line {line}: another master asks its meters, too.", line=facts.line),
            say("{count} questions were heard that are not ours: the old system, a handheld, or a second gateway.", count=asked),
            say("Take it off the line: two masters destroy each other's answers. See it: cardroom-gateway trace --line {line}",
                line=facts.line),
            {"line": facts.line, "questions": asked},
        )  # fmt: skip
    for meter in facts.asked:
        # Where the daemon has counted for weeks, only what fails so now is told; its alarm remembers the rest.
        is_sure = meter.reason == "collision" or (facts.recent is None and meter.collisions > 1)
        if meter.collisions and is_sure:
            yield Finding(
                CHECK,
                Level.BAD,
                "address-twice",
                say("Two meters seem to answer at address {address} ({meter}).", address=meter.address, meter=meter.meter),
                say("Each time other damaged bytes come, while the others of line {line} answer well.", line=facts.line),
                say("Unplug one of them and give it its own address: cardroom-gateway set-address."),
                {"line": facts.line, "meter": meter.meter, "address": meter.address},
            )  # fmt: skip


def _foreign_questions(facts: LineFacts) -> int:
    """What was heard while we asked, and what can be read of the last bytes that came unasked."""
    stray = bytes.fromhex(facts.state.stray) if facts.counted_now("stray-bytes") else b""
    _, events = events_of(stray, Named.DLT645_2007)
    unasked = sum(isinstance(event, Frame) and not event.is_reply for event in events)
    return facts.counted_now("foreign:unexpected") + unasked
