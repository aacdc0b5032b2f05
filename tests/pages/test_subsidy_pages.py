"""Subsidies as they are given: chosen, previewed, asked for, followed, undone; a list of rooms as the choice; the report."""

import io
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from openpyxl import Workbook

from central import clock
from central.campus.models import Bucket, CustomerClass
from central.desk.subsidies.models import SubsidyBatch
from central.desk.subsidies.undoing import undo_subsidy
from central.domain.periods import read_period
from central.ledger import chart_of_accounts as chart
from central.ledger.queries import balance
from central.link.models import Grant
from central.office import approvals, uploads
from central.office.models import Approval, User
from central.reports.subsidies import build

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
FRONT, PREVIEW, ASK = "/desk/subsidies/", "/desk/subsidies/preview/", "/desk/subsidies/ask/"


@pytest.fixture
def bucket(campus: None) -> Bucket:
    found, _made = Bucket.objects.get_or_create(
        customer_class=CustomerClass.objects.get(code="dormitory"),
        name="subsidy",
        defaults={"unit": "yuan", "order": 7},
    )
    return found


def choice(bucket: Bucket, **changes: object) -> dict[str, object]:
    day = clock.campus_day(clock.now_ms()).isoformat()
    return {"bucket": bucket.pk, "per_head": "8.50", "heads_on": day, "last_day": "", "rooms": "", **changes}


def hidden(page: str) -> dict[str, object]:
    """What the confirming form of a preview sends."""
    form = page[page.index(f'action="{ASK}"') :]
    return dict(re.findall(r'name="(\w+)" value="([^"]*)"', form)) | {
        "key": re.search(r'name="key" value="(\w+)"', form)[1],
        "shown": re.search(r'name="shown" value="(\w+)"', form)[1],
    }


def preview(client: Client, bucket: Bucket, **changes: object):
    return client.post(PREVIEW, choice(bucket) | changes)


def ask(client: Client, bucket: Bucket, **changes: object) -> Approval:
    sent = hidden(preview(client, bucket, **changes).content.decode()) | {"why": "winter"}
    sent.pop("csrfmiddlewaretoken", None)
    assert client.post(ASK, sent).status_code == 302
    assert client.post(ASK, sent).status_code == 302, "a double click asks once"
    return Approval.objects.get()


def sign(request: Approval) -> None:
    for name in ("finance", "director"):
        who = User.objects.get(username=name)
        approvals.sign(request.number, approve=True, reason="", actor=who, now_ms=clock.now_ms())


def test_from_the_choice_to_the_credit_and_back(cashier: Client, bucket: Bucket) -> None:
    page = preview(cashier, bucket).content.decode()
    assert "102.00" in page, "six rooms of two at 8.50"
    request = ask(cashier, bucket)
    assert not Grant.objects.exists()
    sign(request)
    assert Grant.objects.count() == 6
    address = f"{FRONT}{request.key}/"
    assert "Undo it today" in cashier.get(address).content.decode()
    assert cashier.post(f"{address}undo/", {"why": " "}).status_code == 409
    assert cashier.post(f"{address}undo/", {"why": "twice"}).status_code == 302
    assert cashier.post(f"{address}undo/", {"why": "twice"}).status_code == 302
    page = cashier.get(address).content.decode()
    assert "Undo it today" not in page
    assert "Not taken back, stays a subsidy" in page


