"""Look at the rooms that want to be told, each twice an hour, and tell those that fell below; end the wishes of who has left."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial

from django.db import transaction
from django.urls import reverse

from central.campus.models import Account
from central.campus.queries import prices_at
from central.desk.lasting import days_left_of_rooms
from central.desk.low_balance import amounts_of, limits_of
from central.desk.room_lines import RoomLine, room_lines
from central.desk.room_notices.models import RoomNotice
from central.desk.room_notices.notices import LOW_TEMPLATE, amounts_text
from central.desk.room_notices.operations import LIVE, end, stop_token
from central.desk.search import points_with_class
from central.domain.low_balance import Limits, Told, crossing, is_low
from central.ledger.one_writer import lock_head
from central.office.dated_settings import number_at
from central.office.notices import notify
from central.office.sealing import seal
from gateway.contract.quantities import Unit

CENTRAL = "central"
LOOKED_EACH_MS = 30 * 60_000
AT_ONCE = 200
State, Why = RoomNotice.State, RoomNotice.Why


@dataclass(frozen=True, slots=True)
class Standing:
    """How a room stands now."""

    line: RoomLine
    limits: Limits
    days: int | None

    @property
    def is_below(self) -> bool:
        """Say whether it is below its limit."""
        return is_low(amounts_of(self.line), self.limits)


def tell_low_rooms(now_ms: int) -> int:
    """End what is over, then look at the wishes that were not looked at for longest; give how many rooms were told."""
    _end_what_is_over(now_ms)
    due = RoomNotice.objects.filter(state=State.ON, looked_ms__lte=now_ms - LOOKED_EACH_MS)
    notices = list(due.select_related("account").order_by("looked_ms", "pk")[:AT_ONCE])
    standings = _standings(notices, now_ms)
    RoomNotice.objects.filter(pk__in=[one.pk for one in notices]).update(looked_ms=now_ms)
    again_days = number_at("balance.told-again-days", now_ms)
    return sum(
        _look_at(notice, standing, again_days, now_ms)
        for notice in notices
        if (standing := standings.get(notice.account.code)) is not None
    )


def _end_what_is_over(now_ms: int) -> None:
    """End the wishes of closed accounts, and those whose code nobody typed."""
    live = RoomNotice.objects.filter(state__in=LIVE)
    for pk in live.exclude(account__state=Account.State.OPEN).values_list("pk", flat=True)[:AT_ONCE]:
        end(pk, Why.DEPARTED, actor=CENTRAL, now_ms=now_ms)
    late = RoomNotice.objects.filter(state=State.WAITING, code_until_ms__lt=now_ms)
    for pk in late.values_list("pk", flat=True)[:AT_ONCE]:
        end(pk, Why.UNCONFIRMED, actor=CENTRAL, now_ms=now_ms)


def _standings(notices: Iterable[RoomNotice], now_ms: int) -> dict[str, Standing]:
    """Read how the rooms stand, by account; a fixed number of queries."""
    own = {notice.account.code: notice.limit for notice in notices}
    points = list(points_with_class().filter(live__code__in=own))
    lines = room_lines(points, now_ms)
    limits = limits_of(points, now_ms)
    prices = prices_at({point.customer_class.tariff_id for point in points}, now_ms)
    priced = [
        (line, prices.get(point.customer_class.tariff_id)) for point, line in zip(points, lines, strict=True)
    ]
    days = days_left_of_rooms(priced, now_ms)
    return {
        line.account: Standing(
            line, _with_own(limits[point.pk], own[line.account], line.unit), days[line.room_id]
        )
        for point, line in zip(points, lines, strict=True)
    }


def _with_own(limits: Limits, own: int | None, unit: str) -> Limits:
    """Put the residents' own limit in place of the setting's, in the room's unit."""
    if own is None:
        return limits
    return replace(limits, energy_wh=own) if unit == Unit.KWH else replace(limits, micro_yuan=own)


def _look_at(notice: RoomNotice, standing: Standing, again_days: int, now_ms: int) -> bool:
    """Keep how a room stands, and tell it where it fell; say whether it was told. What hasn't changed is not written."""
    is_below = standing.is_below
    crosses = partial(crossing, is_below=is_below, again_days=again_days, now_ms=now_ms)
    if is_below == notice.is_below and not crosses(Told(notice.is_below, notice.told_ms)):
        return False
    with transaction.atomic():
        lock_head()
        found = RoomNotice.objects.select_for_update(no_key=True).get(pk=notice.pk)
        if found.state != State.ON:
            return False
        tells = crosses(Told(found.is_below, found.told_ms))
        # who is told of a fall within a day of the last one waits: it must still count as a fall tomorrow
        found.is_below = is_below and (tells or found.is_below)
        if tells:
            found.told_ms = now_ms
            notify(
                LOW_TEMPLATE,
                _params(found, standing),
                to=[found.channel.group],
                key=f"room-low-{found.pk}-{now_ms}",
                now_ms=now_ms,
            )
        found.save(update_fields=["is_below", "told_ms"])
    return tells


def _params(notice: RoomNotice, standing: Standing) -> dict[str, str | int]:
    line, amounts = standing.line, amounts_of(standing.line)
    unit = amounts[0][1]
    stop = reverse("my-room:notice-stop", args=[stop_token(notice)])
    return {
        "room": line.label,
        "left": amounts_text(amounts),
        "limit": amounts_text(((standing.limits.of(unit), unit),)),
        "days": "" if standing.days is None else standing.days,
        "heard_ms": line.last_seen_ms or "",
        "stop_secret": seal({"value": stop}),
    }
