"""The go-live's pages, clicked through without a browser: list, preview, request, two signatures, comparison, paper, way back."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from central import clock
from central.desk.go_live.models import OpeningBatch, OpeningDone
from central.ledger import chart_of_accounts as chart
from central.ledger.queries import balance
from central.link.models import Command, Delivery, Grant, TakeBackRequest
from central.office.dangerous import CONFIRMED_KEY
from central.office.models import Approval, User
from central.office.roles import Role

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
LIST = "楼栋,房间,余额（元）,最后收据\n1,101,１２.50,K-1\n1号楼,102,“-3”,K-2\n"
GOOD = "楼栋,房间,余额（元）,其中补助,最后收据,备注\n1,101,１２.50,2,K-1,x\n1号楼,102,-3,,K-2,\n"


def signed_in(role: str) -> Client:
    client = Client()
    user = User.objects.create_user(f"p-{role}", role=role)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    session = client.session
    session[CONFIRMED_KEY] = clock.real_now_ms()
    session.save()
    client.cookies["django_language"] = "en"
    return client


@pytest.fixture
def finance(campus: None) -> Client:
    return signed_in(Role.FINANCE)


@pytest.fixture
def director(campus: None) -> Client:
    return signed_in(Role.DIRECTOR)


def upload(client: Client, text: str) -> str:
    at = clock.local(clock.now_ms() - 60_000).strftime("%Y-%m-%dT%H:%M")
    file = SimpleUploadedFile("old.csv", text.encode("gb18030"))
    answer = client.post("/desk/go-live/upload/", {"file": file, "change_over": at})
    assert answer.status_code == 302, answer.content.decode()
    return answer.url


def fields(page: str, action: str) -> dict[str, str]:
    form = re.search(rf'<form[^>]*action="{re.escape(action)}".*?</form>', page, re.DOTALL)[0]
    inputs = re.findall(r"<input[^>]*>", form)
    found = {re.search(r'name="([^"]*)"', one)[1]: re.search(r'value="([^"]*)"', one) for one in inputs}
    return {name: value[1] if value else "" for name, value in found.items()}


def ask(client: Client, text: str = GOOD) -> Approval:
    address = upload(client, text) + "&missing=zero"
    page = client.get(address)
    assert page.status_code == 200, page.content.decode()
    answer = client.post(
        "/desk/go-live/ask/", {**fields(page.content.decode(), "/desk/go-live/ask/"), "why": "go"}
    )
    assert answer.status_code == 302, answer.content.decode()
    return Approval.objects.latest("number")


def sign(number: int, *clients: Client) -> Approval:
    for client in clients:
        client.post(f"/office/approvals/{number}/sign/", {"answer": "yes", "approve": "yes", "reason": ""})
    return Approval.objects.get(pk=number)


@pytest.fixture
def batch(cashier: Client, finance: Client, director: Client) -> OpeningBatch:
    request = ask(cashier)
    signed = sign(request.number, finance, director)
    assert signed.state == "approved", signed.outcome
    return OpeningBatch.objects.get(pk=request.key)


def test_a_bad_list_names_each_row_and_can_not_be_asked_for(cashier: Client) -> None:
    page = cashier.get(upload(cashier, LIST))
    words = page.content.decode()
    assert page.status_code == 422
    assert "row 3, balance_yuan" in words
    assert "is not a number" in words
    assert "go-live/ask" not in words
    assert not OpeningBatch.objects.exists()


def test_missing_rooms_must_be_decided(cashier: Client) -> None:
    address = upload(cashier, GOOD)
    assert "4 rooms of these buildings are not in the list" in cashier.get(address).content.decode()
    for choice in ("zero", "later"):
        assert cashier.get(f"{address}&missing={choice}").status_code == 200
    assert cashier.get(f"{address}&missing=whatever").status_code == 422


def test_asked_signed_twice_and_credited(batch: OpeningBatch, cashier: Client) -> None:
    given = Grant.objects.filter(source="opening").values_list("account__code", "bucket", "amount")
    assert sorted(given) == [("1-101.1", "paid", 10_500_000), ("1-101.1", "subsidy", 2_000_000)]
    assert balance(chart.opening_owed("1-102.1", "yuan")) == 3_000_000
    assert Command.objects.filter(kind="grant", gateway="gw-1").count() == 2
    page = cashier.get(f"/desk/go-live/{batch.pk}/").content.decode()
    assert "not yet reported" in page
    assert "Owed to us from the old system" in page
    assert batch.file_name in cashier.get("/desk/go-live/").content.decode()
    assert "opening balance" in cashier.get("/desk/vouchers/1/").content.decode().lower()


def test_the_signer_sees_sums_and_rows(cashier: Client, finance: Client, director: Client) -> None:
    request = ask(cashier)
    page = finance.get(f"/office/approvals/{request.number}/").content.decode()
    assert "Sums in yuan" in page
    assert "K-2" in page
    assert not OpeningDone.objects.exists()


def test_the_paper_shows_every_row_in_every_form(batch: OpeningBatch, cashier: Client) -> None:
    for form in ("", "&form=xlsx", "&form=json"):
        answer = cashier.get(f"/papers/go-live/?kind=day&day={clock.campus_day(batch.change_over_ms)}{form}")
        assert answer.status_code == 200
        assert answer.content
    assert "1-101" in answer.content.decode()


def post(client: Client, batch: OpeningBatch, what: str, prefix: str, **given: str) -> object:
    action = f"/desk/go-live/{batch.pk}/{what}/"
    found = fields(client.get(f"/desk/go-live/{batch.pk}/").content.decode(), action)
    return client.post(action, {**found, **{f"{prefix}-{name}": value for name, value in given.items()}})


def test_the_way_back_asks_the_gateway(
    batch: OpeningBatch, cashier: Client, finance: Client, director: Client
) -> None:
    assert post(cashier, batch, "back", "back", why="").status_code == 400
    assert post(cashier, batch, "back", "back", why="the old system again").status_code == 302
    assert sign(Approval.objects.latest("number").number, finance, director).state == "approved"
    assert TakeBackRequest.objects.count() == 2
    assert "asked back, not answered" in cashier.get(f"/desk/go-live/{batch.pk}/").content.decode()


def test_a_correction_keeps_what_was_typed_wrongly(
    batch: OpeningBatch, cashier: Client, finance: Client
) -> None:
    given = {"room": "1-101", "bucket": "paid", "amount": "1,2x", "why": "typo"}
    bad = post(cashier, batch, "correct", "correct", **given)
    assert bad.status_code == 400
    assert "is not a number" in bad.content.decode()
    assert 'value="1,2x"' in bad.content.decode()
    assert post(cashier, batch, "correct", "correct", **{**given, "amount": "11"}).status_code == 302
    assert Approval.objects.latest("number").act == "go-live-correct"


def test_acceptance_closes_the_way_back(
    batch: OpeningBatch, cashier: Client, finance: Client, director: Client
) -> None:
    assert post(cashier, batch, "accept", "accept", why="compared").status_code == 302
    number = Approval.objects.latest("number").number
    assert "How the rows stand" in finance.get(f"/office/approvals/{number}/").content.decode()
    assert sign(number, finance, director).state == "approved"
    page = cashier.get(f"/desk/go-live/{batch.pk}/").content.decode()
    assert "accepted" in page
    assert f"/desk/go-live/{batch.pk}/back/" not in page


def test_a_debt_is_collected_by_one_click_once(batch: OpeningBatch, cashier: Client) -> None:
    action = f"/desk/go-live/{batch.pk}/collect/"
    found = fields(cashier.get(f"/desk/go-live/{batch.pk}/").content.decode(), action)
    for _again in range(2):
        assert cashier.post(action, found).status_code == 302
    assert TakeBackRequest.objects.filter(request_id__startswith="oc-").count() == 1


def test_who_may_not_ask_sees_no_form(batch: OpeningBatch, finance: Client) -> None:
    page = finance.get(f"/desk/go-live/{batch.pk}/").content.decode()
    assert "Correct one room" not in page
    assert finance.post(f"/desk/go-live/{batch.pk}/back/", {}).status_code == 403
    assert Delivery.objects.exists()


@pytest.mark.parametrize("address", ["", "?digest=x&at=y&name=z", "?digest=x&at=2026-01-01T00:00"])
def test_a_list_that_is_gone_leads_back(cashier: Client, address: str) -> None:
    assert cashier.get(f"/desk/go-live/preview/{address}").url == "/desk/go-live/"


def test_an_instant_to_come_is_refused(cashier: Client) -> None:
    file = SimpleUploadedFile("old.csv", GOOD.encode())
    answer = cashier.post("/desk/go-live/upload/", {"file": file, "change_over": "2099-01-01T00:00"})
    assert answer.status_code == 400
    assert "still to come" in answer.content.decode()
