"""Faults of modules: opened by alarms, desk and residents, one per module, each step once, told in time (R-4.3.3b)."""

import pytest
from django.utils import translation

from central.campus.models import Account, Building, Room
from central.domain.device_states import DeviceAct
from central.link.models import Alarm, Gateway, LockOut
from central.office.models import MailServer, Notice, User
from central.office.photos import PhotoRefusal
from central.office.roles import Role
from central.workshop.claims.models import Claim
from central.workshop.devices.models import DeviceType, Maker
from central.workshop.devices.operations import DeviceMove, NewDevice, take_in
from central.workshop.faults import residents
from central.workshop.faults.claims import Claimed, claim_module
from central.workshop.faults.looking import look_at_faults
from central.workshop.faults.matters import of_module, of_room
from central.workshop.faults.models import Fault, FaultStep, FaultWatch
from central.workshop.faults.operations import Step, open_fault, take_step
from central.workshop.faults.refusals import FaultRefusal, Refused
from central.workshop.faults.residents import report, reports_of
from central.workshop.faults.signs import Seen
from tests.central.conftest import NOW_MS
from tests.central.theft_steps import picture

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
Kind = FaultStep.Kind


@pytest.fixture
def gateway(twin, settings, tmp_path):
    settings.PHOTOS_FOLDER = tmp_path / "photos"
    row = Gateway.objects.get(pk=twin.name)
    row.last_seen_ms = NOW_MS
    row.meters_seen = [{"meter": f"m-{n}", "line": "a"} for n in (301, 302, 303, 304)]
    row.save()
    return row


@pytest.fixture
def tech(db):
    return User.objects.create_user("tech", role=Role.TECHNICIAN, email="tech@example.org")


def alarm(gateway, what="meter-silent", subject="m-301", hours=3, now_ms=NOW_MS):
    code = f"{what}:{subject}"
    made, _new = Alarm.objects.update_or_create(
        gateway=gateway,
        code=code,
        defaults={
            "what": what,
            "subject": subject,
            "raised_ms": now_ms - hours * HOUR_MS,
            "cleared_ms": None,
        },
    )
    return made


def heard(gateway, now_ms):
    Gateway.objects.filter(pk=gateway.pk).update(last_seen_ms=now_ms)
    return now_ms


def look(gateway, now_ms=NOW_MS):
    return listening(heard(gateway, now_ms))


def listening(now_ms):
    """Look, by a central that has looked every minute for days."""
    FaultWatch.objects.update_or_create(
        pk=1, defaults={"since_ms": NOW_MS - DAY_MS, "last_ms": now_ms - 60_000}
    )
    return look_at_faults(now_ms)


def room():
    return Room.objects.select_related("building").get(building__code="1", label="301")


def account():
    return Account.objects.select_related("point__room__building").get(code="1-301.1")


def kinds(fault):
    return [one.kind for one in fault.steps.order_by("received_ms", "pk")]


def test_r_4_3_3b_a_silent_module_becomes_one_fault_and_the_workshop_is_told_once(gateway, tech):
    alarm(gateway)
    assert [look(gateway), look(gateway, NOW_MS + HOUR_MS)] == [1, 0]
    fault = Fault.objects.get()
    assert (fault.key, fault.room, fault.sign, fault.state) == ("meter:m-301", room(), "silent", "open")
    notice = Notice.objects.get(template="faults-opened")
    assert (notice.audience, notice.params["count"]) == ([Role.TECHNICIAN], 1)
    # The desk hears of the same module: it is seen again, and stays one fault.
    again = open_fault(
        of_room(room(), Seen.NO_POWER), Step(Kind.OPENED, "d-1", NOW_MS, "dark"), actor=tech, now_ms=NOW_MS
    )
    assert (again, kinds(fault)) == (fault, ["opened", "seen-again"])


