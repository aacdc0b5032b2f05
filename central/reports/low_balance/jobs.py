"""The job that makes each building's list at its hour; of lists that were missed only the newest is made: old ones help nobody."""

from collections.abc import Iterator
from datetime import timedelta

from django.urls import reverse
from django.utils.translation import gettext_lazy

from central.campus.models import Building
from central.clock import campus_day, start_of_day_ms
from central.domain.scheduled_runs import HOUR_MS
from central.office.dated_settings import Where, number_at
from central.office.roles import SEE_LOW_BALANCES
from central.reports.low_balance.lists import ListRefusal, make_list
from central.reports.schedule.jobs import Done, Due, Job, Late

LOW_HOUR = "balance.low-hour"


def dues(after_ms: int, until_ms: int) -> Iterator[Due]:
    """Give each building's hour of each day in (after, until], by the setting as it was when the day began."""
    day, last = campus_day(after_ms), campus_day(until_ms)
    buildings = list(Building.objects.order_by("code").values_list("code", flat=True))
    while day <= last:
        begins_ms = start_of_day_ms(day)
        for code in buildings:
            at_ms = begins_ms + number_at(LOW_HOUR, begins_ms, Where(building=code)) * HOUR_MS
            if after_ms < at_ms <= until_ms:
                yield Due(f"day:{day} {code}", at_ms, period=f"day:{day}", lane=code)
        day += timedelta(days=1)


def run(due: Due, now_ms: int) -> Done:
    """Make the list that is due, and queue it for the building's groups; the same due again is the same list."""
    building = Building.objects.filter(code=due.lane).first()
    if building is None:
        return Done("no-such-building", {"building": due.lane})
    made = make_list(building, due.name, now_ms=now_ms)
    if isinstance(made, ListRefusal):
        return Done("low-balance-none", {"building": building.name})
    code = "low-balance-silent" if made.is_silent else "low-balance-made"
    words = {"building": building.name, "count": len(made.rows), "rooms": made.rooms}
    return Done(code, words, link=reverse("low_balance:list", args=[made.pk]))


JOB = Job(
    code="low-balance-lists",
    title=gettext_lazy("Lists of low balances"),
    about=gettext_lazy("Each building's list at its hour, for the class and dormitory heads' groups."),
    roles=SEE_LOW_BALANCES,
    dues=dues,
    run=run,
    late=Late.NEWEST_ONLY,
)
