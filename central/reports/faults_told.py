"""What a period's faults were opened from (R-4.3.3b): what the gateways told of their meters and of themselves, silent gateways,
rows that could not be taken. What, where, since when, until when, for how long, and what still stands.

Losses have tables of their own, and what people did at a gateway is no fault. An alarm that came back stands with its last time.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from central.campus.models import Account, Binding, Room
from central.clock import minute_text
from central.domain.paper import Cell, Column, Kind, Row, Table
from central.link.gateway_queries import without_lists
from central.link.models import Alarm, Gateway, QuarantinedRow
from central.office.alarm_details import detail_words
from central.office.dated_settings import number_at
from central.office.models import Notice
from central.office.words import ALARMS, name_of

MINUTE_MS = 60_000
LOSSES = ("energy-loss", "unusual-loss", "master-below-subs")
DEEDS = (
    *("alarm-resolved", "account-released", "lock-out-ended", "locked-out", "cuts-approved"),
    *("emergency-drawn", "voucher-codes-refused", "address-changed", "meter-clock-set", "line-told-the-time"),
)
SILENT = "gateway-silent"


@dataclass(frozen=True, slots=True)
class Told:
    """One fault. `until_ms` None: it stands, or nobody knows when it ended (`is_over`)."""

    building: str
    room: Room | None
    subject: str
    what: str
    detail: str
    since_ms: int
    until_ms: int | None
    is_over: bool
    page: str


def told_tables(from_ms: int, until_ms: int, now_ms: int) -> list[Table]:
    """Count what stood at any time of a span by what it is, and list it."""
    faults = [
        *_alarms(from_ms, until_ms),
        *silent_gateways(from_ms, until_ms, now_ms),
        *quarantined(from_ms, until_ms),
    ]
    faults.sort(key=lambda one: (one.building, one.since_ms, one.what))
    return [_count_table(faults), _told_table(faults, min(until_ms, now_ms))]


def notes() -> list[str]:
    """Say how the tables are to be read."""
    return [
        _("Duration: until it ended; of what stands, until the period's end or the making of this sheet."),
        _("A fault that came back stands with its last time. Losses have tables of their own."),
    ]


def _alarms(from_ms: int, until_ms: int) -> list[Told]:
    stood = Alarm.objects.filter(Q(cleared_ms=None) | Q(cleared_ms__gte=from_ms), raised_ms__lt=until_ms)
    found = list(without_lists(stood.exclude(what__in=[*LOSSES, *DEEDS]).select_related("gateway__building")))
    rooms = _rooms_of([one.subject for one in found])
    return [
        Told(
            one.gateway.building.name if one.gateway else "",
            rooms.get(one.subject),
            one.subject,
            str(name_of(ALARMS, one.what)),
            str(detail_words(one.detail)),
            one.raised_ms,
            one.cleared_ms,
            one.cleared_ms is not None,
            reverse("dashboard:alarms"),
        )
        for one in found
    ]


def silent_gateways(from_ms: int, until_ms: int, now_ms: int) -> list[Told]:
    """Give silences by what was told of them: a notice's key names the gateway and when it was heard last."""
    after_ms = number_at("link.silent-after", now_ms) * MINUTE_MS
    gateways = {one.pk: one for one in without_lists(Gateway.objects.select_related("building"), "")}
    heard: dict[tuple[str, int], bool] = {}
    told = Notice.objects.filter(template=SILENT, at_ms__gte=from_ms, at_ms__lt=until_ms)
    for key in told.values_list("key", flat=True):
        gateway, _dash, last_ms = key.removeprefix("gateway-").rpartition("-")
        if gateway in gateways and last_ms.isdigit():
            heard[gateway, int(last_ms)] = True
    for one in gateways.values():
        if one.last_seen_ms is not None and one.last_seen_ms < now_ms - after_ms:
            heard[one.pk, one.last_seen_ms] = False
    return [
        _silence(gateways[name], since_ms, is_over)
        for (name, since_ms), is_over in heard.items()
        if since_ms < until_ms
    ]


def _silence(gateway: Gateway, since_ms: int, is_over: bool) -> Told:
    page, what = reverse("dashboard:gateways"), _("Gateway silent")
    return Told(gateway.building.name, None, gateway.pk, what, "", since_ms, None, is_over, page)


def quarantined(from_ms: int, until_ms: int) -> list[Told]:
    stood = QuarantinedRow.objects.filter(
        Q(resolved_ms=None) | Q(resolved_ms__gte=from_ms), received_ms__lt=until_ms
    )
    return [
        Told(
            one.gateway.building.name,
            None,
            one.gateway_id,
            _("A row in quarantine"),
            f"{one.epoch} {one.seq}: {one.reason}",
            one.received_ms,
            one.resolved_ms,
            one.resolved_ms is not None,
            reverse("dashboard:alarms"),
        )
        for one in without_lists(stood.select_related("gateway__building")).order_by("received_ms")
    ]


def _rooms_of(subjects: Iterable[str]) -> dict[str, Room]:
    """Find the rooms that meters' numbers or accounts' codes belong to now."""
    wanted = set(subjects)
    accounts = Account.objects.filter(code__in=wanted).select_related("point__room__building")
    ties = Binding.objects.filter(meter__meter_no__in=wanted).order_by("from_ms")
    rooms = {one.code: one.point.room for one in accounts}
    related = ties.select_related("meter", "account__point__room__building")
    return rooms | {one.meter.meter_no: one.account.point.room for one in related}


def _count_table(faults: Iterable[Told]) -> Table:
    counts: dict[str, list[int]] = {}
    for one in faults:
        sums = counts.setdefault(one.what, [0, 0])
        sums[0] += 1
        sums[1] += not one.is_over
    columns = [
        Column("what", _("What"), width=40),
        Column("count", _("Faults"), Kind.COUNT, 10, summed=True),
        Column("open", _("Still open"), Kind.COUNT, 10, summed=True),
    ]
    return Table(
        _("What the gateways told, by kind"),
        columns,
        [Row([what, *sums]) for what, sums in sorted(counts.items())],
    )


def _told_table(faults: Iterable[Told], ends_ms: int) -> Table:
    columns = [
        Column("building", _("Building"), width=12),
        Column("room", _("Room"), width=10),
        Column("subject", _("Meter, account or gateway"), width=16),
        Column("what", _("What"), width=24),
        Column("detail", _("Particulars"), width=30),
        Column("since", _("Since"), width=16),
        Column("until", _("Until"), width=16),
        Column("duration", _("Duration, h:min"), width=10),
    ]
    return Table(_("Told by the gateways"), columns, [_told_row(one, ends_ms) for one in faults])


def _told_row(one: Told, ends_ms: int) -> Row:
    until = _("still open")
    if one.is_over:
        until = minute_text(one.until_ms) if one.until_ms else _("heard again")
    ended_ms = one.until_ms if one.is_over else ends_ms
    cells: list[Cell] = [
        one.building,
        one.room.full_label if one.room else "",
        one.subject,
        one.what,
        one.detail,
        minute_text(one.since_ms),
        until,
        _duration(ended_ms - one.since_ms) if ended_ms else "",
    ]
    links = {"what": one.page}
    if one.room:
        links["room"] = reverse("dashboard:room", args=[one.room.pk])
    return Row(cells, links)


def _duration(span_ms: int) -> str:
    minutes = max(span_ms, 0) // MINUTE_MS
    return f"{minutes // 60}:{minutes % 60:02d}"
