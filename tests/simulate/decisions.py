"""What must hold of decisions, adjustments and loss alarms once everything has come to central: plain sums over it."""

from collections.abc import Iterable, Iterator

from gateway.contract.facts import Alarm, CommandOutcome, Decision, Entry, Fact, Instant
from tests.simulate.tariffs import DAY_MS, LATE, PRICES, START_MS, desk_is_closed

NO_CUT_ROOM, NO_CUT_EXTRA = "5", 2_000_000
EMERGENCY_ROOM, EMERGENCY_LIMIT, EMERGENCY_MS = "1", 3_000_000, 24 * 3_600_000
DARK_ROOM, HIGH_POWER_ROOM, CAP_ROOM = "2", "3", "4"
CAP_W, STEP_W = 1_500, 1_000
LOSS_ALARMS = ("energy-loss", "unusual-loss", "master-below-subs", "meter-counts-backwards")


def decision_faults(facts: Iterable[Fact], drawn: Iterable[Instant]) -> Iterator[str]:
    """No lights-out on an untrusted clock; no cut within what a leeway spares; no trip without a rule for it."""
    draws = [at for at in drawn if at.trusted]
    for fact in facts:
        if not isinstance(fact, Decision) or fact.decision != "open":
            continue
        room, at = fact.account[1:], fact.at
        if fact.reason == "lights-out" and (not at.trusted or room != DARK_ROOM):
            yield f"lights out for room {room} on a clock that is trusted={at.trusted}"
        if fact.reason in ("high-power", "power-cap") and room not in (HIGH_POWER_ROOM, CAP_ROOM):
            yield f"room {room} has no power rule, and was cut by {fact.reason}"
        if fact.reason != "credit-spent":
            continue
        is_spared = not at.trusted or desk_is_closed(at.wall_ms)
        if room == NO_CUT_ROOM and is_spared and fact.balance > -NO_CUT_EXTRA:
            yield f"room {room} was cut at {fact.balance} within its no-cut leeway"
        lent = any(0 <= at.wall_ms - draw.wall_ms < EMERGENCY_MS for draw in draws) and at.trusted
        if room == EMERGENCY_ROOM and lent and fact.balance > -EMERGENCY_LIMIT:
            yield f"room {room} was cut at {fact.balance} within its emergency"


def drawn_at(facts: Iterable[Fact], numbers: set[int]) -> list[Instant]:
    """Give when emergencies were drawn, by the answers to these commands."""
    return [
        fact.at
        for fact in facts
        if getattr(fact, "number", None) in numbers
        and getattr(fact, "outcome", None) is CommandOutcome.APPLIED
    ]


def loss_faults(facts: Iterable[Fact]) -> Iterator[str]:
    """Nobody steals: no alarm of the balances is true."""
    for fact in facts:
        if isinstance(fact, Alarm) and fact.raised and fact.what in LOSS_ALARMS:
            yield f"{fact.what} {fact.subject}: {fact.detail}"


def late_price_faults(entries: list[Entry], learnt: bool) -> Iterator[str]:
    """The price that was learnt late is made up for: to the nano-yuan, but for entries across its instant or without a time."""
    place = [version for version, _, _ in PRICES].index(LATE)
    from_ms = START_MS + PRICES[place][1] * DAY_MS
    rise = PRICES[place][2] - PRICES[place - 1][2]
    wrongly = [
        e for e in entries if e.entry_kind == "consumption" and e.price_version == PRICES[place - 1][0]
    ]
    known = [e for e in wrongly if not e.provisional and e.from_ms is not None and e.at.trusted]
    certain = sum(e.energy_wh for e in known if (e.from_ms or 0) >= from_ms) * rise
    open_wh = sum(e.energy_wh for e in known if (e.from_ms or 0) < from_ms < e.at.wall_ms)
    open_wh += sum(e.energy_wh for e in entries if e.provisional or e.from_ms is None)
    made_up = [
        e for e in entries if e.entry_kind == "adjustment" and e.source in {v for v, _, _ in PRICES[place:]}
    ]
    owed = sum(_nano(e, entries) for e in made_up)
    low, high = sorted((certain, certain + open_wh * rise))
    if learnt and not low <= owed <= high:
        yield f"the late price owes between {low} and {high} nano-yuan, {owed} were adjusted"


def _nano(entry: Entry, entries: list[Entry]) -> int:
    """What an entry charged, with what it carried on."""
    before = entries[entries.index(entry) - 1] if entries.index(entry) else None
    carried = entry.carried_nano_yuan - (before.carried_nano_yuan if before else 0)
    return carried - sum(line.amount for line in entry.lines) * 1000
