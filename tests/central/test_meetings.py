"""Improvement items, reviews and meetings from their opening to their close, and the weekly pack's figures (R-5.1, R-4.2.6)."""

from datetime import date, timedelta

import pytest
from django.db import transaction
from django.utils import translation

from central.clock import campus_day, start_of_day_ms
from central.desk.charges import Wanted, charge
from central.desk.operations import pay
from central.desk.subsidies.one_account import grant_subsidy
from central.domain.improvement_items import Act, Fault, State
from central.domain.known_settings import Place
from central.domain.paper import Paper, Table, totals
from central.domain.periods import Period, read_period, week_of
from central.domain.repair_list import Item as RepairItem
from central.domain.repair_list import ItemKind, ItemUnit
from central.ledger import chart_of_accounts as chart
from central.ledger.models import AuditEntry
from central.ledger.operations import Draft, book
from central.office.models import Notice, User
from central.office.repair_lists import publish_at_console
from central.office.roles import Role
from central.office.setting_changes import Change, set_at_console
from central.papers.catalogue import make, report_of
from central.reports.meetings import figures, items, operations
from central.reports.meetings.items import ItemRefusal, Problem, Step, Task, open_item, take_step
from central.reports.meetings.models import Item, ItemStep, Meeting, MeetingEntry
from central.reports.meetings.operations import MeetingRefusal, Said, close_meeting, open_meeting, write_down
from central.reports.meetings.told import remind_of_items
from central.reports.meetings.verification import verify_meetings
from central.reports.meetings.week import week_with_meeting
from central.reports.schedule import jobs as registry
from central.reports.schedule.models import MadePaper, ScheduledRun
from central.reports.schedule.running import run_due_jobs
from gateway.contract.facts import Instant
from tests.central.conftest import NOW_MS
from tests.central.steps import ROOM

DAY_MS, HOUR_MS = 86_400_000, 3_600_000
TODAY = campus_day(NOW_MS)
WEEK = week_of(TODAY)
FEN = 10_000
K = MeetingEntry.Kind


def person(name: str, role: Role) -> User:
    return User.objects.create_user(name, role=role, email=f"{name}@example.org")


@pytest.fixture
def people(db: None) -> dict[str, User]:
    return {
        "director": person("dora", Role.DIRECTOR),
        "vice": person("viktor", Role.VP_NETWORK),
        "electrician": person("wu", Role.ELECTRICIAN),
        "warden": person("lin", Role.WARDEN),
    }


def opened(people: dict[str, User], due: date = TODAY + timedelta(days=5), step: str = "i-1") -> Item:
    problem = Problem("Loose joints at the riser of building 1", Item.Found.WEEKLY, "/losses/cases/1/")
    task = Task("Tighten all joints, then measure again", due, office=Role.ELECTRICIAN)
    done = open_item(problem, task, step, actor=people["director"], now_ms=NOW_MS)
    assert isinstance(done, Item), done
    return done


def act(item: Item, kind: Act, actor: User, text: str = "said", **more: object) -> Item | items.Refused:
    step = Step(kind, f"{kind}-{ItemStep.objects.count()}", text, **more)
    return take_step(item.pk, step, actor=actor, now_ms=NOW_MS + ItemStep.objects.count())


