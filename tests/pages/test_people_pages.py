"""People: added with a first password, changed, closed, stood in for; second factor, password again, idle sign-out."""

import pytest
from django.test import Client
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from central import clock
from central.campus.models import Building
from central.ledger.models import AuditEntry
from central.office import idle, people
from central.office.models import Delegation, User
from central.office.people import PeopleRefusal, Person, change_person, delegate, end_delegation, roles_of
from central.office.roles import Role
from tests.browser import seed

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
DAY_MS = 86_400_000


def actions() -> list[str]:
    return list(AuditEntry.objects.order_by("position").values_list("action", flat=True))


def add(admin: Client, **changed: str):
    return admin.post("/office/people/", {"name": "wang", "role": "warden", "full_name": "王师傅", **changed})


def first_password(page: str) -> str:
    return page.split('<dd class="mono">')[2].split("<")[0]


def test_a_person_is_added_signs_in_and_must_choose_a_password(admin: Client) -> None:
    answer = add(admin, buildings=Building.objects.get().code)
    assert answer["Cache-Control"] == "no-store"
    password = first_password(answer.content.decode())
    fresh = Client()
    fresh.cookies["django_language"] = "en"
    signed_in = fresh.post("/office/sign-in/", {"username": "wang", "password": password}, follow=True)
    assert "Your password was chosen by somebody else" in signed_in.content.decode()
    assert fresh.get("/alarms/").url == "/office/password/?next=/alarms/"
    chosen = {"old_password": password, "new_password1": "calm-river-77", "new_password2": "calm-river-77"}
    assert fresh.post("/office/password/", {**chosen, "next": "/alarms/"}).url == "/alarms/"
    assert fresh.get("/alarms/").status_code == 200
    assert [b.code for b in User.objects.get(username="wang").buildings.all()] == ["1"]
    assert actions()[-3:] == ["add-user", "sign-in", "change-password"]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"name": "cashier"}, "Somebody has this sign-in name already"),
        ({"name": "CASHIER"}, "Somebody has this sign-in name already"),
        ({"name": ""}, "Type a sign-in name"),
        ({"name": "a b<script>"}, "Use letters, digits"),
        ({"role": "king"}, "Select a valid choice"),
        ({"buildings": "99"}, "Select a valid choice"),
    ],
)
def test_a_bad_person_is_refused_in_words_and_nothing_typed_is_lost(
    admin: Client, changed: dict[str, str], words: str
) -> None:
    answer = add(admin, **changed)
    assert answer.status_code == 400
    page = answer.content.decode()
    assert words in page
    assert "王师傅" in page
    assert not User.objects.filter(last_name="王师傅").exists()


def test_an_office_is_changed_the_name_is_not(admin: Client) -> None:
    add(admin)
    user = User.objects.get(username="wang")
    admin.post(f"/office/people/{user.pk}/", {"name": "other", "role": "electrician", "full_name": "王工"})
    user.refresh_from_db()
    assert (user.username, user.role, user.spoken_name) == ("wang", "electrician", "王工")


def test_nobody_locks_himself_or_everybody_out(admin: Client) -> None:
    me = User.objects.get(username="manager")
    page = admin.post(f"/office/people/{me.pk}/", {"role": "cashier"})
    assert "Not on your own account" in page.content.decode()
    for act in ("open", "reset"):
        answer = admin.post(f"/office/people/{me.pk}/{act}/", follow=True)
        assert "Not on your own account" in answer.content.decode()
    other = User.objects.create_user("second", role=Role.ADMIN)
    User.objects.filter(pk=me.pk).update(is_active=False)
    now_ms = clock.now_ms()
    closed = people.set_open(other.pk, False, actor=me, now_ms=now_ms)
    changed = people.change_person(other.pk, people.Person("x", "cashier", ""), actor=me, now_ms=now_ms)
    assert (closed, changed) == (PeopleRefusal.LAST_ADMIN, PeopleRefusal.LAST_ADMIN)


def test_a_closed_person_is_out_at_once_and_can_be_opened_again(admin: Client, cashier: Client) -> None:
    user = User.objects.get(username="cashier")
    assert cashier.get("/").status_code == 200
    admin.post(f"/office/people/{user.pk}/open/", {"open": "0"})
    assert cashier.get("/").status_code == 302
    admin.post(f"/office/people/{user.pk}/open/", {"open": "1"})
    assert User.objects.get(pk=user.pk).is_active
    assert actions()[-2:] == ["close-user", "open-user"]


def test_a_reset_gives_a_new_password_and_forgets_the_second_factor(admin: Client) -> None:
    user = User.objects.get(username="cashier")
    TOTPDevice.objects.create(user=user, confirmed=True)
    page = admin.post(f"/office/people/{user.pk}/reset/").content.decode()
    user.refresh_from_db()
    assert user.check_password(first_password(page))
    assert user.must_change_password
    assert not TOTPDevice.objects.exists()


def unconfirmed(client: Client) -> Client:
    session = client.session
    session["password_confirmed_ms"] = 0
    session.save()
    return client


