"""A sale by its pages: kWh and items, cards and change, questions about prices and sums, two receipts of one sale."""

import io
import re
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from django.test import Client
from pypdf import PdfReader

from central import clock
from central.campus.models import Account, CustomerClass, MeteringPoint, Price, Room
from central.desk.models import ChargeLine, Payment, Receipt
from central.desk.print_models import ReceiptPrint, ReceiptVoid
from central.desk.printing import Order, Printed, print_papers
from central.desk.receipt_proof import digits_of
from central.desk.resident.models import ResidentPin
from central.desk.resident.pins import PrintedPin
from central.desk.verification import verify_sales
from central.domain.receipt_prints import PrintedPaper, Workstation
from central.domain.repair_list import Item, ItemKind, ItemUnit
from central.link.models import Delivery, Grant
from central.office.models import DatedValue, User
from central.office.repair_lists import publish_at_console

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
ITEMS = [
    Item("R-01", ItemKind.REPAIR, "更换插座", "Replace a socket", ItemUnit.EACH, 1_500),
    Item("R-02", ItemKind.REPAIR, "更换日光灯管", "Replace a tube", ItemUnit.EACH, 1_200),
    Item("R-03", ItemKind.REPAIR, "更换灯座", "", ItemUnit.EACH, 800),
    Item("W-01", ItemKind.REPAIR, "电线", "Wire", ItemUnit.METRE, 333),
    Item("C-01", ItemKind.ON_BEHALF, "补卡费", "New card", ItemUnit.EACH, 1_500),
]


@pytest.fixture(autouse=True)
def listed(campus: None) -> None:
    publish(ITEMS)


def publish(items: list[Item]) -> None:
    now_ms = clock.now_ms()
    assert publish_at_console(items, now_ms, why="test", now_ms=now_ms - 1)


def path(label: str = "102") -> str:
    return f"/desk/rooms/{Room.objects.get(building__code='1', label=label).pk}/"


def read_back(client: Client, **typed: str) -> tuple[int, str]:
    answer = client.get(f"{path()}read-back/", {"payment": str(uuid4()), **typed})
    return answer.status_code, answer.content.decode()


def hidden(page: str) -> dict[str, list[str]]:
    """Give what the read-back's form sends."""
    form = page[page.index('method="post" action="/desk/rooms/') :]
    found: dict[str, list[str]] = {}
    for tag in re.findall(r"<input [^>]*>", form[: form.index("</form>")]):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and name[1] != "csrfmiddlewaretoken":
            found.setdefault(name[1], []).append(value[1] if value else "")
    return found


def sell(client: Client, **typed: str) -> str:
    """Go through the read-back to the receipt; give the receipt's address."""
    status, page = read_back(client, **typed)
    assert status == 200, page
    answer = client.post(f"{path()}pay/", hidden(page))
    assert answer.status_code == 302, answer.content.decode()
    return str(answer.url)


def books_balance() -> None:
    assert {check.fault for check in verify_sales()} == {""}


def test_energy_is_sold_by_kwh(cashier: Client) -> None:
    page = read_back(cashier, amount="100度")[1]
    assert "55.83" in page
    assert "100.00" in page
    sell(cashier, amount="100kwh")
    assert Payment.objects.get().amount_fen == 5_583


def test_electricity_and_items_are_one_sale_with_two_receipts(cashier: Client) -> None:
    page = read_back(cashier, amount="50", items="插座 2, c-01", tendered="200")[1]
    for said in ("50.00", "更换插座", "2 each × 15.00", "30.00", "补卡费", "on behalf", "95.00", "105.00"):
        assert said in page, said
    onward = sell(cashier, amount="50", items="插座 2, c-01", tendered="200")
    energy, charges = Receipt.objects.order_by("number")
    assert onward == f"/desk/receipts/{energy.number}/"
    assert (energy.amount_fen, charges.amount_fen) == (5_000, 4_500)
    assert {one.sale for one in Payment.objects.all()} == {energy.payment_id}
    assert list(ChargeLine.objects.values_list("code", "quantity_milli")) == [("R-01", 2000), ("C-01", 1000)]
    for number in (energy.number, charges.number):
        shown = cashier.get(f"/desk/receipts/{number}/").content.decode()
        for said in (
            "105.00",
            "00000001",
            "00000002",
            "人民币伍拾元整",
            "人民币肆拾伍元整",
            "Print both receipts",
            "At the gateway",
        ):
            assert said in shown, said
        assert shown.count("0.5583") == 1, "charges have no price per kWh"
    books_balance()


