"""Meetings as a few weeks leave them: items in every state, a closed review and one under way, last month's minutes."""

from datetime import timedelta

from central import clock
from central.domain.improvement_items import Act
from central.domain.meeting_days import week_before
from central.domain.periods import day_before, month_period, week_of
from central.office.models import User
from central.office.roles import Role
from central.reports.meetings.items import Problem, Step, Task, open_item, take_step
from central.reports.meetings.models import Item, Meeting, MeetingEntry
from central.reports.meetings.operations import Said, close_meeting, open_meeting, write_down

K, DAY_MS = MeetingEntry.Kind, 86_400_000
PROBLEMS = (
    (
        "1号楼东侧立管接线端子松动，夜间发热，总表与分表差额偏大",
        "紧固全部 14 处端子，复测温升与差额",
        Role.ELECTRICIAN,
        4,
    ),
    ("3 号楼网关每天 12 点前后断线 10 分钟，读数迟到", "更换交换机电源，连续观察一周", Role.TECHNICIAN, 9),
    ("2号楼值班楼管员检查时间不足一小时", "调整排班，每日 10 点前完成一轮", Role.DIRECTOR, 2),
    ("备用模块库存不足，故障当日无法更换", "采购 12 只模块，入库编号", Role.LOGISTICS, 20),
)


def meetings() -> None:
    """Make all of it: what is late was opened a month ago."""
    now_ms = clock.now_ms()
    who = {name: User.objects.get(username=name) for name in ("director", "vice", "finance", "cashier")}
    then_ms = now_ms - 30 * DAY_MS
    opened = [
        _open(number, *said, director=who["director"], at_ms=then_ms if number < 2 else now_ms)
        for number, said in enumerate(PROBLEMS)
    ]
    _step(opened[1], Act.TAKEN, who["director"], "", then_ms + DAY_MS)
    _step(opened[2], Act.DONE, who["director"], "新排班已执行，抽查三天均满一小时", now_ms)
    _review(who["vice"], now_ms)
    _monthly(who["vice"], who["director"], now_ms)


def _open(
    number: int, problem: str, measure: str, office: Role, days: int, *, director: User, at_ms: int
) -> Item:
    task = Task(measure, clock.campus_day(at_ms) + timedelta(days=days), office=office)
    found = Problem(problem, Item.Found.WEEKLY, "/losses/cases/1/" if number == 0 else "")
    made = open_item(found, task, f"seed-item-{number}", actor=director, now_ms=at_ms)
    assert isinstance(made, Item), made
    return made


def _step(item: Item, act: Act, actor: User, text: str, at_ms: int) -> None:
    done = take_step(item.pk, Step(act, f"seed-{item.pk}-{act}", text), actor=actor, now_ms=at_ms)
    assert isinstance(done, Item), done


def _say(meeting: Meeting, number: int, kind: K, actor: User, now_ms: int, **more: object) -> MeetingEntry:
    said = Said(kind, f"seed-{meeting.pk}-{number}", **more)
    done = write_down(meeting.pk, said, actor=actor, now_ms=now_ms)
    assert isinstance(done, MeetingEntry), done
    return done


def _review(vice: User, now_ms: int) -> None:
    """The review of the week before is closed, this week's has one call."""
    this_week = week_of(clock.campus_day(now_ms))
    last = week_before(this_week)
    held_ms = clock.start_of_day_ms(last.last) + DAY_MS // 2
    review = open_meeting(Meeting.Kind.REVIEW, last, actor=vice, now_ms=held_ms)
    assert isinstance(review, Meeting), review
    places = [(one, two) for one in review.procedures for two in review.departments]
    for number, (procedure, department) in enumerate(places[:12]):
        rating = ("good", "fair", "good", "poor")[number % 4]
        text = "" if rating == "good" else "登记不及时，次日才补记；与卡机房核对时发现两处不符"
        place = {"procedure": procedure, "department": department}
        if number % 3 == 0:
            words = "会前说明本周检查情况，约定当面核对记录"
            _say(review, 100 + number, K.CALL, vice, held_ms, whom="李主任", text=words, **place)
        _say(review, number, K.FINDING, vice, held_ms, rating=rating, text=text, **place)
    _say(review, 50, K.HELD, vice, held_ms, day=last.last, text="张副校长\n李主任\n王师傅")
    close_meeting(review.pk, actor=vice, now_ms=held_ms + 1)
    running = open_meeting(Meeting.Kind.REVIEW, this_week, actor=vice, now_ms=now_ms)
    assert isinstance(running, Meeting), running
    place = {"procedure": running.procedures[0], "department": running.departments[1]}
    call = "收据本第 23 页缺章，已停用"
    _say(running, 1, K.CALL, vice, now_ms, whom="陈静", text=call, at_ms=now_ms - DAY_MS, **place)


def _monthly(vice: User, director: User, now_ms: int) -> None:
    """Last month's meeting is closed and was added to; this month's is under way."""
    today = clock.campus_day(now_ms)
    this_month = month_period(today.year, today.month)
    last_day = day_before(this_month)
    last = month_period(last_day.year, last_day.month)
    held_ms = clock.start_of_day_ms(last.last) + DAY_MS // 2
    meeting = open_meeting(Meeting.Kind.MONTHLY, last, actor=vice, now_ms=held_ms)
    assert isinstance(meeting, Meeting), meeting
    lines = "网络中心汇报上月差额与处理情况。\n后勤处说明备件采购进度。\n财务处确认对账按 6 号完成。"
    _say(meeting, 1, K.CALL, vice, held_ms, whom="后勤处王处长", text="备件采购进度，会上说明")
    _say(meeting, 2, K.HELD, vice, held_ms, day=last.last, text="张副校长\n李主任\n王处长\n财务处赵老师")
    _say(meeting, 3, K.MINUTES, vice, held_ms, text=lines)
    decision = _say(meeting, 4, K.DECISION, vice, held_ms, text="备用模块保持 12 只以上，低于即补")
    _say(meeting, 5, K.DECISION, vice, held_ms, text="楼管员每日检查于 10 点前完成第一轮")
    problem = Problem("备用模块不足", Item.Found.MONTHLY, "", decision)
    task = Task("补足 12 只并建立台账", today + timedelta(days=6), owner=director)
    open_item(problem, task, "seed-from-decision", actor=vice, now_ms=now_ms)
    close_meeting(meeting.pk, actor=vice, now_ms=held_ms + 1)
    _say(meeting, 6, K.ADDED, vice, now_ms, text="保卫处刘科长列席", why="原纪要漏记")
    this = open_meeting(Meeting.Kind.MONTHLY, this_month, actor=vice, now_ms=now_ms)
    assert isinstance(this, Meeting), this
    _say(this, 1, K.CALL, vice, now_ms, whom="学工处", text="宿舍违规用电情况", at_ms=now_ms - 3_600_000)
    _say(this, 2, K.DECISION, vice, now_ms, text="每周二公布低余额名单")
