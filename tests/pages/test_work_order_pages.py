"""Pages of a work order: planned, told, answered, started, isolated, released; each office its own deeds (R-4.3.4)."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from central import clock
from central.campus.models import Account, Building, Room
from central.desk.resident.pins import new_pin
from central.domain.work_order import OrderState
from central.link.models import Command, Gateway, RelayState
from central.office import approvals
from central.office.dangerous import CONFIRMED_KEY
from central.office.models import Approval, User
from central.office.roles import Role
from central.workshop.work_orders.models import WorkAnswer, WorkOrder
from tests.browser import seed_theft
from tests.pages.conftest import _client

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
LIST = "/workshop/work-orders/"
HOUR_MS = 3_600_000
TICKS = {"power_off": "on", "proved_dead": "on", "earthed": "on", "tagged": "on"}
WARNING = "A software lock-out is no substitute for isolating the circuit: isolate, prove dead, earth, hang the tag."


@pytest.fixture
def who(cashier: Client, settings: object, tmp_path: Path) -> dict[str, Client]:
    settings.PHOTOS_FOLDER = tmp_path / "photos"
    User.objects.create_user("tech", role=Role.TECHNICIAN, last_name="吴")
    return {name: _client(name) for name in (*seed_theft.people(), "tech")}


def local(at_ms: int) -> str:
    return clock.local(at_ms).strftime("%Y-%m-%dT%H:%M")


def plan(client: Client, **more: object) -> object:
    begins = clock.now_ms() + 48 * HOUR_MS
    said = {
        "step": str(uuid4()),
        "part": "floor:1",
        "rooms": "",
        "task": "更换一楼分线箱",
        "why": "接触不良",
        "begins": local(begins),
        "ends": local(begins + 2 * HOUR_MS),
        "person": User.objects.get(username="tech").pk,
    }
    return client.post(f"{LIST}new/?building=1", said | more)


@pytest.fixture
def order(who: dict[str, Client]) -> WorkOrder:
    assert plan(who["tech"]).status_code == 302
    return WorkOrder.objects.get()


def page(client: Client, order: WorkOrder, status: int = 200) -> str:
    answer = client.get(f"{LIST}{order.pk}/")
    assert answer.status_code == status
    return answer.content.decode()


def post(client: Client, order: WorkOrder, deed: str, **fields: object) -> object:
    return client.post(f"{LIST}{order.pk}/{deed}/", {"step": str(uuid4())} | fields)


def in_its_time(order: WorkOrder) -> None:
    """Move the window around now, as if the two days had passed."""
    now_ms = clock.now_ms()
    WorkOrder.objects.update(from_ms=now_ms - HOUR_MS, until_ms=now_ms + HOUR_MS)


def decided(who: dict[str, Client], order: WorkOrder) -> None:
    assert post(who["tech"], order, "override", text="有触电危险").status_code == 302
    number = Approval.objects.get(act="work-override").number
    director = User.objects.get(username="director")
    approvals.sign(number, approve=True, reason="同意", actor=director, now_ms=clock.now_ms())


@pytest.fixture
def locked(who: dict[str, Client], order: WorkOrder) -> WorkOrder:
    decided(who, order)
    in_its_time(order)
    assert post(who["tech"], order, "start").status_code == 302
    return order


def gateway_does(
    order: WorkOrder, wish: str, why: Callable[[RelayState], str], *, closed: bool | None
) -> None:
    Command.objects.filter(kind="set-relay", outcome="").update(state="answered", outcome="applied")
    for relay in RelayState.objects.filter(meter__in=order.locks.values("meter")):
        relay.observed_closed, relay.verdict, relay.why = closed, "confirmed", why(relay)
        relay.desired_closed = closed
        relay.save()


def test_a_plan_finds_the_rooms_and_every_page_says_what_a_lock_out_is_not(who, order):
    for address in (LIST, f"{LIST}new/", f"{LIST}{order.pk}/"):
        assert WARNING in who["tech"].get(address).content.decode(), address
    text = page(who["tech"], order)
    rooms = Room.objects.filter(building__code="1", floor=1).values_list("label", flat=True)
    assert all(f'<th scope="row">{label}' in text for label in rooms)
    assert text.count("protected") >= 1
    assert "The work can&#x27;t start" in text
    assert "NOT LOCKED" not in text
    anna = User.objects.create_user("anna2", role=Role.ELECTRICIAN)
    assert post(who["tech"], order, "person", person=anna.pk).status_code == 302
    assert post(who["tech"], order, "rooms", room="102", leaves_out="1", text="另路供电").status_code == 302
    assert WorkOrder.objects.get().person == anna
    assert order.rooms.get(origin="left-out").room.label == "102"


def test_what_a_plan_lacks_is_said_and_what_was_typed_comes_back(who):
    for wrong, words in (
        ({"part": "rooms:"}, "Type the rooms"),
        ({"part": "rooms:", "rooms": "999"}, "No room follows from this"),
        ({"part": "line:nothing"}, "Select a valid choice"),
        ({"ends": "2020-01-01T10:00"}, "The end must be later"),
        ({"begins": "x"}, "valid date/time"),
        ({"step": "x"}, "This page is not whole any more"),
    ):
        answer = plan(who["tech"], task="typed before", **wrong)
        text = answer.content.decode()
        assert (answer.status_code, words in text, "typed before" in text) == (400, True, True), words
    assert who["tech"].get(f"{LIST}new/?building=none").status_code == 404
    assert who["tech"].get(f"{LIST}new/?room=102&source=fault:12").content.decode().count("102") >= 1


def test_rooms_are_told_answered_and_counted(who, order):
    assert post(who["tech"], order, "tell").status_code == 302
    assert post(who["tech"], order, "tell").status_code == 400
    room = Room.objects.get(building__code="1", label="102")
    said = {"room": room.pk, "says": "refuses", "who": "王同学"}
    assert "Say why" in post(who["warden"], order, "answer", **said).content.decode()
    assert post(who["warden"], order, "answer", **said, why="考试").status_code == 302
    assert post(who["cashier"], order, "answer", **(said | {"says": "agrees"})).status_code == 302
    assert post(who["cashier"], order, "answer", room=999, says="agrees").status_code == 400
    assert [one.way for one in order.answers.all()] == ["warden", "desk"]
    text = page(who["warden"], order)
    assert "2 answers" in text
    assert "has agreed" in text


def test_the_residents_answer_from_their_own_page_and_see_nobody_elses(who, order):
    resident, other = Client(), Client()
    for client, code in ((resident, "1-102.1"), (other, "1-103.1")):
        client.cookies["django_language"] = "en"
        account = Account.objects.get(code=code)
        pin = new_pin(account, actor="t", now_ms=clock.now_ms()).pin
        client.post("/my-room/", {"room": code.removesuffix(".1"), "pin": pin})
    assert "Power off for work" not in resident.get("/my-room/").content.decode()
    post(who["tech"], order, "tell")
    text = resident.get("/my-room/").content.decode()
    assert "Power off for work" in text
    answer = {"answer": str(uuid4()), "says": "refuses", "why": ""}
    said = reverse("my-room:work-answer", args=[order.pk])
    assert "Your answer was not kept" in resident.post(said, answer).content.decode()
    assert resident.post(said, answer | {"why": "周五考试"}).status_code == 302
    assert resident.post(said, answer | {"why": "周五考试"}).status_code == 302, "a double click"
    assert WorkAnswer.objects.get().room.label == "102"
    assert "周五考试" not in other.get("/my-room/").content.decode()
    assert "周五考试" in page(who["tech"], order)
    assert (
        resident.post(
            reverse("my-room:work-answer", args=[999]), answer | {"answer": str(uuid4())}
        ).status_code
        == 400
    )
    assert resident.post(said, {"says": "maybe"}).status_code == 400
    assert Client().post(said, answer).status_code == 302


def test_a_start_asks_for_the_password_and_names_what_is_missing(who, order):
    assert "start-title" not in page(who["tech"], order)
    refused = post(who["tech"], order, "start")
    assert refused.status_code == 400
    assert "not all rooms have agreed" in refused.content.decode()
    decided(who, order)
    in_its_time(order)
    assert "start-title" in page(who["tech"], order)
    session = who["tech"].session
    session[CONFIRMED_KEY] = 0
    session.save()
    assert "password" in post(who["tech"], order, "start").content.decode()
    assert WorkOrder.objects.get().state == OrderState.PLANNED


def test_locks_are_shown_live_and_what_is_not_locked_is_named(who, locked):
    Gateway.objects.update(online=True, last_seen_ms=clock.now_ms())
    text = page(who["tech"], locked)
    assert "asked; not at the gateway yet" in text
    assert "Nobody may work yet" in text
    gateway_does(locked, "lock-out", lambda _one: "locked out by central", closed=False)
    now = who["tech"].get(f"{LIST}{locked.pk}/now/").content.decode()
    assert now.count("locked out, read back open") + now.count("was off already") == locked.locks.count()
    seen = re.search(r'name="seen" value="([0-9a-f]+)"', now)[1]
    assert who["tech"].get(f"{LIST}{locked.pk}/now/?seen={seen}").status_code == 204
    RelayState.objects.filter(meter=locked.locks.first().meter).update(verdict="unknown", why="silent")
    text = page(who["tech"], locked)
    assert "NOT LOCKED, the meter is silent: isolate by hand" in text
    assert "1 place is NOT locked" in text


def test_a_link_that_is_down_is_said_with_what_to_type_at_the_gateway(who, locked):
    Gateway.objects.update(online=False)
    text = page(who["tech"], locked)
    assert "gateway is not heard since" in text
    meter = locked.locks.first().meter
    assert f"cardroom-gateway lock-out {meter} --why &quot;{locked.number}&quot;" in text


def test_work_is_isolated_ended_and_closed_only_when_all_is_back(who, locked):
    gateway_does(locked, "lock-out", lambda _one: "locked out by central", closed=False)
    some = post(who["tech"], locked, "isolated", power_off="on", earthed="on")
    assert "tick each measure" in some.content.decode()
    assert post(who["tech"], locked, "isolated", **TICKS).status_code == 302
    assert "work may go on" in page(who["tech"], locked)
    photo = SimpleUploadedFile("a.jpg", seed_theft.picture("BOX"), "image/jpeg")
    said = {"text": "换了分线箱", "is_solved": "1"}
    assert "Nothing was released" in post(who["tech"], locked, "end", **said).content.decode()
    bad = SimpleUploadedFile("a.jpg", b"x", "image/jpeg")
    answer = post(who["tech"], locked, "end", **said, is_clear="on", photos=[bad])
    assert (answer.status_code, "no photograph" in answer.content.decode()) == (400, True)
    assert post(who["tech"], locked, "end", **said, is_clear="on", photos=[photo]).status_code == 302
    assert "close" not in str(page(who["tech"], locked).count("Close the order"))
    assert post(who["tech"], locked, "close").status_code == 400
    assert post(who["tech"], locked, "again", text="网关重启").status_code == 302
    gateway_does(locked, "release", lambda _one: "credit-left", closed=True)
    RelayState.objects.filter(meter=locked.locks.first().meter).update(verdict="unknown", why="silent")
    text = page(who["tech"], locked)
    assert "not read back: look at it" in text
    lock = locked.locks.first().pk
    assert post(who["tech"], locked, "explain", lock=lock, text="").status_code == 400
    assert post(who["tech"], locked, "explain", lock=lock, text="表坏，明日更换").status_code == 302
    assert post(who["tech"], locked, "close").status_code == 302
    assert WorkOrder.objects.get().state == OrderState.CLOSED


def test_the_desk_is_told_why_no_supply_returns(who, cashier, locked):
    room = Room.objects.get(building__code="1", label="102")
    for address in (
        f"/desk/rooms/{room.pk}/",
        f"/desk/rooms/{room.pk}/read-back/?payment={uuid4()}&amount=50",
    ):
        assert f"Locked out for work {locked.number} until" in cashier.get(address).content.decode(), address


def test_papers_are_drawn_and_a_wardens_other_building_is_not_his(who, order):
    for name in ("notice.pdf", "permit.pdf"):
        answer = who["warden"].get(f"{LIST}{order.pk}/{name}")
        assert (answer.status_code, answer.content[:5]) == (200, b"%PDF-")
    far = Building.objects.create(code="9", name="Far")
    WorkOrder.objects.update(building=far)
    page(who["warden"], order, 404)
    assert who["tech"].get("/papers/work-orders/?kind=year").status_code == 200


def test_a_reader_sees_everything_and_does_nothing(who, order):
    text = page(who["director"], order)
    assert "Call it off" in text
    assert "answer-title" not in page(who["security"], order)
    assert post(who["security"], order, "tell").status_code == 403
    assert post(who["director"], order, "start").status_code == 403
    later = clock.local(clock.now_ms()) + timedelta(days=3)
    window = {
        "begins": later.strftime("%Y-%m-%dT%H:%M"),
        "ends": (later + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M"),
    }
    assert post(who["director"], order, "window", **window).status_code == 400
    assert post(who["director"], order, "window", **window, text="材料").status_code == 302
    assert post(who["director"], order, "cancel", text="下雨").status_code == 302
    assert "cancelled" in page(who["security"], order)
