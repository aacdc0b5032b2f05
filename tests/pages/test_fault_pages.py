"""Pages of faults: reported at the desk, taken further, seen by the room's residents without a name (R-4.3.3b)."""

import re
from html import unescape
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from central import clock
from central.campus.models import Account, Building, Room
from central.desk.resident.pins import new_pin
from central.domain.device_states import DeviceAct
from central.office.models import User
from central.office.roles import Role
from central.workshop.devices.models import Device, DeviceType, Maker, Place
from central.workshop.devices.operations import DeviceMove, NewDevice, step, take_in
from central.workshop.faults.models import Fault, FaultStep
from central.workshop.files import printed
from tests.browser import seed_theft
from tests.pages.conftest import _client

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
LIST, REPORT, MINE = "/workshop/faults/", "/workshop/faults/report/", "/my-room/fault/"


@pytest.fixture
def who(cashier: Client, settings: object, tmp_path: Path) -> dict[str, Client]:
    settings.PHOTOS_FOLDER = tmp_path / "photos"
    seed_theft.people()
    User.objects.create_user("tech", role=Role.TECHNICIAN, last_name="Zhou")
    return {name: _client(name) for name in ("cashier", "warden", "tech", "director", "electrician")}


def photo() -> SimpleUploadedFile:
    return SimpleUploadedFile("a.jpg", seed_theft.picture("A"), "image/jpeg")


def said(**more: object) -> dict[str, object]:
    return {"step": str(uuid4()), "where": "1-102", "seen": "display-dark"} | more


def reported(client: Client, **more: object) -> Fault:
    answer = client.post(REPORT, said(**more))
    assert answer.status_code == 302, answer.content.decode()
    return Fault.objects.latest("pk")


def act(client: Client, fault: Fault, kind: str, **fields: object) -> object:
    return client.post(f"{LIST}{fault.pk}/step/", {"step": str(uuid4()), "act": kind} | fields)


def text(client: Client, address: str) -> str:
    return client.get(address).content.decode()


def test_the_desk_reports_for_whoever_stands_there(who: dict[str, Client]) -> None:
    room = Room.objects.get(building__code="1", label="102")
    assert f"{REPORT}?room={room.pk}" in text(who["cashier"], f"/desk/rooms/{room.pk}/")
    assert 'value="1-102"' in text(who["cashier"], f"{REPORT}?room={room.pk}")
    fault = reported(who["cashier"], photos=[photo()])
    assert (fault.room, fault.sign) == (room, "display-dark")
    assert fault.meter_no
    page = text(who["cashier"], f"{LIST}{fault.pk}/")
    assert "the display is dark or broken" in page
    assert "The store has no record of this module" in page
    assert "/step/" not in page, "the desk reports; the workshop works"
    assert reported(who["warden"], where=fault.meter_no) == fault
    assert "1-102" in text(who["warden"], LIST)


def test_what_a_report_lacks_is_said_and_nothing_typed_is_lost(who: dict[str, Client]) -> None:
    for wrong, words in (
        ({"where": "1-999"}, "There is no such room or module"),
        ({"where": "x" * 200}, "at most 80 characters"),
        ({"seen": "ghost"}, "Select a valid choice"),
        ({"photos": [SimpleUploadedFile("a.jpg", b"x", "image/jpeg")]}, "no photograph"),
        ({"step": "x"}, "This page is not whole any more"),
    ):
        answer = who["cashier"].post(REPORT, said(text="typed before") | wrong)
        page = answer.content.decode()
        assert (answer.status_code, words in page, "typed before" in page) == (400, True, True), words
    for query in ("room=x", "room=" + "9" * 40, "meter=%00", "room=99999"):
        assert who["cashier"].get(f"{REPORT}?{query}").status_code == 200
    assert not Fault.objects.exists()
    assert who["cashier"].get(f"{LIST}?show=x&building=%00").status_code == 200
    assert who["cashier"].get(f"{LIST}99999/").status_code == 404


def test_a_technician_takes_it_further_and_what_he_leaves_out_is_said(who: dict[str, Client]) -> None:
    fault, tech = reported(who["cashier"]), who["tech"]
    for kind in ("acknowledged", "on-site"):
        assert act(tech, fault, kind).status_code == 302
    answer = act(tech, fault, "found", text="dead module")
    assert (answer.status_code, "Choose what it was." in answer.content.decode()) == (400, True)
    assert "dead module" in answer.content.decode()
    assert act(tech, fault, "found", text="dead module", cause="dead", photos=[photo()]).status_code == 302
    assert "1-102" in text(tech, f"{LIST}?show=mine")
    assert "1-102" not in text(who["director"], f"{LIST}?show=mine")
    assert act(tech, fault, "solved", how="replaced").status_code == 302
    page = text(who["director"], f"{LIST}{fault.pk}/")
    assert "solved in time" in page or "solved late" in page
    assert "module replaced" in page
    assert act(who["cashier"], fault, "closed").status_code == 403
    assert act(tech, fault, "closed").status_code == 302
    assert act(tech, fault, "noted", text="late").status_code == 400
    assert act(tech, fault, "removed").status_code == 400


