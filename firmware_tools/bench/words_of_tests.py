"""What is said about a test on the screen and in a report."""

from gateway.contract.bench_record import BenchTest, Occasion, Verdict
from gateway.words import mark, say

MARKS = {Verdict.PASSED: "✓", Verdict.FAILED: "✗", Verdict.UNDECIDED: "?", Verdict.SKIPPED: "-"}
NAMES = {
    "identity": mark("identity"),
    "energy": mark("energy"),
    "relay": mark("relay"),
    "clock": mark("clock"),
    "speeds": mark("speeds"),
}
OCCASIONS = {Occasion.GOODS_IN: mark("goods-in"), Occasion.REPAIR: mark("repair")}
VERDICTS = {
    Verdict.PASSED: mark("passed"),
    Verdict.FAILED: mark("failed"),
    Verdict.UNDECIDED: mark("undecided"),
    Verdict.SKIPPED: mark("left out"),
}
_REASONS = {
    "tells-none": mark("this kind of meter tells no identity; it answers"),
    "other-number": mark("another number than expected"),
    "other-model": mark("another model than ordered"),
    "silent": mark("no answer"),
    "no-load": mark("no load is switched on; switch one on and repeat"),
    "no-step": mark("the register did not move; run longer or take a larger load (--minutes)"),
    "one-step": mark("the register moved only once; run longer or take a larger load (--minutes)"),
    "counts-without-load": mark("it counts without a load"),
    "counts-wrong": mark("it counts wrong"),
    "too-coarse": mark("too coarse to tell; run longer or take a larger load (--minutes)"),
    "only-own-power": mark(
        "agrees with its own power reading only; name the load with --load or --load-meter"
    ),
    "no-relay": mark("this model has no relay"),
    "current-flows": mark("reports open, but current flows: a welded contact or a bypass"),
    "no-current": mark("reports closed, but no current flows"),
    "open-not-read-back": mark("opening was not read back in 10 s"),
    "closed-not-read-back": mark("closing was not read back in 10 s (a key on the meter to be pressed?)"),
    "without-load": mark("read back from the status only, no load was on"),
    "no-clock": mark("this model has no clock"),
    "clock-off": mark("its clock is off; set it"),
    "set-on-the-meter": mark("this model's speed is set on the meter itself"),
    "not-home": mark("it was not found again at its first speed"),
    "not-asked": mark("not asked for"),
}


def test_name(name: str) -> str:
    """Name a test; one that is not known keeps its own word."""
    return say(NAMES[name]) if name in NAMES else name


test_name.__test__ = False  # type: ignore[attr-defined]  # a word of the trade, no test


def test_line(test: BenchTest) -> str:
    """Say one test in one line."""
    words = [test_name(test.name), measured_words(test)]
    if test.reason:
        words.append(reason_words(test.reason))
    return f" {MARKS[test.verdict]} " + "  ".join(word for word in words if word)


def reason_words(reason: str) -> str:
    """Say a stable word in the reader's language; one that is not known stays as it is."""
    return say(_REASONS[reason]) if reason in _REASONS else reason


def measured_words(test: BenchTest) -> str:
    """Say what a test measured; empty where it measured nothing."""
    measured = test.measured
    if test.name == "energy" and "error_milli_percent" in measured:
        return say(
            "{error} % ± {uncertainty} % in {seconds} s ({steps} steps)",
            error=thousandths(measured["error_milli_percent"], signed=True),
            uncertainty=thousandths(measured["uncertainty_milli_percent"]),
            seconds=int(measured["duration_ms"]) // 1000,
            steps=measured["steps"],
        )
    if test.name == "clock" and "offset_s" in measured:
        return say("{offset} s off", offset=f"{int(measured['offset_s']):+d}")
    shown = ("number", "model", "software", "open_ms", "open_ma", "closed_ms", "closed_ma", "before_ma")
    speeds = [name for name in measured if name.startswith("baud_")]
    return "  ".join(f"{name}={measured[name]}" for name in (*shown, *speeds) if name in measured)


def thousandths(value: int | str, signed: bool = False) -> str:
    """Show thousandths with two places: `-0.35`."""
    return f"{int(value) / 1000:{'+' if signed else ''}.2f}"
