"""Goods-in and claims as the store keeper uses them: orders, deliveries, checks, claims; hostile input loses nothing (R-4.3.1)."""

import re
import uuid
from collections.abc import Callable
from html import unescape
from io import BytesIO
from pathlib import Path

import numpy
import pytest
import zxingcpp
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import load_workbook
from PIL import Image

from central import clock
from central.domain.device_states import Holds
from central.office.models import Channel, Delivery, MailServer, User
from central.office.photo_models import Photo
from central.office.roles import Role
from central.workshop.claims.models import Claim
from central.workshop.devices.models import Device, DeviceType, Maker, Place
from central.workshop.goods.models import GoodsCheck, Order

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
NEW, ENTER, CODES = (
    "/workshop/goods/orders/new/",
    *(f"/workshop/goods/deliveries/1/{one}/" for one in ("enter", "codes")),
)


@pytest.fixture(autouse=True)
def photos(settings: object, tmp_path: Path) -> None:
    settings.PHOTOS_FOLDER = tmp_path / "photos"


@pytest.fixture
def sign_in(campus: None) -> Callable[[Role], Client]:
    def signed_in(role: Role) -> Client:
        client = Client()
        user = User.objects.create_user(f"the-{role}", role=role)
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        client.cookies["django_language"] = "en"
        return client

    return signed_in


@pytest.fixture
def keeper(sign_in: Callable[[Role], Client]) -> Client:
    maker = Maker.objects.create(code="hx", name="Huaxing", mail="claims@example.org")
    DeviceType.objects.create(code="dds-1", kind="module", maker=maker, name="DDS-1")
    DeviceType.objects.create(code="dts-3", kind="module", maker=maker, name="DTS-3")
    for holds in Holds:
        Place.objects.create(code=holds.value, name=holds.value, holds=holds.value)
    return sign_in(Role.STORE)


@pytest.fixture
def delivery(keeper: Client) -> Client:
    """A delivery for an order of two DDS-1."""
    order = {"number": "PO-1", "maker": "hx", "day": "2026-11-02", "type_0": "dds-1", "quantity_0": "2"}
    assert keeper.post(NEW, order).status_code == 302
    begun = {"step": uuid.uuid4(), "note": "LS-9", "place": "arrivals"}
    assert (
        keeper.post("/workshop/goods/orders/1/delivery/", begun)["Location"]
        == "/workshop/goods/deliveries/1/"
    )
    return keeper


def entry(serial: str, **more: str) -> dict[str, object]:
    return {"step": uuid.uuid4(), "serial": serial, "type": "dds-1", **more}


def picture(colour: str = "red") -> SimpleUploadedFile:
    file = BytesIO()
    Image.new("RGB", (30, 20), colour).save(file, "JPEG")
    return SimpleUploadedFile("damage.jpg", file.getvalue(), "image/jpeg")


def plate(*texts: str) -> SimpleUploadedFile:
    drawn = Image.new("L", (1600, 300 + 300 * len(texts)), 230)
    for row, text in enumerate(texts):
        code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.Code128).to_image(scale=4)
        drawn.paste(Image.fromarray(numpy.array(code)), (200, 100 + 300 * row))
    file = BytesIO()
    drawn.save(file, "PNG")
    return SimpleUploadedFile("plate.png", file.getvalue(), "image/png")


def checked(outcome: str, **more: object) -> dict[str, object]:
    places = {"good_place": "good", "faulty_place": "faulty"}
    return {"step": uuid.uuid4(), "outcome": outcome, "read_plate": "on", **places, **more}


def words(page: object) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page.content.decode())))


