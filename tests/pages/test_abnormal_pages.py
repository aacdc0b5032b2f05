"""Rooms with unusual use, from the month's list to what goes upwards (R-3.5): once, kept as it was, reviewed by a person first."""

import uuid
from io import BytesIO
from pathlib import Path

import pytest
from django.test import Client
from django.utils import translation
from PIL import Image

from central import clock
from central.campus.models import Building
from central.clock import start_of_day_ms
from central.link.telemetry.models import HourlyUse
from central.losses.abnormal.making import make_list, make_next_list
from central.losses.abnormal.models import AbnormalReview, AbnormalRow, AbnormalRun
from central.losses.abnormal.operations import ReviewRefusal, Said, request_of, review, send_upwards
from central.losses.abnormal.words import not_judged_words, reason_words
from central.losses.case_models import Case
from central.office import approvals
from central.office.models import Approval, Notice, User
from tests.browser import seed, seed_abnormal
from tests.pages.conftest import _client as client_of

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
K = AbnormalReview.Kind


@pytest.fixture
def building(settings: object, tmp_path: Path) -> Building:
    settings.PHOTOS_FOLDER = tmp_path / "photos"
    seed.people()
    seed.campus(buildings=1, rooms=9)
    seed_abnormal.settled_before()
    return Building.objects.get(code="1")


@pytest.fixture
def run(building: Building) -> AbnormalRun:
    return seed_abnormal.abnormal()


def user(name: str) -> User:
    return User.objects.get(username=name)


def said(kind: K = K.FEWER, text: str = "two of four have left, says the head", **more: object) -> Said:
    return Said(kind, text, str(uuid.uuid4()), **more)


def reviewed(row: AbnormalRow, **changes: object) -> AbnormalReview | ReviewRefusal:
    return review(row, said(**changes), actor=user("cashier"), now_ms=clock.now_ms())


def test_a_review_that_comes_again_with_other_words_is_none(run: AbnormalRun) -> None:
    row, first = run.rows.get(), said()
    kept = review(row, first, actor=user("cashier"), now_ms=clock.now_ms())
    assert review(row, first, actor=user("cashier"), now_ms=clock.now_ms()) == kept
    other = Said(first.kind, "all four live there", first.step)
    refused = review(row, other, actor=user("cashier"), now_ms=clock.now_ms())
    assert refused is ReviewRefusal.EXISTS_WITH_DIFFERENT


def test_the_room_whose_use_fell_stands_on_the_list_and_no_other(run: AbnormalRun) -> None:
    [row] = run.rows.all()
    assert row.room == seed_abnormal.fallen()
    assert row.confidence_ppm > 500_000
    heaviest = row.reasons[0]
    assert heaviest["now"] < heaviest["before"] / 2 < heaviest["expected"]
    assert len(row.days) == (seed_abnormal.last_month().after - seed_abnormal.last_month().first).days + 21
    own, usual = row.days[-1]
    assert own < usual / 2
    assert run.used["rooms"] == 9


def test_a_list_is_made_once_and_stays_as_it_was(run: AbnormalRun) -> None:
    HourlyUse.objects.all().delete()
    assert make_list(run.building, seed_abnormal.last_month(), clock.now_ms()) == run
    assert run.rows.count() == 1


def test_a_month_is_caught_up_with_when_it_is_told_and_only_once(building: Building) -> None:
    HourlyUse.objects.all().delete()
    assert make_next_list(clock.now_ms()) is None
    seed_abnormal.hours()
    made = make_next_list(clock.now_ms())
    assert (made.building, made.month) == (building, f"{seed_abnormal.last_month().first:%Y-%m}")
    assert make_next_list(clock.now_ms()) is None


def test_a_month_waits_for_what_is_told_after_its_end(building: Building) -> None:
    seed_abnormal.hours()
    end_ms = start_of_day_ms(seed_abnormal.last_month().after)
    HourlyUse.objects.filter(hour_ms__gte=end_ms).delete()
    assert make_next_list(end_ms + 86_400_000) is None
    assert make_next_list(end_ms + 4 * 86_400_000) is not None


def test_a_room_known_to_be_empty_is_not_listed(building: Building) -> None:
    vacant = seed_abnormal.fallen(place=5)
    seed_abnormal.hours(vacant=vacant)
    made = make_list(building, seed_abnormal.last_month(), clock.now_ms())
    assert vacant.pk not in made.rows.values_list("room", flat=True)
    assert made.used["not_judged"] == {"empty": 1}
    with translation.override("en"):
        assert not_judged_words(made.used["not_judged"]) == "known to be empty: 1"


def test_nothing_goes_upwards_that_nobody_reviewed(run: AbnormalRun) -> None:
    now_ms = clock.now_ms()
    assert send_upwards(run.month, actor=user("cashier"), now_ms=now_ms) is ReviewRefusal.NOT_ALL_REVIEWED
    assert send_upwards("2020-01", actor=user("cashier"), now_ms=now_ms) is ReviewRefusal.NOTHING_LISTED
    assert isinstance(reviewed(run.rows.get()), AbnormalReview)
    sent = send_upwards(run.month, actor=user("cashier"), now_ms=now_ms)
    assert isinstance(sent, Approval), sent
    assert send_upwards(run.month, actor=user("manager"), now_ms=now_ms) == sent
    notice = Notice.objects.get(template="abnormal-users-reviewed")
    assert notice.audience == ["director", "logistics", "vp-network", "vp-logistics", "president", "legal"]
    assert reviewed(run.rows.get()) is ReviewRefusal.SENT_BEFORE
    for name in ("director", "vice"):
        done = approvals.sign(sent.number, approve=True, reason="", actor=user(name), now_ms=now_ms)
        assert isinstance(done, Approval), done
    assert done.state == Approval.State.APPROVED


