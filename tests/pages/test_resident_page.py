"""A resident's page: by room and PIN it shows one room and nothing else, and nobody guesses a way in (R-B7)."""

import re

import pytest
from django.core import signing
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from central import clock
from central.campus.models import Account, Room
from central.dashboard.my_room import pass_cookie
from central.desk.operations import Paid, pay
from central.desk.resident import entering, pins
from central.desk.resident.entering import WINDOW_MS, Entered, EntryRefusal, Refused, enter
from central.desk.resident.models import PinTries, ResidentPin
from central.desk.resident.pins import PrintedPin, new_pin, pin_for_printing
from central.ledger.models import AuditEntry
from central.link.models import AccountDecision, Gateway, RelayState
from central.link.shared_balance import merge
from central.office.models import User
from tests.browser import seed
from tests.open_shifts import have_shift
from tests.pages.test_access import GUARDED, METHODS, OWN_SIGN_IN, address

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
PAGE, LEAVE = "/my-room/", "/my-room/leave/"
NOW_MS = 1_790_000_000_000
MINUTE_MS = 60_000


def account(code: str = "1-101.1") -> Account:
    return Account.objects.select_related("point__room__building").get(code=code)


def pin_of(code: str = "1-101.1") -> str:
    return new_pin(account(code), actor="cashier", now_ms=clock.now_ms()).pin


def phone(language: str = "en") -> Client:
    client = Client(raise_request_exception=False)
    client.cookies["django_language"] = language
    return client


def inside(code: str = "1-101.1", language: str = "en") -> Client:
    client = phone(language)
    room = code.removesuffix(".1")
    answer = client.post(PAGE, {"room": room, "pin": pin_of(code)})
    assert (answer.status_code, answer.url) == (302, PAGE)
    return client


def take_payment(code: str, fen: int, name: str) -> int:
    cashier = have_shift(User.objects.get(username="cashier"), clock.now_ms())
    paid = pay(name, code, fen, cashier, now_ms=clock.now_ms())
    assert isinstance(paid, Paid), paid
    return paid.receipt.number


# ----------------------------------------------------------------------------- the PIN


def test_a_pin_is_kept_as_a_hash_and_shown_once(campus: None) -> None:
    first = pin_for_printing(account(), actor="cashier", now_ms=NOW_MS)
    assert re.fullmatch(r"\d{6}", first.pin)
    assert first.grouped == f"{first.pin[:3]} {first.pin[3:]}"
    assert pin_for_printing(account(), actor="cashier", now_ms=NOW_MS + 5) == PrintedPin("", NOW_MS)
    kept = ResidentPin.objects.get()
    assert first.pin not in kept.pin_hash
    assert first.pin not in " ".join(AuditEntry.objects.values_list("detail", flat=True))
    [record] = AuditEntry.objects.filter(action="make-pin")
    assert (record.actor, record.subject) == ("cashier", "1-101.1")


def test_pins_are_hashed_by_argon2_where_nothing_else_is_set(campus: None, settings: object) -> None:
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.Argon2PasswordHasher",
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    ]
    pin = pin_of()
    assert ResidentPin.objects.get().pin_hash.startswith("argon2")
    assert isinstance(enter("1-101", pin, "a", now_ms=NOW_MS), Entered)


def test_made_up_pins_are_never_the_ones_that_people_try_first() -> None:
    made = {pins._made_up() for _ in range(3_000)}
    assert len(made) > 2_900
    assert all(len(set(pin)) >= 3 and len(pin) == 6 for pin in made)


def test_the_cashier_makes_a_new_pin_from_the_rooms_page(cashier: Client) -> None:
    room_id = account().point.room_id
    assert "Make a new PIN" in cashier.get(f"/desk/rooms/{room_id}/").content.decode()
    old = inside()
    answer = cashier.post(f"/desk/rooms/{room_id}/pin/")
    assert answer["Cache-Control"] == "no-store"
    pin = re.search(r'<dd id="pin">(\d{3} \d{3})</dd>', answer.content.decode())[1]
    assert "Show my room" in old.get(PAGE).content.decode(), "sessions of the former PIN have ended"
    assert phone().post(PAGE, {"room": "1-101", "pin": pin}).status_code == 302
    assert AuditEntry.objects.filter(action="make-pin").latest("position").detail == "again"
    assert cashier.get(f"/desk/rooms/{room_id}/pin/").status_code == 405
    empty = Room.objects.create(building=account().point.room.building, floor=1, label="199")
    assert cashier.post(f"/desk/rooms/{empty.pk}/pin/").status_code == 404


