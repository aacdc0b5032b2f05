"""`cardroom-gateway explain ACCOUNT|ROOM|METER`: why a room is on or off and its balance so, and what would change it (C-16)."""

import argparse
import sys
from collections.abc import Iterator

import msgspec

from gateway.application.explain import Explanation, ToldDecision, ToldMeter, ToldRelay, explain_all
from gateway.application.explain_past import PastExplanation, explain_past
from gateway.application.ways_out import Way
from gateway.contract.quantities import Unit
from gateway.technician.amounts import bucket_text, exact, with_unit
from gateway.technician.answer import USAGE
from gateway.technician.config_check import add_config_option
from gateway.technician.daemon import NOT_DONE
from gateway.technician.explain_past import past_screen
from gateway.technician.local_time import NotATime, clock_text, read_instant
from gateway.technician.lock_words import OWNERS
from gateway.technician.looking import Looked, Place, looked, place_or_complain
from gateway.technician.reasons import DECISIONS, VERDICTS, WAYS, reason_text
from gateway.technician.rule_words import detail_text
from gateway.technician.spans import span_text
from gateway.technician.state_words import ALARMS, in_chinese
from gateway.words import mark, say

CONTACT = {True: mark("closed"), False: mark("open"), None: mark("unknown")}
SUPPLY = {True: mark("ON"), False: mark("OFF"), None: mark("not known: its relay was not read back")}


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Mount the command."""
    what = say(
        "Why a room is on or off and its balance so, by the daemon's own rules, and what would have to "
        "happen for it to change."
    )
    parser = subparsers.add_parser("explain", help=say("why a room is on or off"), description=what)
    parser.add_argument("name", metavar="ACCOUNT|ROOM|METER", help=say("as `status` shows it"))
    parser.add_argument("--at", metavar="INSTANT", help=say('as it was then, e.g. "2026-11-30 18:00"'))
    parser.add_argument("--json", action="store_true", help=say("for programs: one JSON object"))
    add_config_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the explanation; 2 when there is nobody of that name."""
    place = place_or_complain(args.config)
    if place is None:
        return NOT_DONE
    try:
        at_ms = read_instant(args.at, place.utc_offset_minutes) if args.at else None
    except NotATime:
        print(say('{typed} is no instant. Write "2026-11-30 18:00".', typed=args.at), file=sys.stderr)
        return USAGE
    found = _now(args, place) if at_ms is None else _then(args, place, at_ms)
    if isinstance(found, int):
        return found
    if found.raw == b"[]":
        print(
            say(
                "No account, room or bound meter is called {name}. "
                "`cardroom-gateway status` lists them; `meters` those without an account.",
                name=args.name,
            ),
            file=sys.stderr,
        )
        return USAGE
    if args.json:
        print(found.raw.decode())
    elif at_ms is None:
        stories = msgspec.json.decode(found.raw, type=list[Explanation])
        print("\n\n".join("\n".join(screen(one, place.utc_offset_minutes)) for one in stories))
    else:
        past = msgspec.json.decode(found.raw, type=list[PastExplanation])
        print("\n\n".join("\n".join(past_screen(one, place.utc_offset_minutes)) for one in past))
    return 0


def _now(args: argparse.Namespace, place: Place) -> Looked | int:
    return looked(
        args, "explain", {"name": args.name}, lambda journal, now: explain_all(journal, args.name, now), place
    )


def _then(args: argparse.Namespace, place: Place, at_ms: int) -> Looked | int:
    asked: dict[str, str | int | bool] = {"name": args.name, "at_ms": at_ms}
    return looked(
        args, "explain-past", asked, lambda journal, now: explain_past(journal, args.name, at_ms, now), place
    )


