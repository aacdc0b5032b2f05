"""A cashier's day on the pages: no cash before a shift, counts against the books, hand-over by password, day close, hand-in."""

import re

import pytest
from django.test import Client

from central import clock
from central.desk.day_models import DayClose, HandIn, HandInEnd
from central.desk.models import Payment
from central.desk.shift_models import CashDifference, RosterChange, RosterRotation, Shift, ShiftEnd
from central.ledger.models import AuditEntry
from central.office.dangerous import CONFIRMED_KEY
from central.office.models import Approval, User
from central.office.roles import Role
from tests.browser import seed
from tests.open_shifts import have_drawers, off_shift, on_shift
from tests.pages.test_desk_pages import pay, room_path

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
FLOAT = {"drawer": "main", "n10000": "2", "n100": "5"}


def client_of(person: User) -> Client:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    session = client.session
    session[CONFIRMED_KEY] = clock.real_now_ms()
    session.save()
    client.cookies["django_language"] = "en"
    return client


@pytest.fixture
def fresh(campus: None) -> Client:
    """The cashier, in the morning: no shift is open."""
    return client_of(User.objects.get(username="cashier"))


@pytest.fixture
def relief(campus: None) -> User:
    return User.objects.create_user("relief", password=seed.PASSWORD, role=Role.CASHIER, last_name="赵敏")


@pytest.fixture
def finance(campus: None) -> Client:
    return client_of(User.objects.create_user("fei", role=Role.FINANCE))


def text(answer: object) -> str:
    return answer.content.decode()


def test_a_payment_without_a_shift_says_what_to_do_and_leads_there(fresh: Client) -> None:
    assert "You have no shift open" in text(fresh.get(room_path()))
    refused = pay(fresh)
    assert refused.status_code == 409
    assert "nothing was taken" in text(refused)
    link = re.search(r'href="(/desk/shift/\?next=[^"]+)"', text(refused))
    assert link
    assert not Payment.objects.exists()
    opened = fresh.post("/desk/shift/", {**FLOAT, "next": room_path()})
    assert opened.url == room_path(), "back to the room that was to be paid for"
    assert pay(fresh).status_code == 302


def test_a_float_is_counted_or_typed(fresh: Client) -> None:
    assert fresh.get("/desk/shift/").status_code == 200
    fresh.post("/desk/shift/", FLOAT)
    shift = Shift.objects.get()
    assert (shift.float_fen, shift.pieces) == (20_500, {"10000": 2, "100": 5})
    assert fresh.get("/desk/shift/").url == "/desk/shifts/1/"
    off_shift(shift, clock.now_ms(), 20_500)
    fresh.post("/desk/shift/", {"drawer": "main", "total": "205"})
    assert Shift.objects.get(pk=2).pieces == {}


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"drawer": "main"}, "Count the cash"),
        ({"drawer": "main", "n100": "x"}, "with digits"),
        ({"drawer": "main", "n100": "-1"}, "Not below zero"),
        ({"drawer": "main", "n100": "1", "total": "2"}, "agree"),
        ({"drawer": "main", "total": "1.234"}, "two decimals"),
        ({"drawer": "nine", "total": "1"}, "nine"),
    ],
)
def test_what_is_no_float_comes_back_with_what_was_typed(
    fresh: Client, typed: dict[str, str], said: str
) -> None:
    answer = fresh.post("/desk/shift/", typed)
    assert answer.status_code == 400
    assert said in text(answer)
    for value in set(typed.values()) - {"main", "nine"}:
        assert f'value="{value}"' in text(answer)
    assert not Shift.objects.exists()


def test_two_clicks_on_opening_open_one_shift(fresh: Client) -> None:
    fresh.post("/desk/shift/", FLOAT)
    assert fresh.post("/desk/shift/", FLOAT).url == "/desk/shifts/1/"
    assert Shift.objects.count() == 1


def test_the_count_is_compared_before_it_is_final(cashier: Client) -> None:
    pay(cashier)
    shown = cashier.post("/desk/shifts/1/end/", {"n5000": "1", "left": "0"})
    assert "The count is what the books say" in text(shown)
    assert not ShiftEnd.objects.exists()
    done = cashier.post("/desk/shifts/1/end/", {"n5000": "1", "left": "0", "confirm": "1"})
    assert done.url == "/desk/shifts/1/"
    end = ShiftEnd.objects.get()
    assert (end.expected_fen, end.counted_fen, end.moved_fen) == (5_000, 5_000, 5_000)
    again = cashier.post("/desk/shifts/1/end/", {"n5000": "1", "left": "0", "confirm": "1"}, follow=True)
    assert "Nothing was done twice" in text(again)