def test_a_module_without_a_record_is_entered_alone(who: dict[str, Client]) -> None:
    fault, tech = reported(who["cashier"]), who["tech"]
    kind = DeviceType.objects.create(
        code="D", kind="module", maker=Maker.objects.create(code="hx", name="Huaxing"), name="DDS-1"
    )
    address = unescape(
        re.search(r'href="(/workshop/stock/adopt/[^"]+)"', text(tech, f"{LIST}{fault.pk}/"))[1]
    )
    assert fault.meter_no in text(tech, address)
    sent = {"building": fault.building_id, "type": kind.pk, "meter": fault.meter_no}
    answer = tech.post(address, sent)
    assert [(one.meter_no, f"/workshop/stock/{one.number}/") for one in Device.objects.all()] == [
        (fault.meter_no, answer.url)
    ]
    assert "DDS-1 · Huaxing" in text(tech, f"{LIST}{fault.pk}/")
    assert "/stock/adopt/" not in text(who["electrician"], f"{LIST}{fault.pk}/"), "he may not"
    gone = tech.post(address, sent | {"meter": "m-none"}, follow=True).content.decode()
    assert "Not entered: m-none." in gone


def test_a_replacement_is_asked_for_and_no_spare_says_what_to_do(who: dict[str, Client]) -> None:
    maker = Maker.objects.create(code="hx", name="Huaxing")
    kind = DeviceType.objects.create(code="d", kind="module", maker=maker, name="DDS-1")
    fault = reported(who["cashier"])
    ask = f"{LIST}{fault.pk}/replacement/"
    assert who["tech"].post(ask, {"step": str(uuid4())}).status_code == 400
    assert who["tech"].post(ask, {"step": str(uuid4()), "type": kind.pk}).status_code == 302
    page = text(who["tech"], f"{LIST}{fault.pk}/")
    assert "No good DDS-1 is in stock" in page
    for reader, leads in (("tech", True), ("electrician", False), ("cashier", False)):
        seen = text(who[reader], f"{LIST}{fault.pk}/")
        assert ("/workshop/controls/new/" in seen, "/workshop/stock/adopt/" in seen) == (leads, leads), reader
    assert FaultStep.objects.get(kind="replacement-asked").facts == {"type": "d", "name": "DDS-1", "good": 0}


def test_a_fault_whose_module_was_taken_out_says_that_it_still_stands(who: dict[str, Client]) -> None:
    maker = Maker.objects.create(code="hx", name="Huaxing")
    kind = DeviceType.objects.create(code="d", kind="module", maker=maker, name="DDS-1")
    place = Place.objects.create(code="F1", name="faulty", holds="faulty")
    fault = reported(who["cashier"])
    new = NewDevice(kind, "A", meter_no=fault.meter_no, act=DeviceAct.ADOPTED)
    device = take_in(new, DeviceMove("a", DeviceAct.ADOPTED, 1_000), actor=None, now_ms=1_000)
    assert "was taken out" not in text(who["tech"], f"{LIST}{fault.pk}/")
    out = DeviceMove("b", DeviceAct.REMOVED, fault.opened_ms + 1, place=place)
    step(device.number, out, actor=None, now_ms=fault.opened_ms + 1)
    page = text(who["tech"], f"{LIST}{fault.pk}/")
    assert "was taken out" in page
    assert '<option value="replaced" selected>' in page


def test_who_serves_another_building_sees_nothing_of_it(who: dict[str, Client]) -> None:
    fault = reported(who["cashier"])
    other = Building.objects.create(code="9", name="Nine")
    User.objects.get(username="electrician").buildings.set([other])
    assert who["electrician"].get(f"{LIST}{fault.pk}/").status_code == 404
    assert act(who["electrician"], fault, "on-site").status_code == 404
    assert who["electrician"].post(REPORT, said()).status_code == 400


def resident() -> Client:
    account = Account.objects.get(code="1-102.1")
    pin = new_pin(account, actor="desk", now_ms=clock.now_ms()).pin
    client = Client()
    client.cookies["django_language"] = "en"
    assert client.post("/my-room/", {"room": "1-102", "pin": pin}).status_code == 302
    return client


def test_a_resident_reports_and_sees_its_state_without_a_name(who: dict[str, Client]) -> None:
    assert Client().get(MINE).status_code == 302
    guest = resident()
    assert MINE in text(guest, "/my-room/")
    form = {"step": str(uuid4()), "seen": "no-power", "text": "since noon", "photos": [photo()]}
    for _time in range(2):
        assert guest.post(MINE, form | {"photos": [photo()]}).status_code == 302
    fault = Fault.objects.get()
    step = fault.steps.get()
    assert (step.by, step.account, len(step.photos)) == (None, "1-102.1", 1)
    assert "resident" in printed(step.photos)[0].lines[0], (
        "a picture without a person behind it is printed, too"
    )
    assert "Received. A technician looks at it." in text(guest, MINE)
    act(who["tech"], fault, "acknowledged")
    act(who["tech"], fault, "solved", cause="wiring", how="wiring", text="Zhou mended it")
    page = text(guest, MINE)
    assert "Solved." in page
    assert "Zhou" not in page
    assert "a resident" in text(who["tech"], f"{LIST}{fault.pk}/")
    four = [photo() for _n in range(4)]
    for wrong, status in (
        ({"seen": "x"}, 400),
        ({"photos": four}, 400),
        ({"photos": [SimpleUploadedFile("a.jpg", b"x", "image/jpeg")]}, 400),
        ({"text": "x" * 301}, 400),
    ):
        answer = guest.post(MINE, form | {"step": str(uuid4())} | wrong)
        assert answer.status_code == status, wrong
    for number in range(4):
        answer = guest.post(MINE, {"step": str(uuid4()), "seen": "counts"})
        assert answer.status_code == (302 if number < 2 else 429)
    assert "Enough was reported" in answer.content.decode()
