"""Pages of a theft: reported from a phone, answered, judged, charged, appealed; money only for who may see it (R-4.2.4)."""

import re
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pypdf import PdfReader

from central import clock
from central.campus.models import Room
from central.desk.debts.penalty_models import DebtPenalty
from central.losses.case_models import Case
from central.losses.theft.models import TheftAppeal
from central.losses.theft.notices import tell_unheard
from central.office import approvals, photo_views
from central.office.models import Approval, User
from tests.browser import seed_theft
from tests.pages.conftest import _client

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
REPORT = "/losses/theft/report/"
JSON = {"Accept": "application/json"}


@pytest.fixture
def who(cashier: Client, settings: object, tmp_path: Path) -> dict[str, Client]:
    settings.PHOTOS_FOLDER = tmp_path / "photos"
    return {name: _client(name) for name in seed_theft.people()}


def photo(text: str = "A") -> SimpleUploadedFile:
    return SimpleUploadedFile("a.jpg", seed_theft.picture(text), "image/jpeg")


def room() -> Room:
    return Room.objects.get(building__code="1", label="102")


def said(**more: object) -> dict[str, object]:
    return {"step": str(uuid4()), "building": room().building_id, "room": "102", "seen": "cable"} | more


def reported(who: dict[str, Client], **more: object) -> Case:
    answer = who["warden"].post(REPORT, said(**more))
    assert answer.status_code == 302, answer.content.decode()
    return Case.objects.latest("pk")


def post(client: Client, case: Case, deed: str, **fields: object) -> object:
    return client.post(f"/losses/theft/{case.pk}/{deed}/", {"step": str(uuid4())} | fields)


def page(client: Client, case: Case) -> str:
    return client.get(f"/losses/theft/{case.pk}/").content.decode()


def test_a_report_takes_a_room_and_what_is_seen(who: dict[str, Client]) -> None:
    form = who["warden"].get(f"{REPORT}?room={room().pk}").content.decode()
    assert re.search(r'name="room" value="102"', form)
    assert "checked" in form.partition('name="seen"')[0], "the one building he serves is chosen"
    case = reported(who, photos=[photo()])
    assert (case.room, case.steps.get().facts["seen"]) == (room(), "cable")
    assert "cable from the corridor" in page(who["warden"], case)


def test_what_a_report_lacks_is_said_and_nothing_typed_is_lost(who: dict[str, Client]) -> None:
    for wrong, words in (
        ({"room": "999"}, "There is no such room in this building"),
        ({"room": ""}, "Choose the room, or say where in the corridor it is."),
        ({"photos": [SimpleUploadedFile("a.jpg", b"x", "image/jpeg")]}, "no photograph"),
        ({"building": 999}, "Select a valid choice"),
    ):
        answer = who["warden"].post(REPORT, said(text="typed before") | wrong)
        text = answer.content.decode()
        assert (answer.status_code, words in text, "typed before" in text) == (400, True, True), words
    assert not Case.objects.exists()


def test_an_address_that_says_nonsense_is_an_empty_form(who: dict[str, Client]) -> None:
    for query in ("room=x", "room=" + "9" * 40, "again=1x", "from_round=x", "room=12345678901234567x"):
        assert who["warden"].get(f"{REPORT}?{query}").status_code == 200
    of_round = str(uuid4())
    assert of_round in who["warden"].get(f"{REPORT}?from_round={of_round}").content.decode()
    assert reported(who, from_round=of_round).steps.get().facts["round"] == of_round


def test_a_phone_is_answered_in_json_and_the_same_entry_is_one_case(who: dict[str, Client]) -> None:
    entry = said(at_ms="1000", sent_ms="61000")
    for _time in range(2):
        answer = who["warden"].post(REPORT, entry, headers=JSON)
        case = Case.objects.get()
        assert answer.json() == {"kept": True, "next": f"/losses/theft/{case.pk}/"}
    step = case.steps.get()
    assert 59_000 < case.opened_ms - step.facts["seen_ms"] < 62_000
    refused = who["warden"].post(REPORT, said(room="999"), headers=JSON)
    assert refused.status_code == 400
    assert refused.json()["kept"] is False


