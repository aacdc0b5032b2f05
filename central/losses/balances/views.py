"""Pages of balances: all buildings, a building's groups, one group with picture, trend and causes, and the rows of each figure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from central import clock
from central.campus.meter_groups import groups_of
from central.campus.models import Building
from central.domain.attributed import Verdict
from central.domain.balance_findings import of_figures, of_topology, unmetered_load
from central.domain.instant_balance import Figures, meters_at, together
from central.domain.loss_judgement import Learnt, judge_day, judge_period, ratio_ppm, worst
from central.domain.periods import NotAPeriod, Period, PeriodKind, accounting_period_of, day_period
from central.link.telemetry.archived import archived_between
from central.losses.balances import page_parts as parts
from central.losses.balances.day_rows import BALANCE_KINDS
from central.losses.balances.fixed_loss import ratios_of, waiting_of
from central.losses.balances.following import followed
from central.losses.balances.groups import (
    groups_at,
    groups_with_meter,
    room_meters,
    rooms_of_meters,
)
from central.losses.balances.judging import judged_of, judged_periods, usual_of
from central.losses.balances.queries import balance_of, by_day, joined
from central.losses.balances.words import FOLLOWED, KINDS, PATTERNS, VERDICTS, said
from central.losses.case_models import Case
from central.losses.case_queries import standing_of
from central.office.access import may, roles
from central.office.models import of_served
from central.office.roles import ASK_FIXED_LOSS, ASK_POLICIES, SEE_BALANCES, SEE_REPORTS, SEE_SUSPECTS
from central.office.words import Badge, Words, badge_of
from central.papers.accounting import first_days
from central.papers.trend_chart import sparkline
from central.papers.words import period_words
from gateway.contract.rules import GroupRule
from gateway.domain.loss import Balance

SPARK_DAYS = 30
ROWS_PER_PAGE, BUILDINGS_PER_PAGE = 150, 30


@dataclass(frozen=True, slots=True)
class Line:
    """One group, or one building with all its groups, in a list."""

    building: Building
    group: str
    kind: Words
    yesterday: Balance | None
    yesterday_badge: Badge
    period: Balance | None
    period_badge: Badge
    spark: SafeString
    day: str
    """Yesterday, as an address names it."""
    cases: int = 0
    """Of the building that stand."""


@roles(*SEE_BALANCES)
@require_safe
def balances(request: HttpRequest) -> HttpResponse:
    """Show every building that has groups: yesterday's and this period's unexplained loss."""
    now_ms = clock.now_ms()
    buildings = list(Building.objects.filter(of_served(request.user, "pk")).order_by("code"))
    page = Paginator([one for one in buildings if one.groups], BUILDINGS_PER_PAGE).get_page(
        request.GET.get("page")
    )
    cases = standing_of([one.pk for one in page])
    lines = [_building_line(one, cases.get(one.pk, 0), now_ms) for one in page]
    context = {
        "lines": [line for line in lines if line],
        "page": page,
        "without": [one for one in buildings if not one.groups],
        "period": period_words(parts.chosen("", now_ms)),
        "may_policies": may(request, ASK_POLICIES),
        "may_reports": may(request, SEE_REPORTS),
    }
    return render(request, "losses/balances.html", context)


@roles(*SEE_BALANCES)
@require_safe
def building(request: HttpRequest, building: str) -> HttpResponse:
    """Show a building's groups, and what is wrong with how they are set up."""
    now_ms, found = clock.now_ms(), building_of(request, building)
    rules = groups_of(found)
    rooms = room_meters(found, now_ms)
    names = {meter: room.full_label for meter, room in rooms.items()}
    context = {
        "building": found,
        "lines": _group_lines(found, now_ms),
        "findings": [said(one, names) for one in of_topology(rules, rooms, now_ms)],
        "period": period_words(parts.chosen("", now_ms)),
        "may_policies": may(request, ASK_POLICIES),
    }
    return render(request, "losses/balance_building.html", context)


