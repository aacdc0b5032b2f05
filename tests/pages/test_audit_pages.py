"""The audit log's page: what is on record is found by person, act, subject, day and words; taken away, verified, looked up."""

import csv
import io
from datetime import timedelta

import openpyxl
import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from central import clock
from central.campus.models import Account
from central.desk.operations import Paid, pay
from central.domain.periods import day_period, month_period
from central.ledger.checking import VERIFIED
from central.ledger.day_ends import last_before, point_at
from central.ledger.immutability import allow_changes
from central.ledger.models import AuditEntry, BooksCheck, Transfer
from central.ledger.operations import record_audit
from central.office.models import Notice, User
from central.papers.catalogue import make, report_of
from central.papers.csv_text import neutral
from central.reports.audit import search
from central.reports.audit.choice import Choice
from central.reports.audit.search import find
from tests.browser import seed
from tests.open_shifts import have_shift

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
LOG = "/audit/"
DAY_MS = 86_400_000


def note(actor: str, action: str, subject: str = "s", detail: str = "", at_ms: int | None = None) -> None:
    with transaction.atomic():
        record_audit(
            actor=actor, action=action, subject=subject, detail=detail, now_ms=at_ms or clock.now_ms()
        )


def take_payment(
    account: str = "1-101.1", fen: int = 5_000, name: str = "p-1", at_ms: int | None = None
) -> int:
    now_ms = at_ms or clock.now_ms()
    cashier = have_shift(User.objects.get(username="cashier"), now_ms)
    paid = pay(name, account, fen, cashier, now_ms=now_ms)
    assert isinstance(paid, Paid), paid
    return paid.receipt.number


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def rows_of(html: str) -> list[str]:
    return html.split("<tbody>")[1].split("</tbody>")[0].split("<tr")[1:]


def test_newest_first_with_position_hash_and_words(admin: Client) -> None:
    note("manager", "publish-price", "dormitory", "0.5583 from 1790000000000")
    newest = AuditEntry.objects.latest("position")
    first = rows_of(text(admin, LOG))[0]
    assert f'id="row-{newest.position}"' in first
    assert bytes(newest.chain_hash).hex() in first
    assert "Published a price" in first
    assert "0.5583 yuan/kWh from 2026-09-21 22:13" in first
    assert 'href="/office/prices/"' in first


def test_pages_go_on_by_position_and_miss_no_row(admin: Client) -> None:
    for number in range(120):
        note("li", "subsidy", detail=f"reason {number}")
    wanted = set(AuditEntry.objects.values_list("position", flat=True))
    seen, before = [], None
    while True:
        found = find(Choice(), before)
        seen += [row.position for row in found.rows]
        before = found.before
        if before is None:
            break
    assert seen == sorted(wanted, reverse=True)
    first = text(admin, LOG)
    assert len(rows_of(first)) == search.PER_PAGE
    older = text(admin, f"{LOG}?before={seen[49]}")
    assert f'id="row-{seen[50]}"' in older


def test_what_is_asked_for_is_what_is_shown(admin: Client) -> None:
    note("wang", "resolve-alarm", "grant-twice:1", "looked at it")
    note("li", "subsidy", "1-101.1", "flood of the cellar")
    note("li", "relay-open", Account.objects.get(code="1-102.1").bindings.get().meter.meter_no, "repair")
    asked = {
        "person=wang": ["Resolved an alarm"],
        "person=li": ["Ordered a relay to open", "Gave a subsidy"],
        "show=act:subsidy": ["Gave a subsidy"],
        "show=act:subsidy&person=wang": [],
        "about=1-101": ["Gave a subsidy"],
        "about=1-102": ["Ordered a relay to open"],
        "text=cellar": ["Gave a subsidy"],
        "text=cellar+repair": [],
    }
    acts = ("Resolved an alarm", "Ordered a relay to open", "Gave a subsidy")
    for query, expected in asked.items():
        html = text(admin, f"{LOG}?{query}").split("<tbody>")[1].split("</tbody>")[0]
        assert [act for act in acts if f"<strong>{act}</strong>" in html] == [
            a for a in acts if a in expected
        ], query
        if not expected:
            assert "Nothing fits" in html