def test_a_delivery_is_entered_by_typing_by_reader_and_by_camera(delivery: Client) -> None:
    done = delivery.post(ENTER, entry("SN-1"), follow=True)
    assert "M-000001: serial number SN-1 is taken in." in words(done)
    assert 'value="dds-1" selected' in done.content.decode(), "the next one is likely of the same model"
    offered = delivery.post(CODES, {"code": plate("SN-2", "DDS-1"), "type": "dds-1"}).content.decode()
    assert 'name="serial" value="SN-2"' in offered
    assert 'name="serial" value="DDS-1"' in offered
    assert Device.objects.count() == 1, "nothing is taken in before a code is chosen"
    delivery.post(ENTER, entry("SN-2"))
    finished = words(delivery.post("/workshop/goods/deliveries/1/finish/", follow=True))
    assert "The delivery is finished. Its devices wait for their check." in finished
    assert "M-000002" in words(delivery.get("/workshop/goods/"))
    sheet = load_workbook(BytesIO(delivery.get("/workshop/goods/deliveries/1/paper/xlsx/").content))
    assert "SN-2" in [cell.value for row in sheet.worksheets[1].iter_rows() for cell in row]


def test_a_photograph_that_says_nothing_says_why(delivery: Client) -> None:
    for file, said in (
        (
            SimpleUploadedFile("a.jpg", b"\xff\xd8" + bytes(30_000_000)),
            "A photograph is too large: at most 12 MB.",
        ),
        (SimpleUploadedFile("a.pdf", b"%PDF-1.7"), "A file is no photograph"),
        (SimpleUploadedFile("a.jpg", b""), "A file is no photograph"),
        (picture(), "No bar code was found in the photograph."),
        (plate(" "), "The bar code holds no text. Type the number from the plate."),
        (None, "This field is required."),
    ):
        page = delivery.post(CODES, {"type": "dds-1"} | ({"code": file} if file else {}))
        assert page.status_code == 400
        assert said in words(page)
        assert 'value="dds-1" selected' in page.content.decode()
    assert not Device.objects.exists()


def test_what_is_refused_comes_back_as_it_was_typed(delivery: Client) -> None:
    for serial in ("SN-1", "SN-2"):
        delivery.post(ENTER, entry(serial))
    for sent, said in (
        ({"serial": ""}, "The serial number is empty: type it from the plate"),
        ({"serial": "x" * 81}, "A serial number has at most 80 characters."),
        ({"serial": "x" * 4000}, "Ensure this value has at most 320 characters"),
        ({"serial": "SN-1"}, "entered in this delivery already: go on with the next device. (M-000001)"),
        ({"serial": "SN-9", "type": "dts-3"}, "The order has no such model."),
        ({"serial": "SN-9"}, "More of this model than were ordered."),
        ({"serial": "SN-9", "type": "nobody"}, "Select a valid choice."),
        ({"serial": "SN-9", "step": "x"}, "This page is not whole any more."),
    ):
        page = delivery.post(ENTER, entry("SN-1") | sent)
        assert page.status_code == 400
        assert said in words(page)
        assert f'value="{sent["serial"]}"' in page.content.decode() or not sent["serial"]
    delivery.post("/workshop/goods/deliveries/1/finish/")
    assert "This delivery is finished." in words(delivery.post(ENTER, entry("SN-9")))
    assert Device.objects.count() == 2


def test_more_than_ordered_is_taken_in_with_its_reason(delivery: Client) -> None:
    for serial in ("SN-1", "SN-2"):
        delivery.post(ENTER, entry(serial))
    asked = delivery.post(ENTER, entry("SN-3")).content.decode()
    assert 'name="remark"' in asked
    assert delivery.post(ENTER, entry("SN-3", remark="the box held three")).status_code == 302
    page = words(delivery.get("/workshop/goods/orders/1/"))
    assert "more than ordered" in page


def test_a_check_ends_good_with_the_plate_read_and_goes_on_to_the_next(delivery: Client) -> None:
    for serial in ("SN-1", "SN-2"):
        delivery.post(ENTER, entry(serial))
    assert "No bench record has this serial number" in words(delivery.get("/workshop/goods/checks/M-000001/"))
    mend = "/workshop/goods/checks/M-000001/mend/"
    assert "(M-000002)" in words(delivery.post(mend, entry("SN-2", why="typed twice")))
    assert delivery.post(mend, entry("SN-11", why="typed wrongly")).status_code == 302
    done = "/workshop/goods/checks/M-000001/done/"
    unread = delivery.post(done, checked("good", read_plate=""))
    assert (unread.status_code, GoodsCheck.objects.count()) == (400, 0)
    assert "Nobody knows yet whether it is this device" in words(unread)
    assert delivery.post(done, checked("good"))["Location"] == "/workshop/goods/checks/M-000002/"
    assert Device.objects.get(pk="M-000001").place.holds == "good"
    again = delivery.post(done, checked("good"))
    assert (again.status_code, "this can't be done to it now" in words(again)) == (400, True)