def test_an_item_goes_from_open_to_checked_by_somebody_else(people: dict[str, User]) -> None:
    item = opened(people)
    assert opened(people) == item, "the same step opens once"
    electrician, director = people["electrician"], people["director"]
    assert act(item, Act.DONE, people["warden"]) == items.Refused(Fault.NOT_HIS)
    assert act(item, Act.TAKEN, electrician, "").state == State.IN_WORK
    assert act(item, Act.CHECKED, director) == items.Refused(Fault.NOT_NOW)
    assert act(item, Act.DONE, electrician, "all 14 tightened").state == State.DONE
    assert act(item, Act.CHECKED, electrician) == items.Refused(Fault.OWN_WORK)
    assert act(item, Act.GIVEN_BACK, people["warden"], "two are still warm").state == State.IN_WORK
    change = Task(item.measure, item.due + timedelta(days=3), owner=electrician)
    assert act(item, Act.CHANGED, electrician, task=change) == items.Refused(Fault.NOT_HIS)
    assert act(item, Act.CHANGED, director, "he asked for it", task=change).owner == electrician
    assert act(item, Act.CHANGED, director, task=change) == items.Refused(Fault.NOTHING_CHANGED)
    both = Task("x", item.due, owner=electrician, office=Role.STORE)
    assert act(item, Act.CHANGED, director, task=both) == items.Refused(Fault.TWO_OWNERS)
    assert act(item, Act.DONE, director, "seen on the spot").state == State.DONE
    assert act(item, Act.CHECKED, director) == items.Refused(Fault.OWN_WORK)
    assert act(item, Act.CHECKED, people["vice"]).state == State.CHECKED
    assert act(item, Act.NOTED, director) == items.Refused(Fault.NOT_NOW)
    again = Step(Act.TAKEN, "taken-1", "other words")
    assert take_step(item.pk, again, actor=electrician, now_ms=NOW_MS) == items.Refused(
        ItemRefusal.EXISTS_WITH_DIFFERENT
    )
    assert [step.kind for step in item.steps.all()] == [
        *("opened", "taken", "done", "given-back", "changed", "done", "checked"),
    ]
    on_record = AuditEntry.objects.filter(action__startswith="item-").values_list("action", "subject")
    assert len(on_record) == 7
    assert on_record[0] == ("item-opened", f"improvement {item.pk}")
    told = Notice.objects.filter(template="item-given").order_by("pk")
    assert [notice.audience for notice in told] == [["electrician"], ["wu"]]
    assert verify_meetings().holds


def test_what_cannot_be_opened_says_why(people: dict[str, User]) -> None:
    director, due = people["director"], TODAY
    wrong = [
        (Problem("x", Item.Found.OTHER), Task("y", due), Fault.NO_OWNER),
        (Problem("x", Item.Found.OTHER), Task(" ", due, office=Role.STORE), Fault.NO_WORDS),
        (Problem(" ", Item.Found.OTHER), Task("y", due, office=Role.STORE), Fault.NO_WORDS),
        (
            Problem("x", Item.Found.OTHER),
            Task("y", due - timedelta(days=1), office=Role.STORE),
            Fault.DUE_BEFORE,
        ),
        *(
            (
                Problem("x", Item.Found.OTHER, link),
                Task("y", due, office=Role.STORE),
                ItemRefusal.WRONG_LINK,
            )
            for link in (
                *("https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:x"),
                *("/\t/evil.example/", "/\n/evil.example/"),
            )
        ),
    ]
    for number, (problem, task, why) in enumerate(wrong):
        done = open_item(problem, task, f"w-{number}", actor=director, now_ms=NOW_MS)
        assert done == items.Refused(why), (problem, task)
    assert not Item.objects.exists()


def test_an_owner_is_reminded_once_and_the_heads_hear_of_what_is_late_once(people: dict[str, User]) -> None:
    item = opened(people)
    assert remind_of_items(NOW_MS) == 0
    soon_ms, late_ms = NOW_MS + 3 * DAY_MS, NOW_MS + 6 * DAY_MS
    assert [remind_of_items(soon_ms), remind_of_items(soon_ms + HOUR_MS)] == [1, 0]
    assert [remind_of_items(late_ms), remind_of_items(late_ms + DAY_MS)] == [1, 0]
    told = dict(Notice.objects.values_list("template", "audience"))
    assert told["item-soon"] == ["electrician"]
    assert told["item-late"] == ["electrician", "director", "vp-network", "vp-logistics"]
    later = Task(item.measure, item.due + timedelta(days=9), office=Role.ELECTRICIAN)
    act(item, Act.CHANGED, people["director"], task=later)
    assert remind_of_items(late_ms) == 0, "it has more time now"
    act(item, Act.DONE, people["electrician"])
    assert remind_of_items(late_ms + 30 * DAY_MS) == 0, "what is done is not late"