def test_a_new_occupancy_has_a_pin_of_its_own(campus: None) -> None:
    pin, client = pin_of(), phone()
    assert client.post(PAGE, {"room": "1-101", "pin": pin}).status_code == 302
    before = account()
    before.state, before.closed_ms = Account.State.CLOSED, clock.now_ms()
    before.save()
    after = Account.objects.create(code="1-101.2", point=before.point, opened_ms=clock.now_ms())
    assert "Show my room" in client.get(PAGE).content.decode()
    assert phone().post(PAGE, {"room": "1-101", "pin": pin}).status_code == 403
    anew = new_pin(after, actor="cashier", now_ms=clock.now_ms())
    assert phone().post(PAGE, {"room": "1-101", "pin": anew.pin}).status_code == 302


# ------------------------------------------------------------------------- the way in


@pytest.mark.parametrize("typed", ["1-101", " 1-101 ", "1 101", "１－１０１", "1号楼101", "1号楼-101"])
def test_a_room_is_understood_as_people_write_it(campus: None, typed: str) -> None:
    pin = pin_of()
    spaced = f"{pin[:3]} {pin[3:]}".translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    assert isinstance(enter(typed, spaced, "a", now_ms=NOW_MS), Entered)


def test_an_unknown_room_and_a_wrong_pin_are_the_same(campus: None, monkeypatch: pytest.MonkeyPatch) -> None:
    pin = pin_of()
    wrong = "111111" if pin != "111111" else "222222"
    compared = []
    real = pins.check_password
    monkeypatch.setattr(pins, "check_password", lambda *two: compared.append(two) or real(*two))
    told = []
    for room in ("1-101", "1-102", "9-999", "nonsense"):
        answer = phone().post(PAGE, {"room": room, "pin": wrong})
        html = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", answer.content.decode())
        told.append((answer.status_code, html.replace(f'value="{room}"', "")))
    assert len(set(told)) == 1
    assert told[0][0] == 403
    assert len(compared) == 4, "the same work for each: a PIN is compared where there is none"


def test_a_room_is_locked_after_five_wrong_ones_whoever_tries(campus: None) -> None:
    pin = pin_of()
    for number in range(5):
        refused = enter("1-101", "000000", f"10.0.0.{number}", now_ms=NOW_MS + number)
        assert refused == Refused(EntryRefusal.WRONG)
    assert enter("1-101", pin, "10.9.9.9", now_ms=NOW_MS + 9) == Refused(
        EntryRefusal.LOCKED, NOW_MS + WINDOW_MS
    )
    assert isinstance(enter("1-101", pin, "10.9.9.9", now_ms=NOW_MS + WINDOW_MS), Entered)


def test_a_room_that_does_not_exist_is_locked_just_so(campus: None) -> None:
    results = [enter("9-999", "000000", f"10.0.0.{n}", now_ms=NOW_MS) for n in range(6)]
    assert [result.why for result in results] == [EntryRefusal.WRONG] * 5 + [EntryRefusal.LOCKED]


def test_spelling_it_otherwise_gives_no_further_tries(campus: None) -> None:
    for typed in ("1-101", "1 101", "１-101", "1号楼101", "1#101"):
        enter(typed, "000000", typed, now_ms=NOW_MS)
    assert enter("1-101", "000000", "z", now_ms=NOW_MS).why is EntryRefusal.LOCKED


def test_an_address_that_walks_through_the_rooms_is_locked(campus: None) -> None:
    for number in range(entering.TRIES_OF_ADDRESS):
        assert enter(f"1-{number}", "000000", "10.0.0.1", now_ms=NOW_MS).why is EntryRefusal.WRONG
    pin = pin_of()
    assert enter("1-101", pin, "10.0.0.1", now_ms=NOW_MS).why is EntryRefusal.LOCKED
    assert isinstance(enter("1-101", pin, "10.0.0.2", now_ms=NOW_MS), Entered)


