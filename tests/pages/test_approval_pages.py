"""Approvals and settings in the browserless browser: asked for on one page, signed on another, in force from its instant on."""

import uuid

import pytest
from django.test import Client

from central import clock
from central.ledger.models import AuditEntry
from central.office.dangerous import CONFIRMED_KEY
from central.office.dated_settings import value_at
from central.office.models import Approval, DatedValue, User
from tests.browser import seed

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])


def signed_in(name: str) -> Client:
    client = Client()
    client.force_login(User.objects.get(username=name), backend="django.contrib.auth.backends.ModelBackend")
    client.cookies["django_language"] = "en"
    session = client.session
    session[CONFIRMED_KEY] = clock.real_now_ms()
    session.save()
    return client


@pytest.fixture
def who(campus: None) -> dict[str, Client]:
    return {name: signed_in(name) for name in ("cashier", "manager", *seed.SIGNERS)}


def typed(**other: str) -> dict[str, str]:
    return {
        "value": "10.00",
        "begins": "2020-01-01T00:00",
        "why": "rice is dearer",
        "key": str(uuid.uuid4()),
    } | other


def ask(client: Client, code: str = "desk.duty-meal", **other: str):
    return client.post(f"/office/settings/{code}/ask/", typed(**other))


def sign(client: Client, answer: str = "yes", reason: str = ""):
    number = Approval.objects.latest("number").number
    return client.post(f"/office/approvals/{number}/sign/", {"answer": answer, "reason": reason})


def test_from_the_setting_to_its_last_signature(who: dict[str, Client]) -> None:
    answer = ask(who["manager"])
    assert answer.url == f"/office/approvals/{Approval.objects.get().number}/"
    page = who["manager"].get(answer.url).content.decode()
    assert "10.00 yuan" in page
    assert "8.00 yuan" in page
    assert 'name="answer"' not in page, "nobody signs his own request"
    assert "For you to sign <span" in who["director"].get("/office/approvals/").content.decode()
    assert sign(who["director"]).url == "/office/approvals/"
    assert value_at("desk.duty-meal", clock.now_ms()) == 800
    before_ms = clock.now_ms()
    sign(who["vice"])
    assert value_at("desk.duty-meal", clock.now_ms()) == 1000
    assert DatedValue.objects.get(code="desk.duty-meal").from_ms >= before_ms, (
        "a past instant becomes that of the last signature"
    )
    page = who["manager"].get("/office/settings/desk.duty-meal/").content.decode()
    assert "in force" in page
    assert "10.00 yuan" in page


def test_a_double_click_asks_once(who: dict[str, Client]) -> None:
    form = typed()
    answers = [who["manager"].post("/office/settings/desk.duty-meal/ask/", form) for _ in range(2)]
    assert answers[0].url == answers[1].url
    assert Approval.objects.count() == 1


def test_refusing_needs_a_reason_and_the_asker_sees_it(who: dict[str, Client]) -> None:
    ask(who["manager"])
    answer = sign(who["director"], "no")
    assert answer.status_code == 400
    assert "Say why" in answer.content.decode()
    sign(who["director"], "no", "not this year")
    page = who["manager"].get(f"/office/approvals/{Approval.objects.get().number}/").content.decode()
    assert "not this year" in page
    assert "rejected" in page


def test_signing_asks_for_the_password_and_keeps_what_was_typed(who: dict[str, Client]) -> None:
    ask(who["manager"])
    session = who["director"].session
    del session[CONFIRMED_KEY]
    session.save()
    page = sign(who["director"], "no", "think again")
    assert "think again" in page.content.decode()
    assert Approval.objects.get().state == "waiting"
    number = Approval.objects.get().number
    form = {"answer": "no", "reason": "think again", "password_again": seed.PASSWORD}
    who["director"].post(f"/office/approvals/{number}/sign/", form)
    assert Approval.objects.get().state == "rejected"


def test_what_does_not_concern_an_office_is_not_there_for_it(who: dict[str, Client]) -> None:
    ask(who["manager"])
    User.objects.create_user("warden", role="warden")
    warden = signed_in("warden")
    number = Approval.objects.get().number
    assert warden.get(f"/office/approvals/{number}/").status_code == 404
    assert sign(warden).status_code == 404
    assert "desk.duty-meal" not in warden.get("/office/approvals/").content.decode()


