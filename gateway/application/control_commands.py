"""Central begins or ends a room's software control: nobody stands by the meter, so its own good readings decide (R-4.3.5, C-5)."""

from gateway.application.accounts import metered
from gateway.application.alarms import raise_alarm
from gateway.application.known_grants import Done
from gateway.application.ports import Journal
from gateway.application.records import RoomControl
from gateway.application.software_control import (
    BeginOrder,
    Begun,
    ControlRefusal,
    ControlRefused,
    begin,
    go_on,
    not_standing,
    why_not_end,
)
from gateway.contract.commands import BeginSoftwareControl, EndSoftwareControl
from gateway.contract.facts import CommandOutcome, Instant
from gateway.contract.meter_facts import SoftwareControlBegun
from gateway.domain.instants import elapsed_ms
from gateway.domain.reading import MeterState
from gateway.words import mark

FRESH_MS = 15 * 60_000
"""A good reading older than this proves nothing about a meter that was faulty."""
MOST_ID = 64


def begin_by_command(journal: Journal, body: BeginSoftwareControl, now: Instant) -> Done:
    """Begin at the last good reading, for nobody stands beside the meter. Idempotent by its id."""
    known = journal.record(RoomControl, body.control)
    if known is not None:
        return _known(journal, known.begun, body, now)
    if not body.control or len(body.control) > MOST_ID:
        return Done(CommandOutcome.REFUSED, "its id can't be kept")
    ask = BeginOrder(body.control, body.account, body.by, body.why, body.ref, max(0, body.wh_per_day))
    done = begin(journal, ask, now)
    if isinstance(done, Begun):
        return Done(CommandOutcome.APPLIED, relay=done.relay)
    unknown = done.why is ControlRefusal.UNKNOWN_ACCOUNT
    return Done(CommandOutcome.UNKNOWN_ACCOUNT if unknown else CommandOutcome.REFUSED, done.detail)


def _known(journal: Journal, begun: SoftwareControlBegun, body: BeginSoftwareControl, now: Instant) -> Done:
    same = (begun.account, begun.by, begun.why, begun.ref) == (body.account, body.by, body.why, body.ref)
    if same:
        return Done(CommandOutcome.EXISTS)
    detail = "the same id came again with other content"
    raise_alarm(journal, "exists-with-different", f"software control {body.control}", detail, now)
    return Done(CommandOutcome.EXISTS_WITH_DIFFERENT, body.control)


def end_by_command(journal: Journal, body: EndSoftwareControl, now: Instant) -> Done:
    """End it at the meter's last good reading, which must be of just now. Ended before, it is EXISTS."""
    known = journal.record(RoomControl, body.control)
    if known is not None and known.ended is not None:
        return Done(CommandOutcome.EXISTS, known.ended.end.value)
    if known is None:
        return Done(CommandOutcome.REFUSED, not_standing(body.control).detail)
    account = known.begun.account
    gathered = metered(journal, account)
    meter = gathered.meter if gathered else None
    refused = _why_not_from_afar(meter, now) or why_not_end(
        known, gathered, account, (meter.register_wh or 0) if meter else 0
    )
    if refused is not None or meter is None:
        return Done(CommandOutcome.REFUSED, (refused or not_standing(account)).detail)
    done = go_on(journal, account, meter, body.by, body.why, now)
    return Done(CommandOutcome.APPLIED, relay=done.relay, read=(meter.meter,))


def _why_not_from_afar(meter: MeterState | None, now: Instant) -> ControlRefused | None:
    """Nobody stands beside it: only what was read well, and lately, says that it is good again."""
    if meter is None:
        return None
    if meter.questionable:
        text = mark("the story of {meter} is in doubt: end it on site, where its register is read")
        return ControlRefused(ControlRefusal.METER_IN_DOUBT, text, {"meter": meter.meter})
    passed_ms = elapsed_ms(meter.at, now) if meter.at and meter.at.boot == now.boot else None
    if meter.silent_since is not None or passed_ms is None or passed_ms > FRESH_MS:
        text = mark("{meter} gave no good reading in a quarter of an hour: have it read first")
        return ControlRefused(ControlRefusal.METER_SILENT, text, {"meter": meter.meter})
    return None
