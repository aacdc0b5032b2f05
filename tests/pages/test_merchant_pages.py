"""Merchants' pages: cards at the desk, a list from upload to pay-over, a month's bills from plan to payment, the book (R-4.2.1)."""

import io
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from central import clock
from central.campus.models import Room
from central.clock import start_of_day_ms
from central.desk.merchants.bill_models import BillPayment, CreditNote, MonthlyBill
from central.desk.merchants.models import CardPayOver, CardTransaction, ImportedList, PaymentCard
from central.desk.models import Payment
from central.desk.money_in import HowPaid
from central.desk.operations import pay
from central.domain.paper import totals
from central.domain.periods import accounting_period_of, read_period
from central.ledger.models import AuditEntry
from central.link.models import PeriodRegister
from central.office.models import Approval, User
from central.papers.accounting import first_days, instants_of
from central.papers.catalogue import make
from central.reports.merchants import MERCHANTS
from tests.browser import seed
from tests.pages.conftest import _client as client_of

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])

DAY_MS = 86_400_000
CLASSES = (
    "class,name,group,unit\nmerchant,商户,merchant,yuan\n",
    "class,price,from\nmerchant,0.8,2025-09-01\n",
)
SHOPS = """building,building name,floor,room,class,meter,occupants,billing,cut_off
1,1号楼,1,S01,merchant,m-s01,鲜果店,monthly,none
1,1号楼,1,S02,merchant,m-s02,文具店,card,none
1,1号楼,1,S03,merchant,m-s03,打印店,prepaid,internal
"""


def last_period():
    running = accounting_period_of(clock.campus_day(clock.now_ms()), first_days)
    return accounting_period_of(running.first.replace(day=1), first_days)


@pytest.fixture
def shops(cashier: Client) -> Client:
    """Three shops, and a month's registers of the one with a monthly bill."""
    now_ms = clock.now_ms()
    seed.import_lists(CLASSES, now_ms - 150 * DAY_MS)
    seed.import_lists((SHOPS,), now_ms - 140 * DAY_MS)
    for at_ms, wh in zip(instants_of(last_period()), (2_000_000, 2_345_000), strict=True):
        PeriodRegister.objects.create(
            gateway_id="gw-1", meter="m-s01", period_ms=at_ms, register_wh=wh, uncertainty_wh=0,
            method="read", at_ms=at_ms, from_ms=at_ms, to_ms=at_ms,
        )  # fmt: skip
    return cashier


def room(label: str) -> Room:
    return Room.objects.get(label=label)


def printed(client: Client, number: int) -> str:
    answer = client.post(f"/desk/receipts/{number}/print/")
    return PdfReader(io.BytesIO(answer.content)).pages[0].extract_text()


def said(answer) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def test_a_card_is_registered_at_the_desk_and_enter_opens_its_room(shops: Client) -> None:
    here = reverse("desk:card-register", args=[room("S03").pk])
    answer = shops.post(here, {"number": "0049881233", "note": ""})
    assert answer.status_code == 302
    found = shops.get("/desk/", {"q": "0049881233"})
    assert found.url == reverse("desk:room", args=[room("S03").pk])
    again = shops.post(reverse("desk:card-register", args=[room("S02").pk]), {"number": "0049881233"})
    assert again.status_code == 400
    assert "already" in said(again)
    assert 'value="0049881233"' in said(again), "what was typed stays"
    page = said(shops.get(reverse("desk:merchant", args=[room("S03").pk])))
    assert "0049881233" in page
    shops.post(reverse("desk:card-end", args=[PaymentCard.objects.get().pk]), {"why": "lost"})
    assert shops.get("/desk/", {"q": "0049881233"}).status_code == 200
    assert (
        shops.post(reverse("desk:card-end", args=[PaymentCard.objects.get().pk]), {"why": "x"}).status_code
        == 302
    )
    for label in ("S01", "S02", "101"):
        assert shops.get(reverse("desk:merchant", args=[room(label).pk])).status_code == 200


def send(client: Client, text: str, kind: str = "card-system", first: str = "", last: str = ""):
    today = clock.campus_day(clock.now_ms()).isoformat()
    file = SimpleUploadedFile("流水.csv", text.encode("gbk"))
    posted = {"kind": kind, "file": file, "first": first or today, "last": last or today}
    return client.post(reverse("desk:list-upload"), posted)


def hidden(page: str) -> dict[str, str]:
    form = page[page.index('id="import"') :]
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form))