def test_items_alone_need_no_electricity_no_minimum_and_no_price(cashier: Client) -> None:
    Price.objects.all().delete()
    onward = sell(cashier, items="电线 1.5")
    receipt = Receipt.objects.get()
    assert receipt.amount_fen == 500
    page = cashier.get(onward).content.decode()
    assert "电线" in page
    assert 'id="delivery"' not in page
    assert "Balance<" not in page
    assert cashier.get(f"{onward}delivery/").status_code == 404
    assert not Grant.objects.exists()
    assert not Delivery.objects.exists()


@pytest.mark.parametrize("method", ["card", "transfer"])
def test_a_card_or_a_transfer_needs_its_number_which_pays_once(cashier: Client, method: str) -> None:
    status, page = read_back(cashier, amount="50", method=method, tendered="100")
    assert status == 400
    assert "Type the number that the card terminal" in page
    assert 'value="100"' in page, "what was typed is kept"
    onward = sell(cashier, amount="50", method=method, reference="T-77", tendered="100")
    payment = Payment.objects.get()
    assert (payment.method, payment.method_reference, payment.tendered_fen) == (method, "T-77", None)
    assert "T-77" in cashier.get(onward).content.decode()
    again = hidden(read_back(cashier, amount="60", method=method, reference="T-77")[1])
    refused = cashier.post(f"{path()}pay/", again)
    assert refused.status_code == 409
    assert "has paid for another receipt already" in refused.content.decode()
    assert Payment.objects.count() == 1


@pytest.mark.parametrize(
    ("typed", "said", "focus"),
    [
        ({}, "Type the amount", "amount"),
        ({"amount": "5"}, "10.00", "amount"),
        ({"amount": "50", "items": "灯"}, "R-02 更换日光灯管、R-03 更换灯座", "items"),
        ({"amount": "50", "items": "xyz"}, "is on no line", "items"),
        ({"amount": "50", "items": "插座 1.5"}, "pieces are whole", "items"),
        ({"amount": "50", "tendered": "49.99"}, "less than the sum of 50.00", "tendered"),
        ({"amount": "50", "items": "插座", "tendered": "60"}, "less than the sum of 65.00", "tendered"),
        ({"amount": "50", "tendered": "x"}, "with digits", "tendered"),
    ],
)
def test_what_is_wrong_is_said_beside_what_was_typed(
    cashier: Client, typed: dict[str, str], said: str, focus: str
) -> None:
    status, page = read_back(cashier, **typed)
    assert status == 400
    assert said in page
    for name, text in typed.items():
        assert re.search(f'name="{name}" [^>]*value="{re.escape(text)}"', page), name
    assert re.search(f'<input id="{focus}"[^>]* autofocus', page)
    assert not Payment.objects.exists()


@pytest.mark.parametrize("billing", ["monthly", "card"])
def test_a_room_that_does_not_pay_in_advance_is_sold_items_only(cashier: Client, billing: str) -> None:
    """It is said before the customer's money is asked for, and the way to its bills is there (R-4.2.1)."""
    MeteringPoint.objects.filter(room__label="102").update(billing=billing)
    page = cashier.get(path()).content.decode()
    assert 'id="amount"' not in page
    assert f'href="/desk/merchants{path().removeprefix("/desk")}"' in page
    status, page = read_back(cashier, amount="50")
    assert status == 400
    assert "is not prepaid" in page
    sell(cashier, items="R-01")
    assert Payment.objects.get().purpose == Payment.Purpose.CHARGES


def test_only_merchants_rooms_lead_to_cards_and_bills(cashier: Client) -> None:
    assert "Cards and bills" not in cashier.get(path()).content.decode()
    CustomerClass.objects.update(group=CustomerClass.Group.STAFF)
    assert "Cards and bills" in cashier.get(path()).content.decode()


def test_the_sum_is_said_while_it_is_typed(cashier: Client) -> None:
    def part(**typed: str) -> str:
        return cashier.get(f"{path()}sum/", typed).content.decode()

    assert "Sum 80.00" in part(amount="50", items="插座 2", tendered="100")
    assert "Change due 20.00" in part(amount="50", items="插座 2", tendered="100")
    assert "fits several" in part(amount="50", items="灯")
    assert part(amount="5").strip() == ""
    assert part().strip() == ""