def test_a_difference_wants_a_reason_on_the_page(cashier: Client) -> None:
    pay(cashier)
    count = {"n2000": "2", "left": "0"}
    shown = text(cashier.post("/desk/shifts/1/end/", count))
    assert "Cash is missing" in shown
    assert "-10.00" in shown
    refused = cashier.post("/desk/shifts/1/end/", {**count, "confirm": "1", "reason": " "})
    assert refused.status_code == 400
    assert "Give the reason" in text(refused)
    cashier.post("/desk/shifts/1/end/", {**count, "confirm": "1", "reason": "gave too much change"})
    assert CashDifference.objects.get().amount_fen == -1_000
    record = text(cashier.get("/desk/shifts/1/"))
    assert "gave too much change" in record
    assert "waits for signatures" in record


def test_a_difference_that_nobody_could_sign_is_asked_for_again_from_its_page(cashier: Client) -> None:
    User.objects.filter(role__in=(Role.FINANCE, Role.DIRECTOR)).update(is_active=False)
    cashier.post(
        "/desk/shifts/1/end/", {"n100": "1", "left": "0", "confirm": "1", "reason": "found on the floor"}
    )
    assert "not approved" in text(cashier.get("/desk/shifts/1/"))
    for role in (Role.FINANCE, Role.DIRECTOR):
        User.objects.create_user(f"the-{role}", role=role)
    asked = cashier.post("/desk/differences/shift-1-ending/ask/", {"why": "a guest dropped it"}, follow=True)
    assert "waits for signatures" in text(asked)
    request = Approval.objects.get()
    page = text(
        client_of(User.objects.get(username="the-finance")).get(f"/office/approvals/{request.number}/")
    )
    assert "1.00" in page
    assert "found on the floor" in page


def test_the_next_one_takes_over_by_password_on_the_same_page(cashier: Client, relief: User) -> None:
    pay(cashier)
    count = {"n5000": "1"}
    assert "赵敏" in text(cashier.post("/desk/shifts/1/hand-over/", count))
    both = {**count, "confirm": "1", "following": relief.pk}
    wrong = cashier.post("/desk/shifts/1/hand-over/", {**both, "password": "nonsense"})
    assert wrong.status_code == 400
    assert "not the password" in text(wrong)
    assert not ShiftEnd.objects.exists()
    done = cashier.post("/desk/shifts/1/hand-over/", {**both, "password": seed.PASSWORD}, follow=True)
    assert "赵敏" in text(done)
    assert Shift.objects.get(pk=2).cashier == relief
    assert int(cashier.session["_auth_user_id"]) == relief.pk, "the browser is the next one's now"
    signs = AuditEntry.objects.filter(action__startswith="sign-").order_by("position")
    assert [(one.actor, one.action, one.subject) for one in signs] == [
        ("stranger", "sign-in-refused", relief.username),
        ("cashier", "sign-out", "cashier"),
        (relief.username, "sign-in", relief.username),
    ]
    assert pay(cashier, label="1-106").status_code == 302
    assert Payment.objects.order_by("-at_ms").first().cashier == relief


def test_only_its_cashier_hands_a_shift_over_and_others_end_it_with_a_reason(
    cashier: Client, relief: User
) -> None:
    other = client_of(relief)
    assert other.get("/desk/shifts/1/hand-over/").status_code == 403
    asked = other.post("/desk/shifts/1/end/", {"n100": "0", "left": "0"})
    assert "another person" in text(asked).replace("&#x27;", "'")
    count = {"n100": "0", "left": "0", "confirm": "1"}
    assert other.post("/desk/shifts/1/end/", count).status_code == 400
    other.post("/desk/shifts/1/end/", {**count, "reason": "she fell ill"})
    assert ShiftEnd.objects.get().ended_by == relief


def test_a_drawer_in_use_is_not_offered(cashier: Client, relief: User) -> None:
    other = client_of(relief)
    assert "A shift is open at every drawer" in text(other.get("/desk/shift/"))
    have_drawers("main", "2")
    page = text(other.get("/desk/shift/"))
    assert '<option value="2"' in page
    assert '<option value="main"' not in page