def test_the_clock_runs_and_the_electrician_answers(who: dict[str, Client]) -> None:
    case = reported(who)
    now = who["director"].get(f"/losses/theft/{case.pk}/now/").content.decode()
    assert "on his way" in now
    assert post(who["electrician"], case, "acknowledge").status_code == 302
    assert post(who["electrician"], case, "arrive").status_code == 302
    assert "in time" in page(who["director"], case)
    assert post(who["warden"], case, "arrive").status_code == 403
    assert tell_unheard(clock.now_ms() + 3_600_000) == 0


def found(who: dict[str, Client], case: Case, **more: object) -> object:
    fields = {"verdict": "confirmed", "room": "102", "text": "stove", "seal": "whole", "photos": [photo("B")]}
    return post(who["electrician"], case, "finding", **(fields | more))


def test_a_finding_needs_a_photograph_and_the_hours_in_order(who: dict[str, Client]) -> None:
    case = reported(who)
    answer = found(who, case, photos=[], device="kept as typed")
    assert (answer.status_code, "needs a photograph" in answer.content.decode()) == (400, True)
    assert "kept as typed" in answer.content.decode()
    wrong = found(who, case, least_hours="5", most_hours="2")
    assert "At least as many as above." in wrong.content.decode()
    assert found(who, case, current="6.8", days="3", least_hours="1", most_hours="2").status_code == 302
    assert case.steps.last().facts["current_ma"] == 6_800


def test_only_who_may_see_money_sees_the_penalty(who: dict[str, Client]) -> None:
    case = reported(who)
    found(who, case)
    assert "What the penalty is made of" in page(who["cashier"], case)
    for name in ("warden", "electrician", "security"):
        text = page(who[name], case)
        assert "What the penalty is made of" not in text
        assert who[name].get(f"/losses/theft/{case.pk}/evidence.pdf").status_code == 403
    assert who["cashier"].get(f"/losses/theft/{case.pk}/evidence.xml").status_code == 404


def test_a_photograph_is_shown_as_received_to_who_is_signed_in_and_asked_for_each_time(
    who: dict[str, Client],
) -> None:
    case = reported(who, photos=[photo()])
    [digest] = case.steps.get().photos
    [address] = set(re.findall(f'/office/photos/{digest}[^"]*', page(who["warden"], case)))
    had = {"If-None-Match": f'"{digest}"'}
    answer = who["warden"].get(address)
    assert (answer.content, answer.headers["Content-Type"]) == (photo().read(), "image/jpeg")
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert who["warden"].get(address, headers=had).status_code == 304
    assert Client().get(address, headers=had).status_code == 302
    assert who["warden"].get("/office/photos/..%2f..%2fcentral.db").status_code == 404