def test_a_list_goes_from_upload_to_pay_over(shops: Client) -> None:
    now = clock.local(clock.now_ms())
    how = HowPaid(Payment.Method.CARD, "T-0001")
    cashier = User.objects.get(username="cashier")
    pay("pp1", "1-S03.1", 5_000, cashier, now_ms=clock.now_ms(), how=how)
    pay("pp2", "1-S03.1", 6_000, cashier, now_ms=clock.now_ms(), how=HowPaid(Payment.Method.CARD, "T-0002"))
    text = f"甲,乙,丙,丁\n1,T-0001,{now:%Y-%m-%d %H:%M:%S},50.00\n2,T-0009,{now:%Y/%m/%d},9.00\n"
    sent = send(shops, text)
    assert sent.status_code == 302
    preview = shops.get(sent.url)
    assert preview.status_code == 422, "its columns are not known yet"
    assert "has no column" in said(preview)
    chosen = shops.get(f"{sent.url}&m_number=0&m_reference=1&m_time=2&m_amount=3&m_clock=&m_card=")
    assert chosen.status_code == 200
    fields = hidden(said(chosen))
    assert fields["m_amount"] == "3"
    done = shops.post(reverse("desk:list-import"), fields)
    made = ImportedList.objects.get()
    assert done.url == reverse("desk:list", args=[made.pk])
    assert CardTransaction.objects.count() == 2
    page = said(shops.get(done.url))
    assert "T-0009" in page
    assert "T-0002" in page
    assert "T-0001" not in page, "only differences at first"
    assert "T-0001" in said(shops.get(f"{done.url}?only=matched"))
    gone = shops.post(reverse("desk:list-import"), fields)
    assert gone.url == reverse("desk:lists"), "the upload is no longer kept"
    over = reverse("desk:list-pay-over", args=[made.pk])
    assert shops.post(over, {"reference": "B", "amount": "50"}).status_code == 403, "finance says so"
    finance = client_of("finance")
    wrong = finance.post(over, {"reference": "B", "amount": "51"})
    assert wrong.status_code == 400
    assert "Look at the differences" in said(wrong)
    assert finance.post(over, {"reference": "B", "amount": "49.50", "fee": "0.50"}).status_code == 302
    assert CardPayOver.objects.get().fee_fen == 50
    again = send(shops, text)
    assert "imported before" in said(shops.get(again.url)), "the map is remembered, the file known"


@pytest.mark.parametrize(
    "typed",
    [
        {},
        {"kind": "x"},
        {"first": "2026-11-30", "last": "2026-11-01"},
        {"first": "soon", "last": ""},
    ],
)
def test_a_bad_upload_says_so(shops: Client, typed: dict) -> None:
    answer = shops.post(reverse("desk:list-upload"), typed)
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "asked",
    [
        "",
        "?digest=x",
        "?digest=../../etc/passwd&kind=card-system&first=2026-01-01&last=2026-01-02",
        "?kind=q",
    ],
)
def test_a_preview_of_nothing_leads_back(shops: Client, asked: str) -> None:
    assert shops.get(f"{reverse('desk:list-preview')}{asked}").status_code == 302


def test_a_hostile_column_choice_is_no_choice(shops: Client) -> None:
    sent = send(shops, "流水号,小票号,日期,金额\n1,a,2026-01-01,1\n")
    for choice in ("99", "-1", "x", "١", "9" * 400):
        assert shops.get(f"{sent.url}&m_number={choice}").status_code == 422


def ask_bills(client: Client):
    month = last_period().name.partition(":")[2]
    page = said(client.get(reverse("desk:bills-plan"), {"month": month}))
    assert "276.00" in page, "345 kWh at 0.8"
    form = page[page.index("ask-title") :]
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))
    return client.post(reverse("desk:bills-ask"), fields | {"why": "month"}), fields


def signed(number: int) -> Approval:
    from central.office import approvals

    for name in ("finance", "director"):
        actor = User.objects.get(username=name)
        approvals.sign(number, approve=True, reason="", actor=actor, now_ms=clock.now_ms())
    return Approval.objects.get(pk=number)


