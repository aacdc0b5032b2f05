"""Pages of daily checks and wardens' rounds, as their people use them (R-4.2.0, R-4.2.4)."""

import re
import uuid
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from django.test import Client
from PIL import Image

from central import clock
from central.campus.models import Building, Room
from central.losses.case_models import Case
from central.losses.checks.check_models import DailyCheck
from central.losses.rounds.round_models import Round, RoundEnd, RoundEntry
from central.office.models import User
from central.office.roles import Role
from tests.browser import seed

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
WALK = "/losses/rounds/buildings/1/walk/"
SAY, END, BEGIN = (f"/losses/rounds/buildings/1/{act}/" for act in ("say", "end", "begin"))
JSON = {"accept": "application/json"}


@pytest.fixture(autouse=True)
def photos(settings: object, tmp_path: Path) -> None:
    settings.PHOTOS_FOLDER = tmp_path / "photos"


@pytest.fixture
def sign_in(campus: None) -> Callable[..., Client]:
    def signed_in(role: Role, *buildings: Building) -> Client:
        user = User.objects.create_user(f"the-{role}", role=role)
        user.buildings.set(buildings)
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        client.cookies["django_language"] = "en"
        return client

    return signed_in


@pytest.fixture
def warden(sign_in: Callable[..., Client]) -> Client:
    return sign_in(Role.WARDEN, Building.objects.get(code="1"))


def ids(**more: object) -> dict[str, object]:
    return {"step": uuid.uuid4(), **more}


def picture() -> BytesIO:
    file = BytesIO()
    Image.new("RGB", (30, 20), "red").save(file, "JPEG")
    file.name, _ = "a.jpg", file.seek(0)
    return file


def check(**more: object) -> dict[str, object]:
    today = clock.campus_day(clock.now_ms() - 3 * 86_400_000)
    said = {"party": "security", "day": today, "begun": "09:00", "ended": "10:05", "text": ""}
    return ids(**said, point=["doors", "wires"], ok=["doors", "wires"], **more)


def test_a_guard_records_a_check_and_the_heads_see_it_and_what_is_missing(
    sign_in: Callable[..., Client],
) -> None:
    guard, head = sign_in(Role.SECURITY), sign_in(Role.DIRECTOR)
    page = guard.get("/losses/checks/record/").content.decode()
    assert "配电间上锁" in page
    assert 'content="yes"' in page, "works without a network"
    sent = check()
    answer = guard.post("/losses/checks/record/", sent | {"photos": picture()}, headers=JSON)
    assert answer.json() == {"kept": True, "next": f"/losses/checks/?day={sent['day']}"}
    assert guard.post("/losses/checks/record/", sent, headers=JSON).json()["kept"], "the same again"
    assert len(DailyCheck.objects.get().photos) == 1
    shown = head.get(f"/losses/checks/?day={DailyCheck.objects.get().day}").content.decode()
    assert re.search(r'alt="Photograph 1 of \d{4}-\d\d-\d\d \d\d:\d\d:\d\d"', shown)
    page = head.get(answer.json()["next"]).content.decode()
    for words in ("65 min", "recorded late", "财务", "楼管员（1号楼）", "missing", "the-security", "wires"):
        assert words in page
    own = guard.get(answer.json()["next"]).content.decode()
    assert "安保纠察" in own
    assert "财务" not in own, "each party sees its own"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"ended": "08:00"}, "ends after it begins"),
        ({"ok": ["doors"]}, "say in words what was found"),
        ({"party": "finance"}, "records no check of this party"),
        ({"day": "2020-01-01"}, "too long ago"),
        ({"begun": "x"}, "Begun at"),
        ({"party": "ghosts"}, "Record a check"),
    ],
)
def test_a_check_that_is_refused_says_why_and_keeps_what_was_typed(
    sign_in: Callable[..., Client], more: dict[str, object], words: str
) -> None:
    guard = sign_in(Role.SECURITY)
    answer = guard.post("/losses/checks/record/", check() | more)
    assert answer.status_code == 400
    page = answer.content.decode()
    assert words in page
    assert 'value="wires"' in page
    assert guard.post("/losses/checks/record/", check() | more, headers=JSON).json()["kept"] is False
    assert not DailyCheck.objects.exists()


