"""`cardroom-gateway clock`: what time it is here, why it is or isn't believed, and what is left undone meanwhile (C-14)."""

import argparse
import json
from collections.abc import Iterator

import msgspec

from gateway.adapters.control_protocol import ClockReport, MeterClockOff
from gateway.adapters.kernel_clock import KernelClock, RealTimeClock, kernel_clock, real_time_clock
from gateway.application.clock_look import look_at_stored_time
from gateway.application.ports import Journal
from gateway.contract.facts import Instant
from gateway.domain.clock_trust import ClockDoubt
from gateway.technician.answer import print_json
from gateway.technician.config_check import add_config_option
from gateway.technician.daemon import NOT_DONE
from gateway.technician.local_time import clock_text
from gateway.technician.looking import Looked, clock_for, looked, place_or_complain
from gateway.technician.spans import span_text
from gateway.words import mark, say

DOUBTS = {
    ClockDoubt.BEFORE_RELEASE: mark(
        "it shows a time before this software was made: most likely the Pi has no clock with a battery, "
        "and no time server was reached."
    ),
    ClockDoubt.BEFORE_LAST_STORED: mark(
        "it shows a time before the last one stored here: the Pi woke in the past."
    ),
    ClockDoubt.FAR_AHEAD: mark(
        "it is more than 100 days ahead of the last time stored here, and central has not confirmed it."
    ),
    ClockDoubt.DISAGREES_WITH_CENTRAL: mark("it is more than five minutes off central's clock."),
    ClockDoubt.STEPPED: mark(
        "somebody set it, and central has not confirmed it; it must run evenly for ten minutes."
    ),
}
UNDONE = mark(
    "Meanwhile the lowest price is billed and trued up later; no time-table, expiry, price edge or "
    "approval acts; no meter's clock is set; nothing old is deleted."
)
MENDS = mark(
    "Connect the link (central's time counts most), let the Pi reach a time server, or fit a clock "
    "with a battery (RTC)."
)


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Mount the command."""
    what = say(
        "The gateway's time: is it believed, where does it come from, whose meter's clock is off. It "
        "changes nothing; `set-clock` sets a meter's."
    )
    parser = subparsers.add_parser(
        "clock", help=say("the time here, and whether it is believed"), description=what
    )
    parser.add_argument("--json", action="store_true", help=say("for programs: one JSON object"))
    add_config_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print what is known of time; 1 while the clock is not believed, or a meter's clock needs a person."""
    place = place_or_complain(args.config)
    if place is None:
        return NOT_DONE
    offset = place.utc_offset_minutes
    found = looked(args, "clock", {}, lambda journal, _now: _stopped(journal, offset), place)
    if isinstance(found, int):
        return found
    report = msgspec.json.decode(found.raw, type=ClockReport)
    kernel, rtc = kernel_clock(), real_time_clock()
    if args.json:
        print_json(_as_json(found, report, kernel, rtc))
    else:
        print("\n".join(screen(report, kernel, rtc)))
    return NOT_DONE if report.doubt or any(meter.needs_person for meter in report.meters) else 0


def _stopped(journal: Journal, offset: int) -> ClockReport:
    """What a daemon that starts now would think of the clock."""
    clock = clock_for(journal)
    now: Instant = clock.now()
    stored = look_at_stored_time(journal, now)
    return ClockReport(
        wall_ms=now.wall_ms,
        doubt=clock.doubt.value if clock.doubt else None,
        steady_in_ms=0,
        central_ahead_ms=None,
        heard_ms=stored.heard_ms,
        latest_ms=stored.high_water_ms or None,
        central_ms=stored.central_ms,
        bench_rate=None,
        utc_offset_minutes=offset,
        meters=[MeterClockOff(meter, None, needs_person=True) for meter in stored.meters_off],
    )


def _as_json(
    found: Looked, report: ClockReport, kernel: KernelClock | None, rtc: RealTimeClock | None
) -> dict[str, object]:
    return {
        **json.loads(found.raw),
        "daemon": not found.from_store,
        "source": source_of(report, kernel),
        "kernel": None if kernel is None else msgspec.to_builtins(kernel),
        "rtc": None if rtc is None else msgspec.to_builtins(rtc),
    }