def test_days_bound_what_is_found(admin: Client) -> None:
    today = clock.campus_day(clock.now_ms())
    old = today - timedelta(days=400)
    note("li", "subsidy", detail="long ago", at_ms=clock.start_of_day_ms(old) + 5)
    there = text(admin, f"{LOG}?first={old}&last={old}")
    assert len(rows_of(there)) == 1
    assert "long ago" in there
    assert "long ago" not in text(admin, f"{LOG}?first={today}")
    assert "long ago" in text(admin, f"{LOG}?last={old}")
    for broken in (
        "first=2026-13-40",
        "before=x",
        "show=zzz",
        "person=%00",
        "about=%00",
        "before=" + "9" * 60,
    ):
        assert admin.get(f"{LOG}?{broken}").status_code == 200, broken


def test_payments_stand_in_the_same_list_with_who_took_them(admin: Client) -> None:
    number = take_payment()
    note("manager", "subsidy", "1-103.1", "x")
    assert "receipt" not in text(admin, LOG).split("<tbody>")[1], "acts only, unless asked"
    both = rows_of(text(admin, f"{LOG}?show=all"))
    assert "Gave a subsidy" in both[0]
    assert "Payment" in both[1]
    assert "cashier" in both[1]
    assert f'href="/desk/receipts/{number}/"' in both[1]
    assert f"50.00 yuan: cash → balance of 1-101.1 · receipt {number:08d}" in both[1]
    for query in ("show=move:payment&person=cashier", "show=money&about=1-101", "show=all&text=receipt"):
        assert "Payment" in rows_of(text(admin, f"{LOG}?{query}"))[0], query
    nobody = text(admin, f"{LOG}?show=money&person=manager")
    assert "Nothing fits" in nobody


def test_who_took_a_payment_is_covered_by_the_chain(campus: None) -> None:
    number = take_payment()
    assert Transfer.objects.get(kind="payment").note == f"receipt {number} by cashier"


def test_payments_of_kwh_are_found_by_their_room(campus: None) -> None:
    seed.import_lists(
        ("building,room,class,meter,occupants\n1,S01,shop,m-s01,Shop\n",), clock.now_ms() - DAY_MS
    )
    take_payment("1-S01.1")
    kinds = {row.kind for row in find(Choice(show="money", about="1-S01")).rows}
    assert kinds == {"payment", "payment-energy"}


def test_words_are_read_a_stretch_at_a_time(admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    note("li", "subsidy", detail="needle")
    for _ in range(30):
        note("li", "subsidy", detail="hay")
    monkeypatch.setattr(search, "SCANNED", 10)
    first = find(Choice(text="needle"))
    assert (first.rows, first.before is None) == ([], False)
    html = text(admin, f"{LOG}?text=needle")
    assert "None in the stretch that was read" in html
    assert "Search further back" in html
    before, rows = first.before, []
    while before is not None and not rows:
        found = find(Choice(text="needle"), before)
        before, rows = found.before, found.rows
    assert [row.detail for row in rows] == ["needle"]


FIELDS = st.fixed_dictionaries(
    {
        "show": st.sampled_from(["acts", "all", "money", "act:subsidy", "move:payment"]),
        "person": st.sampled_from(["", "li", "cashier", "nobody"]),
        "about": st.sampled_from(["", "1-101", "1-102.1"]),
        "text": st.sampled_from(["", "hay", "receipt"]),
    }
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(FIELDS, st.integers(1, 7), st.integers(3, 50))
def test_any_search_by_pages_finds_what_reading_all_finds(
    campus: None, fields: dict[str, str], limit: int, stretch: int
) -> None:
    with transaction.atomic(), pytest.MonkeyPatch.context() as patched:
        for number in range(12):
            note(
                "li" if number % 3 else "wang",
                "subsidy",
                f"1-10{number % 4}.1",
                "hay" if number % 2 else "corn",
            )
        take_payment("1-101.1", 1_000, "p-a")
        take_payment("1-102.1", 2_000, "p-b")
        choice = Choice(**fields)
        whole = [row.position for row in find(choice, limit=10_000).rows]
        patched.setattr(search, "SCANNED", stretch)
        paged, before = [], None
        while True:
            found = find(choice, before, limit)
            paged += [row.position for row in found.rows]
            if found.before is None:
                break
            before = found.before
        assert paged == whole
        transaction.set_rollback(True)


def test_a_file_holds_what_was_found_and_calculates_nothing(admin: Client) -> None:
    note("li", "subsidy", "=1+1", '=HYPERLINK("http://x")')
    note("li", "subsidy", "s", "@SUM(A1)")
    note("li", "sign-in", "li", "not asked for")
    answer = admin.get("/audit/take/?form=csv&show=act:subsidy")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(rows) == 3
    assert rows[1][6] == "'@SUM(A1)"
    assert rows[2][5:7] == ["'=1+1", '\'=HYPERLINK("http://x")']
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "@"))]
    book = openpyxl.load_workbook(io.BytesIO(admin.get("/audit/take/?form=xlsx&show=act:subsidy").content))
    cells = [cell for row in book.active.iter_rows() for cell in row if cell.value]
    assert '=HYPERLINK("http://x")' in [cell.value for cell in cells]
    assert all(cell.data_type != "f" for cell in cells)
    taken = AuditEntry.objects.filter(action="take-audit").order_by("position")
    assert [entry.detail for entry in taken] == [
        "2 rows, csv, show act:subsidy",
        "2 rows, xlsx, show act:subsidy",
    ]
    assert admin.get("/audit/take/?form=exe").status_code == 404


