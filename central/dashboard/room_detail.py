"""One room in depth: what was billed, what the relay did and why, what is wrong with it."""

from dataclasses import dataclass

from django.db.models import Q

from central.campus.models import Meter
from central.dashboard.queries import rooms_named
from central.desk.room_lines import RoomLine
from central.link.models import Alarm, Gateway, GatewayEntry
from central.link.telemetry.models import DecisionEvent, RelayEvent
from central.office.models import User
from central.office.words import (
    CUT_OFF,
    DECISIONS,
    ENTRY_CAUSES,
    ENTRY_KINDS,
    SUPPLIED,
    UNKNOWN,
    VERDICTS,
    Badge,
    Words,
    badge_of,
    name_of,
    why_words,
)
from gateway.contract.facts import RelayVerdict

ENTRIES, EVENTS = 12, 12
SEEN_FIELDS = ("meter", "line", "model", "address")
"""What a birth says of a meter, in its order."""


@dataclass(frozen=True)
class EntryRow:
    """One ledger entry of the gateway; `lines` are bucket, unit, amount, balance after."""

    entry: GatewayEntry
    kind: Words
    cause: Words
    lines: list[tuple[str, str, int, int]]
    label: str = ""
    """The room whose energy it was, where several use up one balance."""


@dataclass(frozen=True)
class EventRow:
    """One thing that happened to the supply: a decision or a word from the relay."""

    at_ms: int
    badge: Badge
    what: Words
    is_decision: bool
    current_ma: int | None = None


def entries_of(line: RoomLine) -> list[EntryRow]:
    """Give the newest ledger entries of a room's account, and of its energy where another one's paid for it, newest first."""
    about = Q(account=line.account) | Q(used_by=line.account)
    rows = GatewayEntry.objects.filter(about).order_by("-at_ms", "-seq")[:ENTRIES]
    labels = {room.account: room.label for room in line.shares_with}
    return [
        EntryRow(
            row,
            name_of(ENTRY_KINDS, row.kind),
            name_of(ENTRY_CAUSES, row.cause),
            [tuple(x) for x in row.lines],
            labels.get(row.used_by or row.account, "") if row.energy_wh else "",
        )
        for row in rows
    ]


def events_of(line: RoomLine) -> list[EventRow]:
    """Give decisions and relay reports in one list, newest first."""
    relay = RelayEvent.objects.filter(meter__in=line.meters).order_by("-at_ms")[:EVENTS]
    decided = DecisionEvent.objects.filter(account=line.account).order_by("-at_ms")[:EVENTS]
    rows = [_relay_row(event) for event in relay]
    rows += [EventRow(e.at_ms, badge_of(DECISIONS, e.decision), why_words(e.reason), True) for e in decided]
    return sorted(rows, key=lambda row: -row.at_ms)[:EVENTS]


def latest_events(user: User, limit: int) -> list[tuple[str, int, EventRow]]:
    """Give what the relays of the reader's buildings said last, with room label and id; received last, first."""
    events = RelayEvent.objects.order_by("-pk")
    if user.served is not None:
        # Telemetry lies in its own database: no join.
        meters = Meter.objects.filter(building__in=user.served).values_list("meter_no", flat=True)
        events = events.filter(meter__in=list(meters))
    events = events[:limit]
    rooms = rooms_named(event.meter for event in events)
    return [
        (rooms[event.meter].full_label, rooms[event.meter].pk, _relay_row(event))
        for event in events
        if event.meter in rooms
    ]


def _relay_row(event: RelayEvent) -> EventRow:
    return EventRow(event.at_ms, _relay_badge(event), why_words(event.why), False, event.current_ma)


def _relay_badge(event: RelayEvent) -> Badge:
    if event.verdict in (RelayVerdict.CONFIRMED, RelayVerdict.HELD):
        return {True: SUPPLIED, False: CUT_OFF, None: UNKNOWN}[event.observed_closed]
    return badge_of(VERDICTS, event.verdict)


def alarms_of(line: RoomLine) -> list[Alarm]:
    """Give a room's alarms, open ones first."""
    about = Q(subject__in=[*line.meters, line.account] if line.account else line.meters)
    return sorted(
        Alarm.objects.filter(about)[:20], key=lambda alarm: (alarm.cleared_ms is not None, -alarm.raised_ms)
    )


def where_on_the_line(gateway: Gateway | None, meter: str) -> dict[str, str]:
    """Give the line, model and address of a meter as its gateway's birth listed them; empty when it did not."""
    seen = gateway.meters_seen if gateway else []
    return next((dict(zip(SEEN_FIELDS, row, strict=False)) for row in seen if row[0] == meter), {})
