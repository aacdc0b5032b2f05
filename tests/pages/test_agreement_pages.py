"""The four-way agreement's pages: board, differences and what explains them, lists, signing, the lock (R-4.1.9)."""

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.urls import reverse

from central import clock
from central.campus.models import Building
from central.desk.models import Payment
from central.domain.periods import accounting_period_of
from central.ledger import chart_of_accounts as chart
from central.ledger.models import AuditEntry
from central.ledger.operations import Draft, book
from central.losses.readings.sheets import month_of
from central.office.approvals import sign
from central.office.models import Approval, Notice, User
from central.papers.accounting import instants_of, last_over
from central.reports.agreement.looking import look
from central.reports.agreement.models import AgreementKept, AgreementLock, OutsideList, OutsideRow
from central.reports.agreement.telling import OVERDUE, due_day, tell_overdue
from central.reports.agreement.verification import verify_agreements
from central.reports.books.locks import lock, lock_of
from tests.browser import seed_agreement
from tests.pages.conftest import _client as client_of

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
SIGNERS = ("finance", "wu", "zhao", "director")


@pytest.fixture
def address(campus: None) -> str:
    """Building 1 differs on every line; gives its page."""
    seed_agreement.agreement()
    period = last_over(clock.now_ms())
    before = period.first - timedelta(days=1)
    lock("1", accounting_period_of(before), actor="seed", now_ms=clock.now_ms())
    return f"/agreement/{month_of(period)}/{Building.objects.get(code='1').pk}/"


def text_of(answer: object) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def signed_by(number: int, names: tuple[str, ...]) -> Approval:
    for name in names:
        done = sign(
            number, approve=True, reason="", actor=User.objects.get(username=name), now_ms=clock.now_ms()
        )
        assert isinstance(done, Approval), done
    return done


def booked_late(account: str) -> None:
    """Book a subsidy now that was given in the period that is over."""
    at_ms = instants_of(last_over(clock.now_ms()))[1] - seed_agreement.DAY_MS
    ours, other = chart.customer(account, "paid", "yuan"), chart.subsidy("yuan")
    with transaction.atomic():
        book([Draft("late-subsidy", other, ours, 3_000_000, "subsidy", at_ms)], clock.now_ms())


def test_differences_are_shown_with_what_explains_them_and_lead_to_their_rows(address: str) -> None:
    cashier = client_of("cashier")
    board = text_of(cashier.get("/agreement/"))
    assert all(
        word in board
        for word in ("1号楼", "60.10", "10.000", "5.000000", "fits by its numbers", "nobody yet")
    )
    shown = cashier.get(address)
    text = text_of(shown)
    assert "Two digits changed places in K/3; tied by the number of the paper (3.60)" in text
    assert "Missing in K/3; tied by the number of the paper (56.50)" in text
    assert "One digit is another in the electrician&#x27;s sheet" in text
    assert "Missing in the balances; by the sum of a day or room (5.000000)" in text
    number = Payment.objects.order_by("at_ms")[1].receipt.number
    assert f'href="/desk/receipts/{number}/"' in shown.content.decode()
    room = seed_agreement.accounts_of("1")[0].point.room
    balances = cashier.get(f"{address}bridge/closing/").content.decode()
    assert f'href="{reverse("dashboard:room", args=[room.pk])}"' in balances
    rows = text_of(cashier.get(f"{address}money/k3/"))
    assert "23.70" in rows
    assert "169.40" in rows
    for bad in ("money/closing/", "nothing/k3/", "money/%00/"):
        assert cashier.get(address + bad).status_code in (400, 404)