def test_good_photographs_of_a_refused_check_are_kept_and_the_claim_begins(delivery: Client) -> None:
    delivery.post(ENTER, entry("SN-1"))
    done = "/workshop/goods/checks/M-000001/done/"
    broken = SimpleUploadedFile("holiday.jpg", b"no picture", "image/jpeg")
    sent = checked(
        "faulty", damaged="case", **{"case-text": "cracked <b>", "case-photos": [picture(), broken]}
    )
    refused = delivery.post(done, sent)
    text = refused.content.decode()
    assert refused.status_code == 400
    assert "holiday.jpg: A file is no photograph" in text
    assert 'value="cracked &lt;b&gt;"' in text
    kept = re.search(r'name="case-kept" value="([0-9a-f]{64})"', text)[1]
    assert Photo.objects.get().digest == kept
    claimed = delivery.post(
        done, checked("faulty", damaged="case", **{"case-text": "cracked", "case-kept": kept})
    )
    assert claimed["Location"] == "/workshop/claims/1/"
    assert GoodsCheck.objects.get().findings == [{"what": "case", "text": "cracked", "photos": [kept]}]
    page = words(delivery.get("/workshop/claims/1/"))
    assert "case damaged; cracked" in page
    assert "SN-1" in page
    assert delivery.get("/workshop/claims/1/paper/pdf/").content.startswith(b"%PDF")


def test_a_damage_without_a_photograph_and_a_strangers_photograph_are_refused(delivery: Client) -> None:
    delivery.post(ENTER, entry("SN-1"))
    done = "/workshop/goods/checks/M-000001/done/"
    for kept in ("", "0" * 64, "x"):
        page = delivery.post(done, checked("faulty", damaged="seal", **{"seal-kept": kept}))
        assert (page.status_code, "Each damage needs a photograph" in words(page)) == (400, True)
    nothing = delivery.post(done, checked("faulty"))
    assert "Say what is wrong with it" in words(nothing)
    neither = delivery.post(done, {"step": uuid.uuid4()})
    assert "Press one of the two buttons." in words(neither)


@pytest.fixture
def claim(delivery: Client) -> Client:
    delivery.post(ENTER, entry("SN-1"))
    sent = checked("faulty", damaged="case", **{"case-photos": picture()})
    assert delivery.post("/workshop/goods/checks/M-000001/done/", sent)["Location"] == "/workshop/claims/1/"
    return delivery


def act(client: Client, name: str, **more: object) -> object:
    return client.post("/workshop/claims/1/act/", {"act": name, "step": uuid.uuid4(), **more})


def test_without_a_mail_server_or_an_address_the_page_says_what_to_do(claim: Client) -> None:
    refused = act(claim, "mail")
    assert refused.status_code == 400
    assert "No mail server is set: an administrator sets it." in words(refused)
    MailServer.objects.create(host="localhost", port=25, sender="a@example.org")
    Maker.objects.update(mail="")
    assert "No mail address of this maker is known." in words(act(claim, "mail"))
    assert (Claim.objects.get().state, Delivery.objects.count()) == ("draft", 0)
    assert act(claim, "handed", text="by post, SF1234").status_code == 302
    assert (Claim.objects.get().state, Device.objects.get().state) == ("sent", "claimed")