def test_r_4_1_4_a_list_published_after_the_read_back_is_read_back_first(cashier: Client) -> None:
    sent = hidden(read_back(cashier, amount="50", items="R-01, C-01", tendered="100")[1])
    dearer = [Item(**{**ITEMS[0].content(), "price_fen": 1_600}), *ITEMS[1:]]
    publish(dearer)
    answer = cashier.post(f"{path()}pay/", sent)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "The price has changed" in page
    assert "81.00" in page
    assert "19.00" in page, "the change is reckoned anew"
    assert not Payment.objects.exists()
    assert cashier.post(f"{path()}pay/", hidden(page)).status_code == 302
    assert [one.amount_fen for one in Receipt.objects.order_by("number")] == [5_000, 3_100]


def test_a_list_that_changes_nothing_that_is_wanted_asks_nothing(cashier: Client) -> None:
    sent = hidden(read_back(cashier, items="R-01")[1])
    publish([ITEMS[0], Item(**{**ITEMS[1].content(), "price_fen": 9_999})])
    assert cashier.post(f"{path()}pay/", sent).status_code == 302


def test_an_item_that_left_the_list_is_refused_and_what_was_typed_is_kept(cashier: Client) -> None:
    sent = hidden(read_back(cashier, amount="50", items="R-01, C-01", tendered="100")[1])
    publish(ITEMS[1:])
    answer = cashier.post(f"{path()}pay/", sent)
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "doesn&#x27;t offer this item" in page
    back = re.search(r'href="(/desk/rooms/\d+/\?[^"]+)"', page)
    assert back
    kept = parse_qs(urlsplit(back[1].replace("&amp;", "&")).query)
    assert kept == {"amount": ["50"], "items": ["R-01, C-01"], "tendered": ["100.00"], "method": ["cash"]}
    room = cashier.get(back[1].replace("&amp;", "&")).content.decode()
    assert 'value="R-01, C-01"' in room
    assert not Payment.objects.exists()


def test_who_asked_for_kwh_still_gets_them_at_the_new_price(cashier: Client) -> None:
    sent = hidden(read_back(cashier, amount="100度")[1])
    tariff = Room.objects.get(building__code="1", label="102").point.customer_class.tariff
    Price.objects.create(
        version="dearer", tariff=tariff, from_ms=clock.now_ms() - 1, micro_yuan_per_kwh=600_000
    )
    page = cashier.post(f"{path()}pay/", sent).content.decode()
    assert "The price has changed" in page
    assert hidden(page)["amount"] == ["60.00"]
    cashier.post(f"{path()}pay/", hidden(page))
    assert Payment.objects.get().amount_fen == 6_000


def test_what_was_given_may_be_too_little_at_the_new_price(cashier: Client) -> None:
    sent = hidden(read_back(cashier, items="R-01", tendered="15")[1])
    publish([Item(**{**ITEMS[0].content(), "price_fen": 2_000})])
    page = cashier.post(f"{path()}pay/", sent).content.decode()
    assert "less than the sum of 20.00" in page
    assert "-5.00" not in page
    assert cashier.post(f"{path()}pay/", hidden(page)).status_code == 409
    assert not Payment.objects.exists()


def test_the_same_items_again_are_questioned(cashier: Client) -> None:
    sell(cashier, items="R-01")
    status, page = read_back(cashier, amount="50", items="R-01")
    assert status == 200
    assert "A second payment?" in page
    sent = hidden(page)
    assert sent.pop("again") == ["on"]
    assert cashier.post(f"{path()}pay/", sent).status_code == 409
    assert cashier.post(f"{path()}pay/", sent | {"again": ["on"]}).status_code == 302
    assert Payment.objects.count() == 3


def test_a_sale_sent_twice_is_taken_once_whatever_the_list_says_since(cashier: Client) -> None:
    sent = hidden(read_back(cashier, amount="50", items="R-01")[1])
    first = cashier.post(f"{path()}pay/", sent)
    publish(ITEMS[2:])
    second = cashier.post(f"{path()}pay/", sent)
    assert first.url == second.url
    assert "Nothing was taken twice" in cashier.get(second.url).content.decode()
    assert Payment.objects.count() == Receipt.objects.count() == 2
    assert cashier.post(f"{path()}pay/", sent | {"line": ["R-01:2000"]}).status_code == 409
    books_balance()


@pytest.mark.parametrize("line", ["R-01", "R-01:x", "R-01:1:1", "<b>:1", "R-01:99999999", ""])
def test_a_damaged_line_takes_nothing(cashier: Client, line: str) -> None:
    answer = cashier.post(f"{path()}pay/", {"payment": str(uuid4()), "amount": "50", "line": [line]})
    assert answer.status_code == 400
    assert "Nothing was taken" in answer.content.decode()
    assert not Payment.objects.exists()


