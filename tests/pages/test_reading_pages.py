"""Pages of the monthly readings: read on a floor's page, imported, compared, checked; who may do what (R-4.3.7)."""

import re
from pathlib import Path

import pytest
from django.test import Client

from central import clock
from central.losses.case_models import Case
from central.losses.readings.models import AgreedTable, HandReading, ReadingSheet
from central.losses.readings.sheets import month_of, period_now
from central.office import approvals
from central.office.models import Approval, Notice, User
from tests.browser import seed_readings
from tests.pages.conftest import _client

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
UUID = "7d9f6c1e-5a55-4a0e-9a39-0a5a0f4e1{:03d}"


@pytest.fixture
def month(campus: None, settings: object, tmp_path: Path) -> int:
    settings.PHOTOS_FOLDER = tmp_path / "photos"
    seed_readings.people_of_readings()
    seed_readings.registers("1", clock.now_ms())
    return month_of(period_now(clock.now_ms()))


@pytest.fixture
def wu(month: int) -> Client:
    return _client("wu")


def base(month: int) -> str:
    return f"/losses/readings/1/{month}/"


def enter(client: Client, month: int, meter: str, reading: str, number: int = 1, **more: object) -> object:
    data = {"step": UUID.format(number), "meter": meter, "reading": reading, "floor": "1", **more}
    return client.post(f"{base(month)}enter/", data)


def meters() -> list[str]:
    return seed_readings.meters_of("1")


def right(number: int) -> str:
    return seed_readings.figure_of(meters()[number], clock.now_ms())


def read_all(client: Client, month: int, **other: str) -> None:
    for number, meter in enumerate(meters()):
        figure = other.get(f"n{number}", seed_readings.figure_of(meter, clock.now_ms()))
        answer = enter(client, month, meter, figure, number)
        assert answer.status_code == 302, answer.content.decode()


def test_the_state_page_says_who_is_how_far(wu, month):
    enter(wu, month, meters()[0], right(0))
    page = wu.get("/losses/readings/").content.decode()
    assert "1 of 7" in page
    assert wu.get("/losses/readings/?month=202613").status_code == 200
    assert wu.get("/losses/readings/?month=x").status_code == 200


def test_a_figure_with_a_comma_comes_back_with_words_and_what_was_typed(wu, month):
    answer = enter(wu, month, meters()[1], "1 234,56")
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "without blanks and commas" in page
    assert 'value="1 234,56"' in page
    assert HandReading.objects.count() == 0


def test_an_entry_leads_on_to_the_next_meter_and_a_doubtful_one_stays_with_its_question(wu, month):
    first = enter(wu, month, meters()[1], right(1))
    assert first.url.endswith("#m3")
    doubtful = enter(wu, month, meters()[1], "1.00", 2)
    assert doubtful.url.endswith("#m2")
    page = wu.get(doubtful.url.partition("#")[0]).content.decode()
    assert "Below the last value" in page
    assert 'value="1.00"' in page


def test_a_phones_script_is_answered_in_its_own_way_and_the_time_it_waited_counts(wu, month):
    data = {"step": UUID.format(1), "meter": meters()[1], "reading": "412.34", "floor": "1"}
    late = {"at_ms": "1000000", "sent_ms": str(1_000_000 + 3_600_000)}
    answer = wu.post(f"{base(month)}enter/", data | late, headers={"accept": "application/json"})
    assert answer.json()["kept"] is True
    row = HandReading.objects.get()
    assert row.received_ms - row.at_ms == 3_600_000
    again = wu.post(f"{base(month)}enter/", data | late, headers={"accept": "application/json"})
    assert again.json()["kept"] is True
    assert HandReading.objects.count() == 1
    bad = wu.post(
        f"{base(month)}enter/",
        data | {"reading": "x", "step": UUID.format(2)},
        headers={"accept": "application/json"},
    )
    assert bad.status_code == 400
    assert "Only digits" in bad.json()["errors"][0]