def test_a_photograph_opens_only_for_whom_a_page_has_shown_its_matter(
    who: dict[str, Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who knows a picture's digest, or was handed another reader's address, or kept last week's, sees nothing."""
    case = reported(who, photos=[photo()])
    [digest] = case.steps.get().photos
    [address] = set(re.findall(f'/office/photos/{digest}[^"]*', page(who["warden"], case)))
    bare, had = f"/office/photos/{digest}", {"If-None-Match": f'"{digest}"'}
    assert who["warden"].get(address).status_code == 200
    for refused in (bare, f"{bare}?for=", f"{address}0", address.replace(digest, "0" * 64)):
        assert who["warden"].get(refused, headers=had).status_code == 404, refused
    assert who["director"].get(address, headers=had).status_code == 404
    later = clock.real_now_ms() + 3 * 86_400_000
    monkeypatch.setattr(photo_views.clock, "real_now_ms", lambda: later)
    monkeypatch.setattr("central.office.idle.clock.real_now_ms", lambda: later)
    warden = _client("warden")
    assert warden.get(address).status_code == 404


def test_a_note_that_waited_on_a_phone_is_of_when_it_was_written(who: dict[str, Client]) -> None:
    case = reported(who)
    assert post(who["warden"], case, "note", text="gone", at_ms="1000", sent_ms="61000").status_code == 302
    step = case.steps.get(text="gone")
    assert step.received_ms - step.at_ms == 60_000


def test_a_page_with_money_is_not_kept_on_a_phone(who: dict[str, Client]) -> None:
    case, keep = reported(who), '<meta name="keep-offline"'
    assert keep in page(who["cashier"], case)
    found(who, case)
    assert keep not in page(who["cashier"], case)
    assert keep in page(who["electrician"], case)


def test_a_file_larger_than_a_photograph_is_refused_before_it_is_read(
    who: dict[str, Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("central.office.photo_field.MOST_BYTES", 1_000)
    answer = who["warden"].post(REPORT, said(photos=[photo()], text="typed before"))
    text = answer.content.decode()
    assert (answer.status_code, "at most 12 MB" in text, "typed before" in text) == (400, True, True)


def test_from_the_penalty_to_the_evidence_on_pages(who: dict[str, Client]) -> None:
    case = reported(who)
    found(who, case)
    asked = post(who["cashier"], case, "penalty", key=str(uuid4()), why="found")
    assert asked.status_code == 302
    number = Approval.objects.get().number
    signing = who["director"].get(f"/office/approvals/{number}/").content.decode()
    assert "Days counted" in signing
    for name in ("director", "vice"):
        user = User.objects.get(username=name)
        approvals.sign(number, approve=True, reason="", actor=user, now_ms=clock.now_ms())
    penalty = DebtPenalty.objects.get()
    text = page(who["cashier"], case)
    assert f"/desk/debts/{penalty.account.code}/?penalty={penalty.pk}" in text
    shown = who["cashier"].get(f"/desk/debts/{penalty.account.code}/?penalty={penalty.pk}")
    assert shown.context["off_form"].initial["amount"] == f"{penalty.amount_fen / 100:.2f}", (
        "the debt that is chosen"
    )
    debt = shown.content.decode()
    assert f"penalty, case {case.pk}" in debt
    pay = {"payment": str(uuid4()), "amount": "1.00", "method": "cash", "penalty": penalty.pk}
    receipt = who["cashier"].post(f"/desk/debts/{penalty.account.code}/pay/", pay)
    assert f"Penalty for stolen power, case {case.pk}" in who["cashier"].get(receipt.url).content.decode()
    appeal = {"appeal": str(uuid4()), "who": "Wang", "text": "we were away", "photos": [photo("C")]}
    assert post(who["cashier"], case, "appeal", **appeal).status_code == 302
    assert TheftAppeal.objects.get().text == "we were away"
    decide = {"key": str(uuid4()), "why": "heard", "outcome": "annulled"}
    assert post(who["cashier"], case, "decide", **decide).status_code == 302
    second = Approval.objects.latest("number")
    for name in ("vice", "president"):
        user = User.objects.get(username=name)
        approvals.sign(second.number, approve=True, reason="", actor=user, now_ms=clock.now_ms())
    assert "penalty annulled" in page(who["cashier"], case)
    assert post(who["cashier"], case, "pay-back").status_code == 302
    assert "Paid back" in page(who["cashier"], case)
    assert post(who["cashier"], case, "close", text="annulled").status_code == 302
    case.refresh_from_db()
    assert case.state == "closed"
    pdf = who["cashier"].get(f"/losses/theft/{case.pk}/evidence.pdf")
    words = "".join(one.extract_text() for one in PdfReader(BytesIO(pdf.content)).pages)
    assert "we were away" in words
    assert who["cashier"].get(f"/losses/theft/{case.pk}/evidence.json").json()["code"] == "theft-evidence"
    again = who["warden"].get(f"{REPORT}?again={case.pk}").content.decode()
    assert f"Goes on from the closed case {case.pk}." in again


def test_the_plain_page_of_a_theft_leads_to_its_own_and_takes_no_step(who: dict[str, Client]) -> None:
    case = reported(who)
    assert who["electrician"].get(f"/losses/cases/{case.pk}/").url == f"/losses/theft/{case.pk}/"
    step = {"step": str(uuid4()), "act": "closed", "finding": "nothing", "text": "x"}
    who["electrician"].post(f"/losses/cases/{case.pk}/step/", step)
    case.refresh_from_db()
    assert case.state == "open"


def test_the_list_shows_who_came_late(who: dict[str, Client]) -> None:
    seed_theft.reported(
        {name: User.objects.get(username=name) for name in who},
        "103",
        "",
        "cable",
        clock.now_ms() - 890_000,
        "1",
    )
    assert "5 min late" in who["director"].get("/losses/theft/").content.decode()