def test_the_alarms_end_is_noted_and_closes_nothing(gateway):
    first = alarm(gateway)
    look(gateway)
    Alarm.objects.filter(pk=first.pk).update(cleared_ms=NOW_MS + HOUR_MS)
    for _time in range(2):
        look(gateway, NOW_MS + 2 * HOUR_MS)
    fault = Fault.objects.get()
    assert (fault.state, kinds(fault)) == ("open", ["opened", "ended"])
    # It rises again: the same fault, seen again.
    alarm(gateway, now_ms=NOW_MS + 6 * HOUR_MS)
    assert look(gateway, NOW_MS + 6 * HOUR_MS) == 0
    assert kinds(fault)[-1] == "seen-again"


def test_a_dead_line_is_one_matter_and_planned_work_none(gateway):
    for number in (301, 302, 303):
        alarm(gateway, subject=f"m-{number}")
    look(gateway)
    look(gateway, NOW_MS + HOUR_MS)
    assert [(one.scope, one.key) for one in Fault.objects.all()] == [("line", "line:1/a")]
    Fault.objects.all().update(state="closed")
    Alarm.objects.exclude(subject="m-301").delete()
    told = {"by": "li", "why": "w", "since_ms": 1, "since_trusted": True, "received_ms": 1}
    LockOut.objects.create(gateway=gateway, meter="m-301", owner="technician", **told)
    assert look(gateway, NOW_MS + 2 * HOUR_MS) == 0
    LockOut.objects.update(ended_ms=NOW_MS)
    Alarm.objects.create(
        gateway=gateway, code="sc", what="software-control", subject="1-301.1", raised_ms=NOW_MS
    )
    assert look(gateway, NOW_MS + 2 * HOUR_MS) == 0
    Alarm.objects.filter(code="sc").update(cleared_ms=NOW_MS)
    assert look(gateway, NOW_MS + 2 * HOUR_MS) == 1


def test_a_building_that_is_not_heard_is_its_concentrators_fault_alone(gateway):
    for number in (301, 302):
        alarm(gateway, subject=f"m-{number}")
    assert [listening(NOW_MS + 5 * HOUR_MS) for _time in range(2)] == [1, 0]
    assert Fault.objects.get().key == f"gateway:{gateway.pk}"


def test_after_an_outage_of_central_old_news_open_nothing(gateway):
    alarm(gateway)
    FaultWatch.objects.create(pk=1, since_ms=NOW_MS - DAY_MS, last_ms=NOW_MS)
    back_ms = NOW_MS + 3 * DAY_MS
    # Nothing was heard for days, by its own fault; the alarm was cleared meanwhile, and its row is on its way.
    assert look_at_faults(back_ms) == 0
    heard(gateway, back_ms + 60_000)
    assert look_at_faults(back_ms + 60_000) == 0
    Alarm.objects.update(cleared_ms=NOW_MS + HOUR_MS)
    for minute in range(2, 40):
        look_at_faults(heard(gateway, back_ms + minute * 60_000))
    assert not Fault.objects.exists()