def test_lists_name_what_was_no_electricity(cashier: Client) -> None:
    sell(cashier, amount="50", items="R-01")
    assert "charges" in cashier.get(path()).content.decode()
    for page in ("/desk/", "/desk/waiting/", "/papers/takings/?kind=day", "/accounts/"):
        assert cashier.get(page).status_code == 200


def test_a_room_on_anothers_balance_pays_that_one_for_electricity_and_itself_for_items(
    cashier: Client,
) -> None:
    payer = Account.objects.get(code="1-103.1")
    Account.objects.filter(code="1-102.1").update(pays_from=payer)
    onward = sell(cashier, amount="50", items="R-01")
    energy, charges = Receipt.objects.select_related("payment__account").order_by("number")
    assert (energy.payment.account.code, charges.payment.account.code) == ("1-103.1", "1-102.1")
    assert cashier.get(onward).content.decode().count('<article class="receipt">') == 2
    page = cashier.get(path()).content.decode()
    assert "00000001" in page
    assert "00000002" in page
    books_balance()


def test_days_left_are_said_at_the_desk(cashier: Client) -> None:
    assert re.search(r"Lasts about <strong>\d+</strong> day", cashier.get(path()).content.decode())


# ------------------------------------------------------------------- paper


def pdf_text(client: Client, number: int, what: str = "print", **typed: str) -> list[str]:
    answer = client.post(f"/desk/receipts/{number}/{what}/", typed)
    assert answer.status_code == 200, answer.content.decode()
    return [page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages]


def test_both_receipts_print_at_once_and_only_once(cashier: Client) -> None:
    sell(cashier, amount="50", items="插座 2, 补卡", tendered="200")
    cashier.cookies["printer"] = "plies:0:0"
    energy, charges = pdf_text(cashier, 1, whole="on")
    assert "电费收款收据" in energy
    assert "89.56 kWh" in energy
    for said in (
        "2 个 × 15.00 = 30.00 元",
        "补卡费（代收）",
        "￥45.00",
        "肆拾伍元整",
        "合计 95.00 元",
        "实收 200.00，找零 105.00",
    ):
        assert said in charges, said
    assert "kWh" not in charges
    assert list(ReceiptPrint.objects.values_list("receipt", "copy")) == [(1, 0), (2, 0)]
    again = cashier.post("/desk/receipts/1/print/", {"whole": "on"})
    assert again.status_code == 409
    (copy,) = pdf_text(cashier, 2, reason="卡纸")
    assert "副本（第 1 次补打）" in copy
    assert "更换插座" in copy


def test_one_that_was_printed_alone_is_left_out(cashier: Client) -> None:
    sell(cashier, amount="50", items="插座")
    cashier.cookies["printer"] = "plies:0:0"
    pdf_text(cashier, 1)
    (rest,) = pdf_text(cashier, 1, whole="on")
    assert "更换插座" in rest
    assert "原件" in rest


def test_the_change_is_on_the_paper_of_a_single_receipt(cashier: Client) -> None:
    sell(cashier, amount="50", tendered="100")
    assert "现金，实收 100.00，找零 50.00" in pdf_text(cashier, 1)[0]


def test_a_charge_slip_is_for_electricity_only(cashier: Client) -> None:
    sell(cashier, amount="50", items="插座")
    assert cashier.post("/desk/receipts/2/slip/").status_code == 404
    assert "充值后余额" in pdf_text(cashier, 1, "slip")[0]
    assert "/receipts/2/slip/" not in cashier.get("/desk/receipts/2/").content.decode()


def test_central_proves_a_receipt_for_charges(cashier: Client, client: Client) -> None:
    client.cookies["django_language"] = "en"
    sell(cashier, items="插座, 补卡")
    receipt = Receipt.objects.get()
    address = f"/desk/proof/{receipt.number}/{digits_of(receipt)}/"
    assert "is ours and holds" in client.get(address).content.decode()


def test_twenty_lines_fit_the_paper(cashier: Client) -> None:
    many = [
        Item(f"X-{n:02d}", ItemKind.REPAIR, f"第{n}项维修" * 4, "", ItemUnit.EACH, 100 + n) for n in range(20)
    ]
    publish(many)
    sell(cashier, items=", ".join(one.code for one in many))
    text = pdf_text(cashier, 1)[0]
    assert text.count("1 个 × ") == 60, "each line on each part"


@pytest.fixture
def with_pins() -> None:
    DatedValue.objects.create(
        code="receipt.pin-on-slip", place="campus", value=True, from_ms=0, made_by="test", made_ms=0
    )


PIN = re.compile(r"密码 (\d{3} \d{3})")