def test_who_serves_other_buildings_sees_and_reads_nothing_here(month):
    other = User.objects.create_user("lu", role=User.Role.ELECTRICIAN)
    other.buildings.set([seed_readings.another_building()])
    lu = _client("lu")
    assert lu.get(base(month)).status_code == 404
    assert lu.get(f"{base(month)}floor/").status_code == 404
    assert enter(lu, month, meters()[0], "1.00").status_code == 404
    assert "1号楼" not in lu.get("/losses/readings/").content.decode()


def test_a_sheet_goes_from_the_first_entry_to_six_copies(wu, month):
    read_all(wu, month)
    assert wu.post(f"{base(month)}close/").status_code == 302
    cashier, director = _client("cashier"), User.objects.get(username="director")
    page = cashier.get(f"{base(month)}compare/").content.decode()
    assert "It is right: send it to be signed" in page
    done = cashier.post(f"{base(month)}check/", {"key": UUID.format(500), "why": "compared"})
    assert done.status_code == 302
    asked = Approval.objects.get(act="agreed-readings")
    signer = _client("director").get(f"/office/approvals/{asked.number}/").content.decode()
    assert meters()[1] in signer
    approvals.sign(asked.number, approve=True, reason="", actor=director, now_ms=clock.now_ms())
    assert AgreedTable.objects.get().lines.count() == 7
    page = cashier.get(f"{base(month)}compare/").content.decode()
    assert page.count("table.pdf?copy=") == 6
    pdf = cashier.get(f"{base(month)}table.pdf?copy=6")
    assert pdf["Content-Type"] == "application/pdf"
    assert cashier.get(f"{base(month)}table.pdf?copy=7").status_code == 404
    report = cashier.get(f"/papers/agreed-readings/?period=period:{month // 100}-{month % 100:02d}")
    assert "1号楼" in report.content.decode()
    supplement = {"key": UUID.format(501), "meter": meters()[1], "reading": "1,2", "why": "photo"}
    assert cashier.post(f"{base(month)}supplement/", supplement).status_code == 400
    assert cashier.post(f"{base(month)}supplement/", supplement | {"reading": "412.40"}).status_code == 302


def test_a_disagreement_is_settled_on_the_page_with_its_slip_named(wu, month):
    meter = meters()[1]
    right = seed_readings.figure_of(meter, clock.now_ms())
    digits = right.replace(".", "")
    place = next(n for n in range(len(digits) - 1) if digits[n] != digits[n + 1])
    swapped = digits[:place] + digits[place + 1] + digits[place] + digits[place + 2 :]
    read_all(wu, month, n1=f"{swapped[:-2]}.{swapped[-2:]}")
    doubtful = HandReading.objects.get(meter=meter)
    if doubtful.is_questioned:
        enter(wu, month, meter, f"{swapped[:-2]}.{swapped[-2:]}", 300, words="as it stands")
    wu.post(f"{base(month)}close/")
    page = wu.get(f"{base(month)}compare/").content.decode()
    assert "changed places" in page
    assert Case.objects.get(kind="reading").room.label == "101"
    said = {"step": UUID.format(400), "meter": meter, "how": "reading-wrong", "words": ""}
    assert wu.post(f"{base(month)}settle/", said).status_code == 400
    assert wu.post(f"{base(month)}settle/", said | {"words": "photo shows it"}).status_code == 302
    assert Case.objects.get(kind="reading").state == "closed"


def test_a_closed_sheet_is_given_back_with_words(wu, month):
    read_all(wu, month)
    assert wu.post(f"{base(month)}close/").status_code == 302
    cashier = _client("cashier")
    back = {"key": UUID.format(1), "why": ""}
    assert cashier.post(f"{base(month)}return/", back).status_code == 400
    assert cashier.post(f"{base(month)}return/", back | {"why": "102 again"}).status_code == 302
    assert "102 again" in wu.get(base(month)).content.decode()


def test_a_sheet_that_is_not_read_is_not_closed_and_says_why(wu, month):
    enter(wu, month, meters()[0], "412.34")
    page = wu.post(f"{base(month)}close/", follow=True).content.decode()
    assert "6 meters have no entry yet" in page