def test_after_midnight_it_says_why_not(
    cashier: Client, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = ask(cashier, bucket)
    sign(request)
    later = clock.now_ms() + 86_400_000
    monkeypatch.setattr(clock, "now_ms", lambda: later)
    address = f"{FRONT}{request.key}/"
    assert "That day is over" in cashier.get(address).content.decode()
    answer = cashier.post(f"{address}undo/", {"why": "late"})
    assert (answer.status_code, "That day is over" in answer.content.decode()) == (409, True)


def test_a_workbook_of_rooms_is_the_choice_and_wrong_names_are_said(cashier: Client, bucket: Bucket) -> None:
    book = Workbook()
    for row in (["楼栋", "房间"], ["1", "101"], ["1号楼", "102"], ["", "1-999"]):
        book.active.append(row)
    content = io.BytesIO()
    book.save(content)
    file = SimpleUploadedFile("rooms.xlsx", content.getvalue())
    answer = preview(cashier, bucket, file=file)
    assert answer.status_code == 422
    assert "1-999" in answer.content.decode()
    book.active.delete_rows(4)
    content = io.BytesIO()
    book.save(content)
    page = preview(cashier, bucket, file=SimpleUploadedFile("rooms.xlsx", content.getvalue()))
    sent = hidden(page.content.decode()) | {"why": "list"}
    cashier.post(ASK, sent)
    assert sorted(SubsidyBatch.objects.get().rows.values_list("room", flat=True)) == ["1-101", "1-102"]


@pytest.mark.parametrize("per_head", ["", "x", "0", "-1", "1.005", "10001", "1e3", "８．５０1"])
def test_what_is_no_amount_is_said_and_nothing_typed_is_lost(
    cashier: Client, bucket: Bucket, per_head: str
) -> None:
    answer = preview(cashier, bucket, per_head=per_head, rooms="1-101")
    assert answer.status_code == 400
    assert "1-101" in answer.content.decode()


@pytest.mark.parametrize("changes", [
    {"bucket": "99"}, {"heads_on": "x"}, {"last_day": "2001-01-01"}, {"buildings": ["9"]}, {"kept": "x"},
    {"kept": "0" * 64}, {"file": SimpleUploadedFile("a.xlsx", b"PK\x03\x04no")},
])  # fmt: skip
def test_bad_input_is_never_a_fault(cashier: Client, bucket: Bucket, changes: dict[str, object]) -> None:
    assert cashier.post(PREVIEW, choice(bucket) | changes).status_code in (400, 422)
    assert cashier.post(ASK, choice(bucket) | changes).status_code in (400, 422)


def test_the_paid_bucket_is_no_subsidy(cashier: Client, bucket: Bucket) -> None:
    paid = Bucket.objects.get(customer_class__code="dormitory", name="paid")
    assert cashier.post(PREVIEW, choice(paid)).status_code == 400


def test_the_report_says_what_the_ledger_says(cashier: Client, bucket: Bucket) -> None:
    request = ask(cashier, bucket)
    issued = balance(chart.subsidy("yuan"))
    sign(request)
    now_ms = clock.now_ms()
    undo_subsidy(request.key, why="w", actor=User.objects.get(username="manager"), now_ms=now_ms)
    period = read_period(f"month:{clock.campus_day(now_ms):%Y-%m}")
    [table] = build(period).tables
    given, back, stays = (sum(row.cells[n] for row in table.rows) for n in (-3, -2, -1))
    assert (given, back, stays) == (102_000_000, 0, balance(chart.subsidy("yuan")) - issued)
    assert cashier.get(reverse("papers:report", args=["subsidies"])).status_code == 200


@pytest.mark.parametrize(
    "kept",
    [
        *(b"room,balance\n1-101,5", b"[1, 2]", b"[null]", b'["1-101", ["x"]]', b"\xff\xfe", b"{}"),
        *(b"[" * 100_000, b'["1-101"' + b',"x"' * 300_000 + b"]"),
    ],
    ids=[
        "csv",
        "numbers",
        "null",
        "nested",
        "bytes",
        "object",
        "without end",
        "of more rooms than there are",
    ],
)
def test_another_pages_upload_is_no_list_of_rooms(admin: Client, bucket: Bucket, kept: bytes) -> None:
    answer = preview(admin, bucket, kept=uploads.keep(kept))
    assert answer.status_code == 400
    assert "no longer kept" in answer.content.decode()


def test_a_last_day_beyond_all_days_is_refused_in_words(admin: Client, bucket: Bucket) -> None:
    answer = preview(admin, bucket, last_day="9999-12-31")
    assert answer.status_code == 400
    assert "Write the day as" in answer.content.decode()
