"""The meetings' front page with the weeks' takings as a chart, and the rows behind a pack's figures."""

from datetime import timedelta

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from central import clock
from central.campus.models import Account, Building, CustomerClass
from central.clock import campus_day
from central.desk.day_sums import totals_by_day
from central.domain.day_totals import sum_of
from central.domain.improvement_items import STANDING, TO_DO, State
from central.domain.meeting_days import week_spoken_of, weeks_until
from central.domain.paper import Column, Kind, Row, Table
from central.domain.periods import NotAPeriod, Period, PeriodKind, days_of, month_period, read_period, week_of
from central.office.access import may, roles
from central.office.page_table import page_tables
from central.office.roles import KEEP_MEETINGS, RECORD_ITEMS, SEE_MEETINGS, SEE_MONEY
from central.office.templatetags.cardroom import fen
from central.papers.accounting import instants_of
from central.papers.charts import Axis, column_chart
from central.papers.charts import Column as Bar
from central.papers.words import period_words
from central.reports.meetings import figures
from central.reports.meetings.forms import OpenForm
from central.reports.meetings.models import Item, Meeting
from central.reports.meetings.queries import his_items, meeting_of
from central.reports.meetings.week import week_with_meeting
from central.reports.meetings.weekly_pack import CODE
from central.reports.schedule.models import MadePaper

WEEKS_SHOWN = 8
PER_PAGE, ROWS_PER_PAGE = 20, 100
FEN_PER_YUAN = 100


@roles(*SEE_MEETINGS)
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show the pack of the last week, how takings went, what is to be done, and the meetings."""
    now_ms = clock.now_ms()
    today = campus_day(now_ms)
    spoken_of, this_week = week_spoken_of(today), week_of(today)
    coming = week_with_meeting(spoken_of)
    if coming.meets_ms <= now_ms:
        coming = week_with_meeting(this_week)
    page = Paginator(Meeting.objects.order_by("-opened_ms", "-pk"), PER_PAGE).get_page(
        request.GET.get("page")
    )
    sees_money = may(request, SEE_MONEY)
    monthly = meeting_of(Meeting.Kind.MONTHLY, month_period(today.year, today.month).name)
    standing = Item.objects.filter(state__in=STANDING)
    context = {
        "chart": _chart(spoken_of, this_week) if sees_money else "",
        "packs": [(period_words(one), _pack_address(one), _kept(one)) for one in (spoken_of, this_week)]
        if sees_money
        else [],
        "next": coming,
        "standing": standing.count(),
        "late": standing.filter(state__in=TO_DO, due__lt=today).count(),
        "to_check": standing.filter(state=State.DONE).count(),
        "mine": his_items(request.user, now_ms).count(),
        "page": page,
        "before": "",
        "monthly": monthly,
        "month": f"{today:%Y-%m}",
        "form": OpenForm(initial={"kind": Meeting.Kind.REVIEW, "day": today})
        if may(request, KEEP_MEETINGS)
        else None,
        "may_open_items": may(request, RECORD_ITEMS),
    }
    return render(request, "meetings/home.html", context)


def _pack_address(week: Period) -> str:
    return f"{reverse('papers:report', args=[CODE])}?period={week.name}"


def _kept(week: Period) -> MadePaper | None:
    """Give a week's pack as it was made for the meeting and told of, the newest."""
    return MadePaper.objects.filter(code=CODE, period=week.name).order_by("pk").last()


def _chart(last: Period, this_week: Period) -> SafeString:
    """Draw the takings of some weeks up to the running one."""
    weeks = weeks_until(this_week, WEEKS_SHOWN)
    by_day = totals_by_day(weeks)
    bars = []
    for back in reversed(range(WEEKS_SHOWN)):
        week = week_of(this_week.first - timedelta(days=7 * back))
        total = sum_of(by_day[day] for day in days_of(week) if day in by_day).total
        words = {"week": period_words(week), "sum": fen(total)}
        hint = _("%(week)s: %(sum)s yuan") % words
        bars.append(Bar(f"{week.first:%m-%d}", total, hint, unfinished=week == this_week))
    title = _("Takings by week")
    last_one = next(bar for bar in reversed(bars) if bar.label == f"{last.first:%m-%d}")
    return column_chart("weeks", title, last_one.hint, bars, Axis(_("yuan, week from"), FEN_PER_YUAN))


@roles(*SEE_MONEY)
@require_safe
def rows(request: HttpRequest, week: str, what: str) -> HttpResponse:
    """List the accounts behind a figure of a pack, the largest first."""
    try:
        period = read_period(week)
    except NotAPeriod as error:
        raise Http404 from error
    if period.kind is not PeriodKind.WEEK or what not in ("use", "left-yuan", "left-kwh"):
        raise Http404
    class_code, building = request.GET.get("class", "")[:32], request.GET.get("building", "")[:16]
    amounts = _amounts(period, what, class_code, building)
    page = Paginator(amounts, ROWS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "title": _title(what),
        "period": period_words(period),
        "where": _where(class_code, building),
        "pack": _pack_address(period),
        "tables": page_tables([_rows_table(what, page.object_list)]),
        "page": page,
        "before": f"class={class_code}" if class_code else f"building={building}",
    }
    return render(request, "meetings/rows.html", context)


def _title(what: str) -> str:
    return _("Used, by account") if what == "use" else _("Left at the end of the week, by account")


def _where(class_code: str, building: str) -> str:
    named = CustomerClass.objects.filter(code=class_code).values_list("name", flat=True).first()
    house = Building.objects.filter(code=building).values_list("name", flat=True).first()
    return named or house or ""


def _amounts(period: Period, what: str, class_code: str, building: str) -> list[tuple[str, int]]:
    """Give account and amount of those in a class or building, the largest first."""
    from_ms, until_ms = instants_of(period)
    if what == "use":
        found = figures.used_by_account(from_ms, until_ms)
    else:
        unit = what.partition("-")[2]
        left = figures.left_by_account(until_ms)
        found = {account: amount for (account, of), amount in left.items() if of == unit}
    places = figures.places_of_accounts()
    chosen = [
        (account, amount)
        for account, amount in found.items()
        for place in [places.get(account, ("", ""))]
        if class_code in ("", place[0]) and building in ("", place[1])
    ]
    return sorted(chosen, key=lambda one: (-one[1], one[0]))


def _rows_table(what: str, amounts: list[tuple[str, int]]) -> Table:
    kind = Kind.YUAN if what == "left-yuan" else Kind.KWH
    columns = [
        Column("account", _("Account"), width=12),
        Column("room", _("Room"), width=14),
        Column("amount", _("yuan") if kind is Kind.YUAN else _("kWh"), kind, 12),
    ]
    codes = [account for account, _amount in amounts]
    accounts = Account.objects.filter(code__in=codes).select_related("point__room__building")
    rooms = {account.code: account.point.room for account in accounts}
    lines = []
    for code, amount in amounts:
        room = rooms.get(code)
        links = {"room": reverse("dashboard:room", args=[room.pk])} if room else {}
        lines.append(Row([code, room.full_label if room else "", amount], links))
    return Table("", columns, lines)
