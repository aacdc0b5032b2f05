"""The words of `explain --at`: what the rows that are kept still say of a room at an instant gone by."""

from collections.abc import Iterator

from gateway.application.explain_past import PastExplanation
from gateway.contract.quantities import Unit
from gateway.technician.amounts import bucket_text, exact, with_unit
from gateway.technician.local_time import clock_text
from gateway.technician.reasons import DECISIONS, VERDICTS, reason_text
from gateway.technician.rule_words import detail_text
from gateway.technician.state_words import ALARMS, in_chinese
from gateway.words import mark, say

CONTACT = {True: mark("closed"), False: mark("open"), None: mark("unknown")}


def past_screen(one: PastExplanation, offset: int) -> Iterator[str]:
    """One account at an instant: what stood then, newest word before it."""
    yield say(
        "{account}  room {room}  {when}",
        account=one.account,
        room=one.room,
        when=clock_text(one.at_ms, offset),
    )
    yield from _decision(one, offset)
    yield from _relay(one, offset)
    if one.reading is not None:
        register = with_unit(one.reading.register_wh, Unit.KWH)
        yield say(
            "Last reading before: {register}, {when}",
            register=register,
            when=clock_text(one.reading.wall_ms, offset),
        )
    for held in one.booked:
        yield say(
            "In the ledger then: {bucket} {amount}",
            bucket=bucket_text(held.bucket),
            amount=with_unit(held.amount, held.unit),
        )
    if one.is_folded:
        yield say("Entries of that time are folded away here; central has them.")
    if one.price_micro_yuan_per_kwh is not None:
        rate = exact(one.price_micro_yuan_per_kwh, Unit.YUAN)
        yield say("Price then: {rate} yuan/kWh, version {version}", rate=rate, version=one.price_version)
    for alarm in one.alarms:
        yield say(
            "! Alarm since {when}: {what} {subject}: {detail}",
            when=clock_text(alarm.at.wall_ms, offset),
            what=in_chinese(alarm.what, ALARMS),
            subject=alarm.subject,
            detail=detail_text(alarm.detail),
        )
    yield say(
        "Looked through {rows} rows, back to {when}.",
        rows=one.rows_seen,
        when=clock_text(one.rows_from_ms, offset),
    )


def _decision(one: PastExplanation, offset: int) -> Iterator[str]:
    decision = one.decision
    if decision is None:
        yield say("Decision: none is kept from before then")
        return
    yield say(
        "Decision since {when}: {decision}, because {reason}, with {balance} left",
        when=clock_text(decision.at.wall_ms, offset),
        decision=say(DECISIONS[decision.decision]),
        reason=reason_text(decision.reason),
        balance=with_unit(decision.balance, one.unit),
    )


def _relay(one: PastExplanation, offset: int) -> Iterator[str]:
    relay = one.relay
    if relay is None:
        yield say("Relay: no report is kept from before then")
        return
    yield say(
        "Relay since {when}: wanted {wanted}, seen {seen}, {verdict} ({reason})",
        when=clock_text(relay.at.wall_ms, offset),
        wanted=say(CONTACT[relay.desired_closed]),
        seen=say(CONTACT[relay.observed_closed]),
        verdict=say(VERDICTS[relay.verdict]),
        reason=reason_text(relay.why),
    )
