"""What an attacker tries once he is half in: the old password by guessing, a code twice, a password without its code."""

import pytest
from django.test import Client
from django_otp.plugins.otp_totp.models import TOTPDevice

from central import clock
from central.ledger.models import AuditEntry
from central.office import forms, second_factor
from central.office.models import Delivery, User
from central.office.second_factor import Taken, take_code
from tests.browser import seed
from tests.pages.test_people_pages import add, code_of, first_password, unconfirmed
from tests.pages.test_web_security import attempt, failed_before

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
NEW = {"new_password1": "calm-river-77x", "new_password2": "calm-river-77x"}


def with_password(name: str) -> Client:
    client = Client()
    client.cookies["django_language"] = "en"
    assert attempt(client, name, password=seed.PASSWORD) == 302
    return client


def test_the_old_password_is_not_guessed_where_it_is_changed(campus: None) -> None:
    """Who sits down at an open desk must not find the password by trying: it would open every dangerous act."""
    at_her_desk = with_password("cashier")
    answers = [at_her_desk.post("/office/password/", {"old_password": f"guess {n}", **NEW}) for n in range(5)]
    assert [one.status_code for one in answers] == [400, 400, 400, 400, 302]
    assert at_her_desk.get("/desk/").status_code == 302, "signed out"
    assert AuditEntry.objects.filter(action="password-refused", subject="/office/password/").count() == 5
    assert User.objects.get(username="cashier").check_password(seed.PASSWORD)


def test_a_stolen_password_alone_changes_no_password(campus: None, settings: object) -> None:
    """Else who has it locks its owner out before any code was asked for."""
    settings.SECOND_FACTOR = True
    manager = User.objects.get(username="manager")
    TOTPDevice.objects.create(user=manager, confirmed=True)
    thief = with_password("manager")
    for answer in (
        thief.get("/office/password/"),
        thief.post("/office/password/", {"old_password": seed.PASSWORD, **NEW}),
    ):
        assert answer.url == "/office/second-factor/?next=/office/password/"
    manager.refresh_from_db()
    assert manager.check_password(seed.PASSWORD)
    device = TOTPDevice.objects.get()
    assert (
        thief.post(
            "/office/second-factor/", {"code": code_of(device), "next": "/office/password/"}
        ).status_code
        == 302
    )
    assert thief.post("/office/password/", {"old_password": seed.PASSWORD, **NEW}).url == "/"


def test_who_sits_at_an_open_page_leads_no_warning_away(cashier: Client) -> None:
    """What tells a person that his sign-in was changed goes to that address."""
    unconfirmed(cashier)
    asked = cashier.post("/office/own-mail/", {"address": "thief@example.org", "language": "en"})
    assert "Your password again" in asked.content.decode()
    assert not User.objects.get(username="cashier").email


def test_two_requests_that_set_a_phone_up_at_once_leave_one_device(admin: Client, settings: object) -> None:
    """A first page that was opened twice at the same moment: what it made must not keep its person out for ever."""
    settings.SECOND_FACTOR = True
    manager = User.objects.get(username="manager")
    first = TOTPDevice.objects.create(user=manager, confirmed=False, name="totp")
    TOTPDevice.objects.create(user=manager, confirmed=False, name="totp")
    assert admin.get("/office/second-factor/").status_code == 200
    assert admin.post("/office/second-factor/", {"code": code_of(first)}).status_code == 302
    assert [device.pk for device in TOTPDevice.objects.filter(confirmed=True)] == [first.pk]
    assert TOTPDevice.objects.count() == 1


def test_what_was_read_before_a_code_was_used_does_not_bring_it_back(
    campus: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two requests with one code: the second one's copy of the device is from before the first one's."""
    manager = User.objects.get(username="manager")
    TOTPDevice.objects.create(user=manager, confirmed=True)
    stale = TOTPDevice.objects.get()
    code = code_of(stale)
    assert take_code(manager, stale, code, 0) is Taken.RIGHT
    assert take_code(manager, stale, code, 0) is Taken.WRONG
    monkeypatch.setattr(second_factor.TOTPDevice, "verify_is_allowed", lambda _: (True, None))
    assert take_code(manager, stale, "000000" if code != "000000" else "000001", 0) is Taken.WRONG
    assert take_code(manager, stale, code, 0) is Taken.WRONG, "a wrong one put an old copy back"


def test_who_gives_a_code_twice_is_told_of_it(campus: None, monkeypatch: pytest.MonkeyPatch) -> None:
    manager = User.objects.get(username="manager")
    manager.email = "manager@example.org"
    manager.save()
    device = TOTPDevice.objects.create(user=manager, confirmed=True)
    code, now_ms = code_of(device), clock.now_ms()
    other = "000000" if code != "000000" else "000001"
    monkeypatch.setattr(TOTPDevice, "verify_is_allowed", lambda _: (True, None))
    taken = [take_code(manager, device, one, now_ms) for one in (other, code)]
    told = Delivery.objects.filter(notice__template="code-used-again")
    assert (taken, told.count()) == ([Taken.WRONG, Taken.RIGHT], 0)
    taken = [take_code(manager, device, code, now_ms) for _ in range(3)]
    assert taken == [Taken.WRONG] * 3
    assert [one.channel.person for one in told] == [manager], "once for a code"


def test_a_first_password_that_was_not_used_in_time_is_none(
    admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    password = first_password(add(admin).content.decode())
    late_ms = clock.real_now_ms() + 8 * 86_400_000
    with monkeypatch.context() as patch:
        patch.setattr(forms.clock, "real_now_ms", lambda: late_ms)
        late = Client()
        late.cookies["django_language"] = "en"
        answer = late.post("/office/sign-in/", {"username": "wang", "password": password})
    assert "was not used in time" in answer.content.decode()
    assert late.get("/office/password/").status_code == 302
    assert attempt(Client(), "wang", password=password) == 302


@pytest.mark.parametrize("name", ["ｃａｓｈｉｅｒ", "ｗａｎｇ"])
def test_a_name_in_wide_letters_is_the_name(admin: Client, name: str) -> None:
    answer = add(admin, name=name)
    if name == "ｗａｎｇ":
        assert User.objects.filter(username="wang").exists()
    else:
        assert (answer.status_code, "Somebody has this sign-in name" in answer.content.decode()) == (
            400,
            True,
        )


def test_who_has_a_whole_ipv6_network_is_one_address(campus: None) -> None:
    for number in range(11):
        failed_before(f"guess-{number}", "2001:db8:1:2::", 4)
    assert attempt(Client(), "cashier", "2001:db8:1:2:aaaa::17", seed.PASSWORD) == 429
    assert attempt(Client(), "cashier", "2001:db8:1:3::17", seed.PASSWORD) == 302


def test_at_her_own_desk_a_stranger_behind_the_same_address_locks_nobody_out(campus: None) -> None:
    """A dormitory's network, or a campus, may stand behind one address."""
    own = with_password("cashier")
    own.post("/office/sign-out/")
    for number in range(11):
        failed_before(f"guess-{number}", "192.0.2.1", 4)
    assert attempt(Client(), "cashier", password=seed.PASSWORD) == 429
    assert attempt(own, "cashier", password=seed.PASSWORD) == 302
    own.post("/office/sign-out/")
    assert attempt(own, "finance", password=seed.PASSWORD) == 429, "not another's name"
