"""The same-day clock: what is not solved by the evening goes up, once, with who was told (R-4.3.6)."""

import pytest

from central.campus.models import Building
from central.clock import start_of_day_ms
from central.domain.device_states import DeviceAct
from central.domain.known_settings import Place
from central.office.models import Notice, User
from central.office.roles import Role
from central.office.setting_changes import Change, set_at_console
from central.workshop.claims.models import Claim
from central.workshop.devices.models import DeviceType, Maker
from central.workshop.devices.operations import DeviceMove, NewDevice, take_in
from central.workshop.faults.looking import send_up
from central.workshop.faults.matters import of_module
from central.workshop.faults.models import Fault, FaultStep
from central.workshop.faults.operations import Step, open_fault, take_step
from central.workshop.faults.queries import clock_of, step_lines
from central.workshop.faults.signs import Seen
from tests.central.conftest import NOW_MS

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
Kind = FaultStep.Kind


@pytest.fixture
def morning(campus):
    """Eight o'clock of a day that begins after the campus."""
    from central.clock import campus_day

    return start_of_day_ms(campus_day(NOW_MS + DAY_MS)) + 8 * HOUR_MS


@pytest.fixture
def director(campus):
    return User.objects.create_user("dir", role=Role.DIRECTOR, email="dir@example.org")


def opened(meter, at_ms):
    matter = of_module(meter, Building.objects.get(code="1"), Seen.NO_POWER)
    return open_fault(matter, Step(Kind.OPENED, f"o-{meter}-{at_ms}", at_ms), actor=None, now_ms=at_ms)


def ups():
    return list(Notice.objects.filter(template="faults-went-up").order_by("pk"))


def test_r_4_3_6_what_is_not_solved_by_the_evening_goes_to_the_head_then_to_logistics(morning, director):
    fault, evening = opened("m-301", morning), morning + 12 * HOUR_MS
    assert fault.due_ms == evening
    assert [send_up(evening - 1), send_up(evening), send_up(evening + HOUR_MS)] == [0, 1, 0]
    assert [one.audience for one in ups()] == [[Role.DIRECTOR]]
    assert [send_up(evening + DAY_MS), send_up(evening + 5 * DAY_MS)] == [1, 0]
    assert [one.audience for one in ups()] == [[Role.DIRECTOR], [Role.LOGISTICS]]
    told = [one.told[0] for one in step_lines(fault) if one.told]
    # The director is reached by his own mail; nobody holds logistics' office: the step says so.
    assert [(one.who, len(one.deliveries)) for one in told] == [("director", 1), ("logistics", 0)]
    assert told[0].deliveries[0].state == "queued"
    fault.refresh_from_db()
    assert (fault.level, clock_of(fault, evening + DAY_MS)) == (2, "late")


def test_after_a_long_outage_each_office_gets_one_notice_with_the_list(morning, director):
    faults = [opened(f"m-{number}", morning + number) for number in (301, 302, 303)]
    week = morning + 7 * DAY_MS
    assert [send_up(week), send_up(week + 1)] == [6, 0]
    assert [(one.audience, one.params["count"]) for one in ups()] == [
        ([Role.DIRECTOR], 3),
        ([Role.LOGISTICS], 3),
    ]
    assert all(one.steps.filter(kind=Kind.WENT_UP).count() == 2 for one in faults)


def test_what_is_opened_late_or_solved_in_time_does_not_go_up_that_evening(morning, director):
    late, done = opened("m-301", morning + 10 * HOUR_MS), opened("m-302", morning)
    assert late.due_ms == morning + 36 * HOUR_MS
    solved = Step(Kind.SOLVED, "s", morning + HOUR_MS, cause="wiring", facts={"how": "wiring"})
    take_step(done.pk, solved, actor=director, now_ms=morning + HOUR_MS)
    assert send_up(morning + 13 * HOUR_MS) == 0
    assert send_up(morning + 36 * HOUR_MS) == 1
    done.refresh_from_db()
    assert (done.level, clock_of(done, morning + 36 * HOUR_MS)) == (0, "solved")


def test_the_evening_is_the_buildings_own_and_stays_what_it_was_when_it_was_opened(morning, director):
    before = opened("m-301", morning)
    change = Change("fault.same-day-hour", Place.BUILDING, "1", 18, morning + 1)
    set_at_console(change, why="x", now_ms=morning + 1)
    after = opened("m-302", morning + 2)
    assert [after.due_ms, before.due_ms] == [morning + 10 * HOUR_MS, morning + 12 * HOUR_MS]
    Fault.objects.filter(pk=before.pk).update(state="closed")
    assert send_up(morning + 12 * HOUR_MS) == 1


def test_a_day_later_the_maker_of_a_dead_module_is_told_by_a_claim(morning, director):
    maker = Maker.objects.create(code="hx", name="Huaxing", mail="claims@example.org")
    kind = DeviceType.objects.create(code="d", kind="module", maker=maker, name="DDS-1")
    for meter in ("m-301", "m-302"):
        move = DeviceMove(f"a-{meter}", DeviceAct.ADOPTED, 1, meter_no=meter)
        take_in(NewDevice(kind, meter, meter_no=meter, act=DeviceAct.ADOPTED), move, actor=None, now_ms=1)
    dead, wired = opened("m-301", morning), opened("m-302", morning)
    for fault, cause in ((dead, "dead"), (wired, "wiring")):
        found = Step(Kind.FOUND, f"f-{fault.pk}", morning + 1, "seen", cause)
        take_step(fault.pk, found, actor=director, now_ms=morning + 1)
    evening = morning + 12 * HOUR_MS
    send_up(evening)
    assert not Claim.objects.exists()
    for _time in range(2):
        send_up(evening + DAY_MS)
    assert Claim.objects.get().source == f"fault:{dead.pk}"
    # No mail server is set: the claim waits for a person, and the step says so.
    assert dead.steps.get(kind=Kind.CLAIMED).facts["mailed"] is False
    assert not wired.steps.filter(kind=Kind.CLAIMED).exists()
