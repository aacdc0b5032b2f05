"""An explained bill's pages: it ties on the page, leads to its entries, prints with its digest, and the sheet is proved (R-B3)."""

import hashlib
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from pypdf import PdfReader

from central.campus.models import Account
from central.ledger.immutability import allow_changes, forbid_changes
from central.ledger.models import AuditEntry, Transfer
from central.losses.explain.models import PrintedBill
from central.office.models import User
from central.papers.font import INSTALL, NoFont, paper_font
from tests.browser import seed_bills
from tests.pages.conftest import _client as client_of

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
PAGE = f"/losses/bills/accounts/{seed_bills.ACCOUNT}/"
SCRIPT = Path(__file__).parents[2] / "docs" / "rerun_bill.py"


@pytest.fixture
def bills(cashier: Client) -> Client:
    seed_bills.bills()
    return cashier


def last_month_of_seed() -> str:
    from central import clock

    return f"month:{clock.campus_day(clock.now_ms() - 86_400_000):%Y-%m}"


def test_the_page_ties_and_is_light(bills: Client) -> None:
    answer = bills.get(PAGE, {"period": last_month_of_seed()})
    text = answer.content.decode()
    assert "Everything ties" in text
    from central import clock

    is_first = clock.campus_day(clock.now_ms()).day == 1  # the month of the seed ended yesterday
    assert ("not over yet" in text) is not is_first
    assert len(answer.content) < 150_000
    day = bills.get(
        PAGE, {"period": last_month_of_seed(), "on": answer.context["tables"][1].rows[-1][0].text}
    )
    assert "Raw frame" in day.content.decode()
    assert f"{seed_bills.PRICE / 1_000_000:.4f}" in day.content.decode()


def test_a_changed_row_is_said_before_anything_else(bills: Client) -> None:
    row = Transfer.objects.filter(kind="consumption").order_by("-at_ms").first()
    allow_changes(connection, "ledger_transfer")
    Transfer.objects.filter(pk=row.pk).update(note="changed")
    forbid_changes(connection, "ledger_transfer")
    text = bills.get(PAGE).content.decode()
    assert "Everything ties" not in text
    assert "its hash does not fit" in text
    assert row.pk in text


def test_the_room_and_the_receipt_lead_to_the_bill(bills: Client) -> None:
    room_id = Account.objects.get(code=seed_bills.ACCOUNT).point.room_id
    assert f"/losses/bills/rooms/{room_id}/" in bills.get(f"/desk/rooms/{room_id}/").content.decode()
    assert bills.get(f"/losses/bills/rooms/{room_id}/").url == PAGE
    assert bills.get("/losses/bills/rooms/999999/").status_code == 404
    assert bills.get("/losses/bills/accounts/9-999.1/").status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        *("period=x", "kind=century", "kind=year&day=2026-01-01", "day=x", "on=x", "period=year:2026"),
        *("period=day:2000-01-01", "period=day:2199-12-31", "kind=period&day=2199-12-31", "day=0001-01-01"),
    ],
)
def test_a_period_that_is_none_shows_the_usual_one(bills: Client, query: str) -> None:
    assert bills.get(f"{PAGE}?{query}").status_code == 200


def test_of_a_period_that_is_none_no_bill_is_printed_nor_given(bills: Client) -> None:
    answer = bills.post(f"{PAGE}print/", {"period": "x"}, follow=True)
    assert "That is no period." in answer.content.decode()
    assert not PrintedBill.objects.exists()
    assert bills.get(f"{PAGE}data.json?period=x").status_code == 404


def test_a_printed_bill_has_a_pdf_a_file_that_the_script_re_runs_and_a_proof(
    bills: Client, tmp_path: Path
) -> None:
    sent = bills.post(f"{PAGE}print/", {"period": last_month_of_seed()})
    kept = PrintedBill.objects.get()
    assert sent.url == f"/losses/bills/{kept.number}/"
    assert AuditEntry.objects.get(action="explain-bill").detail == kept.digest
    data = bills.get(f"{sent.url}bill.json").content
    assert hashlib.sha256(data).hexdigest() == kept.digest
    (tmp_path / "bill.json").write_bytes(data)
    done = subprocess.run(
        [sys.executable, "-I", SCRIPT, tmp_path / "bill.json"], capture_output=True, text=True, check=False
    )
    assert done.stdout.startswith("OK 1-901"), done.stderr
    proof = Client().get(
        f"/losses/bills/proof/{kept.number}/{kept.digest[:16]}/", headers={"accept-language": "en"}
    )
    assert proof.status_code == 200
    assert kept.digest in proof.content.decode()
    assert "吴倩" in data.decode()
    assert "吴倩" not in proof.content.decode()
    assert Client().get(f"/losses/bills/proof/{kept.number}/0123456789abcdef/").status_code == 404
    try:
        paper_font()
    except NoFont:
        pytest.skip(f"no Chinese font: {INSTALL}")
    paper = PdfReader(BytesIO(bills.get(f"{sent.url}bill.pdf").content))
    text = "".join(page.extract_text() for page in paper.pages)
    assert kept.digest in text
    assert "entry by entry" in text


def test_who_sees_no_money_sees_no_bill(bills: Client) -> None:
    User.objects.create_user("warden", role=User.Role.WARDEN)
    assert client_of("warden").get(PAGE).status_code == 403
