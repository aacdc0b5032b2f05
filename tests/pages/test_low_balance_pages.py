"""Pages of low balances, the buildings' check and private notices: who sees what, what is made, copied, ticked, refused."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client

from central import clock
from central.campus.models import Account, Building, Room
from central.desk.resident.pins import new_pin
from central.desk.room_notices.models import RoomNotice
from central.domain.building_check import Finding
from central.domain.notice import State
from central.link.telemetry.models import HourlyUse
from central.office.models import Channel, Delivery, Notice, User
from central.office.sealing import unseal
from central.reports.low_balance.lists import make_list
from central.reports.low_balance.models import BuildingCheckLook, LowBalanceList
from central.reports.low_balance.public_links import public_path
from tests.browser.seed_low_balance import weeks_before

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
HAND = {"name": "QQ", "kind": "by-hand", "group": "building-1", "language": "zh-hans"}


def text_of(answer: object) -> str:
    return answer.content.decode()


def by_role(role: str, *buildings: Building) -> Client:
    user = User.objects.create_user(f"a-{role}", role=role)
    user.buildings.add(*buildings)
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    client.cookies["django_language"] = "en"
    return client


def a_list(due: str = "d") -> LowBalanceList:
    kept = make_list(Building.objects.get(code="1"), due, now_ms=clock.now_ms())
    assert isinstance(kept, LowBalanceList)
    return kept


def make(client: Client, step: str, **changed: str) -> object:
    building = str(Building.objects.get(code="1").pk)
    return client.post("/low-balances/make/", {"step": step, "building": building, "tell": "on"} | changed)


def test_a_person_makes_a_list_copies_it_and_says_it_is_told(cashier: Client, admin: Client) -> None:
    admin.post("/office/channels/", HAND)
    step = str(uuid4())
    first, again = make(cashier, step), make(cashier, step)
    assert first.url == again.url == f"/low-balances/{LowBalanceList.objects.get().pk}/"
    page = text_of(cashier.get(first.url))
    assert "101  -1.24 yuan" in page
    assert "102  3.87 yuan" in page
    assert "to be told by hand" in page
    for name in ("王小明", "李丽", "张伟", "刘洋"):
        assert name not in page
    by_hand = text_of(cashier.get("/office/by-hand/"))
    picture = re.search(r'href="(/office/by-hand/\d+/1.png)"', by_hand)
    assert picture
    assert cashier.get(picture[1]).headers["Content-Type"] == "image/png"
    assert cashier.get(picture[1].replace("1.png", "2.png")).status_code == 404
    cashier.post(f"/office/by-hand/{Delivery.objects.get().pk}/told/")
    assert Delivery.objects.get().state == State.BY_HAND_DONE
    assert "told" in text_of(cashier.get("/low-balances/"))
    cashier.post(f"{first.url}tell/")
    assert Notice.objects.count() == Delivery.objects.count() == 1


def test_what_can_not_be_made_says_why(cashier: Client) -> None:
    assert make(cashier, str(uuid4()), building="99").status_code == 400
    answer = make(cashier, "x\0y")
    assert answer.status_code == 400
    Building.objects.create(code="9", name="Nine")
    empty = make(cashier, str(uuid4()), building=str(Building.objects.get(code="9").pk))
    assert "no prepaid room" in text_of(empty)
    assert not LowBalanceList.objects.exists()


def test_a_warden_sees_his_building_and_makes_nothing(campus: None) -> None:
    kept, other = a_list(), Building.objects.create(code="9", name="Nine")
    own, foreign = by_role("warden", kept.building), by_role("store", other)
    assert "101" in text_of(own.get(f"/low-balances/{kept.pk}/"))
    assert make(own, str(uuid4())).status_code == 403
    assert foreign.get("/low-balances/").status_code == 403
    User.objects.get(username="a-warden").buildings.set([other])
    for address in (f"/low-balances/{kept.pk}/", f"/low-balances/{kept.pk}/1.png"):
        assert own.get(address).status_code == 404
    assert "1号楼" not in text_of(own.get("/low-balances/"))
    assert "1号楼" not in text_of(own.get("/low-balances/check/"))


def test_whoever_has_the_link_sees_the_list_and_no_other(campus: None, client: Client) -> None:
    kept = a_list()
    path = public_path(kept)
    answer = client.get(path)
    assert "101  -1.24" in text_of(answer)
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert client.get(f"{path}1.png").headers["Content-Type"] == "image/png"
    for wrong in (path[:-3] + "xx/", "/low-balances/shown/1/", "/low-balances/shown/1/1.png"):
        assert client.get(wrong).status_code == 404


def test_no_data_is_never_no_use_and_a_look_is_on_record(cashier: Client) -> None:
    HourlyUse.objects.all().delete()
    page = text_of(cashier.get("/low-balances/check/"))
    assert "no data" in page
    row = page.split("<tbody>")[1].split("</tbody>")[0]
    assert '<td class="num"></td><td class="num">0.00</td><td class="num">6</td>' in row, (
        "used empty, read 0 %"
    )
    weeks_before()
    page = text_of(cashier.get("/low-balances/check/"))
    assert "as usual" in page
    day = re.search(r'name="day" value="([0-9-]+)"', page)[1]
    typed = {"step": str(uuid4()), "day": day, "text": "已查看"}
    assert cashier.post("/low-balances/check/look/", typed).status_code == 302
    assert cashier.post("/low-balances/check/look/", typed).status_code == 302
    assert BuildingCheckLook.objects.get().text == "已查看"
    assert "已查看" in text_of(cashier.get(f"/low-balances/check/?day={day}"))
    today = typed | {"step": str(uuid4()), "day": str(clock.campus_day(clock.now_ms()))}
    assert "not over" in text_of(cashier.post("/low-balances/check/look/", today))
    never = typed | {"step": str(uuid4()), "day": "9999-12-31"}
    assert cashier.post("/low-balances/check/look/", never).status_code == 400
    assert cashier.post("/low-balances/check/look/", typed | {"text": "x"}).status_code == 400


def test_a_warden_reads_of_his_own_buildings_only_what_stood_out(cashier: Client) -> None:
    day = clock.campus_day(clock.now_ms()) - timedelta(days=1)
    who = User.objects.get(username="cashier")
    found = [["1", Finding.HIGH.value], ["9", Finding.LOW.value]]
    BuildingCheckLook.objects.create(day=day, by=who, at_ms=clock.now_ms(), findings=found, step="look-1")
    warden = by_role("warden", Building.objects.create(code="9", name="9号楼"))
    page = text_of(warden.get("/low-balances/check/"))
    assert "9: " in page
    assert "1: " not in page


def test_the_desk_enters_a_private_notice_with_consent(cashier: Client) -> None:
    room = Room.objects.get(label="102")
    page = f"/desk/rooms/{room.pk}/notice/"
    assert page in text_of(cashier.get(f"/desk/rooms/{room.pk}/"))
    typed = {"address": "zhang.san@college.example", "limit": "15", "language": "en"}
    assert "Without their consent" in text_of(cashier.post(page, typed))
    for limit in ("x", "-1", "0", "99999", "1e9"):
        assert cashier.post(page, typed | {"consent": "on", "limit": limit}).status_code == 400
    assert cashier.post(page, typed | {"consent": "on"}).status_code == 302
    shown = text_of(cashier.get(page))
    assert "z…@college.example" in shown
    assert "zhang.san" not in shown
    code = unseal(Notice.objects.get().params["code_secret"])["value"]
    assert cashier.post(f"{page}confirm/", {"code": "12"}).status_code == 400
    assert cashier.post(f"{page}confirm/", {"code": code}).status_code == 302
    notice = RoomNotice.objects.get()
    assert (notice.state, notice.limit, notice.asked_by) == ("on", 15_000_000, "cashier")
    cashier.post(f"{page}end/")
    assert RoomNotice.objects.get().why_ended == "desk"
    assert by_role("finance").get(page).status_code == 403


def test_a_private_channel_is_on_no_page_of_channels(admin: Client, cashier: Client) -> None:
    room = Room.objects.get(label="102")
    typed = {"address": "z@college.example", "language": "en", "consent": "on"}
    cashier.post(f"/desk/rooms/{room.pk}/notice/", typed)
    channel = Channel.objects.get()
    assert admin.get(f"/office/channels/{channel.pk}/").status_code == 404
    for page in ("/office/channels/", "/office/notices/"):
        assert "college.example" not in text_of(admin.get(page))
    taken = HAND | {"group": channel.group}
    assert admin.post("/office/channels/", taken).status_code == 400


def test_residents_do_it_themselves_behind_their_pin(campus: None) -> None:
    client = Client()
    client.cookies["django_language"] = "en"
    assert client.get("/my-room/notice/").url == "/my-room/"
    assert client.post("/my-room/notice/end/").url == "/my-room/"
    account = Account.objects.select_related("point__room__building").get(code="1-102.1")
    pin = new_pin(account, actor="cashier", now_ms=clock.now_ms()).pin
    client.post("/my-room/", {"room": "1-102", "pin": pin})
    assert "/my-room/notice/" in text_of(client.get("/my-room/"))
    typed = {"address": "z@college.example", "language": "en", "consent": "on"}
    assert client.post("/my-room/notice/", typed | {"address": "z"}).status_code == 400
    assert client.post("/my-room/notice/", typed).url == "/my-room/notice/"
    code = unseal(Notice.objects.get().params["code_secret"])["value"]
    assert client.post("/my-room/notice/confirm/", {"code": "1"}).status_code == 400
    client.post("/my-room/notice/confirm/", {"code": code})
    assert RoomNotice.objects.get().asked_by == "resident"
    assert "in use" in text_of(client.get("/my-room/notice/"))
    client.post("/my-room/notice/end/")
    assert RoomNotice.objects.get().why_ended == "resident"
