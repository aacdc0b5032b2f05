"""Gateways, alarms, rows in quarantine: reads of the live pages, to plain data."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Max, OuterRef, Subquery

from central.campus.models import Account, Binding, Room
from central.ledger.models import AuditEntry
from central.link.gateway_queries import Length, without_lists
from central.link.models import Alarm, Command, Gateway, GatewayEpoch, QuarantinedRow, WatermarkCheck
from central.link.resolving import AUDIT, asked_of_gateway, audit_subject, can_be_resolved
from central.office.alarm_details import detail_words
from central.office.models import User, of_served
from central.office.words import ALARMS, Words, name_of

OPEN_COMMANDS = (Command.State.QUEUED, Command.State.SENT, Command.State.PENDING)


_EPOCHS = GatewayEpoch.objects.filter(gateway=OuterRef("pk")).order_by().values("gateway")
_RECEIVED = Subquery(_EPOCHS.annotate(last=Max("received_seq")).values("last"))
"""The newest row of a gateway. By itself: grouped with the gateways, all that a gateway told would be compared."""


@dataclass(frozen=True)
class GatewayHealth:
    """One line of the health strip. `unanswered` counts commands that the gateway has not answered yet."""

    gateway: Gateway
    unanswered: int
    quarantined: int
    alarms: int
    received_seq: int
    meters: int
    """That its last birth named."""


def gateway_health(user: User) -> list[GatewayHealth]:
    """Give the line of every gateway of the reader's buildings, by building."""
    unanswered = Counter(Command.objects.filter(state__in=OPEN_COMMANDS).values_list("gateway_id", flat=True))
    quarantined = Counter(
        QuarantinedRow.objects.filter(resolved_ms=None).values_list("gateway_id", flat=True)
    )
    alarms = Counter(Alarm.objects.filter(cleared_ms=None).values_list("gateway_id", flat=True))
    rows = without_lists(Gateway.objects.select_related("building"), "")
    gateways = rows.annotate(received=_RECEIVED, meters=Length("meters_seen"))
    return [
        GatewayHealth(g, unanswered[g.pk], quarantined[g.pk], alarms[g.pk], g.received or 0, g.meters)
        for g in gateways.filter(of_served(user, "building")).order_by("building__code")
    ]


@dataclass(frozen=True)
class AlarmRow:
    """An alarm in the reader's words, with the room it is about (or its bare subject, and no room)."""

    alarm: Alarm
    words: Words
    detail: Words
    label: str
    room_id: int | None
    can_be_resolved: bool
    asked: bool
    """Its gateway was asked to end it, and has not answered."""
    said: Words
    """What a person did, or the reason a person gave; empty when it ended with its cause."""


DEEDS = (
    *("alarm-resolved", "account-released", "lock-out-ended", "cuts-approved", "emergency-drawn"),
    "voucher-codes-refused",
)
"""What a gateway reports of people: over when it is told."""


def alarm_row(alarm: Alarm) -> AlarmRow:
    """Give one alarm."""
    return _with_rooms([alarm])[0]


def open_alarms(user: User, limit: int | None = None) -> list[AlarmRow]:
    """Give what needs a person now in the reader's buildings, newest first."""
    mine = Alarm.objects.filter(of_served(user, "gateway__building"), cleared_ms=None)
    return _with_rooms(without_lists(mine.select_related("gateway__building"))[:limit])


def count_open_alarms(user: User) -> int:
    """Count what needs a person now in the reader's buildings."""
    return Alarm.objects.filter(of_served(user, "gateway__building"), cleared_ms=None).count()


def cleared_alarms(user: User, limit: int) -> list[AlarmRow]:
    """Give what was settled last in the reader's buildings."""
    mine = Alarm.objects.filter(of_served(user, "gateway__building"))
    settled = without_lists(mine.exclude(cleared_ms=None).select_related("gateway__building"))
    return _with_rooms(settled.order_by("-cleared_ms")[:limit])


def _with_rooms(alarms: Iterable[Alarm]) -> list[AlarmRow]:
    alarms = list(alarms)
    rooms = rooms_named([alarm.subject for alarm in alarms])
    asked, reasons = asked_of_gateway([alarm.pk for alarm in alarms]), _reasons(alarms)
    return [
        AlarmRow(
            alarm,
            name_of(ALARMS, alarm.what),
            detail_words(alarm.detail),
            rooms[alarm.subject].full_label if alarm.subject in rooms else alarm.subject,
            rooms[alarm.subject].pk if alarm.subject in rooms else None,
            can_be_resolved(alarm),
            alarm.pk in asked,
            detail_words(alarm.detail) if alarm.what in DEEDS else reasons.get(alarm.pk, ""),
        )
        for alarm in alarms
    ]


def _reasons(alarms: list[Alarm]) -> dict[int, str]:
    """Give who resolved central's own alarms, and why; one that ended with its cause has no such record."""
    own = [alarm for alarm in alarms if alarm.by_central and alarm.cleared_ms is not None]
    entries = AuditEntry.objects.filter(action=AUDIT, subject__in=[audit_subject(alarm) for alarm in own])
    said = {(entry.subject, entry.at_ms): f"{entry.actor}: {entry.detail}" for entry in entries}
    found = {alarm.pk: said.get((audit_subject(alarm), alarm.cleared_ms)) for alarm in own}
    return {pk: text for pk, text in found.items() if text is not None}


def rooms_named(subjects: Iterable[str]) -> dict[str, Room]:
    """Find the rooms that meters' numbers or accounts' codes belong to now."""
    subjects = list(subjects)
    accounts = Account.objects.filter(code__in=subjects).select_related("point__room__building")
    ties = Binding.objects.filter(meter__meter_no__in=subjects).order_by("from_ms")
    rooms = {account.code: account.point.room for account in accounts}
    rooms |= {
        tie.meter.meter_no: tie.account.point.room
        for tie in ties.select_related("meter", "account__point__room__building")
    }
    return rooms


def quarantined_rows(user: User, limit: int) -> list[QuarantinedRow]:
    """Give the rows of the reader's buildings that central couldn't take and nobody has settled (C-11)."""
    mine = QuarantinedRow.objects.filter(of_served(user, "gateway__building"), resolved_ms=None)
    return list(mine.order_by("-received_ms")[:limit])


def last_watermarks() -> dict[str, WatermarkCheck]:
    """Give each gateway's last comparison of balances (C-2)."""
    return {check.gateway_id: check for check in WatermarkCheck.objects.order_by("checked_ms")}