def test_a_warden_walks_a_round_room_by_room_and_ends_it(warden: Client) -> None:
    page = warden.get(WALK)
    walk = page.context["walk"]
    assert (walk.seen, walk.rooms, walk.round) == (0, 6, None)
    begun = {"round": walk.round_id}
    assert warden.post(BEGIN, ids(**begun), headers=JSON).json() == {"kept": True, "next": WALK}
    rooms = list(Room.objects.order_by("label"))
    for room in rooms[:4]:
        assert warden.post(SAY, ids(**begun, ok=room.pk), headers=JSON).json()["kept"]
    odd = ids(**begun, room=rooms[4].pk, outcome="found", what="device", text="kettle", photos=picture())
    assert warden.post(SAY, odd).status_code == 302, "without a script it is a form"
    walk = warden.get(WALK).context["walk"]
    assert (walk.seen, walk.round_id) == (5, begun["round"]), "gone on with"
    refused = warden.post(END, ids(**begun), headers=JSON)
    assert refused.status_code == 400
    assert "Rooms are left that nobody saw" in refused.json()["errors"][0]
    answer = warden.post(END, ids(**begun, text="locked up"), headers=JSON).json()
    record = warden.get(answer["next"]).content.decode()
    for words in ("5 / 6", "kettle", "forbidden device", "locked up", "Add to this round", "photos/"):
        assert words in record
    assert RoundEnd.objects.get().left == [["106", "locked up"]]
    assert warden.get(WALK).context["walk"].round is None, "the next one"
    late = ids(**begun, room=rooms[5].pk, outcome="no-access", what="", text="never home")
    assert "rounds/" in warden.post(SAY, late, headers=JSON).json()["next"]
    assert "never home" in warden.get(answer["next"]).content.decode().split("Added after the end")[1]


def test_a_cable_from_the_corridor_leads_to_its_case(warden: Client) -> None:
    room = Room.objects.get(label="103")
    said = ids(
        round=uuid.uuid4(), room=room.pk, outcome="found", what="cable", text="orange", photos=picture()
    )
    answer = warden.post(SAY, said, headers=JSON).json()
    case = Case.objects.get(kind="theft")
    assert answer["next"] == f"/losses/theft/{case.pk}/"
    assert case.room == room
    assert "orange" in warden.get(answer["next"], follow=True).content.decode()


def test_the_heads_see_rounds_by_floor_and_rooms_nobody_saw(
    warden: Client, sign_in: Callable[..., Client]
) -> None:
    head = sign_in(Role.VP_NETWORK)
    assert "none yet" in head.get("/losses/rounds/").content.decode()
    begun = {"round": uuid.uuid4()}
    for room in Room.objects.exclude(label="106"):
        warden.post(SAY, ids(**begun, ok=room.pk))
    assert "not ended" in head.get("/losses/rounds/").content.decode()
    warden.post(END, ids(**begun, text="locked"))
    page = head.get("/losses/rounds/buildings/1/").content.decode()
    assert "floor 1 5/6" in " ".join(page.split())
    unseen = page.split("Rooms nobody has seen for long")[1]
    assert "106" in unseen
    assert "105" not in unseen
    assert "Make a round" not in page
    record = head.get(f"/losses/rounds/{Round.objects.get().pk}/").content.decode()
    assert "Add to this round" not in record


def test_a_warden_walks_only_where_he_serves(warden: Client, sign_in: Callable[..., Client]) -> None:
    other = User.objects.get(username="the-warden")
    other.buildings.set([Building.objects.create(code="9", name="Nine")])
    room = Room.objects.get(label="101")
    said = ids(round=uuid.uuid4(), ok=room.pk)
    for answer in (warden.get(WALK), warden.post(SAY, said), warden.get("/losses/rounds/buildings/1/")):
        assert answer.status_code == 404
    assert "1号楼" not in warden.get("/losses/rounds/").content.decode()
    assert not RoundEntry.objects.exists()


def test_bad_forms_are_refused_in_words(warden: Client) -> None:
    for path, sent in (
        (SAY, {}),
        (SAY, ids(round="x", ok="x")),
        (SAY, ids(round=uuid.uuid4(), room=99999, outcome="ghosts")),
        (END, ids(round=uuid.uuid4())),
        (BEGIN, {}),
    ):
        assert warden.post(path, sent, headers=JSON).json()["kept"] is False
        page = warden.post(path, sent)
        assert page.status_code == 400
        assert "note bad" in page.content.decode() or "errorlist" in page.content.decode()


def test_a_building_of_208_rooms_is_one_light_page(sign_in: Callable[..., Client]) -> None:
    seed.import_lists(
        (
            "building,floor,room,class,meter\n"
            + "".join(
                f"7,{floor},{floor}{place:02d},dormitory,7{floor}{place:02d}\n"
                for floor in range(1, 9)
                for place in range(1, 27)
            ),
        ),
        clock.now_ms(),
    )
    building = Building.objects.get(code="7")
    page = sign_in(Role.WARDEN, building).get(f"/losses/rounds/buildings/{building.pk}/walk/")
    assert page.context["walk"].rooms == 208
    assert len(page.content) < 150_000


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "1999-12-31", "x"])
def test_a_day_that_no_calendar_of_ours_has_shows_today(warden: Client, day: str) -> None:
    assert warden.get(f"/losses/checks/?day={day}").status_code == 200
