"""Why a whole line, or a part of it, doesn't answer: port, swapped wires, speed, parity, a broken wire, one dead meter, noise.

The strongest evidence first: a port that isn't open, another setting at which somebody answers, bytes that look inverted or of
another parity, and only then silence, whose causes look alike from here: there the next step is an order of looking.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

from gateway.adapters.control_protocol import MeterState
from gateway.adapters.serial_bus import PortFault, PortTrouble
from gateway.adapters.serial_bus.diagnosis import SWAPPED, looks_inverted
from gateway.technician.checks.line_facts import LineFacts, Trial
from gateway.technician.findings import Finding, Level
from gateway.technician.state_words import reason_text
from gateway.words import say

CHECK = "line"
LEAST_TRIES_FOR_NOISE, LEAST_DAMAGED = 20, 3
NOISE_PER_MILLE, BAD_NOISE_PER_MILLE = 10, 50
NAMED_METERS = 8


def judge_wires(facts: LineFacts) -> list[Finding]:
    """Judge one line's wire. One finding for the line; one more for each meter that is silent alone."""
    if facts.state.fault:
        return [_port(facts)]
    if not facts.state.meters:
        what = say("Line {line}: no meter is registered on it.", line=facts.line)
        next_step = say("Enter its meters (cardroom-gateway meters add), or remove the line.")
        return [Finding(CHECK, Level.ASK, "line-empty", what, next_step=next_step, facts=_of(facts))]
    if not facts.asked:
        what = say("Line {line}: no meter was asked yet.", line=facts.line)
        return [Finding(CHECK, Level.SKIPPED, "line-not-asked", what, facts=_of(facts))]
    if not facts.answering:
        return [_nobody(facts)]
    return [*(_some(facts) if facts.failing else [_good(facts)]), *_noise(facts)]


def _of(facts: LineFacts, **more: str | int) -> dict[str, str | int]:
    return {"line": facts.line, "port": facts.state.port, **more}


def _good(facts: LineFacts) -> Finding:
    slowest = max(facts.answering, key=lambda meter: meter.slowest_ms or 0)
    what = say(
        "Line {line}: all {count} meters answer; the slowest is {meter} with {ms} ms.",
        line=facts.line,
        count=len(facts.answering),
        meter=slowest.meter,
        ms=slowest.slowest_ms or 0,
    )
    return Finding(CHECK, Level.GOOD, "line-good", what, facts=_of(facts, meters=len(facts.answering)))


def _port(facts: LineFacts) -> Finding:
    state = facts.state
    trouble = PortTrouble(PortFault(state.fault), state.port, state.fault_detail)
    what = say("Line {line}: its port is not open.", line=facts.line)
    return Finding(
        CHECK,
        Level.BAD,
        f"port-{state.fault}",
        what,
        trouble.why,
        trouble.remedy,
        _of(facts, fault=state.fault),
    )


# ---- nobody answers ------------------------------------------------------------------------------------------------


def _nobody(facts: LineFacts) -> Finding:
    reasons = Counter(meter.reason for meter in facts.failing)
    stray = bytes.fromhex(facts.state.stray)
    if facts.works_at is not None:
        return _other_setting(facts, facts.works_at)
    if reasons[SWAPPED] or (looks_inverted(stray) and set(reasons) <= {"silent"}):
        return _swapped(facts)
    if reasons["wrong-parity"]:
        return _parity(facts)
    if reasons["wrong-baud"]:
        return _speed(facts)
    reason, count = reasons.most_common(1)[0]
    if reason != "silent":
        return _garbled(facts, reason, count)
    return _silence(facts)


def _other_setting(facts: LineFacts, works: Trial) -> Finding:
    state = facts.state
    is_speed = works.baud != state.baud
    what = say(
        "Line {line}: nobody answers at {baud} {parity}, but at {works} {works_parity}.",
        line=facts.line,
        baud=state.baud,
        parity=state.parity,
        works=works.baud,
        works_parity=works.parity,
    )
    next_step = say(
        "Enter the line so: {baud} {parity} (remove its meters and the line, add them again; or commission finds it).",
        baud=works.baud,
        parity=works.parity,
    )
    why = say("The meters were set to another speed.") if is_speed else say("The meters use another parity.")
    code = "wrong-speed" if is_speed else "wrong-parity"
    return Finding(
        CHECK, Level.BAD, code, what, why, next_step, _of(facts, baud=works.baud, parity=works.parity)
    )