def test_it_is_taken_back_by_who_asked(who: dict[str, Client]) -> None:
    ask(who["manager"])
    number = Approval.objects.get().number
    assert who["director"].post(f"/office/approvals/{number}/withdraw/", {"reason": "x"}).status_code == 400
    assert (
        who["manager"].post(f"/office/approvals/{number}/withdraw/", {"reason": "mistaken"}).status_code
        == 302
    )
    assert Approval.objects.get().state == "withdrawn"
    answer = sign(who["director"])
    assert "ended already" in answer.content.decode()


def test_original_and_copy_are_filed(who: dict[str, Client]) -> None:
    ask(who["manager"])
    sign(who["director"])
    sign(who["vice"])
    number = Approval.objects.get().number
    filing = {"kind": "original", "office": "vp-network", "place": "cabinet 3"}
    assert who["vice"].post(f"/office/approvals/{number}/file/", filing).status_code == 302
    copy = {"kind": "copy", "office": "cashier", "place": ""}
    assert who["cashier"].post(f"/office/approvals/{number}/file/", copy).status_code == 400
    who["cashier"].post(f"/office/approvals/{number}/file/", copy | {"place": "card room"})
    page = who["manager"].get(f"/office/approvals/{number}/").content.decode()
    assert "cabinet 3" in page
    assert "card room" in page
    assert AuditEntry.objects.filter(action="file-paper").count() == 2


@pytest.mark.parametrize(
    ("code", "form", "words"),
    [
        ("desk.duty-meal", {"value": "much"}, "This can&#x27;t be read"),
        ("desk.duty-meal", {"value": "-3"}, "too small"),
        ("desk.duty-meal", {"begins": "tomorrow"}, "Write the instant"),
        ("desk.duty-meal", {"begins": "99999999999-01-01"}, "Write the instant"),
        ("desk.duty-meal", {"why": " "}, "Say why"),
        ("desk.duty-meal", {"value": "9" * 400}, "at most 200"),
        ("desk.duty-meal", {"key": "no-uuid"}, "damaged"),
        ("sale.seasonal-minimum", {"where": "class:palace", "value": ""}, "palace"),
        ("sale.seasonal-minimum", {"where": "campus", "value": "always: 30"}, "Write days"),
        ("balance.low-yuan", {"where": "campus", "room": "9-999"}, "no such class"),
        ("approval.setting", {"step0_0": "emperor"}, "emperor"),
        ("approval.setting", {"step0_0": "director", "step0_persons": "0"}, "greater than or equal"),
    ],
)
def test_bad_input_is_explained_and_stays_typed(
    who: dict[str, Client], code: str, form: dict[str, str], words: str
) -> None:
    answer = ask(who["manager"], code, **form)
    assert answer.status_code == 400
    page = answer.content.decode()
    assert words in page
    assert Approval.objects.count() == 0
    if form.get("why", "x").strip():
        assert "rice is dearer" in page


def test_a_chain_is_changed_as_any_other_setting(who: dict[str, Client]) -> None:
    form = {"step0_0": "finance", "step0_1": "director", "step0_persons": "2", "step1_0": "president"}
    ask(who["manager"], "approval.setting", **form)
    sign(who["director"])
    sign(who["vice"])
    expected = [{"offices": ["finance", "director"], "persons": 2}, {"offices": ["president"], "persons": 1}]
    assert value_at("approval.setting", clock.now_ms()) == expected
    refused = ask(who["manager"])
    assert "Nobody could sign this" in refused.content.decode(), "there is no president yet"


def test_a_class_differs_and_goes_back_to_the_campus(who: dict[str, Client]) -> None:
    from central.office.dated_settings import Where

    def now(name: str) -> object:
        return value_at("sale.seasonal-minimum", clock.now_ms(), Where(customer_class=name))

    ask(who["manager"], "sale.seasonal-minimum", where="class:shop", value="09-01 - 09-30: 100")
    sign(who["director"])
    sign(who["vice"])
    assert now("shop") == [{"from": "09-01", "until": "09-30", "fen": 10_000}]
    assert now("dormitory") == [], "the seed says so for the campus"
    ask(who["manager"], "sale.seasonal-minimum", where="class:shop", value="", nothing="on")
    sign(who["director"])
    sign(who["vice"])
    assert now("shop") == now("dormitory")


def test_what_is_no_setting_is_not_found(who: dict[str, Client]) -> None:
    for code in ("nothing", "approval.nothing", "desk"):
        assert who["manager"].get(f"/office/settings/{code}/").status_code == 404
        assert ask(who["manager"], code).status_code == 404