def test_a_dangerous_act_asks_for_the_password_and_loses_nothing(admin: Client) -> None:
    manager = User.objects.get(username="manager")
    manager.set_password(seed.PASSWORD)
    manager.save()
    admin.force_login(manager, backend="django.contrib.auth.backends.ModelBackend")
    unconfirmed(admin)
    page = add(admin, full_name='王"<师傅>').content.decode()
    assert "Your password again" in page
    assert "王&quot;&lt;师傅&gt;" in page
    assert not User.objects.filter(username="wang").exists()
    wrong = add(admin, password_again="wrong")
    assert (wrong.status_code, "That is not your password" in wrong.content.decode()) == (403, True)
    assert not User.objects.filter(username="wang").exists()
    assert "First password" in add(admin, password_again=seed.PASSWORD).content.decode()
    assert "First password" in add(admin, name="li").content.decode()


def test_guessing_at_another_ones_desk_ends_the_session(admin: Client) -> None:
    unconfirmed(admin)
    answers = [add(admin, password_again="wrong") for _ in range(5)]
    assert answers[-1].url == "/office/sign-in/"
    assert admin.get("/").status_code == 302
    assert actions().count("password-refused") == 5


def code_of(device: TOTPDevice, steps: int = 0) -> str:
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits)
    totp.time = clock.real_now_ms() / 1000 + steps * 30
    return f"{totp.token():06d}"


def test_who_approves_money_sets_up_and_gives_a_second_factor(admin: Client, settings: object) -> None:
    settings.SECOND_FACTOR = True
    assert admin.get("/office/prices/").url == "/office/second-factor/?next=/office/prices/"
    assert "Set it up once" in admin.get("/office/second-factor/").content.decode()
    device = TOTPDevice.objects.get()
    assert not device.confirmed
    for wrong in ("", "12345", "abcdef", "1234567"):
        assert admin.post("/office/second-factor/", {"code": wrong}).status_code == 400
    code = code_of(device)
    typed = f"{code[:3]} {code[3:]}".translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    assert (
        admin.post("/office/second-factor/", {"code": typed, "next": "/office/prices/"}).url
        == "/office/prices/"
    )
    assert admin.get("/office/prices/").status_code == 200
    again = Client()
    again.cookies["django_language"] = "en"
    again.force_login(
        User.objects.get(username="manager"), backend="django.contrib.auth.backends.ModelBackend"
    )
    page = again.post("/office/second-factor/", {"code": code_of(TOTPDevice.objects.get())})
    assert page.status_code == 400, "a code is good once"
    assert again.get("/office/prices/").status_code == 302


def test_a_cashier_needs_no_second_factor_and_nobody_goes_to_a_foreign_host(
    cashier: Client, settings: object
) -> None:
    settings.SECOND_FACTOR = True
    assert cashier.get("/desk/").status_code == 200
    chosen = {
        "old_password": seed.PASSWORD,
        "new_password1": "calm-river-77",
        "new_password2": "calm-river-77",
    }
    user = User.objects.get(username="cashier")
    user.set_password(seed.PASSWORD)
    user.save()
    cashier.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    assert cashier.post("/office/password/", {**chosen, "next": "https://evil.example/"}).url == "/"


def test_who_leaves_is_signed_out_but_a_page_that_refreshes_keeps_nobody_in(
    cashier: Client, monkeypatch: pytest.MonkeyPatch, settings: object
) -> None:
    now_ms = clock.real_now_ms()
    monkeypatch.setattr(idle.clock, "real_now_ms", lambda: now_ms)
    cashier.get("/")
    for _minute in range(19):
        now_ms += 60_000
        assert cashier.get("/", headers={"HX-Request": "true"}).status_code == 200
    now_ms += 61_000
    assert cashier.get("/").status_code == 302