def test_a_review_is_a_grid_of_procedures_and_departments(people: dict[str, User]) -> None:
    vice = people["vice"]
    review = open_meeting(Meeting.Kind.REVIEW, WEEK, actor=vice, now_ms=NOW_MS)
    assert isinstance(review, Meeting)
    assert open_meeting(Meeting.Kind.REVIEW, WEEK, actor=vice, now_ms=NOW_MS + 1) == review
    assert (len(review.procedures), len(review.departments)) == (3, 5)
    place = {"procedure": review.procedures[1], "department": review.departments[4]}

    def say(kind: K, **more: object) -> MeetingEntry | operations.Refused:
        said = Said(kind, f"r-{MeetingEntry.objects.count()}", **more)
        return write_down(review.pk, said, actor=vice, now_ms=NOW_MS)

    refusals = [
        (K.CALL, {"text": "x"}, MeetingRefusal.NOBODY),
        (K.CALL, {"text": "x", "whom": "y", "at_ms": NOW_MS + HOUR_MS}, MeetingRefusal.IN_FUTURE),
        (K.CALL, {"text": "x", "whom": "y", "procedure": "?"}, MeetingRefusal.NO_CELL),
        (K.FINDING, {**place, "rating": "great", "text": "x"}, MeetingRefusal.NO_RATING),
        (K.FINDING, {**place, "rating": "poor"}, MeetingRefusal.NO_WORDS),
        (
            K.FINDING,
            {"procedure": "?", "department": "?", "rating": "good"},
            MeetingRefusal.NO_CELL,
        ),
        (K.MINUTES, {"text": "x"}, MeetingRefusal.NOT_OF_THIS_KIND),
        (K.HELD, {"text": "all", "day": TODAY + timedelta(days=1)}, MeetingRefusal.IN_FUTURE),
        (K.HELD, {"text": "", "day": TODAY}, MeetingRefusal.NOBODY),
        (K.ADDED, {"text": "x", "why": "y"}, MeetingRefusal.NOT_CLOSED),
        (K.CLOSED, {}, MeetingRefusal.NOT_HELD),
    ]
    for kind, more, why in refusals:
        assert say(kind, **more) == operations.Refused(why), (kind, more)
    assert isinstance(say(K.HELD, text="Wu\nLin", day=TODAY), MeetingEntry)
    assert say(K.CLOSED) == operations.Refused(MeetingRefusal.NOTHING_SAID)
    say(K.CALL, text="rounds begin late", whom="Wu", at_ms=NOW_MS - DAY_MS, **place)
    say(K.FINDING, rating="poor", text="no round before noon", **place)
    say(K.FINDING, rating="fair", text="one round before noon", **place)
    closed = close_meeting(review.pk, actor=vice, now_ms=NOW_MS + 1)
    assert isinstance(closed, MeetingEntry)
    assert say(K.FINDING, rating="good", **place) == operations.Refused(MeetingRefusal.CLOSED)
    assert say(K.ADDED, text="x") == operations.Refused(MeetingRefusal.NO_REASON)
    assert isinstance(say(K.ADDED, text="Lin came later", why="left out"), MeetingEntry)
    assert Notice.objects.get(template="meeting-closed").params["period"] == WEEK.name[5:]
    paper = paper_of("quality-review", WEEK)
    grid = next(table for table in paper.tables if table.title == "What was found")
    assert len(grid.rows) == 15
    assert [row.cells[2:5] for row in grid.rows if row.cells[4]] == [
        ["to be improved", "one round before noon", 1]
    ]
    assert paper.tables[-1].rows[0].cells[2:] == ["Lin came later", "left out"]
    assert verify_meetings().holds