def test_what_was_refused_above_can_be_reviewed_and_sent_again(run: AbnormalRun) -> None:
    now_ms = clock.now_ms()
    reviewed(run.rows.get())
    sent = send_upwards(run.month, actor=user("cashier"), now_ms=now_ms)
    approvals.sign(
        sent.number, approve=False, reason="ask the warden, too", actor=user("director"), now_ms=now_ms
    )
    assert isinstance(reviewed(run.rows.get(), text="the warden says so, too"), AbnormalReview)
    again = send_upwards(run.month, actor=user("cashier"), now_ms=now_ms)
    assert again.number != sent.number
    assert again.content["rooms"][0]["text"] == "the warden says so, too"


def test_a_room_to_be_looked_at_opens_a_case_for_the_electrician(run: AbnormalRun) -> None:
    row = run.rows.get()
    kept = reviewed(row, kind=K.LOOK, text="nobody answers; look at the meter")
    case = Case.objects.get()
    assert (kept.case, case.kind, case.room) == (case, Case.Kind.METER, row.room)
    assert Notice.objects.filter(key=f"case-{case.pk}-opened").exists()


def test_the_same_review_twice_is_one_and_words_are_needed(run: AbnormalRun) -> None:
    row, once = run.rows.get(), said()
    first = review(row, once, actor=user("cashier"), now_ms=clock.now_ms())
    assert review(row, once, actor=user("cashier"), now_ms=clock.now_ms()) == first
    assert reviewed(row, text="  ") is ReviewRefusal.NO_WORDS
    assert reviewed(row, photos=[b"no picture"]) is ReviewRefusal.PHOTOS
    other = Said(K.VACANT, "x", once.step)
    assert (
        review(row, other, actor=user("cashier"), now_ms=clock.now_ms())
        is ReviewRefusal.EXISTS_WITH_DIFFERENT
    )


def test_the_pages_from_the_list_to_the_signers(run: AbnormalRun) -> None:
    cashier, row = client_of("cashier"), run.rows.get()
    text = cashier.get("/losses/abnormal/").content.decode()
    assert row.room.full_label in text
    assert "nobody is accused" in text
    assert "to be reviewed" in text
    page = cashier.get(f"/losses/abnormal/rooms/{row.pk}/")
    assert "<svg" in page.content.decode()
    assert len(page.content) < 150_000
    names = row.room.point.accounts.get().occupancies.values_list("customer__name", flat=True)
    assert not any(name in page.content.decode() for name in names)
    file = BytesIO()
    Image.new("RGB", (40, 30)).save(file, "JPEG")
    file.seek(0)
    file.name = "door.jpg"
    form = {"step": str(uuid.uuid4()), "kind": "fewer", "text": "two have left", "photos": file}
    assert cashier.post(f"/losses/abnormal/rooms/{row.pk}/review/", {**form, "kind": ""}).status_code == 400
    file.seek(0)
    assert cashier.post(f"/losses/abnormal/rooms/{row.pk}/review/", form).status_code == 302
    assert row.reviews.get().photos
    sent = cashier.post("/losses/abnormal/send/", {"month": run.month})
    assert sent.url == f"/office/approvals/{request_of(run.month).number}/"
    assert "two have left" in client_of("director").get(sent.url).content.decode()
    report = cashier.get(f"/papers/abnormal-users/?period=month:{run.month}").content.decode()
    assert "two have left" in report
    assert "kWh a day" in report


def test_an_electrician_sees_only_the_buildings_he_serves(run: AbnormalRun) -> None:
    wu = User.objects.create_user("wu", role=User.Role.ELECTRICIAN)
    wu.buildings.set([Building.objects.create(code="9", name="Nine")])
    row = run.rows.get()
    client: Client = client_of("wu")
    assert row.room.full_label not in client.get("/losses/abnormal/").content.decode()
    assert client.get(f"/losses/abnormal/rooms/{row.pk}/").status_code == 404
    assert review(row, said(), actor=wu, now_ms=clock.now_ms()) is ReviewRefusal.NOT_HIS_BUILDING


def test_reasons_are_sentences_with_figures() -> None:
    figures = {"before": 3_000, "now": 1_000, "expected": 2_900}
    reasons = [{"kind": kind, **figures} for kind in ("less", "nothing", "night", "blocks", "new-kind")]
    loss = {"group": "f3", "missing_wh": 56_000, "uncertainty_wh": 9_000, "pattern": "share"}
    said_words = reason_words(reasons, loss)
    assert "3.00" in said_words[0]
    assert "16.7" in said_words[3]
    assert said_words[4] == "new-kind"
    assert "56.00" in said_words[5]
