"""What the demo campus discusses: improvement items, a week's quality review, a month's meeting, both closed by the chair."""

from datetime import timedelta

from central.clock import campus_day
from central.domain.improvement_items import Act
from central.domain.periods import month_period, week_of
from central.office.models import User
from central.office.roles import Role
from central.reports.meetings.items import Problem, Step, Task, open_item, take_step
from central.reports.meetings.models import Item, Meeting, MeetingEntry
from central.reports.meetings.operations import Said, close_meeting, open_meeting, write_down

K = MeetingEntry.Kind


def hold_meetings(people: dict[str, User], now_ms: int) -> None:
    """Hold the review of the running week and the meeting of the running month; leave items open, in work and done."""
    today, vice, director = campus_day(now_ms), people["vice"], people["director"]
    problems = (
        ("2号学生宿舍总表与分表差额偏大", "夜间关断公共照明后复测", Role.ELECTRICIAN, 20),
        ("收据第 23 页缺章", "逐页核对后停用该页", Role.CASHIER, 4),
    )
    items = []
    for number, (text, measure, office, days) in enumerate(problems):
        task = Task(measure, today + timedelta(days=days), office=office)
        made = open_item(
            Problem(text, Item.Found.WEEKLY, ""), task, f"item-{number}", actor=director, now_ms=now_ms
        )
        assert isinstance(made, Item), made
        items.append(made)
    done = take_step(
        items[1].pk, Step(Act.DONE, "done", "该页已盖作废章"), actor=people["cashier"], now_ms=now_ms
    )
    assert isinstance(done, Item), done
    _review(vice, now_ms)
    _monthly(vice, director, now_ms)


def _review(vice: User, now_ms: int) -> None:
    review = open_meeting(Meeting.Kind.REVIEW, week_of(campus_day(now_ms)), actor=vice, now_ms=now_ms)
    assert isinstance(review, Meeting), review
    places = [(one, two) for one in review.procedures for two in review.departments]
    for number, (procedure, department) in enumerate(places):
        place = {"procedure": procedure, "department": department}
        rating = ("good", "fair", "good", "good", "poor")[number % 5]
        text = "" if rating == "good" else "登记不及时，次日才补记"
        _say(review, K.FINDING, vice, now_ms, rating=rating, text=text, **place)
        if number < 2:
            _say(review, K.CALL, vice, now_ms, whom="李主任", text="会前核对本周检查记录", **place)
    _say(review, K.HELD, vice, now_ms, day=campus_day(now_ms), text="孙建国\n陈刚")
    _close(review, vice, now_ms)


def _monthly(vice: User, director: User, now_ms: int) -> None:
    today = campus_day(now_ms)
    month = month_period(today.year, today.month)
    meeting = open_meeting(Meeting.Kind.MONTHLY, month, actor=vice, now_ms=now_ms)
    assert isinstance(meeting, Meeting), meeting
    _say(meeting, K.CALL, vice, now_ms, whom="后勤处王处长", text="备件采购进度，会上说明")
    _say(meeting, K.HELD, vice, now_ms, day=today, text="孙建国\n陈刚\n周敏")
    _say(meeting, K.MINUTES, vice, now_ms, text="网络中心汇报上月差额。\n财务处确认对账按 6 号完成。")
    decision = _say(meeting, K.DECISION, vice, now_ms, text="备用模块保持 12 只以上，低于即补")
    task = Task("补足 12 只并建立台账", today + timedelta(days=14), owner=director)
    made = open_item(
        Problem("备用模块不足", Item.Found.MONTHLY, "", decision), task, "decided", actor=vice, now_ms=now_ms
    )
    assert isinstance(made, Item), made
    _close(meeting, vice, now_ms)


def _say(meeting: Meeting, kind: K, actor: User, now_ms: int, **more: object) -> MeetingEntry:
    said = Said(kind, f"{meeting.pk}-{meeting.entries.count()}", **more)
    done = write_down(meeting.pk, said, actor=actor, now_ms=now_ms)
    assert isinstance(done, MeetingEntry), done
    return done


def _close(meeting: Meeting, vice: User, now_ms: int) -> None:
    close_meeting(meeting.pk, actor=vice, now_ms=now_ms + 1)
    meeting.refresh_from_db()
    assert meeting.is_closed