def test_a_month_is_planned_signed_printed_and_paid(shops: Client) -> None:
    asked, fields = ask_bills(shops)
    request = Approval.objects.get(act="monthly-bills")
    assert asked.url == reverse("office:approval", args=[request.number])
    assert shops.post(reverse("desk:bills-ask"), fields | {"why": "month"}).url == asked.url, "a double click"
    shown = said(client_of("finance").get(asked.url))
    assert "1-S01" in shown
    assert f"Accounting period {last_period().name.partition(':')[2]}" in shown, "not period:2026-10"
    assert "Accounting period" in said(shops.get(reverse("desk:bills")))
    assert "2345.00" in shown, "the signer sees the registers"
    assert signed(request.number).state == "approved"
    here = reverse("desk:bill", args=[1])
    page = said(shops.get(here))
    assert "276.00" in page
    payment = re.search(r'name="payment" value="([0-9a-f-]+)"', page)[1]
    paying = {"payment": payment, "amount": "76", "method": "cash", "tendered": "100"}
    done = shops.post(reverse("desk:bill-pay", args=[1]), paying, follow=True)
    assert done.redirect_chain == [("/desk/receipts/1/", 302)], "the receipt is printed next"
    for word in ("24.00", "Bill № 1", f'href="{here}"'):
        assert word in said(done), word
    assert "账单 №1" in printed(shops, 1)
    shops.post(reverse("desk:bill-pay", args=[1]), paying)
    assert BillPayment.objects.count() == 1
    card = {
        "payment": "7d9f6c1e-5a55-4a0e-9a39-0a5a0f4e1c99",
        "amount": "200",
        "method": "card",
        "reference": "",
    }
    refused = shops.post(reverse("desk:bill-pay", args=[1]), card)
    assert refused.status_code == 400
    assert "Type the number that the card terminal" in said(refused)
    assert (
        shops.post(
            reverse("desk:bill-pay", args=[1]), card | {"reference": "T1", "amount": "200.01"}
        ).status_code
        == 400
    )
    assert shops.post(reverse("desk:bill-pay", args=[1]), card | {"reference": "T1"}).status_code == 302
    assert "No bill." in said(shops.get(reverse("desk:bills")))
    assert "№ 1" in said(shops.get(reverse("desk:bills"), {"show": "all"}))
    pdf = shops.get(reverse("desk:bill-pdf", args=[1]), {"copy": "2"})
    assert pdf["Content-Type"] == "application/pdf"
    assert pdf.content.startswith(b"%PDF")
    assert AuditEntry.objects.filter(action="print-bill", subject="bill 1").exists()


def test_what_changed_since_it_was_shown_is_shown_again(shops: Client) -> None:
    month = last_period().name.partition(":")[2]
    changed = shops.post(
        reverse("desk:bills-ask"), {"month": month, "why": "x", "key": "a" * 32, "seen": "0"}
    )
    assert changed.status_code == 400
    assert "has changed" in said(changed)
    assert not Approval.objects.filter(act="monthly-bills").exists()
    assert shops.get(reverse("desk:bills-plan"), {"month": "soon"}).status_code == 302
    running = accounting_period_of(clock.campus_day(clock.now_ms()), first_days).name.partition(":")[2]
    assert "not over yet" in said(shops.get(reverse("desk:bills-plan"), {"month": running}))


def test_a_credit_note_is_asked_for_on_the_bills_page(shops: Client) -> None:
    ask_bills(shops)
    signed(Approval.objects.get(act="monthly-bills").number)
    credit = reverse("desk:bill-credit", args=[1])
    much = shops.post(credit, {"amount": "276.01", "why": "x", "key": "b" * 32})
    assert much.status_code == 400
    assert "more than what is open" in said(much)
    answer = shops.post(credit, {"amount": "276", "why": "wrong meter", "key": "b" * 32})
    number = Approval.objects.get(act="bill-credit").number
    assert answer.url == reverse("office:approval", args=[number])
    assert "waits for signatures" in said(shops.get(reverse("desk:bill", args=[1])))
    signed(number)
    assert CreditNote.objects.get().amount_fen == 27_600
    assert "taken back" in said(shops.get(reverse("desk:bill", args=[1])))
    assert MonthlyBill.objects.count() == 1


def test_the_merchants_book_ties(shops: Client) -> None:
    ask_bills(shops)
    signed(Approval.objects.get(act="monthly-bills").number)
    cashier = User.objects.get(username="cashier")
    pay("pp1", "1-S03.1", 5_000, cashier, now_ms=clock.now_ms())
    today = clock.campus_day(clock.now_ms())
    text = f"售电单号,售电日期,购电金额,购电量,房号\nv1,{today},100,125,1-S02\n"
    fields = hidden(said(shops.get(send(shops, text, "card-meters").url)))
    assert shops.post(reverse("desk:list-import"), fields).status_code == 302
    paper = make(MERCHANTS, read_period(f"day:{today}"))
    (table,) = [one for one in paper.tables if one.rows and one.columns[3].key == "opening"][:1]
    sums = dict(zip((column.key for column in table.columns), totals(table), strict=True))
    fen = 10_000
    assert (sums["cash"], sums["imported"]) == (5_000 * fen, 10_000 * fen)
    assert (
        sums["opening"]
        + sum(sums[k] for k in ("cash", "card", "transfer", "imported", "other"))
        - sums["used"]
        == sums["closing"]
    )
    assert sums["owed"] == 27_600 * fen
    page = shops.get("/papers/merchants/", {"kind": "day"})
    assert page.status_code == 200
    assert "1-S02" in said(page)
    assert start_of_day_ms(today)