@roles(*SEE_BALANCES)
@require_safe
def group(request: HttpRequest, building: str, group: str) -> HttpResponse:
    """Show one group over an interval: figures, picture, trend, ratios, causes."""
    now_ms, found = clock.now_ms(), building_of(request, building)
    rules = groups_of(found)
    period = _period(request, now_ms)
    from_ms, until_ms = parts.instants_so_far(period, now_ms)
    now = meters_at(rules, group, max(from_ms, until_ms - 1))
    if now is None:
        raise Http404
    rule, meters = now
    figures = balance_of(found, group, from_ms, until_ms)
    known = usual_of(found, rules, group, clock.campus_day(now_ms) - timedelta(days=1))
    lines = parts.sub_lines(found, rules, group, figures)
    days = parts.day_lines(rules, group, known, judged_of(found, [group], now_ms - 60 * 86_400_000))
    names = {meter: room.full_label for meter, room in rooms_of_meters(found, meters, now_ms).items()}
    findings = of_figures(figures)
    findings += [one] if (one := unmetered_load(rule, _last(known.figures, 14))) else []
    made = figures.balance
    context = {
        "building": found,
        "group": group,
        "rule": rule,
        "kind": KINDS[rule.kind],
        "period": period.name,
        "period_said": period_words(period),
        "is_running": from_ms <= now_ms < parts.instants_of(period)[1],
        "until_ms": until_ms,
        "choices": parts.choices(now_ms),
        "figures": figures,
        "archived": archived_between(BALANCE_KINDS, from_ms, until_ms),
        "made": made,
        "ratio": parts.percent(ratio_ppm(made) if made else None),
        "badge": VERDICTS[_judged(figures, rule, period)],
        "flow": parts.flow_of(rule, figures, lines),
        "lines": [(line, parts.percent(line.share_ppm)) for line in lines],
        "trend": parts.trend_of(days),
        "days": days[::-1],
        "findings": [said(one, names) for one in findings],
        "followed": _followed(request, found, group, names),
        "cases": Case.objects.filter(building=found, key__endswith=f":{group}").exclude(
            state=Case.State.CLOSED
        ),
        "outer": [one.group for one in groups_with_meter(rules, rule.master, now_ms)],
    }
    return render(request, "losses/balance_group.html", context | _ratios(request, found, rule, known.learnt))


def _ratios(request: HttpRequest, found: Building, rule: GroupRule, learnt: Learnt) -> dict[str, object]:
    """Give a group's fixed ratio with its history, what is usual, and the periods as they were judged."""
    group = rule.group
    return {
        "fixed": parts.percent(rule.fixed_loss_ppm),
        "tolerance": parts.percent(rule.tolerance_ppm),
        "periods": [
            (row, badge_of(VERDICTS, row.verdict), parts.percent(row.facts.get("ratio_ppm")))
            for row in judged_periods(found, group)
        ],
        "learnt": learnt,
        "suggested": _suggested(learnt.share_ppm, rule),
        "usual_share": parts.percent(learnt.share_ppm),
        "ratios": [(one, parts.percent(one.ppm)) for one in ratios_of(found, group)],
        "waiting": waiting_of(found, group),
        "may_ask": may(request, ASK_FIXED_LOSS),
    }


@roles(*SEE_BALANCES)
@require_safe
def rows(request: HttpRequest, building: str, group: str) -> HttpResponse:
    """Show the rows of a figure: each meter's totals at both ends of each stretch, frozen or interpolated."""
    now_ms, found = clock.now_ms(), building_of(request, building)
    rules, period = groups_of(found), _period(request, now_ms)
    from_ms, until_ms = parts.instants_so_far(period, now_ms)
    now = meters_at(rules, group, max(from_ms, until_ms - 1))
    if now is None:
        raise Http404
    rule, meters = now
    figures = balance_of(found, group, from_ms, until_ms)
    stretches = parts.chains(figures.inside)
    page = Paginator(stretches or [None], 1).get_page(request.GET.get("stretch"))
    names = {meter: room.full_label for meter, room in rooms_of_meters(found, meters, until_ms - 1).items()}
    stretch = page.object_list[0]
    context = {
        "building": found,
        "group": group,
        "rule": rule,
        "period": period.name,
        "period_said": period_words(period),
        "figures": figures,
        "archived": archived_between(BALANCE_KINDS, from_ms, until_ms),
        "stretches": stretches,
        "page": page,
        "stretch": stretch,
        "meters": Paginator(parts.meter_rows(found, meters, stretch, names), ROWS_PER_PAGE).get_page(
            request.GET.get("page")
        ),
        "here": urlencode({"at": period.name, "stretch": page.number}),
        "findings": [said(one, names) for one in of_figures(figures)],
    }
    return render(request, "losses/balance_rows.html", context)


