"""Meters whose own calendar is wrong: a relay command expires by it, a month closes by it, nothing is billed by it. Pure."""

from collections.abc import Iterator

from gateway.domain.clock_setting import MOST_OFF_S
from gateway.technician.checks.line_facts import LineFacts
from gateway.technician.findings import Finding, Level
from gateway.words import say

CHECK = "meter-clock"


def judge_clocks(facts: LineFacts) -> Iterator[Finding]:
    """Name the meters that the daily broadcast doesn't mend."""
    for meter in facts.state.meters:
        if meter.clock_off_s is None or abs(meter.clock_off_s) <= MOST_OFF_S:
            continue
        yield Finding(
            CHECK,
            Level.ASK,
            "meter-clock-wrong",
            say("Meter {meter}'s clock is {seconds} s off.", meter=meter.meter, seconds=f"{meter.clock_off_s:+d}"),
            say("A meter that is off by more than {most} s obeys no broadcast; its battery may be flat.", most=MOST_OFF_S),
            say("Set it, its programming key pressed: cardroom-gateway set-clock {meter} --why ...", meter=meter.meter),
            {"line": facts.line, "meter": meter.meter, "off_s": meter.clock_off_s},
        )  # fmt: skip