def sheet_file(encoding: str = "utf-8", **cells: str) -> bytes:
    at = f"{clock.local(clock.now_ms() - 60_000):%Y-%m-%d %H:%M}"  # an hour ago another period may have been open
    lines = ["表号,本次读数,抄表时间,未抄原因,备注"]
    for number, meter in enumerate(meters()):
        lines.append(cells.get(f"n{number}", f"{meter},{413 + number}.20,{at},,"))
    return "\n".join(lines).encode(encoding)


def upload(client: Client, month: int, content: bytes, name: str = "抄表.csv") -> object:
    from django.core.files.uploadedfile import SimpleUploadedFile

    return client.post(f"{base(month)}import/", {"file": SimpleUploadedFile(name, content)})


def test_a_written_sheet_is_shown_first_and_entered_once(wu, month):
    content = sheet_file("gbk", n3=f"{meters()[3]},,2026-01-01 08:00,锁门,无人应答")
    shown = upload(wu, month, content)
    assert shown.status_code == 200
    assert HandReading.objects.count() == 0
    digest = re.search(r'name="digest" value="(\w+)"', shown.content.decode())[1]
    confirm = {"digest": digest, "name": "x"}
    assert wu.post(f"{base(month)}import/confirm/", confirm).status_code == 302
    assert HandReading.objects.count() == 7
    assert HandReading.objects.get(meter=meters()[3]).unreadable == "locked"
    upload(wu, month, content)
    wu.post(f"{base(month)}import/confirm/", confirm)
    assert HandReading.objects.count() == 7


BAD_ROWS = {
    "{meter},=1+1,{at},,": "formula",
    "{meter},\u201c12,{at},,": "Only digits",
    '{meter},"1,234.56",{at},,': "without blanks and commas",
    "{meter},12.345,{at},,": "two digits after the point",
    "9999,12.34,{at},,": "not on the building",
    "2.0240E+11,12.34,{at},,": "shortened",
    "{meter},12.34,yesterday,,": "2026-11-26 09:30",
    "{meter},12.34,2099-01-01 08:00,,": "still to come",
    "{meter},,{at},fog,": "Not a known reason",
    "{meter},12.34,{at},dark,": "not both",
    "{other},12.34,{at},,": "stands twice",
}


def test_one_bad_row_stops_the_whole_sheet_by_name(wu, month):
    at = f"{clock.local(clock.now_ms() - 60_000):%Y-%m-%d %H:%M}"  # an hour ago another period may have been open
    for row, words in BAD_ROWS.items():
        content = sheet_file(n2=row.format(meter=meters()[2], other=meters()[1], at=at))
        answer = upload(wu, month, content)
        assert answer.status_code == 422, row
        assert words in answer.content.decode(), row
    assert HandReading.objects.count() == 0


def test_what_is_no_sheet_is_named_and_never_an_error(wu, month):
    for content in (b"\x00\xff", b"PK\x03\x04junk", b"a,b\n1,2\n", b"meter\n", b"x"):
        assert upload(wu, month, content).status_code == 422, content


def test_the_blank_sheet_is_a_pdf_in_walking_order(wu, month):
    answer = wu.get(f"{base(month)}blank.pdf")
    assert answer["Content-Type"] == "application/pdf"


def test_who_serves_the_building_is_reminded_once_and_again_when_it_is_late(month):
    from central.clock import start_of_day_ms
    from central.losses.readings.due import due_day, tell_of_sheets

    period = period_now(clock.now_ms())
    User.objects.filter(username="wu").update(email="wu@example.org")
    due_ms = start_of_day_ms(due_day(period))
    day_ms = 86_400_000
    for days, told in ((-3, 0), (-2, 1), (-1, 1), (0, 1), (1, 2), (2, 2), (3, 3), (4, 3)):
        tell_of_sheets(due_ms + days * day_ms)
        assert Notice.objects.filter(template__startswith="readings-").count() == told, days
    ReadingSheet.objects.create(
        building_id=1, period=period.name, from_ms=1, until_ms=2, state=ReadingSheet.State.CLOSED
    )
    tell_of_sheets(due_ms + 7 * day_ms)
    assert Notice.objects.filter(template__startswith="readings-").count() == 3
