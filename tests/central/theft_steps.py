"""Steps of tests about theft: the people of every office, reports, findings, penalties signed."""

from io import BytesIO

from PIL import Image

from central.campus.models import Building, Customer, Occupancy, Room
from central.clock import campus_day
from central.losses.case_models import Case, CaseStep
from central.losses.theft import facts as f
from central.losses.theft.charging import ask_penalty
from central.losses.theft.operations import Finding, Report, answer, judge, report
from central.office import approvals
from central.office.models import Approval, User
from central.office.roles import Role
from tests.central.conftest import NOW_MS

MINUTE_MS, DAY_MS = 60_000, 86_400_000
OFFICES = {
    "dir": Role.DIRECTOR,
    "vp": Role.VP_NETWORK,
    "vpl": Role.VP_LOGISTICS,
    "pre": Role.PRESIDENT,
    "legal": Role.LEGAL,
    "log": Role.LOGISTICS,
    "sec": Role.SECURITY,
    "stu": Role.STUDENTS,
    "warden": Role.WARDEN,
    "card": Role.CASHIER,
}
LOAD = {f.CURRENT_MA: 5_000, f.DAYS: 10, f.LEAST_HOURS: 2, f.MOST_HOURS: 8}


def picture(colour="red", size=(60, 40)):
    file = BytesIO()
    Image.new("RGB", size, colour).save(file, "JPEG")
    return file.getvalue()


def people():
    """One of each office with mail, and electrician Wu of building 1."""
    made = {
        name: User.objects.create_user(name, role=role, email=f"{name}@example.org")
        for name, role in OFFICES.items()
    }
    made["wu"] = User.objects.create_user("wu", role=Role.ELECTRICIAN, email="wu@example.org")
    made["wu"].buildings.set(Building.objects.filter(code="1"))
    return made


def room(label="301"):
    return Room.objects.select_related("building").get(building__code="1", label=label)


def reported(by, step="r-1", now_ms=NOW_MS, **said):
    one = room()
    fields = {"building": one.building, "room": one, "place": "", "seen": f.Seen.CABLE, "seen_ms": now_ms}
    done = report(Report(**fields | said), step, actor=by, now_ms=now_ms)
    assert isinstance(done, Case), done
    return done


def answered(case, kind, by, after_ms, step=""):
    at_ms = NOW_MS + after_ms
    done = answer(
        case.pk, CaseStep.Kind(kind), step or f"{kind}-{case.pk}", at_ms=at_ms, actor=by, now_ms=at_ms
    )
    assert isinstance(done, Case), done
    return done


def judged(case, by, verdict=f.Verdict.CONFIRMED, step="", **said):
    at_ms = NOW_MS + 20 * MINUTE_MS
    fields = {"text": "heater on a cable from the corridor", "room": room(), "seal": f.Seal.WHOLE}
    fields |= {"device": "heater", "cable": "2.5 mm2", "load": LOAD, "photos": [picture()]}
    finding = Finding(verdict, at_ms, **fields | said)
    return judge(case.pk, finding, step or f"j-{case.pk}", actor=by, now_ms=at_ms)


def confirmed(people):
    case = reported(people["warden"])
    answered(case, "acknowledged", people["wu"], MINUTE_MS)
    answered(case, "arrived", people["wu"], 9 * MINUTE_MS)
    done = judged(case, people["wu"])
    assert isinstance(done, Case), done
    return done


def lives_there(number, from_ms, until_ms=None, label="301"):
    account = room(label).point.accounts.get()
    person, _made = Customer.objects.get_or_create(number=number, defaults={"name": number})
    Occupancy.objects.create(
        account=account,
        customer=person,
        from_day=campus_day(from_ms),
        until_day=campus_day(until_ms) if until_ms else None,
    )


def nobody_lives_there(label="301"):
    Occupancy.objects.filter(account__point__room__label=label).delete()


def charged(case, by, people, key="k-1"):
    asked = ask_penalty(case.pk, key, why="R-4.2.4", actor=by, now_ms=NOW_MS + DAY_MS)
    assert isinstance(asked, Approval), asked
    return signed(asked.number, people["dir"], people["vp"])


def signed(number, *signers, approve=True):
    for person in signers:
        done = approvals.sign(number, approve=approve, reason="r", actor=person, now_ms=NOW_MS + DAY_MS)
        assert isinstance(done, Approval), done
    return Approval.objects.get(pk=number)