def test_decisions_become_items_and_stand_in_the_next_pack(people: dict[str, User]) -> None:
    vice, month = people["vice"], read_period(f"month:{TODAY:%Y-%m}")
    agenda = opened(people)
    assert open_meeting(Meeting.Kind.MONTHLY, WEEK, actor=vice, now_ms=NOW_MS) == operations.Refused(
        MeetingRefusal.WRONG_PERIOD
    )
    meeting = open_meeting(Meeting.Kind.MONTHLY, month, actor=vice, now_ms=NOW_MS)
    said = [
        Said(K.CALL, "m-1", text="what is on the list", whom="Lin"),
        Said(K.HELD, "m-2", text="Dora", day=TODAY),
        Said(K.MINUTES, "m-3", text="first line\nsecond line"),
        Said(K.DECISION, "m-4", text="Spare modules: buy ten"),
        Said(K.DECISION, "m-5", text="Rounds begin at ten"),
        Said(K.DECISION, "m-6", text="Spare modules: buy twelve", number=1),
    ]
    entries = [write_down(meeting.pk, one, actor=vice, now_ms=NOW_MS) for one in said]
    assert [entry.number for entry in entries[3:]] == [1, 2, 1]
    assert write_down(meeting.pk, said[5], actor=vice, now_ms=NOW_MS) == entries[5], "once"
    lost = Said(K.DECISION, "m-7", text="x", number=9)
    assert write_down(meeting.pk, lost, actor=vice, now_ms=NOW_MS) == operations.Refused(
        MeetingRefusal.NO_SUCH_DECISION
    )
    problem = Problem("No spare modules", Item.Found.MONTHLY, "", entries[5])
    task = Task("Buy twelve", TODAY, owner=people["director"])
    bought = open_item(problem, task, "i-2", actor=vice, now_ms=NOW_MS)
    close_meeting(meeting.pk, actor=vice, now_ms=NOW_MS + 1)
    act(agenda, Act.DROPPED, people["director"], "the riser is renewed")
    minutes = paper_of("meeting-minutes", month)
    by_title = {table.title: table for table in minutes.tables}
    assert [row.cells[0] for row in by_title["Minutes"].rows] == ["first line", "second line"]
    kept = by_title["Agenda: improvement items that stand"].rows
    assert [row.cells[0] for row in kept] == [str(bought.pk), str(agenda.pk)], "as it stood at the close"
    assert [row.cells[1] for row in by_title["Decisions"].rows] == [
        "Spare modules: buy twelve",
        "Rounds begin at ten",
    ]
    pack = paper_of("weekly-pack", WEEK)
    decisions = table_named(pack, f"Decisions of the cross-department meeting of {TODAY:%Y-%m}")
    assert decisions.rows[0].cells[2] == "dora"
    assert decisions.rows[0].links["state"] == f"/meetings/items/{bought.pk}/"
    standing = table_named(pack, "Improvement items that stand")
    assert [row.cells[0] for row in standing.rows] == [str(bought.pk)]
    assert standing.rows[0].cells[5] == "5 days late", "as at the meeting on Monday"


def paper_of(code: str, period: Period) -> Paper:
    report = report_of(code)
    assert report is not None
    with translation.override("en"):
        return make(report, period)


def table_named(paper: Paper, title: str) -> Table:
    return next(table for table in paper.tables if table.title.startswith(title))


def used(twin, energy_wh: int, at_ms: int):
    register = 70_000 + twin.entries
    return twin.consumption(
        ROOM, energy_wh, register, from_ms=at_ms - 1, at=Instant("boot-1", 1, at_ms, True)
    )