def test_all_parties_sign_then_the_period_is_locked_and_stays_as_it_was(address: str) -> None:
    cashier, month = client_of("cashier"), address.split("/")[2]
    client_of("finance").post("/agreement/lists/3/back/", {"why": "重抄"})
    cashier.post(f"{address}look/")
    digest = cashier.get(address).context["found"].digest
    refused = cashier.post(f"{address}sign/", {"shown": digest, "why": " "})
    assert refused.status_code == 400
    assert "a source is missing" in text_of(refused)
    assert "The figures have changed" in text_of(
        cashier.post(f"{address}sign/", {"shown": "x", "why": "同意"})
    )
    assert cashier.post(f"{address}sign/", {"shown": digest, "why": "K3 已补记"}).status_code == 302
    request = Approval.objects.get(act="agreement")
    assert "waits for finance" in text_of(cashier.get(address))
    assert "Two digits changed places" in text_of(
        client_of("finance").get(f"/office/approvals/{request.number}/")
    )
    assert signed_by(request.number, SIGNERS).state == Approval.State.APPROVED
    kept = AgreementLock.objects.get().kept
    assert kept.digest == digest
    assert lock_of("1", kept.period) is not None
    before = text_of(cashier.get(f"/papers/agreement/?period={kept.period}"))
    account = seed_agreement.accounts_of("1")[0]
    seed_agreement.paid(account, 900, instants_of(last_over(clock.now_ms()))[0] + 5 * seed_agreement.DAY_MS)
    client_of("director").post("/agreement/look/", {"month": month})
    again = cashier.get(address)
    assert again.context["found"].digest == digest
    assert text_of(cashier.get(f"/papers/agreement/?period={kept.period}")) == before
    assert "zhao" in before
    assert cashier.post(f"{address}sign/", {"shown": digest, "why": "x"}).status_code == 400
    assert client_of("finance").post("/agreement/lists/1/back/", {"why": "错"}).status_code == 400
    assert verify_agreements().holds
    booked_late("1-101.1")
    after = month_of(accounting_period_of(last_over(clock.now_ms()).after))
    next_page = text_of(cashier.get(address.replace(month, str(after))))
    assert re.search(
        r"Came late, from locked periods .* 1-101.1 .* 3.000000 yuan .* " + kept.period[7:], next_page
    )


def test_a_figure_that_changes_makes_the_signatures_void_by_name(address: str) -> None:
    cashier = client_of("cashier")
    digest = cashier.get(address).context["found"].digest
    cashier.post(f"{address}sign/", {"shown": digest, "why": "同意"})
    request = Approval.objects.get(act="agreement")
    signed_by(request.number, SIGNERS[:2])
    assert client_of("finance").post("/agreement/lists/1/back/", {"why": "导错了"}).status_code == 302
    look(last_over(clock.now_ms()), ["1"], clock.now_ms())
    request.refresh_from_db()
    assert request.state == Approval.State.WITHDRAWN
    assert AuditEntry.objects.get(action="void-signatures").detail == "cashier, finance, wu"
    assert "signatures void" in text_of(cashier.get(address))
    assert "K/3&#x27;s takings = + – – missing" in text_of(cashier.get(address))
    assert not AgreementLock.objects.exists()


def test_bad_lists_are_named_row_by_row_and_nothing_of_them_is_kept(address: str) -> None:
    finance, period = client_of("finance"), last_over(clock.now_ms())
    other = period.after.isoformat()
    text = (
        f"楼栋,房间,收据号,日期,金额\n1号楼,1-101,7,{period.last},5.00\n九号楼,9-1,8,{period.last},5\n"
        f"1,1-102,9,{other},5.00\n1,1-102,10,{period.last},=1+2\n1,1-102,11,{period.last},1.234\n"
    )
    asked = {"party": "k3", "grain": "rows", "month": f"{month_of(period)}"}
    file = SimpleUploadedFile("坏表.csv", text.encode("gbk"))
    shown = finance.get(finance.post("/agreement/lists/upload/", asked | {"file": file}).url)
    assert shown.status_code == 422
    said = text_of(shown)
    for words in (
        "九号楼",
        f"“{other}”",
        "is a formula",
        "too many decimals",
        "is told already by a list that counts",
    ):
        assert words in said, words
    kept = dict(shown.context["to_import"])
    assert finance.post("/agreement/lists/make/", kept).status_code == 422
    wrong = SimpleUploadedFile("x.csv", b"a,b\n1,2\n")
    assert "has no column" in text_of(
        finance.get(finance.post("/agreement/lists/upload/", asked | {"file": wrong}).url)
    )
    assert (OutsideList.objects.count(), OutsideRow.objects.filter(document__in=["7", "9"]).count()) == (3, 0)