def test_one_who_has_many_ipv6_addresses_is_one(campus: None) -> None:
    for number in range(entering.TRIES_OF_ADDRESS):
        tried = enter(f"1-{number}", "000000", f"2001:da8:1:2::{number + 1:x}", now_ms=NOW_MS)
        assert tried.why is EntryRefusal.WRONG
    assert enter("1-900", "000000", "2001:da8:1:2:ffff::1", now_ms=NOW_MS).why is EntryRefusal.LOCKED
    assert enter("1-900", "000000", "2001:da8:1:3::1", now_ms=NOW_MS).why is EntryRefusal.WRONG
    assert enter("1-901", "000000", "::ffff:10.0.0.1", now_ms=NOW_MS).why is EntryRefusal.WRONG
    assert PinTries.objects.filter(key="from:10.0.0.1").exists()


def test_who_is_locked_out_writes_nothing_however_often_he_tries(campus: None) -> None:
    for number in range(entering.TRIES_OF_ADDRESS):
        enter(f"1-{number}", "000000", "10.0.0.1", now_ms=NOW_MS)
    before = PinTries.objects.count()
    with CaptureQueriesContext(connection) as queries:
        for number in range(100, 110):
            assert enter(f"1-{number}", "0", "10.0.0.1", now_ms=NOW_MS).why is EntryRefusal.LOCKED
    assert PinTries.objects.count() == before
    assert not [one for one in queries if not one["sql"].startswith("SELECT")]


def test_a_dormitory_behind_one_address_comes_in_as_often_as_it_likes(campus: None) -> None:
    pin = pin_of()
    for _ in range(entering.TRIES_OF_ADDRESS + 5):
        assert isinstance(enter("1-101", pin, "10.0.0.1", now_ms=NOW_MS), Entered)


def test_own_right_pin_does_not_wash_away_what_was_tried_at_others(campus: None) -> None:
    pin = pin_of()
    tried = 0
    while enter(f"1-{tried}", "000000", "10.0.0.1", now_ms=NOW_MS).why is EntryRefusal.WRONG:
        tried += 1
        if isinstance(enter("1-101", pin, "10.0.0.1", now_ms=NOW_MS), Refused):
            break
    assert tried <= entering.TRIES_OF_ADDRESS