def test_a_claim_is_followed_from_its_mail_to_its_end(claim: Client) -> None:
    MailServer.objects.create(host="localhost", port=25, sender="a@example.org")
    mailed = claim.post("/workshop/claims/1/act/", {"act": "mail", "step": uuid.uuid4()}, follow=True)
    assert "waits to be sent" in words(mailed)
    assert Channel.objects.get(group="maker-1-zh-hans").shown == "claims@example.org"
    today = clock.campus_day(clock.now_ms()).isoformat()
    call = {"day": today, "time": "09:30", "who": "Ms Li", "text": "sends two on Friday"}
    assert act(claim, "call", **{**call, "day": "0001-01-01"}).status_code == 400
    assert act(claim, "call", **call).status_code == 302
    assert "no such day" not in words(claim.get("/workshop/claims/1/"))
    bad = act(claim, "reply", promise="replace", text="two on Friday")
    assert (bad.status_code, "Say by which day" in words(bad), "two on Friday" in words(bad)) == (
        400,
        True,
        True,
    )
    assert act(claim, "reply", promise="replace", due=today, text="two on Friday").status_code == 302
    early = act(claim, "close", text="done")
    assert "Say first what became of each device: (M-000001)" in words(early)
    begun = claim.post("/workshop/goods/claims/1/delivery/", {"step": uuid.uuid4(), "place": "arrivals"})
    assert begun["Location"] == "/workshop/goods/deliveries/2/"
    claim.post("/workshop/goods/deliveries/2/enter/", entry("SN-77"))
    assert Device.objects.get(serial="SN-77").order == "claim 1"
    assert act(claim, "end", device="M-000001", end="replaced", text="SN-77 came").status_code == 302
    assert Device.objects.get(pk="M-000001").state == "scrapped"
    assert act(claim, "close", text="replaced in a week").status_code == 302
    page = words(claim.get("/workshop/claims/1/"))
    assert "closed" in page
    assert "with Ms Li" in page
    sheet = load_workbook(BytesIO(claim.get("/workshop/claims/list/xlsx/").content)).active
    assert "Huaxing" in [cell.value for row in sheet.iter_rows() for cell in row]


def test_empty_and_unknown_acts_are_answered_in_words(claim: Client) -> None:
    for name in ("write", "handed", "call", "reply", "end", "ship", "note", "close"):
        page = act(claim, name)
        assert page.status_code == 400
        assert 'role="alert"' in page.content.decode() or "errorlist" in page.content.decode()
    assert [act(claim, name).status_code for name in ("", "nothing")] == [404, 404]
    assert Claim.objects.get().state == "draft"


def test_a_note_with_a_broken_photograph_comes_back(claim: Client) -> None:
    page = act(claim, "note", text="he calls back", photos=SimpleUploadedFile("x.jpg", b"no"))
    assert (page.status_code, "x.jpg: A file is no photograph" in words(page)) == (400, True)
    assert "he calls back" in words(page)


def test_others_look_and_change_nothing(claim: Client, sign_in: Callable[[Role], Client]) -> None:
    director = sign_in(Role.DIRECTOR)
    page = director.get("/workshop/claims/1/")
    assert page.status_code == 200
    assert "<form" not in page.content.decode().split("<main")[1]
    assert director.get("/workshop/goods/").status_code == 200
    assert act(director, "mail").status_code == 403
    assert sign_in(Role.CASHIER).get("/workshop/goods/").status_code == 403


def test_a_bad_order_is_not_written_down(keeper: Client) -> None:
    head = {"number": "PO-1", "maker": "hx", "day": "2026-11-02"}
    assert keeper.post(NEW, {}).status_code == 400
    for sent in (
        head,
        {**head, "maker": "nobody", "day": "x", "type_0": "dds-1", "quantity_0": "-3"},
        {**head, "quantity_0": "3"},
        {**head, "type_0": "dds-1", "quantity_0": "9" * 30},
    ):
        page = keeper.post(NEW, sent)
        assert page.status_code == 400
        assert 'value="PO-1"' in page.content.decode()
    assert not Order.objects.exists()


def test_a_page_whose_last_choice_is_gone_says_so_and_keeps_what_was_typed(
    sign_in: Callable[[Role], Client],
) -> None:
    """Somebody else claimed the last faulty device, or retired the last model, while the form was filled in."""
    client = sign_in(Role.STORE)
    claim = {"step": uuid.uuid4(), "devices": "M-000001", "text": "cracked on the left"}
    for address, sent, words in (
        ("claims/new/", claim, "cracked on the left"),
        ("stock/adopt/", {"building": 1, "type": 7}, "errorlist"),
    ):
        answer = client.post(f"/workshop/{address}", sent)
        assert answer.status_code == 400
        page = answer.content.decode()
        assert words in page
        assert "error" in page
