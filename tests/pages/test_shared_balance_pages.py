"""The pages of rooms that share one balance: which they are, and to which a payment goes, in both languages."""

from uuid import uuid4

import pytest
from django.test import Client

from central import clock
from central.campus.models import Room
from central.desk.models import Payment
from central.link.shared_balance import merge

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])


@pytest.fixture
def shared(cashier: Client) -> Client:
    done = merge("1-106", ["1-105"], actor="t", now_ms=clock.now_ms())
    assert isinstance(done, list), done
    return cashier


def path(label: str, where: str = "/desk") -> str:
    return f"{where}/rooms/{Room.objects.get(building__code='1', label=label).pk}/"


def page(client: Client, where: str, language: str = "en", **query: str) -> str:
    client.cookies["django_language"] = language
    return client.get(where, query).content.decode()


def test_what_a_room_holds_itself_is_shown_as_unused(shared: Client) -> None:
    shown = page(shared, path("105"))
    assert "its own credit, unused meanwhile:" in shown
    assert "本房间原有余额" in page(shared, path("105"), "zh-hans")
    assert "its own credit" not in page(shared, path("106"))


@pytest.mark.parametrize("where", ["/desk", ""])
def test_each_room_s_page_says_which_rooms_share_the_balance(shared: Client, where: str) -> None:
    for label, language, said in (
        ("105", "en", "payments are booked to 1-106"),
        ("105", "zh-hans", "缴费记入 1-106"),
    ):
        shown = page(shared, path(label, where), language)
        assert said in shown
        assert ("One balance for" if language == "en" else "共用一个余额") in shown
    payer = page(shared, path("106", where))
    assert "One balance for" in payer
    assert "payments are booked" not in payer
    assert "One balance for" not in page(shared, path("104", where))


def test_the_read_back_names_the_room_that_is_paid_and_the_money_goes_there(shared: Client) -> None:
    payment = {"payment": str(uuid4()), "amount": "50"}
    shown = page(shared, f"{path('105')}read-back/", **payment)
    assert "Booked to" in shown
    assert "1-105、1-106" in shown or "1-106、1-105" in shown
    assert shared.post(f"{path('105')}pay/", payment).status_code == 302
    assert Payment.objects.get().account.point.code == "1-106"
    asked = page(shared, f"{path('106')}read-back/", payment=str(uuid4()), amount="50")
    assert "A second payment?" in asked, "the same sum for the same balance, whichever room was chosen"
