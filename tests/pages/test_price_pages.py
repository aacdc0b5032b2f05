"""Writing a price or repair list, comparing it, asking for it, and what the signers bring about: by the pages alone (R-4.1.3)."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import Workbook

from central import clock
from central.campus.models import CustomerClass, Price
from central.office.dangerous import CONFIRMED_KEY
from central.office.models import Approval, ListDraft, PriceList, RepairList, User
from central.office.roles import Role

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])


@pytest.fixture
def signers(campus: None) -> list[Client]:
    return [client_of(role) for role in (Role.DIRECTOR, Role.VP_NETWORK, Role.FINANCE)]


def client_of(role: str) -> Client:
    user = User.objects.create_user(f"the-{role}", role=role)
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    session = client.session
    session[CONFIRMED_KEY] = clock.real_now_ms()
    session.save()
    client.cookies["django_language"] = "en"
    return client


def begun(client: Client, kind: str = "price-list") -> str:
    """Begin a draft; give its address."""
    return client.post("/office/lists/new/", {"kind": kind}).url


def field(name: str, part: str) -> str:
    return f"c{CustomerClass.objects.get(code=name).pk}-{part}"


def seen() -> int:
    return ListDraft.objects.latest("pk").changed_ms


def write(client: Client, address: str, price: str, begins: str, **more: str):
    typed = {field("dormitory", "price"): price, "begins": begins, "seen": seen(), "compare": "1", **more}
    return client.post(address, typed, follow=True)


def ask(client: Client, address: str, why: str = "dearer coal", key: str = "page-1"):
    return client.post(f"{address}ask/", {"why": why, "key": key, "seen": seen()}, follow=True)


def sign_all(signers: list[Client], number: int) -> None:
    for client in signers:
        client.post(f"/office/approvals/{number}/sign/", {"answer": "yes", "reason": ""})


def test_a_price_is_written_compared_signed_and_in_force_at_its_campus_instant(
    admin: Client, signers: list[Client]
) -> None:
    address = begun(admin)
    assert 'value="0.5583"' in admin.get(address).content.decode(), "it begins with what is in force"
    page = write(admin, address, "0.6083", "2099-09-01T08:00").content.decode()
    for text in ("0.5583", "0.6083", "0.0500", "8.96", "2099-09-01 08:00", "Rooms concerned"):
        assert text in page
    assert not Price.objects.filter(micro_yuan_per_kwh=608_300).exists()
    assert "Asked for as request" in ask(admin, address).content.decode()
    lists = admin.get("/office/prices/").content.decode()
    assert "waiting for signatures" in lists
    assert "network-centre director" in lists
    number = Approval.objects.get(act="price-list").number
    assert "0.6083" in signers[0].get(f"/office/approvals/{number}/").content.decode()
    sign_all(signers, number)
    price = Price.objects.latest("from_ms")
    assert price.micro_yuan_per_kwh == 608_300
    assert clock.local(price.from_ms).isoformat() == "2099-09-01T08:00:00+08:00"
    page = admin.get(f"{address}compare/", follow=True).content.decode()
    assert "Electricity price list № 1" in page
    assert "to come" in admin.get("/office/prices/").content.decode()
    assert "8.96" in signers[0].get(f"/office/approvals/{number}/").content.decode(), (
        "an ended request still compares"
    )


@pytest.mark.parametrize(
    ("price", "begins", "said"),
    [
        ("0.60831", "2099-09-01T08:00", "at most four decimals"),
        ("cheap", "2099-09-01T08:00", "at most four decimals"),
        ("0.6", "soon", "Write the instant as"),
    ],
)
def test_a_bad_price_is_refused_in_words_and_not_lost(
    admin: Client, price: str, begins: str, said: str
) -> None:
    address = begun(admin)
    answer = write(admin, address, price, begins)
    page = answer.content.decode()
    assert answer.status_code == 400
    assert said in page
    assert f'value="{price}"' in page
    assert ListDraft.objects.get().from_ms == 0


def test_times_and_steps_are_typed_read_and_shown(admin: Client) -> None:
    address = begun(admin)
    window = {"days": "1-5", "from": "8:00", "until": "22:00", "price": "0.9"}
    parts = {field("dormitory", f"w0-{name}"): text for name, text in window.items()}
    parts |= {field("dormitory", "s0-above"): "200", field("dormitory", "s0-adds"): "0.05"}
    page = write(admin, address, "0.5583", "", **parts).content.decode()
    assert "Mon–Fri 08:00–22:00 0.9000" in page
    assert "above 200 kWh a month +0.0500" in page
    bad = write(admin, address, "0.5583", "", **{**parts, field("dormitory", "w0-days"): "someday"})
    assert bad.status_code == 400
    assert 'value="someday"' in bad.content.decode()
    backwards = {field("dormitory", "s0-above"): "200", field("dormitory", "s0-adds"): "0.05"}
    backwards |= {field("dormitory", "s1-above"): "100", field("dormitory", "s1-adds"): "0.10"}
    assert "rise" in write(admin, address, "0.5583", "", **backwards).content.decode()


def test_what_changes_nothing_is_not_asked_for(admin: Client, signers: list[Client]) -> None:
    address = begun(admin)
    assert "Nothing changes by this list" in admin.get(f"{address}compare/").content.decode()
    answer = ask(admin, address)
    assert answer.status_code == 400
    assert not Approval.objects.exists()


def test_a_reason_is_needed_and_what_was_typed_stays(admin: Client, signers: list[Client]) -> None:
    address = begun(admin)
    write(admin, address, "0.6", "")
    assert "Say why" in ask(admin, address, why=" ").content.decode()


def test_with_nobody_to_sign_it_says_so(admin: Client) -> None:
    User.objects.filter(role=Role.FINANCE).update(is_active=False)
    address = begun(admin)
    write(admin, address, "0.6", "")
    assert "Too few people" in ask(admin, address).content.decode()


def test_a_double_click_asks_once_and_an_old_page_not_at_all(admin: Client, signers: list[Client]) -> None:
    address = begun(admin)
    old = seen()
    write(admin, address, "0.6", "")
    stale = admin.post(f"{address}ask/", {"why": "w", "key": "k", "seen": old})
    assert "Somebody changed this draft" in stale.content.decode()
    late = admin.post(address, {field("dormitory", "price"): "0.7", "begins": "", "seen": old})
    assert "Somebody changed this draft" in late.content.decode()
    ask(admin, address)
    ask(admin, address)
    assert Approval.objects.count() == 1


def test_a_refused_list_says_why_and_is_mended(admin: Client, signers: list[Client]) -> None:
    address = begun(admin)
    write(admin, address, "0.6", "")
    ask(admin, address)
    number = Approval.objects.get().number
    assert "waits for signatures" in write(admin, address, "0.7", "").content.decode()
    signers[0].post(f"/office/approvals/{number}/sign/", {"answer": "no", "reason": "far too dear"})
    page = admin.get("/office/prices/").content.decode()
    assert "far too dear" in page
    write(admin, address, "0.57", "")
    ask(admin, address, key="page-2")
    sign_all(signers, Approval.objects.latest("number").number)
    assert Price.objects.latest("from_ms").micro_yuan_per_kwh == 570_000
    assert PriceList.objects.count() == 1


def test_another_office_looks_and_changes_nothing(
    admin: Client, cashier: Client, signers: list[Client]
) -> None:
    address = begun(admin)
    director = signers[0]
    assert director.get(address).url == f"{address}compare/"
    answer = write(director, address, "0.9", "")
    assert "Another office wrote this draft" in answer.content.decode()
    director.post(f"{address}throw-away/")
    assert ListDraft.objects.count() == 1
    assert cashier.get(address).status_code == 403
    assert cashier.get("/office/prices/").status_code == 200
    admin.post(f"{address}throw-away/")
    assert not ListDraft.objects.exists()
    assert admin.get(f"{address}compare/").status_code == 404


TABLE = """编号,类型,名称,英文名,单位,单价
R-01,维修,更换插座,socket,个,15
R-02,维修,线路,wiring,米,3.5
B-01,代收,补卡费,card,个,20
"""


def read_in(client: Client, address: str, content: bytes, name: str = "t.csv"):
    return client.post(f"{address}table/", {"file": SimpleUploadedFile(name, content)}, follow=True)


def test_a_repair_list_from_a_table_to_the_desk(
    admin: Client, cashier: Client, signers: list[Client]
) -> None:
    assert "No list is in force" in cashier.get("/office/repairs/").content.decode()
    address = begun(admin, "repair-list")
    assert "3 items were read" in read_in(admin, address, TABLE.encode()).content.decode()
    typed = {"price:R-01": "16.50", "active:R-01": "yes", "price:R-02": "3.5", "removed:R-02": "yes"}
    typed |= {
        "price:B-01": "20",
        "n0-code": "R-03",
        "n0-name": "灯管",
        "n0-price": "12",
        "n0-kind": "repair",
        "n0-unit": "each",
    }
    page = admin.post(
        address, {**typed, "seen": seen(), "begins": "", "compare": "1"}, follow=True
    ).content.decode()
    assert "added 3" in page
    ask(admin, address)
    sign_all(signers, Approval.objects.get().number)
    page = cashier.get("/office/repairs/").content.decode()
    for text in ("16.50", "灯管", "Collected on behalf of others", "card"):
        assert text in page
    assert "R-02" not in page
    items = {item.code: item for item in RepairList.objects.get().items.all()}
    assert (items["B-01"].active, items["R-01"].price_fen) == (False, 1650)
    again = begun(admin, "repair-list")
    typed = {
        "price:R-01": "16",
        "active:R-01": "yes",
        "price:R-03": "13",
        "active:R-03": "yes",
        "price:B-01": "20",
    }
    page = admin.post(
        again, {**typed, "seen": seen(), "begins": "", "compare": "1"}, follow=True
    ).content.decode()
    assert "dearer 1, cheaper 1" in page


def test_a_workbook_is_read_and_bad_rows_are_named(admin: Client) -> None:
    address = begun(admin, "repair-list")
    book = Workbook()
    book.active.append(["code", "name", "price", "unit"])
    book.active.append(["R-01", "插座", 15.5, "each"])
    content = io.BytesIO()
    book.save(content)
    assert "1 items were read" in read_in(admin, address, content.getvalue(), "t.xlsx").content.decode()
    assert ListDraft.objects.get().rows[0]["price_fen"] == 1550
    bad = read_in(admin, address, "code,name,price\nR 1,插座,dear\nR-2,,1\n".encode())
    page = bad.content.decode()
    assert bad.status_code == 400
    for text in ("row 2, code", "row 2, price", "row 3, name"):
        assert text in page
    assert ListDraft.objects.get().rows[0]["code"] == "R-01", "nothing of it was read"
    for content, said in (
        (b"", "The file is empty"),
        (b"\x00\x01", "can&#x27;t be read"),
        (b"a,b\n1,2\n", "no header"),
    ):
        assert said in read_in(admin, address, content).content.decode()


def test_a_bad_item_is_named_in_its_field_and_not_lost(admin: Client) -> None:
    address = begun(admin, "repair-list")
    read_in(admin, address, TABLE.encode())
    typed = {
        "price:R-01": "dear",
        "price:R-02": "1",
        "price:B-01": "1",
        "n1-code": "Ä",
        "n1-name": "x",
        "seen": seen(),
    }
    answer = admin.post(address, {**typed, "begins": ""})
    page = answer.content.decode()
    assert answer.status_code == 400
    for text in (
        'value="dear"',
        "Yuan with at most two decimals",
        'value="Ä"',
        "can’t be a code".replace("’", "&#x27;"),
        "is empty",
    ):
        assert text in page
    assert ListDraft.objects.get().rows[0]["price_fen"] == 1500
