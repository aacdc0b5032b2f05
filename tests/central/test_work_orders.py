"""A work order from its plan to its last read-back: who is affected, told, asked; locked out, isolated, released (R-4.3.4)."""

from datetime import date
from io import BytesIO

import msgspec
import pytest
from django.utils import translation
from pypdf import PdfReader

from central.campus.meter_groups import set_groups
from central.campus.models import Building, Meter
from central.desk.operations import pay
from central.desk.progress import sentence_of
from central.desk.queries import delivery_state
from central.desk.supply_notes import supply_notes
from central.domain.known_settings import Place
from central.domain.periods import Period, PeriodKind
from central.domain.work_agreement import Says
from central.ledger.models import AuditEntry
from central.ledger.verification import verify_books
from central.link.meter_models import RegistryCopy
from central.link.models import Command, MeterSwap
from central.link.operations import ask_emergency
from central.office import approvals
from central.office.approvals import ApprovalRefusal
from central.office.models import Approval, Notice
from central.office.setting_changes import Change, set_at_console
from central.papers.catalogue import make, report_of
from central.papers.pdf import pdf
from central.papers.words import sheet_words
from central.workshop.faults.excuses import excused
from central.workshop.work_orders import papers
from central.workshop.work_orders.affected import rooms_off
from central.workshop.work_orders.models import Scope, WorkAnswer, WorkOrder
from central.workshop.work_orders.notices import tell_late
from central.workshop.work_orders.overriding import ask_override
from central.workshop.work_orders.planning import Plan, correct_room, name_person, plan_order, set_window
from central.workshop.work_orders.reading import meters_at_work, read_order
from central.workshop.work_orders.refusals import Refused, refusal_words
from central.workshop.work_orders.refusals import WorkRefusal as Why
from central.workshop.work_orders.steps import Deed
from central.workshop.work_orders.texts import notice_text
from central.workshop.work_orders.working import cancel, close, explain, isolated
from gateway.contract.facts import CommandOutcome
from gateway.contract.meter_facts import LockOut
from gateway.contract.rules import GroupKind, GroupRule
from tests.central import work_steps as steps
from tests.central.conftest import NOW_MS
from tests.central.steps import answered, up
from tests.central.work_steps import FROM_MS, HOUR_MS, UNTIL_MS, says


@pytest.fixture
def who(taker):
    return steps.people()


@pytest.fixture
def order(who):
    return steps.planned(who["wu"])


@pytest.fixture
def going_on(order, who, taker, twin):
    """An order whose two rooms have agreed, are locked out, and are being worked on."""
    steps.told(order, who["wu"])
    steps.agreed(order, "301", "302")
    assert steps.started(order, who["wu"]).state == "started"
    for meter in ("m-301", "m-302"):
        steps.gateway_does(taker, twin, meter, "lock-out", closed=False, why="locked out by central")
    return steps.working(order, who["wu"])


def fresh(order):
    return WorkOrder.objects.get(pk=order.pk)


def said_by(state):
    with translation.override("en"):
        return str(sentence_of(state))


def refused(done, why):
    assert isinstance(done, Refused), done
    assert done.why is why
    with translation.override("en"):
        return refusal_words(done)


def affected(scope, place, at_ms=NOW_MS):
    return [room.label for room in rooms_off(steps.north(), scope, place, at_ms)]