def test_steps_come_once_in_their_order_and_what_lacks_is_refused_by_name(gateway, tech):
    fault = open_fault(
        of_module("m-301", room().building, Seen.DISPLAY),
        Step(Kind.OPENED, "o", NOW_MS),
        actor=tech,
        now_ms=NOW_MS,
    )

    def take(kind, step, **said):
        return take_step(fault.pk, Step(kind, step, NOW_MS, **said), actor=tech, now_ms=NOW_MS)

    refusals = {
        FaultRefusal.NO_WORDS: take(Kind.FOUND, "x", cause="dead"),
        FaultRefusal.NO_CAUSE: take(Kind.SOLVED, "x", facts={"how": "repaired"}),
        FaultRefusal.NO_HOW: take(Kind.SOLVED, "x", cause="dead", facts={"how": "prayer"}),
        FaultRefusal.NOT_SOLVED: take(Kind.CLOSED, "x"),
        FaultRefusal.PHOTO_NOT_A_PICTURE: take(Kind.NOTED, "x", text="y", photos=[b"no picture"]),
    }
    for why, refused in refusals.items():
        assert isinstance(refused, Refused)
        assert refused.why is why
    assert kinds(fault) == ["opened"]
    for _time in range(2):
        take(Kind.ON_SITE, "s1")
        take(Kind.FOUND, "s2", text="dead", cause="dead", photos=[picture()])
        take(Kind.SOLVED, "s3", facts={"how": "replaced"})
        take(Kind.ACKNOWLEDGED, "s4")
        take(Kind.CLOSED, "s5")
    fault.refresh_from_db()
    assert (fault.state, fault.cause, fault.solved_ms) == ("closed", "dead", NOW_MS)
    assert kinds(fault) == ["opened", "on-site", "found", "solved", "acknowledged", "closed"]
    assert take(Kind.NOTED, "s2", text="other").why is FaultRefusal.EXISTS_WITH_DIFFERENT
    assert take(Kind.NOTED, "s9", text="other").why is FaultRefusal.CLOSED
    tech = User.objects.create_user("wu", role=Role.ELECTRICIAN)
    tech.buildings.set(Building.objects.filter(code="2"))
    again = open_fault(
        of_module("m-301", room().building, Seen.DISPLAY),
        Step(Kind.OPENED, "o2", NOW_MS),
        actor=None,
        now_ms=NOW_MS,
    )
    refused = take_step(again.pk, Step(Kind.ON_SITE, "z", NOW_MS), actor=tech, now_ms=NOW_MS)
    assert refused.why is FaultRefusal.NOT_HIS_BUILDING


def test_what_was_called_solved_and_is_still_silent_is_open_again_the_next_day(gateway, tech):
    alarm(gateway)
    look(gateway)
    fault = Fault.objects.get()
    solved = Step(Kind.SOLVED, "s", NOW_MS, cause="nothing", facts={"how": "nothing"})
    take_step(fault.pk, solved, actor=tech, now_ms=NOW_MS)
    look(gateway, NOW_MS + 23 * HOUR_MS)
    assert Fault.objects.get().state == "solved"
    for _time in range(2):
        look(gateway, NOW_MS + 25 * HOUR_MS)
    fault = Fault.objects.get()
    assert (fault.state, fault.solved_ms, kinds(fault).count("seen-again")) == ("open", None, 1)


def test_what_is_solved_is_closed_by_itself_after_days(gateway, tech):
    done = open_fault(of_room(room(), Seen.OTHER), Step(Kind.OPENED, "o", NOW_MS), actor=tech, now_ms=NOW_MS)
    solved = Step(Kind.SOLVED, "s", NOW_MS, cause="wiring", facts={"how": "wiring"})
    take_step(done.pk, solved, actor=tech, now_ms=NOW_MS)
    look(gateway, NOW_MS + 3 * DAY_MS - 1)
    assert Fault.objects.get().state == "solved"
    look(gateway, NOW_MS + 3 * DAY_MS)
    assert (Fault.objects.get().state, kinds(done)[-1]) == ("closed", "closed")


def test_a_resident_reports_thrice_a_day_and_sees_no_name(gateway, tech):
    for number in range(3):
        done = report(account(), Seen.DISPLAY, "dark", [picture()], f"r{number}", now_ms=NOW_MS + number)
        assert isinstance(done, Fault)
    assert report(account(), Seen.DISPLAY, "dark", [], "r2", now_ms=NOW_MS) == done
    assert report(account(), Seen.DISPLAY, "", [], "r3", now_ms=NOW_MS).why is FaultRefusal.TOO_OFTEN
    assert Fault.objects.count() == 1
    assert isinstance(report(account(), Seen.DISPLAY, "", [], "r4", now_ms=NOW_MS + DAY_MS + 3), Fault)
    tech.last_name = "Secret"
    tech.save()
    take_step(done.pk, Step(Kind.ACKNOWLEDGED, "a", NOW_MS), actor=tech, now_ms=NOW_MS)
    with translation.override("en"):
        seen = [str(one.state) for one in reports_of(account())]
    assert seen[0] == "A technician is on the way."
    assert "Secret" not in str(reports_of(account()))
    assert FaultStep.objects.filter(account="1-301.1", by=None).count() == 4


