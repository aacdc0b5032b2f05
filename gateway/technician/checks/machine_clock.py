"""Whether the machine's clock can be believed, and survives a night without power and network (C-14)."""

from dataclasses import dataclass
from pathlib import Path

from gateway.adapters.kernel_clock import RTC_FOLDER, real_time_clock
from gateway.technician.findings import Finding, Level
from gateway.words import say

CHECK = "clock"
RTC_OFF_S = 120


@dataclass(frozen=True, slots=True)
class ClockFacts:
    """What the kernel says. `rtc_off_s`: the battery clock less the machine's; None where it can't be read."""

    synchronised: bool
    """The kernel's own word: some time service keeps it."""
    rtc: str = ""
    """The battery clock's name; empty where there is none."""
    rtc_off_s: int | None = None


def read_clock_facts(synchronised: bool, now_s: int, system: Path = Path("/")) -> ClockFacts:
    """Look at /sys/class/rtc below a root."""
    clock = real_time_clock(system / RTC_FOLDER.relative_to("/"))
    if clock is None:
        return ClockFacts(synchronised)
    return ClockFacts(
        synchronised, clock.name, None if clock.time_ms is None else clock.time_ms // 1000 - now_s
    )


def judge_clock(facts: ClockFacts) -> list[Finding]:
    """Judge the machine's clock and its battery clock."""
    return [_network_time(facts), _battery_clock(facts)]


def _network_time(facts: ClockFacts) -> Finding:
    if facts.synchronised:
        return Finding(CHECK, Level.GOOD, "ntp-good", say("The clock is kept by a time server."))
    return Finding(
        CHECK, Level.ASK, "ntp-missing", say("No time server keeps the clock."),
        say("Until one does, the gateway compares it with central; without both it bills the lowest price."),
        say("See that the network lets NTP through (UDP 123), or name the college's server in /etc/systemd/timesyncd.conf."),
    )  # fmt: skip


def _battery_clock(facts: ClockFacts) -> Finding:
    if not facts.rtc:
        return Finding(
            CHECK, Level.ASK, "no-rtc", say("There is no battery clock (RTC)."),
            say("After a power cut without network this Pi doesn't know what time it is: no time-table, no price edge acts."),
            say("Fit one (DS3231 on the pins, or the battery of a Pi 5): dtoverlay=i2c-rtc,ds3231 in /boot/firmware/config.txt"),
        )  # fmt: skip
    if facts.rtc_off_s is None or abs(facts.rtc_off_s) > RTC_OFF_S:
        return Finding(
            CHECK, Level.ASK, "rtc-wrong", say("The battery clock {rtc} does not show the time.", rtc=facts.rtc),
            say("Its battery is missing or empty, or it was never set."),
            say("Put a battery in, then: sudo hwclock -w"), {"off_s": facts.rtc_off_s or 0},
        )  # fmt: skip
    return Finding(CHECK, Level.GOOD, "rtc-good", say("The battery clock {rtc} goes right.", rtc=facts.rtc))