def test_the_packs_figures_tie_at_the_weeks_edges(taker, twin, cashier: User, people) -> None:
    from_ms, until_ms = start_of_day_ms(WEEK.first), start_of_day_ms(WEEK.after)
    publish_at_console(
        [
            RepairItem("lock", ItemKind.REPAIR, "换锁", "New lock", ItemUnit.EACH, 3_500),
            RepairItem("card", ItemKind.ON_BEHALF, "补卡费", "New card", ItemUnit.EACH, 1_500),
        ],
        from_ms,
        why="new year",
        now_ms=from_ms - DAY_MS,
    )
    pay("p1", ROOM, 5_000, cashier, now_ms=NOW_MS)
    wanted = [Wanted("lock", 1000), Wanted("card", 2000)]
    charge("c1", ROOM, wanted, cashier, now_ms=NOW_MS)
    grant_subsidy("s1", ROOM, "subsidy", 3_000_000, actor=cashier, why="allowance", now_ms=NOW_MS)
    gone, where = chart.taken_back(ROOM, "yuan"), chart.paid_by_finance()
    with transaction.atomic():
        book([Draft("back", chart.suspense("yuan"), gone, 40_007, "correction", NOW_MS)], NOW_MS)
        book([Draft("out", gone, where, 40_000, "pay-out", NOW_MS)], NOW_MS)
        book([Draft("out:rest", gone, chart.rounding(), 7, "pay-out", NOW_MS)], NOW_MS)
    granted = [twin.granted("p-p1", ROOM, 50_000_000)]
    spans = [(from_ms, 100), (from_ms + 1, 20), (NOW_MS - 1, 3), (until_ms, 400), (until_ms + 1, 9_000)]
    rows = [*granted, *(used(twin, wh, at_ms) for at_ms, wh in spans)]
    taker.take(twin.topic("up"), twin.batch(*rows), until_ms + HOUR_MS)
    pack = paper_of("weekly-pack", WEEK)
    takings = table_named(pack, "Takings of the whole college")
    assert [row.cells[1] // FEN for row in takings.rows] == [5_000, 0, 0, 3_500, 3_000, 0]
    assert totals(takings)[1] == totals(table_named(pack, "How it was paid"))[1] == 11_500 * FEN
    given = table_named(pack, "Not takings")
    assert given.rows[0].cells[1:3] == [3_000_000, 0]
    assert given.rows[1].cells[1] == 40_000, "what is below a fen was kept"
    by_class, by_building = table_named(pack, "Used by class"), table_named(pack, "Used by building")
    assert by_class.rows[0].cells[1:] == [423, 100, 323, 423 * 558, 100 * 558]
    assert totals(by_building)[1:] == totals(by_class)[1:4]
    behalf = table_named(pack, "Taken on behalf")
    assert behalf.rows[0].cells == ["card 补卡费", 3_000 * FEN, 0, 3_000 * FEN, 0]
    left = table_named(pack, "Left of customers' credit, in yuan")
    change = left.rows[0].cells[6]
    assert change == 5_000 * FEN + 3_000_000 - 423 * 558, "paid, given and used in the week"
    assert left.rows[0].cells[4] == 53_000_000 - (423 + 100) * 558, "what was used later is not missing"
    in_rows = figures.left_by_account(until_ms)
    assert sum(in_rows.values()) == totals(left)[4]
    assert all(row.links for table in pack.tables for row in table.rows), "each figure leads somewhere"
    empty = paper_of("weekly-pack", week_of(WEEK.first - timedelta(days=40)))
    assert totals(table_named(empty, "Takings of the whole college"))[1] == 0


def test_the_first_meeting_of_a_month_brings_last_months_problems(people: dict[str, User]) -> None:
    opened(people)
    week = read_period("week:2026-W48")
    assert week_with_meeting(week).month is None, "its meeting is on 30 November"
    first = paper_of("weekly-pack", read_period("week:2026-W49"))
    problems = first.tables[0]
    assert problems.title == "Problems of 2026-11"
    items_row = problems.rows[0]
    assert items_row.cells == ["Improvement items", 1, 0, 1]
    assert items_row.links["new"] == "/meetings/items/"
    assert first.tables[1].rows[0].cells[1].startswith("Loose joints")
    assert not table_named(paper_of("weekly-pack", week), "Takings").title.startswith("Problems")


def test_the_pack_makes_itself_on_its_morning_though_a_day_is_open(
    campus: None, cashier: User, people, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = {"weekly-pack": registry._JOBS["weekly-pack"]}
    monkeypatch.setattr(registry, "_JOBS", mine)
    say("report.scheduled-codes", ["nothing day"])
    say("meeting.weekday", "tuesday")
    say("meeting.hour", 9)
    run_due_jobs(NOW_MS)
    pay("p1", ROOM, 5_000, cashier, now_ms=NOW_MS)
    meets_ms = week_with_meeting(WEEK).meets_ms
    assert meets_ms == start_of_day_ms(WEEK.after) + DAY_MS + 9 * HOUR_MS
    assert run_due_jobs(meets_ms - 1) == 0
    assert [run_due_jobs(meets_ms), run_due_jobs(meets_ms + HOUR_MS)] == [1, 0]
    run = ScheduledRun.objects.get()
    assert (run.state, run.period) == ("done", WEEK.name)
    made = MadePaper.objects.get()
    assert f"Not closed yet: {TODAY}" in made.contents["en"]
    assert "周例会材料" in made.contents["zh-hans"]
    assert "president" in Notice.objects.get(template="paper-made").audience


def say(code: str, value: object) -> None:
    set_at_console(Change(code, Place.CAMPUS, "", value, 0), why="tests", now_ms=NOW_MS - 300 * DAY_MS)