def test_the_affected_rooms_follow_from_what_is_switched_off(twin, taker):
    lines = [{"name": "rs485-1"}, {"name": "rs485-2"}]
    meters = [{"meter_number": "m-301", "line": "rs485-1"}, {"meter_number": "m-302", "line": "rs485-2"}]
    RegistryCopy.objects.create(gateway_id="gw-1", epoch="e1", lines=lines, meters=meters, received_ms=1)
    groups = [
        GroupRule("all", GroupKind.BUILDING, "m-300", ["m-301"], sub_groups=["branch"], from_ms=5),
        GroupRule("branch", GroupKind.FLOOR, "m-330", ["m-302"], from_ms=5),
    ]
    assert set_groups("1", groups, actor="t", now_ms=NOW_MS)
    assert affected(Scope.ROOM, "1-301") == ["301"]
    assert affected(Scope.ROOMS, "302，301") == ["301", "302"]
    assert affected(Scope.FLOOR, "3") == ["301", "302"] == affected(Scope.BUILDING, "")
    assert affected(Scope.LINE, "rs485-2") == ["302"] == affected(Scope.GROUP, "branch")
    assert affected(Scope.GROUP, "all") == ["301", "302"], "what hangs behind the masters below it, too"
    assert affected(Scope.FLOOR, "9") == affected(Scope.LINE, "nothing") == []


def test_a_plan_says_what_it_can_not_be(who):
    for more, why in (
        ({"place": "9"}, Why.NO_SUCH_PLACE),
        ({"until_ms": FROM_MS}, Why.BACKWARDS),
        ({"from_ms": 1, "until_ms": 2}, Why.WINDOW_PAST),
        ({"person": who["kai"]}, Why.NO_PERSON),
    ):
        with pytest.raises(AssertionError, match=why.value):
            steps.planned(who["wu"], **more)
    assert not WorkOrder.objects.exists()
    first = steps.planned(who["wu"])
    assert steps.planned(who["wu"]).pk == first.pk, "the same form again is the same order"


def test_the_list_is_corrected_by_hand_with_a_reason_and_what_is_added_is_told(order, who):
    actor = {"actor": who["wu"], "now_ms": NOW_MS}
    refused(correct_room(order.pk, "302", Deed("c1"), leaves_out=True, **actor), Why.NO_REASON)
    refused(correct_room(order.pk, "999", Deed("c1", "x"), leaves_out=False, **actor), Why.UNKNOWN_ROOM)
    correct_room(order.pk, "302", Deed("c2", "另一回路供电"), leaves_out=True, **actor)
    found = read_order(fresh(order), NOW_MS)
    assert [[one.row.room.label for one in part] for part in (found.rooms, found.left_out)] == [
        ["301"],
        ["302"],
    ]
    steps.told(order, who["wu"])
    correct_room(order.pk, "1-302", Deed("c3", "查图确认同一回路"), leaves_out=False, **actor)
    assert steps.stands(order)["302"] == "not-told"
    steps.told(order, who["wu"], step="t2", now_ms=NOW_MS + 1)
    assert steps.stands(order, NOW_MS + 2)["302"] == "waits"
    with pytest.raises(AssertionError, match="all-told"):
        steps.told(order, who["wu"], step="t3")


def test_a_head_decides_only_about_the_rooms_that_he_saw(order, who):
    actor = {"actor": who["wu"], "now_ms": NOW_MS}
    correct_room(order.pk, "302", Deed("c1", "另一回路供电"), leaves_out=True, **actor)
    before = {"is_danger": True, "why": "有触电危险", **actor}
    asked = ask_override(fresh(order), key="o0", **before)
    steps.overridden(order, who["wu"], who["dir"], is_danger=True)
    assert fresh(order).is_danger
    correct_room(order.pk, "302", Deed("c2", "同一回路"), leaves_out=False, **actor)
    assert (fresh(order).override, fresh(order).is_danger) == (None, False)
    late = approvals.sign(asked.number, approve=True, reason="同意", actor=who["dir"], now_ms=NOW_MS)
    assert (late.state, fresh(order).override) == (Approval.State.FAILED, None)
    assert steps.overridden(order, who["wu"], who["dir"], key="o2").state == Approval.State.APPROVED