def test_tries_are_counted_before_the_pin_is_compared(campus: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many at once get no more than one after the other: each is on record while it is still being compared."""
    pin_of()
    seen = []
    monkeypatch.setattr(
        entering, "is_right", lambda *_: seen.append(PinTries.objects.get(key="room:1-101").tries)
    )
    enter("1-101", "000000", "a", now_ms=NOW_MS)
    assert seen == [1]


def test_tries_are_in_the_database_and_swept(campus: None) -> None:
    for number in range(20):
        enter(f"x-{number}", "1", f"10.0.0.{number}", now_ms=NOW_MS)
    assert PinTries.objects.count() == 40
    enter("y-1", "1", "10.1.1.1", now_ms=NOW_MS + WINDOW_MS)
    assert PinTries.objects.count() == 2


def test_a_lock_out_says_until_when_and_what_to_do_and_a_new_pin_ends_it(cashier: Client) -> None:
    pin = pin_of()
    client = phone()
    for _ in range(5):
        client.post(PAGE, {"room": "1-101", "pin": "000000"})
    answer = client.post(PAGE, {"room": "1-101", "pin": pin})
    html = answer.content.decode()
    assert answer.status_code == 429
    assert re.search(r"Try again after \d\d:\d\d\. The desk can tell the balance", html)
    assert 'value="1-101"' in html, "what was typed is not lost"
    assert pin not in html
    page = cashier.post(f"/desk/rooms/{account().point.room_id}/pin/").content.decode()
    anew = re.search(r'<dd id="pin">(\d{3} \d{3})</dd>', page)[1]
    assert client.post(PAGE, {"room": "1-101", "pin": anew}).status_code == 302


def test_behind_our_proxy_the_address_is_the_one_that_the_proxy_saw(campus: None, settings: object) -> None:
    settings.BEHIND_HTTPS = True
    phone().post(PAGE, {"room": "1-1", "pin": "1"}, headers={"X-Forwarded-For": "6.6.6.6, 10.1.2.3"})
    assert PinTries.objects.filter(key="from:10.1.2.3").exists()
    settings.BEHIND_HTTPS = False
    phone().post(PAGE, {"room": "1-2", "pin": "1"}, headers={"X-Forwarded-For": "10.7.7.7"})
    assert not PinTries.objects.filter(key="from:10.7.7.7").exists(), "a made-up header is nobody's address"


@pytest.mark.parametrize(
    "typed", [{}, {"room": ""}, {"room": "1-101"}, {"pin": "1"}, {"room": "\0", "pin": "\0"}]
)
def test_whatever_is_sent_is_answered_in_words(campus: None, typed: dict[str, str]) -> None:
    answer = phone().post(PAGE, typed)
    assert answer.status_code in (400, 403)
    assert 'role="alert"' in answer.content.decode()


# ------------------------------------------------------------- one room, and nothing else


@pytest.mark.parametrize("method", METHODS)
def test_the_pass_opens_no_other_page(campus: None, method: str) -> None:
    client = inside()
    for name in [*GUARDED, *sorted(OWN_SIGN_IN)]:
        answer = getattr(client, method)(address(name))
        assert answer.status_code == 302, name
        assert answer.url.startswith("/office/sign-in/"), name


def test_the_pass_goes_to_this_page_alone_and_no_script_reads_it(campus: None) -> None:
    cookie = inside().cookies[pass_cookie.COOKIE]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == (PAGE, True, "Strict")
    assert int(cookie["max-age"]) == pass_cookie.LASTS_S
    assert "sessionid" not in inside().cookies


def test_no_room_can_be_asked_for(campus: None) -> None:
    client = inside("1-101.1")
    other = account("1-102.1")
    for query in (f"room={other.point.room_id}", "room=1-102", f"account={other.pk}", "account=1-102.1"):
        html = re.sub(r'name="next" value="[^"]*"', "", client.get(f"{PAGE}?{query}").content.decode())
        assert '<h1 class="room-name">1-101</h1>' in html
        assert "1-102" not in html


def test_a_pass_that_was_changed_opens_nothing(campus: None) -> None:
    mine, other = account("1-101.1"), account("1-102.1")
    pin_of("1-101.1"), pin_of("1-102.1")
    made = {pin.account_id: pin.made_ms for pin in ResidentPin.objects.all()}
    right = signing.dumps([mine.pk, made[mine.pk]], salt=pass_cookie.SALT)
    tampered = right.replace(right[3], "A" if right[3] != "A" else "B", 1)
    forged = {
        "tampered": tampered,
        "another salt": signing.dumps([other.pk, made[other.pk]], salt="office.known-here"),
        "another's PIN": signing.dumps([other.pk, made[mine.pk] + 12_345], salt=pass_cookie.SALT),
        "no list": signing.dumps("x", salt=pass_cookie.SALT),
        "wrong kinds": signing.dumps([None, "x"], salt=pass_cookie.SALT),
        "empty": "",
    }
    for what, value in forged.items():
        client = phone()
        client.cookies[pass_cookie.COOKIE] = value
        answer = client.get(PAGE)
        assert answer.status_code == 200, what
        assert "Show my room" in answer.content.decode(), what
    client = phone()
    client.cookies[pass_cookie.COOKIE] = right
    assert "1-101" in client.get(PAGE).content.decode()


def test_a_pass_ends_after_half_an_hour_and_by_leaving(campus: None, monkeypatch: pytest.MonkeyPatch) -> None:
    client = inside()
    answer = client.post(LEAVE)
    assert (answer.status_code, client.cookies[pass_cookie.COOKIE].value) == (302, "")
    client = inside()
    real = signing.time.time
    monkeypatch.setattr(signing.time, "time", lambda: real() + pass_cookie.LASTS_S + 5)
    assert "Show my room" in client.get(PAGE).content.decode()
    assert client.get(LEAVE).status_code == 405


def test_nothing_of_other_rooms_no_names_no_cashier(campus: None) -> None:
    for number, code in enumerate(Account.objects.order_by("code").values_list("code", flat=True)):
        if account(code).state == "open":
            take_payment(code, 1_000 + number * 111, f"pay-{number}")
    html = inside("1-101.1").get(PAGE).content.decode()
    assert "10.00" in html
    others = [a.code for a in Account.objects.exclude(code="1-101.1")]
    for code in others:
        assert code.removesuffix(".1") not in html, code
    for number in range(1, len(others) + 1):
        assert f"{(1_000 + number * 111) / 100:.2f}" not in html
    for word in (*seed.NAMES, "cashier", "manager", "gw-1", "2024"):
        assert word not in html.replace("datetime=", ""), word


def test_payments_of_who_lived_here_before_are_not_shown(campus: None) -> None:
    take_payment("1-101.1", 7_700, "before")
    before = account()
    before.state, before.closed_ms = Account.State.CLOSED, clock.now_ms()
    before.save()
    after = Account.objects.create(code="1-101.2", point=before.point, opened_ms=clock.now_ms())
    client = phone()
    client.post(PAGE, {"room": "1-101", "pin": new_pin(after, actor="c", now_ms=clock.now_ms()).pin})
    html = client.get(PAGE).content.decode()
    assert '<h1 class="room-name">1-101</h1>' in html
    assert "77.00" not in html


def test_a_shared_balance_names_no_other_room(campus: None) -> None:
    done = merge("1-103", ["1-105"], actor="x", now_ms=clock.now_ms())
    assert isinstance(done, list), done
    take_payment("1-103.1", 9_900, "theirs")
    html = inside("1-105.1").get(PAGE).content.decode()
    assert "shared with other rooms" in html
    assert "1-103" not in html
    assert "99.00" not in html


# ------------------------------------------------------------------------- what is shown


def test_balance_payments_chart_and_how_old_it_all_is(campus: None) -> None:
    number = take_payment("1-106.1", 5_050, "mine")
    answer = inside("1-106.1").get(PAGE)
    html = answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    for shown in (
        "50.50",
        f"{number:08d}",
        "There is power.",
        "Meter last read",
        "Use of the last 30 days",
        "<svg",
    ):
        assert shown in html
    assert re.search(r"Lasts about <strong>\d+</strong> days", html)
    assert "may be old" not in html
    assert len(answer.content) < 60_000
    assert "<script" not in html
    Gateway.objects.update(online=False)
    unreachable = inside("1-106.1").get(PAGE).content.decode()
    assert "building can&#x27;t be reached" in unreachable or "building can't be reached" in unreachable


def cut(code: str, relay: str, decision: str, reason: str) -> str:
    meter = account(code).bindings.get().meter.meter_no
    RelayState.objects.filter(meter=meter).update(
        observed_closed=False, desired_closed=False, verdict="confirmed", why=relay
    )
    AccountDecision.objects.filter(account=code).update(decision=decision, reason=reason)
    return inside(code).get(PAGE).content.decode()


@pytest.mark.parametrize(
    ("code", "relay", "decision", "reason", "said"),
    [
        ("1-101.1", "credit-spent", "open", "credit-spent", "Pay at the desk: it returns at once."),
        ("1-101.1", "commanded", "open", "credit-spent", "cut because the credit is used up"),
        ("1-106.1", "credit-spent", "close", "credit-left", "The power is being switched on."),
        ("1-106.1", "lights-out", "open", "lights-out", "Your credit has nothing to do with it."),
        ("1-106.1", "power-cap", "open", "power-cap", "too much was used at once"),
        ("1-106.1", "high-power", "open", "high-power", "Unplug it."),
        ("1-106.1", "locked out by technician", "close", "credit-left", "locked off for work"),
        ("1-106.1", "something new", "close", "credit-left", "Ask at the desk: they see why."),
    ],
)
def test_why_there_is_no_power_and_what_to_do(
    campus: None, code: str, relay: str, decision: str, reason: str, said: str
) -> None:
    assert said in cut(code, relay, decision, reason)


def test_a_silent_meter_and_a_low_balance_are_said(campus: None) -> None:
    silent = inside(f"{seed.SILENT}.1").get(PAGE).content.decode()
    assert "does not answer at present" in silent
    assert "not heard for a while" in silent
    assert "building can" not in silent, "only its meter is silent"
    assert "Pay at the desk before it is used up." in inside(f"{seed.LOW}.1").get(PAGE).content.decode()


def test_it_speaks_chinese_first(campus: None) -> None:
    client = Client()
    assert "我的房间还剩多少电" in client.get(PAGE).content.decode()
    html = inside("1-101.1", "zh-hans").get(PAGE).content.decode()
    assert "请到卡机房缴费，缴费后立即恢复供电。" in html


def test_paying_shows_at_once(campus: None) -> None:
    client = inside("1-101.1")
    assert "used up" in client.get(PAGE).content.decode()
    take_payment("1-101.1", 20_000, "enough")
    html = client.get(PAGE).content.decode()
    assert "The power is being switched on." in html