def _swapped(facts: LineFacts) -> Finding:
    return Finding(
        CHECK,
        Level.BAD,
        "wires-swapped",
        say("Line {line}: A and B are swapped.", line=facts.line),
        say(
            "What comes back has every level inverted, or the line rests at the wrong level; no meter understands us."
        ),
        say("Swap A and B at the adapter. Where a line is shorted it looks the same: measure A to B."),
        _of(facts),
    )


def _parity(facts: LineFacts) -> Finding:
    return Finding(
        CHECK,
        Level.BAD,
        "wrong-parity",
        say(
            "Line {line}: the bytes have another parity than {parity}.",
            line=facts.line,
            parity=facts.state.parity,
        ),
        say("Only every second byte comes through, or each has its parity in the top bit."),
        say(
            "Enter the line with the meters' parity (DL/T 645: E; Modbus mostly N); the Pi's mini-UART has none: use a USB adapter."
        ),
        _of(facts, parity=facts.state.parity),
    )


def _speed(facts: LineFacts) -> Finding:
    next_step = (
        say(
            "Stop the daemon (sudo systemctl stop cardroom-gateway) and run doctor again: it tries the other speeds."
        )
        if facts.is_live
        else say("Read the speed off a meter's plate; the usual speeds were tried.")
    )
    return Finding(
        CHECK,
        Level.BAD,
        "wrong-speed",
        say("Line {line}: the bytes have another speed than {baud}.", line=facts.line, baud=facts.state.baud),
        say("The same wrong bytes come each time."),
        next_step,
        _of(facts, baud=facts.state.baud),
    )


def _garbled(facts: LineFacts, reason: str, count: int) -> Finding:
    return Finding(
        CHECK,
        Level.BAD,
        "line-garbled",
        say(
            "Line {line}: bytes come, but no good frame ({reason}).",
            line=facts.line,
            reason=reason_text(reason),
        ),
        say("Noise, a missing 120 ohm resistor at the ends, or two who speak at once."),
        say(
            "Look at the shield and at the ends of the line; watch it: cardroom-gateway trace --line {line}",
            line=facts.line,
        ),
        _of(facts, reason=reason, meters=count),
    )


def _silence(facts: LineFacts) -> Finding:
    echoes = facts.state.counters.get("echoes", 0)
    heard = (
        say("The adapter hears itself, so port and adapter work: the fault is on the wire.") if echoes else ""
    )
    tried = "" if not facts.trials else say("No other usual speed or parity helped.")
    steps = [
        say("1. Are the meters lit?"),
        say("2. Swap A and B at the adapter."),
        say("3. Take all but the nearest meter off, and ask it alone."),
        say("4. Try another adapter."),
    ]
    if facts.is_live:
        steps.append(say("5. Stop the daemon and run doctor again: it tries the other speeds."))
    return Finding(
        CHECK,
        Level.BAD,
        "line-silent",
        say("Line {line}: none of its {count} meters answers, and not a byte comes.", line=facts.line, count=len(facts.failing)),
        " ".join(part for part in (say("No power, a wire open or A and B swapped, or another speed."), heard, tried) if part),
        " ".join(steps),
        _of(facts, meters=len(facts.failing), echoes=echoes),
    )  # fmt: skip


# ---- some answer -----------------------------------------------------------------------------------------------------


def _some(facts: LineFacts) -> Iterator[Finding]:
    ordered, failing = facts.asked, facts.failing
    head = len(ordered) - len(failing)
    is_tail = ordered[head:] == failing and all(meter.reason == "silent" for meter in failing)
    if len(failing) > 1 and is_tail:
        yield _broken(facts, ordered[head - 1], failing)
        return
    if len(failing) > NAMED_METERS:
        yield _many(facts)
        return
    yield from (_alone(facts, meter) for meter in failing if meter.reason != "collision")