def test_rooms_are_told_and_every_answer_is_kept_while_the_latest_counts(order, who):
    refused(says(order, "301"), Why.NOT_ASKED)
    steps.told(order, who["wu"])
    notice = Notice.objects.get(template="work-planned")
    assert notice.audience == ["cashier", "wei"]
    assert notice.params["rooms"] == "301、302"
    refused(says(order, "301", Says.REFUSES), Why.NO_REASON)
    says(order, "301", Says.REFUSES, "考研复习", now_ms=NOW_MS + 1)
    says(order, "301", actor=who["wei"], who="王同学", way=WorkAnswer.Way.WARDEN, now_ms=NOW_MS + 2)
    says(order, "301", actor=who["wei"], who="王同学", way=WorkAnswer.Way.WARDEN, now_ms=NOW_MS + 2)
    assert [one.says for one in order.answers.all()] == ["refuses", "agrees"]
    assert steps.stands(order, NOW_MS + 3) == {"301": "agreed", "302": "waits"}
    assert steps.stands(order, NOW_MS + 24 * HOUR_MS)["302"] == "silence-counts"
    refused(
        says(order, "301", Says.REFUSES, "x", answer_id="a-301-agrees-1795000000002"),
        Why.EXISTS_WITH_DIFFERENT,
    )


def test_another_time_begins_the_asking_anew(order, who):
    steps.told(order, who["wu"])
    steps.agreed(order, "301", "302")
    steps.overridden(order, who["wu"], who["dir"])
    later = {"actor": who["wu"], "now_ms": NOW_MS}
    refused(set_window(order.pk, FROM_MS, UNTIL_MS, Deed("w1"), **later), Why.NO_REASON)
    set_window(order.pk, FROM_MS + HOUR_MS, UNTIL_MS + HOUR_MS, Deed("w2", "材料未到"), **later)
    again = fresh(order)
    assert (again.state, again.asking, again.told_ms, again.override) == ("planned", 2, None, None)
    assert set(steps.stands(order).values()) == {"not-told"}
    assert order.answers.count() == 2, "what was said to the old time is kept"


def test_a_start_is_refused_with_all_that_it_lacks(who):
    order = steps.planned(who["wu"], person=None)
    steps.told(order, who["wu"])
    words = refused(steps.started(order, who["wu"], now_ms=NOW_MS + 1), Why.LACKS)
    assert words == (
        "The work can't start: nobody is named who isolates the circuit and answers for it; "
        "not all rooms have agreed, and no head has decided; the agreed time has not begun."
    )
    name_person(order.pk, who["wu"], Deed("p1"), actor=who["wu"], now_ms=NOW_MS)
    steps.agreed(order, "301", "302")
    assert steps.started(order, who["wu"], now_ms=FROM_MS - 1).what == "too-early"
    assert steps.started(order, who["wu"], now_ms=UNTIL_MS).what == "window-over"
    assert steps.wishes() == []


def test_a_head_decides_against_a_refusal_and_a_protected_rooms_silence(order, who):
    steps.protect("302")
    steps.told(order, who["wu"])
    says(order, "301", Says.REFUSES, "考试")
    assert steps.stands(order) == {"301": "refused", "302": "must-agree"}
    assert steps.started(order, who["wu"]).what == "not-agreed"
    own = ask_override(order, is_danger=False, why="w", key="x", actor=who["dir"], now_ms=NOW_MS)
    assert own is ApprovalRefusal.NOBODY_TO_SIGN, "nobody decides on what he asked for himself"
    signed = steps.overridden(order, who["wu"], who["dir"])
    assert (signed.state, fresh(order).override) == (Approval.State.APPROVED, signed.number)
    assert steps.stands(order) == {"301": "refused", "302": "must-agree"}, "nobody's answer is hidden by it"
    assert steps.started(order, who["wu"], now_ms=FROM_MS - 1).what == "too-early"
    assert steps.started(order, who["wu"]).state == "started"


def test_danger_that_a_head_has_decided_on_waits_for_no_window(order, who):
    steps.overridden(order, who["wu"], who["dir"], is_danger=True)
    assert steps.started(order, who["wu"], now_ms=NOW_MS + 1).state == "started"
    assert steps.started(order, who["wu"], now_ms=NOW_MS + 1).state == "started", "the same form again"
    assert len(steps.wishes()) == 2