def screen(one: Explanation, offset: int) -> Iterator[str]:
    """One account's story: the answer first, then what it rests on, then what would change it."""
    relay = one.relay
    yield say(
        "{account}  room {room}  {when}",
        account=one.account,
        room=one.room,
        when=clock_text(one.now_ms, offset),
    )
    if not one.trusted:
        yield say("! The clock is not believed: cardroom-gateway clock says why.")
    yield say("Supply: {supply}", supply=say(SUPPLY[relay.observed_closed if relay else None]))
    yield say("Balance: {balance}", balance=with_unit(one.balance, one.unit))
    yield from _credit(one, offset)
    yield from _standing(one, offset)
    yield from _decision(one.decision, one.unit, offset)
    yield from _guard(one, offset)
    yield from _meter(one.meter, offset)
    yield from _relay(relay, offset)
    for alarm in one.alarms:
        yield say(
            "! Alarm since {when}: {what} {subject}: {detail}",
            when=clock_text(alarm.since_ms, offset),
            what=in_chinese(alarm.what, ALARMS),
            subject=alarm.subject,
            detail=detail_text(alarm.detail),
        )
    yield say("What would change it:")
    yield from (f"  - {_way_text(way, one, offset)}" for way in one.ways)


def _credit(one: Explanation, offset: int) -> Iterator[str]:
    if one.pays_from:
        yield say("  paid from {payer}, and shared with all that it pays for", payer=one.pays_from)
    for bucket in one.buckets:
        ends = say(", until {when}", when=clock_text(bucket.expires_ms, offset)) if bucket.expires_ms else ""
        yield f"  {bucket_text(bucket.bucket)}: {with_unit(bucket.amount, bucket.unit)}{ends}"
    if one.unsettled_wh:
        yield say(
            "  less what is used and not booked yet: {energy}", energy=with_unit(one.unsettled_wh, Unit.KWH)
        )
    if one.estimated_wh is not None:
        yield say(
            "  used since by the agreed estimate, billed to nobody yet: {energy}",
            energy=with_unit(one.estimated_wh, Unit.KWH),
        )
    price = one.price
    if price is None:
        return
    rate = exact(price.micro_yuan_per_kwh, Unit.YUAN)
    if price.lowest:
        yield say(
            "Price: {rate} yuan/kWh, the lowest ({version}), because the time is not known",
            rate=rate,
            version=price.version,
        )
        return
    since = say(", in force since {when}", when=clock_text(price.from_ms, offset)) if price.from_ms else ""
    yield say(
        "Price: {rate} yuan/kWh, version {version}{since}", rate=rate, version=price.version, since=since
    )
    if price.changes_ms is not None:
        yield say("  it may change {when}", when=clock_text(price.changes_ms, offset))


def _standing(one: Explanation, offset: int) -> Iterator[str]:
    """What beats credit, or keeps it from being judged at all."""
    control = one.control
    if control is not None:
        yield say(
            "! Software control: meter {meter} is faulty, nothing is billed since {when} ({register}){ref}; {by}: {reason}",
            meter=control.meter or "-",
            when=clock_text(control.since_ms, offset),
            register="-" if control.last_good_wh is None else with_unit(control.last_good_wh, Unit.KWH),
            ref=f" [{control.ref}]" if control.ref else "",
            by=control.by,
            reason=control.why,
        )
        yield say(
            "  it ends with `cardroom-gateway swap`, or `software-control --end` when the meter is good again"
        )
    if one.protected:
        yield say("Protected: it is never cut.")
    if one.quarantined:
        yield say("! Its books wait for a person: {why}", why=one.quarantined)
    if one.closed:
        yield say("! The account is closed, or being closed.")


def _guard(one: Explanation, offset: int) -> Iterator[str]:
    guard = one.guard
    if guard.tripped or guard.approved:
        state = say("holds every further cut") if guard.tripped else say("lets cuts through")
        yield say(
            "Guard of cuts: {state}; {recent} of {most} lately, {approved} approved until {until}",
            state=state,
            recent=guard.recent,
            most=guard.most,
            approved=guard.approved,
            until=clock_text(guard.approved_until_ms or None, offset),
        )