def test_without_the_setting_no_slip_brings_a_pin(cashier: Client) -> None:
    sell(cashier, amount="50")
    assert "自助查询" not in "".join(pdf_text(cashier, 1, "slip"))
    assert not ResidentPin.objects.exists()


def test_r_b7_the_first_slip_brings_the_pin_to_the_customers_part_alone(
    cashier: Client, client: Client, with_pins: None
) -> None:
    sell(cashier, amount="50")
    cashier.cookies["printer"] = "parts:0:0"
    filed, given_out = pdf_text(cashier, 1, "slip")
    assert "自助查询" not in filed
    pin = PIN.search(given_out)
    assert pin
    assert client.post("/my-room/", {"room": "1-102", "pin": pin[1]}).status_code == 302
    assert pin[1] not in "".join(pdf_text(cashier, 1, "slip", reason="卡纸")), "no copy bears it"
    sell(cashier, amount="51")
    later = pdf_text(cashier, 2, "slip")[1]
    assert "密码已于" in later
    assert not PIN.search(later)


def test_two_who_print_at_once_get_the_pin_on_the_first_slip_only(cashier: Client) -> None:
    """The second one was given a PIN, too, before it had to queue behind the first."""
    sell(cashier, amount="50")
    made = PrintedPin("123456", 1)
    order = Order(
        [Receipt.objects.get()], PrintedPaper.SLIP, Workstation(), lambda _one: "http://c/", "jam", made
    )
    texts = []
    for _ in range(2):
        printed = print_papers(order, actor=User.objects.get(username="cashier"), now_ms=clock.now_ms())
        assert isinstance(printed, Printed)
        texts.append(PdfReader(io.BytesIO(printed.pdf)).pages[0].extract_text())
    assert ["123 456" in text for text in texts] == [True, False]


def test_no_pin_for_who_shares_a_balance_moved_out_or_is_printed_for_by_another_office(
    cashier: Client, admin: Client, with_pins: None
) -> None:
    sell(cashier, amount="50")
    assert not PIN.search("".join(pdf_text(admin, 1, "slip"))), "an administrator gives no PINs"
    sell(cashier, amount="51")
    payer = Account.objects.get(code="1-102.1")
    Account.objects.filter(code="1-103.1").update(pays_from=payer)
    assert not PIN.search("".join(pdf_text(cashier, 2, "slip")))
    Account.objects.update(pays_from=None)
    sell(cashier, amount="52")
    Account.objects.filter(pk=payer.pk).update(state=Account.State.CLOSED)
    assert not PIN.search("".join(pdf_text(cashier, 3, "slip")))
    assert not ResidentPin.objects.exists()


def test_no_pin_with_the_slip_of_a_void_receipt(cashier: Client, with_pins: None) -> None:
    """Its room may be another's: who paid by mistake for it would look at that one's balance."""
    sell(cashier, amount="50")
    receipt, now_ms = Receipt.objects.get(), clock.now_ms()
    anna = User.objects.get(username="cashier")
    ReceiptVoid.objects.create(
        receipt=receipt, reason="wrong room", shift=receipt.shift, by=anna, at_ms=now_ms
    )
    assert not PIN.search("".join(pdf_text(cashier, 1, "slip")))
    assert not ResidentPin.objects.exists()


# ------------------------------------------------------------ receipt books


def test_a_sale_with_two_receipts_takes_two_pages_of_the_book(cashier: Client) -> None:
    from central.desk import books

    cashier_of = {"actor": User.objects.get(username="cashier"), "now_ms": clock.now_ms()}
    DatedValue.objects.create(
        code="receipt.original", place="campus", value="page", from_ms=0, made_by="test", made_ms=0
    )
    book = books.receive_book("A-1", 1, 3, "", **cashier_of)
    books.take_book(book, **cashier_of)
    books.check_pages(book, 1, 3, books.seals_at(clock.now_ms()), [], **cashier_of)
    sent = hidden(read_back(cashier, amount="50", items="R-01")[1])
    assert sent["page"] == ["1", "2"]
    wrong = cashier.post(f"{path()}pay/", sent | {"page": ["1", "3"]})
    assert wrong.status_code == 409
    assert hidden(wrong.content.decode())["page"] == ["1", "3"], "what was typed is kept"
    assert not Payment.objects.exists(), "not half a sale"
    assert cashier.post(f"{path()}pay/", sent).status_code == 302
    shown = cashier.get("/desk/receipts/1/").content.decode()
    assert "page 1 of receipt book" in shown
    assert "page 2 of receipt book" in shown
    assert "one page left" in read_back(cashier, amount="60", items="R-02")[1]