def test_a_decision_about_a_time_that_was_changed_is_void(order, who):
    asked = ask_override(order, is_danger=False, why="w", key="x", actor=who["wu"], now_ms=NOW_MS)
    set_window(order.pk, FROM_MS + 1, UNTIL_MS, Deed("w", "w"), actor=who["wu"], now_ms=NOW_MS)
    done = approvals.sign(asked.number, approve=True, reason="", actor=who["dir"], now_ms=NOW_MS)
    assert (done.state, fresh(order).override) == (Approval.State.FAILED, None)


def test_a_lock_out_is_shown_from_asked_to_read_back_and_names_who_can_not_be_locked(order, who, taker, twin):
    steps.overridden(order, who["wu"], who["dir"])
    steps.reads_back(taker, twin, "m-302", closed=False, why="credit-spent")
    steps.started(order, who["wu"])
    assert steps.wishes() == [("lock-out", meter, order.number) for meter in ("m-301", "m-302")]
    assert steps.locks(order) == {"301": ["asked"], "302": ["asked"]}
    assert steps.locks(order, FROM_MS + HOUR_MS)["301"] == ["too-late"], (
        "nobody waits for what isn't done any more"
    )
    for one in Command.objects.filter(kind="set-relay"):
        answered(taker, twin, one)
    assert steps.locks(order)["301"] == ["received"]
    steps.reads_back(taker, twin, "m-301", closed=None, why="silent", verdict="unknown")
    steps.reads_back(taker, twin, "m-302", closed=False, why="locked out by central")
    assert steps.locks(order) == {"301": ["silent"], "302": ["was-off"]}
    steps.reads_back(taker, twin, "m-301", closed=False, why="locked out by central")
    assert steps.locks(order)["301"] == ["locked"]


def test_a_room_without_meter_or_gateway_is_isolated_by_hand(who):
    steps.overridden(far := south(who["wu"]), who["wu"], who["dir"])
    steps.started(far, who["wu"])
    assert steps.locks(far) == {"101": ["no-gateway"]}
    steps.working(far, who["wu"])
    steps.ended(far, who["wu"])
    assert steps.returns(far) == {"101": ["not-switched"]}
    assert close(far.pk, Deed("x"), actor=who["wu"], now_ms=FROM_MS + 9).state == "closed"


def south(actor):
    plan = Plan(Building.objects.get(code="2"), Scope.ROOM, "101", "t", "w", FROM_MS, UNTIL_MS, person=actor)
    return plan_order(plan, "far", actor=actor, now_ms=NOW_MS)


def test_work_begins_only_when_every_measure_is_ticked(order, who):
    steps.overridden(order, who["wu"], who["dir"])
    steps.started(order, who["wu"])
    some = frozenset({"power_off", "earthed", "tagged"})
    words = refused(isolated(order.pk, some, Deed("i"), actor=who["wu"], now_ms=FROM_MS), Why.NOT_ISOLATED)
    assert "prove dead" in words
    steps.working(order, who["wu"])
    step = order.steps.get(act="isolated")
    assert (step.by, step.facts["measures"]) == (
        who["wu"],
        ["power_off", "proved_dead", "earthed", "tagged"],
    )


def test_nothing_that_the_desk_does_sends_a_closing_to_a_room_that_is_locked_out(
    going_on, cashier, taker, twin
):
    before = steps.wishes()
    paid = pay("p9", "1-301.1", 5_000, cashier, now_ms=FROM_MS + 5)
    ask_emergency("draw-1", "1-301.1", actor="k", now_ms=FROM_MS + 5)
    assert steps.wishes() == before
    [note] = supply_notes(steps.room().pk, FROM_MS + 5)
    assert f"{going_on.number}" in str(note)
    up(taker, twin, twin.granted("p-p9", "1-301.1", 50_000_000))
    state = delivery_state(paid.receipt.payment)
    assert "Nothing closes the relay until the lock-out is released" in said_by(state)