def test_a_filtered_page_that_refreshes_keeps_nobody_in(
    cashier: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_ms = clock.real_now_ms()
    monkeypatch.setattr(idle.clock, "real_now_ms", lambda: now_ms)
    cashier.get("/buildings/1/?q=101")
    now_ms += 19 * 60_000
    assert cashier.get("/buildings/1/?q=101&seen=x", headers={"HX-Request": "true"}).status_code == 200
    now_ms += 2 * 60_000
    assert cashier.get("/").status_code == 302


def test_who_works_stays_signed_in(cashier: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    now_ms = clock.real_now_ms()
    monkeypatch.setattr(idle.clock, "real_now_ms", lambda: now_ms)
    for _minute in range(60):
        now_ms += 60_000
        assert cashier.get("/desk/?q=101", headers={"HX-Request": "true"}).status_code == 200


def test_the_next_cashier_takes_over_with_a_password_only(campus: None, client: Client) -> None:
    client.post("/office/sign-in/", {"username": "cashier", "password": seed.PASSWORD})
    client.post("/office/sign-out/")
    page = client.get("/office/sign-in/?next=/desk/").content.decode()
    assert "?name=cashier&amp;next=/desk/" in page
    assert 'value="cashier"' in client.get("/office/sign-in/?name=cashier").content.decode()
    client.cookies["known_here"] = "tampered"
    assert client.get("/office/sign-in/").status_code == 200


@pytest.fixture
def director(campus: None) -> User:
    return User.objects.get(username="director")


@pytest.fixture
def vice_president(campus: None) -> User:
    return User.objects.get(username="vice")


def test_a_stand_in_has_both_offices_while_it_lasts(director: User, vice_president: User) -> None:
    made = delegate(director, vice_president, 100, 200, "ill", actor=director, now_ms=50)
    assert isinstance(made, Delegation)
    both = {Role.DIRECTOR, Role.VP_NETWORK}
    assert [set(roles_of(vice_president, at)) == both for at in (99, 100, 199, 200)] == [
        False,
        True,
        True,
        False,
    ]
    assert isinstance(end_delegation(made.pk, actor=vice_president, now_ms=150), Delegation)
    assert set(roles_of(vice_president, 150)) == {Role.VP_NETWORK}


def test_a_stand_in_opens_what_the_absent_may(admin: Client, director: User, vice_president: User) -> None:
    client = Client()
    client.force_login(vice_president, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/gateways/").status_code == 403
    now_ms = clock.now_ms()
    made = delegate(director, vice_president, now_ms, now_ms + DAY_MS, "ill", actor=director, now_ms=now_ms)
    assert client.get("/gateways/").status_code == 200
    assert 'href="/gateways/"' in client.get("/office/").content.decode().split("</nav>")[0]
    end_delegation(made.pk, actor=director, now_ms=clock.now_ms())
    assert client.get("/gateways/").status_code == 403


def test_a_delegation_that_must_not_be_is_refused_by_name(director: User, vice_president: User) -> None:
    cashier = User.objects.get(username="cashier")
    refused = [
        delegate(director, director, 100, 200, "", actor=director, now_ms=50),
        delegate(director, cashier, 100, 200, "", actor=director, now_ms=50),
        delegate(director, vice_president, 200, 200, "", actor=director, now_ms=50),
        delegate(director, vice_president, 100, 200, "", actor=director, now_ms=300),
        delegate(director, vice_president, 0, 121 * DAY_MS, "", actor=director, now_ms=50),
        delegate(director, vice_president, 100, 200, "", actor=cashier, now_ms=50),
    ]
    assert refused == [
        *(
            PeopleRefusal.SAME_PERSON,
            PeopleRefusal.OTHER_FACTOR,
            PeopleRefusal.BACKWARDS,
            PeopleRefusal.BACKWARDS,
        ),
        *(PeopleRefusal.TOO_LONG, PeopleRefusal.NOT_YOURS),
    ]
    vice_president.is_active = False
    assert delegate(director, vice_president, 100, 200, "", actor=director, now_ms=50) == PeopleRefusal.CLOSED
    assert not Delegation.objects.exists()


def test_a_delegation_is_made_and_ended_on_its_page(
    admin: Client, director: User, vice_president: User
) -> None:
    asked = {"absent": director.pk, "stand_in": vice_president.pk, "reason": "travel"}
    page = admin.post("/office/delegations/", {**asked, "begins": "soon", "ends": "2099-01-01T00:00"})
    assert "Write the instant as" in page.content.decode()
    assert "travel" in page.content.decode()
    begins, ends = (clock.local(clock.now_ms() + days * DAY_MS).strftime("%Y-%m-%dT%H:%M") for days in (0, 3))
    admin.post("/office/delegations/", {**asked, "begins": begins, "ends": ends})
    made = Delegation.objects.get()
    assert "travel" in admin.get("/office/delegations/").content.decode()
    admin.post(f"/office/delegations/{made.pk}/end/")
    made.refresh_from_db()
    assert made.until_ms <= clock.now_ms()
    assert actions()[-2:] == ["delegate", "end-delegation"]


def test_nobody_gets_an_office_that_approves_money_while_a_weaker_one_stands_in_for_him(campus: None) -> None:
    """A delegation of a cashier's to a cashier must not become one of a director's to a cashier."""
    admin, cashier = User.objects.get(username="manager"), User.objects.get(username="cashier")
    second = User.objects.create_user("second", role=Role.CASHIER)
    made = delegate(cashier, second, 100, 200, "ill", actor=cashier, now_ms=50)
    promoted = Person("cashier", Role.FINANCE, "")
    assert change_person(cashier.pk, promoted, actor=admin, now_ms=60) is PeopleRefusal.OTHER_FACTOR
    end_delegation(made.pk, actor=cashier, now_ms=70)
    assert isinstance(change_person(cashier.pk, promoted, actor=admin, now_ms=80), User)
    finance = User.objects.get(username="finance")
    delegate(cashier, finance, 100, 200, "ill", actor=cashier, now_ms=90)
    demoted = Person("finance", Role.CASHIER, "")
    assert change_person(finance.pk, demoted, actor=admin, now_ms=95) is PeopleRefusal.OTHER_FACTOR
    assert isinstance(change_person(finance.pk, demoted, actor=admin, now_ms=200), User), "it is over"