def source_of(report: ClockReport, kernel: KernelClock | None) -> str:
    """Name whose word the clock rests on: `central`, `ntp`, `rtc-or-hand`; `stored` where only the store says it is later."""
    if report.central_ahead_ms is not None:
        return "central"
    if kernel is not None and kernel.is_synchronised:
        return "ntp"
    return "stored" if report.doubt == ClockDoubt.BEFORE_LAST_STORED else "rtc-or-hand"


SOURCES = {
    "central": mark("Central confirmed it in this boot."),
    "ntp": mark("A time server sets it (NTP); central has not confirmed it in this boot."),
    "rtc-or-hand": mark(
        "No time server and no word from central in this boot: it rests on the Pi's own clock, or on who set it."
    ),
    "stored": mark("Only the store tells how late it is at least."),
}


def screen(report: ClockReport, kernel: KernelClock | None, rtc: RealTimeClock | None) -> Iterator[str]:
    """The report's lines: believed or not, whence, what is undone, the meters."""
    offset = report.utc_offset_minutes
    yield clock_text(report.wall_ms, offset)
    if report.bench_rate is not None:
        yield say(
            "! BENCH CLOCK: time runs {rate} times as fast; this is no real building.",
            rate=f"{report.bench_rate:g}",
        )
    if report.doubt is None:
        yield say("Believed.")
    else:
        doubt = ClockDoubt(report.doubt)
        yield say("! NOT believed ({code}): {why}", code=doubt.value, why=say(DOUBTS[doubt]))
        if report.steady_in_ms:
            yield say(
                "It is believed again in {span}, if nobody sets it.",
                span=span_text(report.steady_in_ms // 1000),
            )
        yield say(UNDONE)
        yield say("next: {next_step}", next_step=say(MENDS))
    yield say(SOURCES[source_of(report, kernel)])
    yield from _marks(report, offset)
    yield from _machine(report, kernel, rtc)
    yield from _meters(report)


def _marks(report: ClockReport, offset: int) -> Iterator[str]:
    if report.central_ahead_ms is not None:
        off_s = round(report.central_ahead_ms / 1000)
        yield say(
            "Central's clock and this one: {seconds} s apart when it was last heard.", seconds=f"{off_s:+d}"
        )
    yield say("Central last acknowledged something new: {when}.", when=clock_text(report.heard_ms, offset))
    yield say("Newest time stored here: {when}", when=clock_text(report.latest_ms, offset))


def _machine(report: ClockReport, kernel: KernelClock | None, rtc: RealTimeClock | None) -> Iterator[str]:
    if kernel is not None and kernel.is_synchronised:
        yield say(
            "Time server: in step; drift {drift} ppm, error at most {error} ms",
            drift=f"{kernel.drift_ppb / 1000:+.1f}",
            error=kernel.max_error_us // 1000,
        )
    elif kernel is not None:
        yield say("Time server: not in step. See `timedatectl status`.")
    if rtc is None:
        yield say(
            "Clock with a battery (RTC): none. After a power cut the Pi wakes in the past until it hears "
            "central or a time server."
        )
        return
    ahead = (
        ""
        if rtc.time_ms is None
        else say(", {seconds} s ahead of the clock", seconds=f"{(rtc.time_ms - report.wall_ms) / 1000:+.0f}")
    )
    yield say("Clock with a battery (RTC): {name}{ahead}", name=rtc.name, ahead=ahead)


def _meters(report: ClockReport) -> Iterator[str]:
    off = sorted(report.meters, key=lambda meter: -abs(meter.off_s or 0))
    for meter in off:
        if meter.needs_person:
            by = say("unknown") if meter.off_s is None else f"{meter.off_s:+d} s"
            yield say(
                '! Meter {meter} is off by {off}: cardroom-gateway set-clock {meter} --why "..."',
                meter=meter.meter,
                off=by,
            )
    known = [abs(meter.off_s) for meter in report.meters if meter.off_s is not None]
    if known:
        yield say("Meters' clocks: {count} read, the worst {worst} s off", count=len(known), worst=max(known))
