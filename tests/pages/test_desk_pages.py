"""The desk's pages: found, read back, paid once, receipted, and never silent about the supply."""

import re
from uuid import uuid4

import pytest
from django.test import Client

from central import clock
from central.campus.models import CustomerClass, Price, Room
from central.desk.models import Payment, Receipt
from central.link.models import Delivery
from tests.browser import seed

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
HTMX = {"HX-Request": "true"}


def room_id(label: str) -> int:
    return Room.objects.get(building__code="1", label=label.removeprefix("1-")).pk


def room_path(label: str = seed.CUT) -> str:
    return f"/desk/rooms/{room_id(label)}/"


def pay(client: Client, amount: str = "50", payment: str | None = None, label: str = seed.CUT, **more: str):
    content = {"payment": payment or str(uuid4()), "amount": amount, **more}
    headers = {"HX-Request": "true"} if more.pop("htmx", "") else {}
    return client.post(f"{room_path(label)}pay/", content, headers=headers)


@pytest.mark.parametrize("text", ["101", "1-101", "1号楼101", "1号楼 101", "1 101", "202410000", "刘洋"])
def test_a_room_is_found_as_people_ask_for_it(cashier: Client, text: str) -> None:
    answer = cashier.get("/desk/", {"q": text})
    assert answer.status_code == 302, "one hit opens at once"
    assert answer.url == room_path("1-101")


def test_several_hits_are_listed_with_balance_and_unit(cashier: Client) -> None:
    page = cashier.get("/desk/", {"q": "10"}, headers=HTMX).content.decode()
    assert len(re.findall(r'id="hit-\d+"', page)) == 6
    assert re.search(r"-1\.24</span><span class=\"unit\">yuan", page)


def test_nothing_found_says_what_else_to_try(cashier: Client) -> None:
    page = cashier.get("/desk/", {"q": "9-999"}).content.decode()
    assert "9-999" in page
    assert "try the occupant" in page


def test_the_read_back_shows_room_item_price_energy_amount_and_date(cashier: Client) -> None:
    page = cashier.get(f"{room_path()}read-back/", {"payment": str(uuid4()), "amount": "50"}).content.decode()
    today = clock.local(clock.now_ms()).strftime("%Y-%m-%d")
    for said in ("1-101", "Electricity", "0.5583", "89.56", "50.00", today, "刘洋"):
        assert said in page, said
    assert not Payment.objects.exists()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Type the amount"),
        ("abc", "with digits"),
        ("1e3", "with digits"),
        ("50.505", "two decimals"),
        ("-50", "with digits"),
    ],
)
def test_what_is_no_amount_comes_back_with_what_to_do(cashier: Client, typed: str, said: str) -> None:
    answer = cashier.get(f"{room_path()}read-back/", {"payment": str(uuid4()), "amount": typed})
    assert answer.status_code == 400
    assert said in answer.content.decode()


def test_full_width_digits_are_digits(cashier: Client) -> None:
    page = cashier.get(
        f"{room_path()}read-back/", {"payment": str(uuid4()), "amount": "５０．５"}
    ).content.decode()
    assert "50.50" in page


def test_the_least_and_the_most_are_the_classes(cashier: Client) -> None:
    CustomerClass.objects.filter(code="dormitory").update(ceiling_fen=20_000)
    for amount, limit in (("9.99", "10.00"), ("200.01", "200.00")):
        page = cashier.get(
            f"{room_path()}read-back/", {"payment": str(uuid4()), "amount": amount}
        ).content.decode()
        assert limit in page
        assert "errorlist" in page


def test_a_payment_leads_to_its_receipt(cashier: Client) -> None:
    answer = pay(cashier)
    receipt = Receipt.objects.get()
    assert answer.url == f"/desk/receipts/{receipt.number}/"
    page = cashier.get(answer.url).content.decode()
    for said in (f"{receipt.number:08d}", "伍拾元整", "50.00", "1-101", "0.5583", "cashier", "Credited"):
        assert said in page, said


def test_the_same_page_sent_twice_pays_once(cashier: Client) -> None:
    payment = str(uuid4())
    first, second = pay(cashier, payment=payment), pay(cashier, payment=payment)
    assert first.url == second.url
    assert Payment.objects.count() == Receipt.objects.count() == 1
    assert "Nothing was taken twice" in cashier.get(second.url).content.decode()


