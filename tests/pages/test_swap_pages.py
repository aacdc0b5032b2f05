"""A meter replaced and told at a page: the next binding from its first register on, what is not billed said, mix-ups refused."""

from pathlib import Path
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from central.campus.models import Account, Binding, Building
from central.desk.room_views import room_of
from central.ledger.models import AuditEntry
from central.link.configuration import build
from central.link.models import Gateway
from central.office.dangerous import CONFIRMED_KEY, PASSWORD_FIELD
from central.office.photo_models import Photo
from central.workshop.faults.matters import meter_of
from central.workshop.replacements.models import Replacement
from tests.browser import seed_theft

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
NEW = "/workshop/replacements/new/"
SWAP = {"old_meter": "20241001", "last": "426", "new_meter": "NEW-1", "first": "0.5", "why": "display dark"}


@pytest.fixture
def room(campus: None, settings: object, tmp_path: Path) -> Account:
    settings.PHOTOS_FOLDER = tmp_path / "photos"
    return Account.objects.select_related("point").get(code="1-106.1")


def send(client: Client, account: Account, **typed: str):
    meter = account.bindings.earliest("from_ms").meter.meter_no
    asked = {**SWAP, "room": "1-106", "key": str(uuid4()), "old_meter": meter, "last": "500", **typed}
    pictures = {"photos": SimpleUploadedFile("a.jpg", seed_theft.picture("A"), "image/jpeg")}
    return client.post(NEW, asked | (pictures if typed.get("photos") is None else {}))


def test_the_room_is_billed_by_the_new_meter(admin: Client, room: Account) -> None:
    old = room.bindings.get().meter.meter_no
    Building.objects.filter(code="1").update(
        groups=[{"group": "g", "kind": "floor", "master": "M", "subs": [old]}]
    )
    answer = send(admin, room)
    assert answer.status_code == 302
    binding = Binding.objects.get(meter__meter_no="NEW-1")
    assert (binding.account_id, binding.baseline_wh) == (room.pk, 500)
    page = admin.get(answer.url).content.decode()
    assert "21.81 kWh of the old one are not billed" in page
    assert f'href="/rooms/{room.point.room_id}/"' in page
    audit = AuditEntry.objects.get(action="swap-meter-here")
    assert "at 500000 Wh" in audit.detail
    assert "display dark" in audit.detail
    assert Replacement.objects.get().steps.filter(kind="photos").exists()
    rules = build(Gateway.objects.get(building__code="1"), 1)
    assert ("NEW-1", "1-106.1", 500) in [(tie.meter, tie.account, tie.baseline_wh) for tie in rules.bindings]
    assert [group.subs for group in rules.groups][-1] == ["NEW-1"]
    assert room_of(room.point.room_id)[1].meters == ("NEW-1",), "the old one is heard no more"
    assert meter_of(room.point.room) == "NEW-1", "a fault of the room is the new one's"
    assert send(admin, room, old_meter=old).status_code == 400, (
        "the same again is refused: the old one is gone"
    )


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"old_meter": "other"}, "billed by another meter: 2024"),
        ({"new_meter": "a/b"}, "a/b can&#x27;t be a meter&#x27;s number"),
        ({"new_meter": "202410001"}, ""),
        ({"last": "1"}, "More than this was billed"),
        ({"last": "many"}, "Write kWh with at most three decimals"),
        ({"first": "-1"}, "Write kWh with at most three decimals"),
        ({"first": "1.2345"}, "Write kWh with at most three decimals"),
        ({"why": ""}, "Say why."),
        ({"room": "9-999"}, "There is no such room"),
        ({"photos": ""}, "Add a photograph."),
    ],
)
def test_a_mix_up_is_refused_and_nothing_is_bound(
    admin: Client, room: Account, typed: dict, said: str
) -> None:
    if not said:
        typed["new_meter"] = Binding.objects.exclude(account=room).first().meter.meter_no
        said = f"Another room is billed by {typed['new_meter']}"
    count = Binding.objects.count()
    answer = send(admin, room, **typed)
    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert Binding.objects.count() == count
    assert not AuditEntry.objects.filter(action="swap-meter-here").exists()


def test_a_wrong_password_or_number_costs_no_photograph(admin: Client, room: Account) -> None:
    session = admin.session
    confirmed_ms, session[CONFIRMED_KEY] = session[CONFIRMED_KEY], 0
    session.save()
    asked = send(admin, room, **{PASSWORD_FIELD: "wrong"})
    assert asked.status_code == 403
    (digest,) = Photo.objects.values_list("digest", flat=True)
    kept = f'<input type="hidden" name="photos-kept" value="{digest}">'
    assert kept in asked.content.decode(), "the page that asks sends it along"
    session[CONFIRMED_KEY] = confirmed_ms
    session.save()
    wrong = send(admin, room, photos="", last="400", **{"photos-kept": digest})
    assert wrong.status_code == 400
    assert kept in wrong.content.decode()
    assert send(admin, room, photos="", **{"photos-kept": "0" * 64}).status_code == 400, (
        "nobody sent that one"
    )
    assert send(admin, room, photos="", **{"photos-kept": digest}).status_code == 302
    assert Replacement.objects.get().steps.get(kind="photos").photos == [digest]


def test_the_form_knows_the_room_that_led_to_it(admin: Client, room: Account) -> None:
    page = admin.get(f"{NEW}?room={room.point.room_id}&fault=12").content.decode()
    assert 'value="1-106"' in page
    assert f'value="{room.bindings.get().meter.meter_no}"' in page
    assert 'value="fault:12"' in page
    assert admin.get(f"{NEW}?room=x&fault=9999999999999999").status_code == 200


def test_only_technicians_and_administrators(cashier: Client, room: Account) -> None:
    assert send(cashier, room).status_code == 403