def building_of(request: HttpRequest, code: str) -> Building:
    return get_object_or_404(Building.objects.filter(of_served(request.user, "pk")), code=code)


def _period(request: HttpRequest, now_ms: int) -> Period:
    """Read the interval; one that can't be read is the running accounting period."""
    try:
        return parts.chosen(request.GET.get("at", ""), now_ms)
    except NotAPeriod:
        return parts.chosen("", now_ms)


@dataclass(frozen=True, slots=True)
class _Known:
    """A group's last days and the running period."""

    rule: GroupRule
    days: dict[date, Figures]
    verdict: str
    period: Figures


def _known(building: Building, now_ms: int) -> list[_Known]:
    """Give what is known of each group of a building; the days before today, oldest first."""
    rules, today = groups_of(building), clock.campus_day(now_ms)
    from_ms, until_ms = parts.instants_so_far(accounting_period_of(today, first_days), now_ms)
    days = [today - timedelta(days=n) for n in range(SPARK_DAYS, -1, -1)]
    shown = groups_at(rules, now_ms)
    found = by_day(building, [rule.group for rule in shown], days) if shown else {}
    judged = judged_of(building, found, clock.start_of_day_ms(days[-2]))
    known = []
    for rule in shown:
        mine = found[rule.group]
        yesterday = mine[days[-2]]
        row = judged.get((rule.group, yesterday.from_ms))
        begins_within = all(clock.start_of_day_ms(day) != from_ms for day in days)
        period = (
            balance_of(building, rule.group, from_ms, until_ms)
            if begins_within
            else joined([one for one in mine.values() if one.from_ms >= from_ms], from_ms, until_ms)
        )
        before = {day: one for day, one in mine.items() if day != today}
        known.append(_Known(rule, before, row.verdict if row else judge_day(yesterday, rule, None), period))
    return known


def _group_lines(building: Building, now_ms: int) -> list[Line]:
    return [_line(building, one.rule.group, KINDS[one.rule.kind], [one]) for one in _known(building, now_ms)]


def _building_line(building: Building, cases: int, now_ms: int) -> Line | None:
    """Sum a building's groups up: each loses behind its own master. The verdict is the worst of them."""
    known = _known(building, now_ms)
    return _line(building, "", "", known, cases) if known else None


def _line(building: Building, group: str, kind: Words, known: Sequence[_Known], cases: int = 0) -> Line:
    days = list(known[0].days)
    sums = [together(made for one in known if (made := one.days[day].balance)) for day in days]
    return Line(
        building,
        group,
        kind,
        sums[-1],
        badge_of(VERDICTS, worst(one.verdict for one in known)),
        together(made for one in known if (made := one.period.balance)),
        VERDICTS[worst(judge_period(one.period) for one in known)],
        sparkline(_("Unexplained loss of the last 30 days"), [made and made.unexplained_wh for made in sums]),
        day_period(days[-1]).name,
        cases,
    )


def _judged(figures: Figures, rule: GroupRule, period: Period) -> str:
    return judge_day(figures, rule, None) if period.kind is PeriodKind.DAY else judge_period(figures)


def _last(figures: dict[date, Figures], count: int) -> list[Figures]:
    return [figures[day] for day in sorted(figures)[-count:]]


def _suggested(share_ppm: int | None, rule: GroupRule) -> str:
    """Give what a fixed ratio would be by the quiet days, to a tenth of a percent; "" where it is as it stands."""
    if share_ppm is None or share_ppm < 0:
        return ""
    rounded = round(share_ppm / 1_000) * 1_000
    return "" if abs(rounded - rule.fixed_loss_ppm) < 1_000 else parts.percent(rounded)


def _followed(
    request: HttpRequest, building: Building, group: str, names: dict[str, str]
) -> dict[str, object] | None:
    """Give what the loss follows, for those who go and look."""
    known = followed(building, group) if may(request, SEE_SUSPECTS) else None
    if known is None:
        return None
    return {
        "known": known,
        "badge": FOLLOWED[known.found.verdict],
        "has_unattributed": known.found.verdict in (Verdict.CORRIDOR_TAP, Verdict.BOTH),
        "suspects": [
            (one, names.get(one.meter, one.meter), PATTERNS[one.pattern], round(one.confidence * 100))
            for one in known.found.suspects
        ],
    }
