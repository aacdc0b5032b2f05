"""Where one is signed in: seen by oneself and by an administrator, ended by either, and never another's by a number or a name."""

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from central import clock
from central.ledger.models import AuditEntry
from central.office import sessions
from central.office.models import SignedIn, User
from central.office.sessions import browser_of, sessions_of
from tests.browser import seed
from tests.pages.test_web_security import attempt

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
PHONE = (
    "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile Safari/537.36"
)
DESK = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0"


def signed_in(name: str = "cashier", browser: str = DESK) -> Client:
    client = Client(headers={"user-agent": browser})
    client.cookies["django_language"] = "en"
    assert attempt(client, name, password=seed.PASSWORD) == 302
    assert client.get("/office/").status_code == 200
    return client


def is_in(client: Client) -> bool:
    return client.get("/office/").status_code == 200


def test_a_person_sees_her_sign_ins_and_ends_the_others(campus: None) -> None:
    desk, phone, other = signed_in(), signed_in(browser=PHONE), signed_in("finance")
    page = desk.get("/office/sessions/").content.decode()
    assert page.count("<tr>") == 3, "a head and two"
    assert all(words in page for words in ("Firefox · Windows", "Chrome · Android", "this one", "127.0.0.1"))
    ended = desk.post("/office/sessions/end/", follow=True).content.decode()
    assert "1 sign-in ended." in ended
    assert [is_in(one) for one in (desk, phone, other)] == [True, False, True]
    last = AuditEntry.objects.latest("position")
    assert (last.actor, last.action, last.subject, last.detail) == ("cashier", "end-sessions", "cashier", "1")
    assert "There was no other sign-in." in desk.post("/office/sessions/end/", follow=True).content.decode()


def test_an_administrator_ends_a_person_s_and_not_his_own(admin: Client) -> None:
    cashier = User.objects.get(username="cashier")
    desk = signed_in()
    assert "Firefox · Windows" in admin.get(f"/office/people/{cashier.pk}/").content.decode()
    assert desk.post(f"/office/people/{cashier.pk}/sign-out/").status_code == 403
    assert admin.post(f"/office/people/{cashier.pk}/sign-out/").status_code == 302
    assert not is_in(desk)
    assert AuditEntry.objects.latest("position").action == "end-sessions"
    me = User.objects.get(username="manager")
    assert admin.post(f"/office/people/{me.pk}/sign-out/").status_code == 302
    assert is_in(admin)


def test_a_closed_account_that_is_opened_again_does_not_bring_its_sessions_back(admin: Client) -> None:
    cashier, desk = User.objects.get(username="cashier"), signed_in()
    for is_open in ("0", "1"):
        admin.post(f"/office/people/{cashier.pk}/open/", {"open": is_open})
    assert not is_in(desk)


def test_a_changed_password_leaves_one_session_and_its_list_says_so(campus: None) -> None:
    desk, _phone = signed_in(), signed_in(browser=PHONE)
    typed = {"new_password1": "calm-river-77x", "new_password2": "calm-river-77x"}
    assert desk.post("/office/password/", {"old_password": seed.PASSWORD, **typed}).status_code == 302
    assert desk.get("/office/sessions/").content.decode().count("<tr>") == 2
    assert Session.objects.count() == SignedIn.objects.count() == 1


def test_what_ended_by_itself_is_not_shown_and_is_swept(
    campus: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed_in()
    cashier, now_ms = User.objects.get(username="cashier"), clock.real_now_ms()
    assert len(sessions_of(cashier)) == 1
    monkeypatch.setattr(sessions.clock, "real_now_ms", lambda: now_ms + 21 * 60_000)
    assert sessions_of(cashier) == []
    assert sessions.sweep() == 0
    monkeypatch.setattr(sessions.clock, "real_now_ms", lambda: now_ms + 13 * 3_600_000)
    assert sessions.sweep() == 1


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (DESK, "Firefox · Windows"),
        (PHONE, "Chrome · Android"),
        ("", ""),
        ("curl/8", ""),
        ("<b>Safari", "Safari"),
    ],
)
def test_of_a_browser_program_and_system_are_kept(said: str, words: str) -> None:
    assert browser_of(said) == words