def test_a_release_is_read_back_and_what_does_not_come_back_keeps_the_order_open(going_on, who, taker, twin):
    wu = who["wu"]
    refused(steps.ended(going_on, wu, is_clear=False), Why.NOT_CLEAR)
    assert steps.ended(going_on, wu).state == "ended"
    assert [one[0] for one in steps.wishes()] == ["lock-out"] * 2 + ["release"] * 2
    late = {"actor": wu, "now_ms": FROM_MS + 2 * HOUR_MS}
    assert "301、302" in refused(close(going_on.pk, Deed("x1"), **late), Why.LOCK_STANDS)
    steps.gateway_does(taker, twin, "m-301", "release", closed=True, why="credit-left")
    steps.gateway_does(taker, twin, "m-302", "release", closed=None, why="silent", verdict="unknown")
    assert steps.returns(going_on) == {"301": ["closed"], "302": ["unknown"]}
    assert "302" in refused(close(going_on.pk, Deed("x2"), **late), Why.NOT_BACK)
    lock = going_on.locks.get(meter="m-302")
    explain(going_on.pk, lock.pk, Deed("y", "表烧坏，明日更换，已临时接通"), **late)
    assert close(going_on.pk, Deed("x3"), **late).state == "closed"
    assert fresh(going_on).is_solved
    assert all(check.holds for check in verify_books())


def test_what_stays_off_by_its_rule_is_back(going_on, who, taker, twin):
    steps.ended(going_on, who["wu"])
    steps.gateway_does(taker, twin, "m-301", "release", closed=False, why="credit-spent")
    steps.gateway_does(taker, twin, "m-302", "release", closed=True, why="credit-left")
    assert steps.returns(going_on) == {"301": ["open-by-rule"], "302": ["closed"]}
    assert close(going_on.pk, Deed("x"), actor=who["wu"], now_ms=UNTIL_MS).state == "closed"


def test_what_was_locked_on_site_while_the_link_was_down_is_taken_over_and_ends_on_site(
    order, who, taker, twin
):
    steps.overridden(order, who["wu"], who["dir"])
    steps.started(order, who["wu"])
    on_site, both = "locked out by technician", "locked out by central, technician"
    steps.reads_back(taker, twin, "m-301", closed=False, why=on_site)
    assert steps.locks(order) == {"301": ["locked"], "302": ["asked"]}
    steps.working(order, who["wu"])
    steps.gateway_does(taker, twin, "m-301", "lock-out", closed=False, why=both)
    steps.gateway_does(taker, twin, "m-302", "lock-out", closed=False, why="locked out by central")
    steps.ended(order, who["wu"])
    steps.gateway_does(taker, twin, "m-301", "release", closed=False, why=on_site)
    steps.gateway_does(taker, twin, "m-302", "release", closed=True, why="credit-left")
    assert steps.returns(order)["301"] == ["locked-on-site"]
    lock = order.locks.get(meter="m-301")
    late = {"actor": who["wu"], "now_ms": UNTIL_MS}
    explain(order.pk, lock.pk, Deed("y", "忘了"), **late)
    refused(close(order.pk, Deed("x1"), **late), Why.LOCK_STANDS)
    steps.reads_back(taker, twin, "m-301", closed=True, why="credit-left")
    assert close(order.pk, Deed("x2"), **late).state == "closed"


def test_a_lock_on_site_is_seen_though_its_meter_is_silent(going_on, who, taker, twin):
    steps.ended(going_on, who["wu"])
    steps.gateway_does(taker, twin, "m-302", "release", closed=True, why="credit-left")
    told = LockOut("m-301", "technician", True, twin.at(), "wu", "WO-1", "WO-1")
    up(taker, twin, told)
    steps.gateway_does(taker, twin, "m-301", "release", closed=None, why="silent", verdict="unknown")
    assert steps.returns(going_on) == {"301": ["locked-on-site"], "302": ["closed"]}
    up(taker, twin, msgspec.structs.replace(told, locked=False))
    assert steps.returns(going_on)["301"] == ["unknown"]