def test_a_module_of_the_store_is_the_faults_device(gateway):
    device = known_device()
    alarm(gateway, "relay-refused")
    look(gateway)
    assert Fault.objects.get().device == device


def test_a_record_that_the_store_makes_later_becomes_the_faults(gateway):
    alarm(gateway, "relay-refused")
    look(gateway)
    assert Fault.objects.get().device is None
    device = known_device()
    look(gateway)
    assert Fault.objects.get().device == device


def known_device(meter="m-301"):
    maker = Maker.objects.create(code="hx", name="Huaxing", mail="claims@example.org")
    kind = DeviceType.objects.create(code="d", kind="module", maker=maker, name="DDS-1")
    move = DeviceMove("adopt", DeviceAct.ADOPTED, 1_000, meter_no=meter)
    return take_in(
        NewDevice(kind, "A", meter_no=meter, act=DeviceAct.ADOPTED), move, actor=None, now_ms=1_000
    )


def test_pictures_of_a_resident_that_are_none_are_not_looked_at_without_end(gateway, tech, monkeypatch):
    """A refused report counts for no day: whoever has a room's PIN could keep the server unpacking pictures."""
    looked = []
    monkeypatch.setattr(
        residents,
        "look_all",
        lambda photos: looked.append(photos) or (PhotoRefusal.NOT_A_PICTURE if photos else []),
    )
    said = [
        report(account(), Seen.DISPLAY, "x", [b"no picture"], f"p{n}", now_ms=NOW_MS).why for n in range(12)
    ]
    assert said == [FaultRefusal.PHOTO_NOT_A_PICTURE] * 10 + [FaultRefusal.TOO_OFTEN] * 2
    assert len(looked) == 10
    later = report(account(), Seen.DISPLAY, "x", [], "words", now_ms=NOW_MS)
    assert isinstance(later, Fault), "words are taken"


def test_the_maker_is_told_once_with_the_faults_photographs(gateway, tech):
    device = known_device()
    MailServer.objects.create(host="127.0.0.1", sender="desk@example.org")
    fault = open_fault(
        of_room(room(), Seen.DISPLAY), Step(Kind.OPENED, "o", NOW_MS), actor=tech, now_ms=NOW_MS
    )
    again = Step(Kind.OPENED, "r", NOW_MS, account="1-301.1", photos=[picture("pink")])
    open_fault(of_room(room(), Seen.DISPLAY), again, actor=None, now_ms=NOW_MS)
    assert not isinstance(claim_module(fault.pk, actor=tech, now_ms=NOW_MS), Claimed)
    found = Step(Kind.FOUND, "f", NOW_MS, "burnt", "dead", photos=[picture()])
    take_step(fault.pk, found, actor=tech, now_ms=NOW_MS)
    done = claim_module(fault.pk, actor=tech, now_ms=NOW_MS)
    assert isinstance(done, Claimed)
    assert done.not_mailed == ""
    assert not isinstance(claim_module(fault.pk, actor=tech, now_ms=NOW_MS), Claimed)
    claim = Claim.objects.get()
    assert (claim.pk, claim.source, claim.devices.get().device) == (done.number, f"fault:{fault.pk}", device)
    assert "burnt" in claim.devices.get().finding
    photos = fault.steps.get(kind=Kind.FOUND).photos
    assert claim.steps.get(kind="opened").photos == photos
    assert fault.steps.get(kind=Kind.CLAIMED).facts == {"claim": claim.pk, "mailed": True}
    device.refresh_from_db()
    assert device.state == "in-use"