def _decision(decision: ToldDecision, unit: str, offset: int) -> Iterator[str]:
    yield say(
        "Decision: {decision}, because {reason} [{code}]",
        decision=say(DECISIONS[decision.stands]),
        reason=reason_text(decision.reason),
        code=decision.reason,
    )
    if decision.now and (decision.now, decision.now_reason) != (decision.stands, decision.reason):
        yield say(
            "  asked now, the rule says: {decision}, because {reason}",
            decision=say(DECISIONS[decision.now]),
            reason=reason_text(decision.now_reason),
        )
    if decision.waits_for_reading:
        yield say("  a cut waits for two readings in a row that say so")
    limit = with_unit(-decision.limit, unit)
    if decision.leeway_reason:
        until = (
            say(", until {when}", when=clock_text(decision.leeway_until_ms, offset))
            if decision.leeway_until_ms
            else ""
        )
        yield say(
            "Limit: {limit}, because of {leeway}{until}",
            limit=limit,
            leeway=decision.leeway_reason,
            until=until,
        )
    else:
        yield say("Limit: {limit}", limit=limit)


def _meter(meter: ToldMeter | None, offset: int) -> Iterator[str]:
    if meter is None:
        yield say("Meter: none was read for it yet")
        return
    register = "" if meter.register_wh is None else with_unit(meter.register_wh, Unit.KWH)
    power = "" if meter.power_w is None else f", {meter.power_w} W"
    yield say(
        "Meter {meter}: register {register}, read {when}{power}",
        meter=meter.meter,
        register=register,
        when=clock_text(meter.read_ms, offset),
        power=power,
    )
    if meter.is_silent:
        yield say("  ! it did not answer when it was last asked")
    if meter.doubt or meter.bad_readings:
        yield say(
            "  ! in doubt ({doubt}): {count} strange readings in a row",
            doubt=meter.doubt or "?",
            count=meter.bad_readings,
        )


def _relay(relay: ToldRelay | None, offset: int) -> Iterator[str]:
    if relay is None:
        yield say("Relay: nothing was ever wanted of it")
        return
    yield say("Relay: {verdict}", verdict=say(VERDICTS[relay.verdict]))
    yield say(
        "  wanted:  {contact}, because {reason}",
        contact=say(CONTACT[relay.desired_closed]),
        reason=reason_text(relay.desired_why),
    )
    if relay.commanded_closed is not None:
        yield say(
            "  told:    {contact}, {when}, tries since: {tries}",
            contact=say(CONTACT[relay.commanded_closed]),
            when=clock_text(relay.commanded_ms, offset),
            tries=relay.tries,
        )
    current = "" if relay.current_ma is None else f", {relay.current_ma / 1000:.3f} A"
    yield say(
        "  seen:    {contact}, {when}{current}",
        contact=say(CONTACT[relay.observed_closed]),
        when=clock_text(relay.observed_ms, offset),
        current=current,
    )
    if relay.why and relay.verdict != "confirmed":
        yield say("  because: {reason}", reason=reason_text(relay.why))
    noted = {note.owner for note in relay.lock_notes if note.by}
    for note in relay.lock_notes:
        if note.by:
            yield say(
                "  ! locked out by {by} ({owner}) since {when}{ref}: {reason}; nothing closes it",
                by=note.by,
                owner=say(OWNERS[note.owner]) if note.owner in OWNERS else note.owner,
                when=clock_text(note.since_ms, offset),
                ref=f" [{note.ref}]" if note.ref else "",
                reason=note.why,
            )
    unnoted = [owner for owner in relay.locks if owner not in noted]
    if unnoted:
        yield say("  ! locked out by: {owners}", owners=", ".join(unnoted))
    if relay.override:
        yield say("  ! a person's order stands: {wish} ({why})", wish=relay.override, why=relay.override_why)


def _way_text(way: Way, one: Explanation, offset: int) -> str:
    facts = way.facts
    energy = (
        say(" ({energy} at this price)", energy=with_unit(facts["energy_wh"], Unit.KWH))
        if "energy_wh" in facts
        else ""
    )
    return say(
        WAYS[way.way],
        about=way.about,
        reason=reason_text(way.about),
        amount=with_unit(facts.get("amount", 0), one.unit),
        energy=energy if one.unit == Unit.YUAN else "",
        span=span_text(facts.get("after_s", 0)),
        until=clock_text(facts.get("until_ms"), offset),
    )