def _broken(facts: LineFacts, last: MeterState, silent: Sequence[MeterState]) -> Finding:
    return Finding(
        CHECK,
        Level.BAD,
        "line-broken",
        say(
            "Line {line}: all up to {last} answer, and none of the {count} from {first} on.",
            line=facts.line,
            last=_named(last),
            count=len(silent),
            first=_named(silent[0]),
        ),
        say(
            "In the order of the meters' numbers: there the wire is open, or A and B are swapped, or a floor has no power."
        ),
        say("Look at the terminals of {last} and {first}.", last=_named(last), first=_named(silent[0])),
        _of(facts, last=last.meter, first=silent[0].meter, meters=len(silent)),
    )


def _many(facts: LineFacts) -> Finding:
    names = ", ".join(meter.meter for meter in facts.failing[:NAMED_METERS])
    return Finding(
        CHECK,
        Level.BAD,
        "meters-silent",
        say("Line {line}: {count} of {all} meters don't answer: {names} ...", line=facts.line, count=len(facts.failing),
            all=len(facts.asked), names=names),
        say("They don't lie behind one another, so it is no one break: power, or bad terminals."),
        say("Begin at the one that is nearest to the adapter."),
        _of(facts, meters=len(facts.failing)),
    )  # fmt: skip


def _alone(facts: LineFacts, meter: MeterState) -> Finding:
    told = _of(facts, meter=meter.meter, address=meter.address, reason=meter.reason)
    if meter.reason in ("wrong-baud", "wrong-parity"):
        return Finding(
            CHECK,
            Level.BAD,
            f"meter-{meter.reason}",
            say("Meter {meter} speaks with another speed or parity than its line.", meter=_named(meter)),
            say("The others answer at {baud} {parity}.", baud=facts.state.baud, parity=facts.state.parity),
            say("Set this one to {baud} {parity}.", baud=facts.state.baud, parity=facts.state.parity),
            told,
        )
    if meter.reason != "silent":
        return Finding(
            CHECK,
            Level.BAD,
            "meter-garbled",
            say(
                "Meter {meter} answers damaged ({reason}).",
                meter=_named(meter),
                reason=reason_text(meter.reason),
            ),
            say("The others of line {line} answer well.", line=facts.line),
            say(
                "Look at its terminals; then watch it: cardroom-gateway trace --meter {meter} --raw",
                meter=meter.meter,
            ),
            told,
        )
    never = "" if meter.ever_answered else say("It has not answered since the start.")
    return Finding(
        CHECK,
        Level.BAD,
        "meter-silent",
        say(
            "Meter {meter} does not answer; the others of line {line} do.",
            meter=_named(meter),
            line=facts.line,
        ),
        " ".join(
            part
            for part in (say("No power, a loose or swapped wire at it, or another address."), never)
            if part
        ),
        say(
            "Is it lit? Are A and B firm and not swapped? Does its plate say {address}?",
            address=meter.address,
        ),
        told,
    )


def _named(meter: MeterState) -> str:
    return f"{meter.meter} ({meter.location})" if meter.location else meter.meter


# ---- noise -----------------------------------------------------------------------------------------------------------


def _noise(facts: LineFacts) -> Iterator[Finding]:
    tries, damaged = facts.counted("exchanges"), facts.counted("damage:")
    now, damaged_now = facts.counted_now("exchanges"), facts.counted_now("damage:")
    explained = facts.counted_now("foreign:unexpected") or any(
        meter.reason not in ("", "silent") for meter in facts.asked
    )
    is_bad = _is_noisy(now, damaged_now, BAD_NOISE_PER_MILLE)
    if explained or not (is_bad or (damaged_now and _is_noisy(tries, damaged, NOISE_PER_MILLE))):
        return
    yield Finding(
        CHECK,
        Level.BAD if is_bad else Level.ASK,
        "noise",
        say(
            "Line {line}: {damaged} of {tries} answers were damaged.",
            line=facts.line,
            damaged=damaged,
            tries=tries,
        ),
        say(
            "Noise on the wire: no 120 ohm resistor at the ends, the shield open, or a power cable beside it."
        ),
        say("Put 120 ohm across A and B at both ends only; ground the shield at one end."),
        _of(facts, damaged=damaged, tries=tries),
    )


def _is_noisy(tries: int, damaged: int, per_mille: int) -> bool:
    return tries >= LEAST_TRIES_FOR_NOISE and damaged >= LEAST_DAMAGED and damaged * 1000 >= per_mille * tries