def test_a_day_is_closed_and_handed_in_and_finance_signs(cashier: Client, finance: Client) -> None:
    pay(cashier)
    today = clock.campus_day(clock.now_ms()).isoformat()
    assert "still open" in text(cashier.get("/desk/days/"))
    refused = cashier.post("/desk/days/close/", {"day": today}, follow=True)
    assert "still open" in text(refused)
    off_shift(Shift.objects.get(), clock.now_ms())
    assert "Close this day" in text(cashier.get("/desk/days/"))
    closed = cashier.post("/desk/days/close/", {"day": today}, follow=True)
    assert "50.00" in text(closed)
    assert "Close this day" not in text(finance.get("/desk/days/"))
    made = cashier.post("/desk/hand-ins/make/", {"days": [1], "cash": "50", "bank_slip": "B-7"}, follow=True)
    assert "B-7" in text(made)
    assert cashier.post("/desk/hand-ins/1/end/", {"word": "received"}).status_code == 403
    signed = finance.post("/desk/hand-ins/1/end/", {"word": "received"}, follow=True)
    assert "Received" in text(signed)
    assert HandInEnd.objects.get().by.username == "fei"
    again = finance.post("/desk/hand-ins/1/end/", {"word": "back", "note": "x"}, follow=True)
    assert "Nothing was done twice" in text(again)
    assert "00000001" in text(cashier.get("/desk/hand-ins/"))


def test_a_batch_that_differs_says_so_and_keeps_what_was_typed(cashier: Client) -> None:
    pay(cashier)
    off_shift(Shift.objects.get(), clock.now_ms())
    cashier.post("/desk/days/close/", {"day": clock.campus_day(clock.now_ms()).isoformat()})
    asked = cashier.post("/desk/hand-ins/make/", {"days": [1], "cash": "49", "bank_slip": "B-8"})
    assert asked.status_code == 400
    assert "Give the reason" in text(asked)
    assert 'value="B-8"' in text(asked)
    assert not HandIn.objects.exists()
    for typed in ({"cash": "49"}, {"days": [99], "cash": "49"}, {"days": [1], "cash": "x"}):
        assert cashier.post("/desk/hand-ins/make/", typed).status_code == 400
    cashier.post("/desk/hand-ins/make/", {"days": [1], "cash": "49", "reason": "torn note"})
    assert "torn note" in text(cashier.get("/desk/hand-ins/1/"))


def test_nonsense_days_are_refused_in_words(cashier: Client) -> None:
    for day in ("", "x", "2026-02-31"):
        assert "no day" in text(cashier.post("/desk/days/close/", {"day": day}, follow=True))
    gone = cashier.post("/desk/days/close/", {"day": "2020-01-01"}, follow=True)
    assert "no shift on this day" in text(gone)
    assert not DayClose.objects.exists()
    for path in ("/desk/days/9/", "/desk/shifts/9/", "/desk/hand-ins/9/", "/desk/shifts/9/end/"):
        assert cashier.get(path).status_code == 404


def test_the_roster_is_planned_changed_and_read(cashier: Client, relief: User) -> None:
    head = client_of(User.objects.create_user("dao", role=Role.DIRECTOR))
    me = User.objects.get(username="cashier")
    today = clock.campus_day(clock.now_ms())
    plan = {"kind": "term", "first": today.isoformat(), "last": "2020-01-01", "turn_days": "1"}
    plan |= {"crew1": [me.pk], "crew2": [relief.pk]}
    assert "comes after the first" in text(head.post("/desk/roster/rotation/", plan))
    head.post("/desk/roster/rotation/", {**plan, "last": today.isoformat()})
    assert RosterRotation.objects.get().crews == [[me.pk], [relief.pk]]
    assert (
        head.post("/desk/roster/day/", {"day": today.isoformat(), "people": [relief.pk]}).status_code == 400
    )
    head.post("/desk/roster/day/", {"day": today.isoformat(), "people": [relief.pk], "reason": "ill"})
    assert RosterChange.objects.get().people == [relief.pk]
    page = text(cashier.get("/desk/roster/"))
    assert "赵敏" in page
    assert "ill" in page
    assert cashier.get("/desk/roster/?month=nonsense").status_code == 200
    assert cashier.post("/desk/roster/rotation/", plan).status_code == 403


def test_off_the_roster_is_said_and_allowed(fresh: Client, relief: User) -> None:
    day = clock.campus_day(clock.now_ms())
    RosterChange.objects.create(day=day, people=[relief.pk], reason="r", made_by="d", made_ms=0)
    assert "The roster names others" in text(fresh.get("/desk/shift/"))
    fresh.post("/desk/shift/", FLOAT)
    assert Shift.objects.get().off_roster
    assert "not on the roster" in text(fresh.get("/desk/shifts/1/"))
    assert "not on the roster" in text(fresh.get("/desk/shifts/"))


def test_a_closed_day_says_where_late_money_goes(fresh: Client) -> None:
    off_shift(on_shift(User.objects.get(username="cashier"), clock.now_ms()), clock.now_ms())
    fresh.post("/desk/days/close/", {"day": clock.campus_day(clock.now_ms()).isoformat()})
    assert "Today is closed" in text(fresh.get("/desk/shift/"))