@pytest.mark.parametrize("bad", ["=1", "+1", "-1", "@x", "\t=1", "\r=1", " =1", "＝1"])
def test_what_a_spreadsheet_would_calculate_is_neutral(bad: str) -> None:
    assert neutral(bad) == f"'{bad}"
    assert neutral("plain = text") == "plain = text"


def verify(client: Client) -> str:
    """Press the button, and send each step as the page does."""
    address = client.post("/audit/checks/").url
    for _ in range(50):
        html = text(client, address)
        if "check-step" not in html and "Go on" not in html:
            return html
        client.post(f"{address}step/")
    raise AssertionError("it never ends")


def test_verifying_from_the_page_is_on_record(admin: Client) -> None:
    take_payment()
    head = AuditEntry.objects.latest("position").position
    html = verify(admin)
    assert "Everything holds" in html
    record = AuditEntry.objects.get(action=VERIFIED)
    assert record.actor == "manager"
    assert int(record.detail.split()[0]) >= head
    assert "Verified the books" in text(admin, LOG)
    assert f"everything holds up to row {record.detail.split()[0]}" in text(admin, LOG)


def test_each_step_answers_htmx_with_its_part_only(admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("central.ledger.checking.step.__kwdefaults__", {"rows": 3})
    address = admin.post("/audit/checks/").url
    part = admin.post(f"{address}step/", headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith('<div id="check-now"')
    assert "Row 3 of" in part
    assert 'hx-trigger="load delay:100ms, submit"' in part
    again = admin.post("/audit/checks/").url
    assert again == address, "nobody piles up a second one"


@pytest.mark.parametrize(
    ("statement", "table", "said"),
    [
        (
            "UPDATE ledger_transfer SET amount = amount + 1 WHERE position = {}",
            "ledger_transfer",
            "was changed after",
        ),
        ("DELETE FROM ledger_transfer WHERE position = {}", "ledger_transfer", "is missing: it was removed"),
        (
            "UPDATE ledger_auditentry SET actor = 'x' WHERE position = {}",
            "ledger_auditentry",
            "was changed after",
        ),
    ],
)
def test_the_page_says_which_row_was_tampered_with(
    admin: Client, statement: str, table: str, said: str
) -> None:
    take_payment()
    note("li", "subsidy")
    model = Transfer if table == "ledger_transfer" else AuditEntry
    position = model.objects.latest("position").position
    allow_changes(connection, table)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(statement.format(position))
    html = verify(admin)
    assert f"Row {position} of the chain {said}" in html
    assert f"{table}_no_update" in html, "and that the triggers are gone"
    assert "Everything holds" not in html
    assert AuditEntry.objects.get(action=VERIFIED).subject == "broken"
    assert f"Row {position} of the chain {said}" in text(admin, LOG)
    assert Notice.objects.get(template="chain-broken").params["check"] == "№ 1", "others hear of it once"


def foot_of(day: object) -> str:
    """The line comes before the settings that the paper was made with."""
    with translation.override("en"):
        return next(note for note in make(report_of("takings"), day_period(day)).notes if "last row" in note)


def test_a_days_sheet_bears_the_days_last_hash(campus: None) -> None:
    now_ms = clock.now_ms()
    yesterday = clock.campus_day(now_ms - DAY_MS)
    take_payment("1-101.1", 1_000, "p-y", now_ms - DAY_MS)
    point = last_before(clock.start_of_day_ms(clock.campus_day(now_ms)))
    before = foot_of(yesterday)
    take_payment("1-102.1", 2_000, "p-t", now_ms)
    assert foot_of(yesterday) == before, "what comes later changes no day before"
    assert str(point.position) in before
    assert point.printed in before
    assert len(point.printed.split()) == 8
    assert foot_of(clock.campus_day(now_ms)) != before
    month = make(report_of("takings"), month_period(yesterday.year, yesterday.month))
    assert point.printed not in " ".join(month.notes)


def test_an_old_sheets_hash_is_found_again(admin: Client) -> None:
    now_ms = clock.now_ms()
    take_payment("1-101.1", 1_000, "p-y", now_ms - DAY_MS)
    today = clock.start_of_day_ms(clock.campus_day(now_ms))
    point = last_before(today)
    html = text(admin, f"/audit/hash/?hash={point.printed.upper()}&position={point.position}")
    assert f"Yes: this hash is in the chain, at row {point.position}" in html
    assert clock.campus_day(now_ms - DAY_MS).isoformat() in html
    assert "the day&#x27;s last row" in html or "the day's last row" in html
    assert "not been verified up to there" in html
    verify(admin)
    assert "nothing up to the sheet was changed" in text(admin, f"/audit/hash/?hash={point.printed}")
    wrong_row = text(admin, f"/audit/hash/?hash={point.printed}&position=1")
    assert "But not at the row" in wrong_row
    assert "No: no row" in text(admin, f"/audit/hash/?hash={'0' * 32}&position={point.position}")
    assert point_at(point.position).printed in text(
        admin, f"/audit/hash/?hash={'0' * 32}&position={point.position}"
    )
    for typed in ("xyz", "12ab", "g" * 32):
        assert "Type at least the first 16 digits" in text(admin, f"/audit/hash/?hash={typed}")


def test_a_broken_check_takes_back_what_an_earlier_one_proved(admin: Client) -> None:
    verify(admin)
    point = point_at(1)
    BooksCheck.objects.create(
        started_by="x", started_ms=1, stepped_ms=1, ended_ms=2, state="broken", chain_hash=b"", position=0
    )
    assert "not been verified up to there" in text(admin, f"/audit/hash/?hash={point.printed}&position=1")


def test_links_lead_only_where_the_reader_may_go(admin: Client, client: Client) -> None:
    note("manager", "change-user", "cashier", "warden 1")
    assert "building warden, buildings 1" in text(admin, LOG)
    person = f"/office/person/{User.objects.get(username='cashier').pk}/".replace("person/", "people/")
    assert person in text(admin, LOG)
    auditor = User.objects.create_user("audrey", role="auditor")
    client.force_login(auditor, backend="django.contrib.auth.backends.ModelBackend")
    client.cookies["django_language"] = "en"
    assert person not in text(client, LOG)


def test_signing_in_and_out_is_on_record(campus: None, client: Client) -> None:
    wrong = {"username": "cashier", "password": "no"}
    for _ in range(7):
        client.post("/office/sign-in/", wrong)
    client.post("/office/sign-in/", {"username": "nobody-at-all", "password": "no"})
    kept = list(
        AuditEntry.objects.filter(action__startswith="sign")
        .order_by("position")
        .values_list("action", "actor", "subject", "detail")
    )
    assert [entry[0] for entry in kept] == ["sign-in-refused"] * 4 + ["sign-in-locked"], (
        "locked once, not each time"
    )
    assert {entry[1:] for entry in kept} == {("stranger", "cashier", "127.0.0.1")}
    client.post("/office/sign-in/", {"username": "manager", "password": seed.PASSWORD})
    client.post("/office/sign-out/")
    last = AuditEntry.objects.order_by("-position").values_list("action", "actor")[:2]
    assert list(last) == [("sign-out", "manager"), ("sign-in", "manager")]