def test_the_same_page_with_another_amount_takes_nothing(cashier: Client) -> None:
    payment = str(uuid4())
    pay(cashier, payment=payment)
    answer = pay(cashier, amount="60", payment=payment)
    assert answer.status_code == 409
    assert "Nothing was taken" in answer.content.decode()
    assert Payment.objects.count() == 1


def test_the_same_sum_again_is_questioned_and_taken_only_after_a_yes(cashier: Client) -> None:
    pay(cashier)
    asked = pay(cashier)
    assert asked.status_code == 409
    assert "A second payment?" in asked.content.decode()
    assert Payment.objects.count() == 1
    assert pay(cashier, again="on").status_code == 302
    assert Payment.objects.count() == 2


def test_another_sum_or_another_room_is_not_questioned(cashier: Client) -> None:
    pay(cashier)
    assert pay(cashier, amount="60").status_code == 302
    assert pay(cashier, label="1-106").status_code == 302


def test_with_htmx_the_browser_is_sent_on_and_refusals_replace_the_page(cashier: Client) -> None:
    payment = str(uuid4())
    answer = cashier.post(f"{room_path()}pay/", {"payment": payment, "amount": "50"}, headers=HTMX)
    assert answer.headers["HX-Redirect"].startswith("/desk/receipts/")
    refused = cashier.post(f"{room_path()}pay/", {"payment": payment, "amount": "60"}, headers=HTMX)
    assert (refused.status_code, refused.headers["HX-Retarget"]) == (200, "body")
    assert "Nothing was taken" in refused.content.decode()


def test_r_4_1_4_a_price_that_begins_after_the_read_back_is_read_back_first(cashier: Client) -> None:
    page = cashier.get(room_path() + "read-back/", {"amount": "50", "payment": str(uuid4())}).content.decode()
    read = re.search(r'name="price" value="(\d+)"', page)
    assert read is not None
    point = Room.objects.get(pk=room_id(seed.CUT)).point
    Price.objects.create(
        version="dearer", tariff=point.customer_class.tariff, from_ms=clock.now_ms() - 1, micro_yuan_per_kwh=999_000
    )  # fmt: skip
    payment = str(uuid4())
    answer = pay(cashier, payment=payment, price=read[1])
    assert answer.status_code == 409
    assert "The price has changed" in answer.content.decode()
    assert not Payment.objects.filter(pk=payment).exists()
    pay(cashier, payment=payment, price="999000")
    assert Receipt.objects.get(payment=payment).micro_yuan_per_kwh == 999_000


def test_without_a_price_nothing_is_sold_and_the_page_says_who_helps(cashier: Client) -> None:
    Price.objects.all().delete()
    answer = cashier.get(f"{room_path()}read-back/", {"payment": str(uuid4()), "amount": "50"})
    assert answer.status_code == 400
    assert "Ask an administrator" in answer.content.decode()


def test_the_delivery_goes_from_credited_to_read_back_and_then_rests(cashier: Client) -> None:
    path = pay(cashier).url + "delivery/"
    under_way = cashier.get(path, headers=HTMX).content.decode()
    assert "hx-trigger" in under_way
    now_ms = clock.now_ms()
    Delivery.objects.update(applied_ms=now_ms, supplied_ms=now_ms)
    supplied = cashier.get(path, headers=HTMX).content.decode()
    assert "Supplied, read back" in supplied
    assert clock.local(now_ms).strftime("%H:%M:%S") in supplied
    assert "hx-trigger" not in supplied, "nothing can change any more"


def test_a_part_that_has_not_changed_is_not_sent_again(cashier: Client) -> None:
    path = pay(cashier).url + "delivery/"
    page = cashier.get(path, headers=HTMX).content.decode()
    seen = re.search(r'name="seen" value="(\w+)"', page)
    assert seen
    assert cashier.get(path, {"seen": seen[1]}, headers=HTMX).status_code == 204


def test_what_is_credited_and_not_supplied_is_a_list_with_reasons(cashier: Client) -> None:
    pay(cashier)
    page = cashier.get("/desk/waiting/").content.decode()
    assert "1-101" in page
    assert "On its way" in page
    Delivery.objects.update(refused="unknown-account")
    assert "did not take the credit" in cashier.get("/desk/waiting/").content.decode()


def test_an_admin_sees_the_room_without_the_till(admin: Client) -> None:
    page = admin.get(room_path()).content.decode()
    assert "1-101" in page
    assert 'name="amount"' not in page