def test_an_order_that_ends_releases_nothing_that_others_still_work_behind(going_on, who, taker, twin):
    other = steps.planned(who["wu"], scope=Scope.ROOM, place="301", key="k2")
    steps.overridden(other, who["wu"], who["dir"], is_danger=True, key="o2")
    steps.started(other, who["wu"], step="s2")
    steps.gateway_does(taker, twin, "m-301", "lock-out", closed=False, why="locked out by central")
    steps.ended(going_on, who["wu"])
    assert [one[:2] for one in steps.wishes()][3:] == [("release", "m-302")]
    steps.gateway_does(taker, twin, "m-302", "release", closed=True, why="credit-left")
    assert steps.returns(going_on) == {"301": ["other-order"], "302": ["closed"]}
    assert close(going_on.pk, Deed("x"), actor=who["wu"], now_ms=UNTIL_MS).state == "closed"
    assert steps.locks(other) == {"301": ["was-off"]}
    steps.ended(other, who["wu"], step="e2")
    assert [one[:2] for one in steps.wishes()][4:] == [("release", "m-301")]


def test_the_lock_of_a_meter_that_is_replaced_during_the_work_is_released_at_the_new_one(going_on, who, twin):
    MeterSwap.objects.create(
        swap="s1", gateway_id="gw-1", old_meter="m-301", new_meter="m-909", last_wh=1, first_wh=0, by="wu",
        why="burnt", from_ms=FROM_MS + 1, at_ms=FROM_MS + 1, at_trusted=True, last_at_ms=FROM_MS, received_ms=FROM_MS + 1,
    )  # fmt: skip
    Meter.objects.create(meter_no="m-909", building=steps.north())
    steps.ended(going_on, who["wu"])
    assert {one[1] for one in steps.wishes() if one[0] == "release"} == {"m-302", "m-909"}


def test_a_meter_that_an_isolated_circuit_silences_is_no_fault(going_on):
    assert excused(steps.north(), FROM_MS) >= {"m-301", "m-302"}
    assert meters_at_work(steps.north(), FROM_MS) == {"m-301", "m-302"}
    Meter.objects.create(meter_no="m-master", building=steps.north())
    WorkOrder.objects.update(scope="building")
    at_work = meters_at_work(steps.north(), FROM_MS)
    assert at_work == {"m-301", "m-302", "m-master"}, "masters are silenced, too"
    WorkOrder.objects.update(state="ended")
    assert meters_at_work(steps.north(), FROM_MS) == {"m-301", "m-302"}
    WorkOrder.objects.update(state="closed")
    assert meters_at_work(steps.north(), FROM_MS) == set()


def test_a_room_that_answers_without_end_is_stopped(order, who):
    steps.told(order, who["wu"])
    for n in range(30):
        assert isinstance(says(order, "301", now_ms=NOW_MS + n), WorkAnswer)
    refused(says(order, "301", now_ms=NOW_MS + 31), Why.TOO_MANY_ANSWERS)
    assert isinstance(says(order, "301", actor=who["wei"], now_ms=NOW_MS + 32), WorkAnswer)


def test_a_lock_that_the_gateway_did_not_take_needs_no_release(order, who, taker, twin):
    steps.overridden(order, who["wu"], who["dir"])
    steps.started(order, who["wu"])
    for one in Command.objects.filter(kind="set-relay"):
        answered(taker, twin, one, outcome=CommandOutcome.UNKNOWN_METER)
    assert steps.locks(order) == {"301": ["refused"], "302": ["refused"]}
    steps.ended(order, who["wu"])
    for one in Command.objects.filter(kind="set-relay", outcome=""):
        answered(taker, twin, one, outcome=CommandOutcome.UNKNOWN_METER)
    assert steps.returns(order) == {"301": ["not-switched"], "302": ["not-switched"]}


