"""A room's use as a chart: by hour for a day, by day for a month. Hours without a reading are gaps, not zeros."""

from collections.abc import Sequence
from datetime import timedelta

from django.db.models import Sum
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from central.clock import campus_day, local, start_of_day_ms
from central.link.telemetry.models import HourlyUse
from central.papers.charts import Axis, Column, column_chart
from gateway.contract.quantities import WattHours, kwh_text

HOUR_MS = 3_600_000
HOURS, DAYS = 24, 30


def by_hour(meters: Sequence[str], now_ms: int) -> list[Column]:
    """Give the last 24 hours, the running one last."""
    this_hour_ms = now_ms - now_ms % HOUR_MS
    starts = [this_hour_ms - HOUR_MS * back for back in range(HOURS - 1, -1, -1)]
    used = _used(meters, starts[0])
    return [
        _column(
            local(ms).strftime("%H:00"), local(ms).strftime("%m-%d %H:00"), used.get(ms), ms == this_hour_ms
        )
        for ms in starts
    ]


def by_day(meters: Sequence[str], now_ms: int) -> list[Column]:
    """Give the last 30 days, today last."""
    today = campus_day(now_ms)
    days = [today - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    by_date: dict[object, int] = {}
    for hour_ms, energy_wh in _used(meters, start_of_day_ms(days[0])).items():
        by_date[campus_day(hour_ms)] = by_date.get(campus_day(hour_ms), 0) + energy_wh
    return [_column(f"{day:%m-%d}", f"{day:%Y-%m-%d}", by_date.get(day), day == today) for day in days]


def use_chart(chart_id: str, by: str, columns: Sequence[Column]) -> SafeString:
    """Draw a room's use; `by` is hour or day."""
    title = _("Use of the last 30 days") if by == "day" else _("Use of the last 24 hours")
    measured = [column.value for column in columns if column.value is not None]
    description = _("%(total)s kWh in all, at most %(most)s kWh in one column.") % {
        "total": kwh_text(WattHours(sum(measured))),
        "most": kwh_text(WattHours(max(measured, default=0))),
    }
    return column_chart(chart_id, title, description, columns, Axis(_("kWh"), 1000))


def _used(meters: Sequence[str], from_ms: int) -> dict[int, int]:
    rows = HourlyUse.objects.filter(meter__in=meters, hour_ms__gte=from_ms).values_list("hour_ms")
    return dict(rows.annotate(total=Sum("energy_wh")))


def _column(label: str, when: str, energy_wh: int | None, unfinished: bool) -> Column:
    measured = _("no reading") if energy_wh is None else f"{kwh_text(WattHours(energy_wh))} kWh"
    return Column(label, energy_wh, f"{when}  {measured}", unfinished)