def test_a_typed_sum_counts_until_it_is_taken_back(address: str) -> None:
    finance = client_of("finance")
    typed = {"party": "k3", "amount": "229.50", "words": "K3 科目余额表第3页"}
    told = finance.post(f"{address}sum/", typed)
    assert told.status_code == 400
    assert "Take that one back first." in text_of(told)
    finance.post("/agreement/lists/1/back/", {"why": "改用合计"})
    again = finance.post("/agreement/lists/1/back/", {"why": ""}, follow=True)
    assert "It was taken back before." in text_of(again)
    assert finance.post(f"{address}sum/", typed | {"amount": "1,2x"}).status_code == 400
    assert finance.post(f"{address}sum/", typed).status_code == 302
    assert "K/3&#x27;s takings = + 229.50" in text_of(finance.get(address))
    assert client_of("director").post(f"{address}sum/", typed).status_code == 403


def test_nobody_speaks_for_another_party_or_for_a_building_that_he_does_not_serve(address: str) -> None:
    """K/3's figures check the card room: she never brings them in. An electrician of other buildings sees and brings in nothing."""
    cashier, period = client_of("cashier"), last_over(clock.now_ms())
    typed = {"party": "k3", "amount": "229.50", "words": "K3 科目余额表第3页"}
    client_of("finance").post("/agreement/lists/1/back/", {"why": "改用合计"})
    assert cashier.post(f"{address}sum/", typed).status_code == 400
    text = f"楼栋,房间,收据号,日期,金额\n1号楼,1-101,7,{period.last},5.00\n"
    asked = {"party": "k3", "grain": "rows", "month": f"{month_of(period)}"}
    k3_file = {"file": SimpleUploadedFile("表.csv", text.encode())}
    assert cashier.post("/agreement/lists/upload/", asked | k3_file).status_code == 400
    k3_file["file"].seek(0)
    shown = client_of("finance").get(
        client_of("finance").post("/agreement/lists/upload/", asked | k3_file).url
    )
    assert cashier.post("/agreement/lists/make/", dict(shown.context["to_import"])).url == "/agreement/lists/"
    assert OutsideList.objects.count() == 3

    elsewhere = Building.objects.create(code="9", name="9号楼")
    User.objects.get(username="wu").buildings.set([elsewhere])
    wu = client_of("wu")
    readings = SimpleUploadedFile("读数.csv", "楼栋,房间,用电量\n1,1-101,5.0\n".encode())
    asked = {"party": "electrician", "grain": "rows", "month": f"{month_of(period)}", "file": readings}
    preview = wu.get(wu.post("/agreement/lists/upload/", asked).url)
    assert (preview.status_code, "is no building" in text_of(preview)) == (422, True)
    assert "电工抄表" not in text_of(wu.get("/agreement/lists/"))
    assert wu.get("/agreement/lists/3/").status_code == 404
    assert wu.post("/agreement/lists/3/back/", {"why": "x"}).status_code == 404
    assert wu.get(f"/papers/agreement/?period={period.name}").status_code == 403
    assert "/papers/agreement/" not in wu.get("/agreement/").content.decode()
    assert "/papers/agreement/" in cashier.get("/agreement/").content.decode()
    assert (
        "Four-way agreement" not in text_of(wu.get("/papers/")).partition("Sealed")[0].partition("Reports")[2]
    )


def test_the_heads_are_told_once_the_day_has_passed(address: str) -> None:
    due = due_day(last_over(clock.now_ms()))
    assert tell_overdue(clock.start_of_day_ms(due) + seed_agreement.HOUR_MS) == 0
    late_ms = clock.start_of_day_ms(due + timedelta(days=1)) + seed_agreement.HOUR_MS
    if last_over(late_ms) == last_over(clock.now_ms()):
        tell_overdue(late_ms)
        assert tell_overdue(late_ms) == 0
        assert "1号楼" in Notice.objects.get(template=OVERDUE).params["buildings"]
    assert AgreementKept.objects.count() == 0