def test_a_cancelled_order_releases_what_it_locked(going_on, who, taker, twin):
    off = {"actor": who["wu"], "now_ms": FROM_MS + HOUR_MS}
    refused(cancel(going_on.pk, Deed("n1", "下雨"), is_clear=False, **off), Why.NOT_CLEAR)
    from_afar = off | {"actor": who["dir"]}
    refused(cancel(going_on.pk, Deed("n0", "下雨"), is_clear=True, **from_afar), Why.NOT_AT_CIRCUIT)
    assert len(steps.wishes()) == 2, "no lock is given back from an office"
    assert cancel(going_on.pk, Deed("n2", "下雨"), is_clear=True, **off).state == "ended"
    assert [one[0] for one in steps.wishes()][2:] == ["release", "release"]
    for meter in ("m-301", "m-302"):
        steps.gateway_does(taker, twin, meter, "release", closed=True, why="credit-left")
    assert close(going_on.pk, Deed("x"), **off).is_cancelled


def test_an_order_that_locked_nothing_is_cancelled_at_once(order, who):
    steps.told(order, who["wu"])
    done = cancel(order.pk, Deed("n", "改期"), is_clear=False, actor=who["wu"], now_ms=NOW_MS)
    assert (done.state, steps.wishes()) == ("cancelled", [])
    refused(steps.started(order, who["wu"]), Why.NOT_NOW)


def test_work_that_takes_longer_is_told_once(going_on, who):
    assert [tell_late(UNTIL_MS + minutes * 60_000) for minutes in (14, 15, 16)] == [0, 1, 0]
    assert Notice.objects.get(template="work-late").params["person"] == "wu"


def test_the_rule_is_a_dated_setting_as_it_was_when_the_rooms_were_told(order, who):
    steps.told(order, who["wu"])
    change = Change("work.silence-hours", Place.BUILDING, "1", 0, NOW_MS + 1)
    set_at_console(change, why="t", now_ms=NOW_MS + 1)
    assert set(steps.stands(order).values()) == {"silence-counts"}
    later = {"actor": who["wu"], "now_ms": NOW_MS + 2}
    set_window(order.pk, FROM_MS + HOUR_MS, UNTIL_MS + HOUR_MS, Deed("w", "w"), **later)
    steps.told(order, who["wu"], now_ms=NOW_MS + 3, step="t2")
    assert set(steps.stands(order).values()) == {"silent"}


def test_papers_say_rooms_times_agreements_and_who_decided(going_on, who):
    with translation.override("zh-hans"):
        found = papers.permit(read_order(going_on, FROM_MS + 5))
        drawn = PdfReader(BytesIO(pdf(found, sheet_words("wu", NOW_MS)))).pages
    words = "".join(page.extract_text() for page in drawn)
    for text in ("停电作业票", going_on.number, "301", "更换三楼分线箱", "已同意", "验电", "wu"):
        assert text in words, text
    sheet = "".join(
        one.extract_text() for one in PdfReader(BytesIO(papers.corridor_notice(going_on, NOW_MS))).pages
    )
    for text in ("停电通知", "Notice: power off", "301、302", "接触不良"):
        assert text in sheet, text
    assert "Rooms: 301、302" in notice_text(going_on, "en", NOW_MS)
    period = Period(PeriodKind.YEAR, date(2026, 1, 1), date(2026, 12, 31))
    [table] = make(report_of("work-orders"), period).tables
    assert [row.cells[0] for row in table.rows] == [going_on.number]
    assert table.rows[0].cells[7:10] == [2, 2, 0]


def test_every_step_is_on_record(going_on):
    said = AuditEntry.objects.filter(action="work-order").order_by("pk").values_list("subject", "detail")
    assert [f"{detail.split()[0]}" for _subject, detail in said] == ["planned", "told", "started", "isolated"]
    assert AuditEntry.objects.filter(action="work-answer").count() == 2
