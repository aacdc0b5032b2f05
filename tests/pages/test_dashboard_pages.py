"""The live pages show what was reported: welded as contradicted, dead as silent, protected as protected."""

import re

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from central import clock
from central.campus.models import Room
from central.dashboard.rooms_of_building import ROOMS_PER_PAGE
from central.link.models import Alarm, LockOut, RelayState, SoftwareControl
from central.link.telemetry.models import HourlyUse, LastReading
from tests.browser import seed

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
HTMX = {"HX-Request": "true"}


def row_of(page: str, label: str) -> str:
    row = re.search(rf"<tr><th scope=\"row\"><a[^>]*>{label}</a>.*?</tr>", page, re.DOTALL)
    assert row, label
    return row[0]


def room_path(label: str) -> str:
    return f"/rooms/{Room.objects.get(label=label.removeprefix('1-')).pk}/"


@pytest.mark.parametrize(
    ("label", "said", "not_said"),
    [
        (seed.CUT, ["Cut off", "credit spent"], ["Supplied"]),
        (seed.LOW, ["Supplied", "Low balance", "3.87"], ["Cut off"]),
        (seed.WELDED, ["Contradicted", "nothing changed"], ["Supplied", ">Cut off"]),
        (seed.SILENT, ["Meter silent", "last heard"], ["Supplied"]),
        (seed.PROTECTED, ["Protected", "Supplied"], ["Cut off"]),
    ],
)
def test_each_room_is_shown_for_what_it_is(
    cashier: Client, label: str, said: list[str], not_said: list[str]
) -> None:
    row = row_of(cashier.get("/buildings/1/").content.decode(), label)
    assert all(words in row for words in said), row
    assert not any(words in row for words in not_said), row


def test_a_tile_counts_every_room_once(cashier: Client) -> None:
    page = cashier.get("/").content.decode()
    assert "Supplied 3, Cut off 1, Contradicted 1, Meter silent 1" in page


def test_a_balance_never_stands_without_its_unit(cashier: Client) -> None:
    page = cashier.get("/buildings/1/").content.decode()
    amounts = re.findall(r'<span class="(?:plus|minus)">[^<]*</span>(.{20})', page)
    assert len(amounts) == 6
    assert all(after.startswith('<span class="unit">') for after in amounts)


def test_between_settlements_a_balance_is_estimated_and_marked(cashier: Client) -> None:
    """1-106 was settled at 59.55 yuan and has used 1 kWh at 0.5583 since."""
    assert "≈" in (row := row_of(cashier.get("/buildings/1/").content.decode(), "1-106"))
    assert ">58.99<" in row
    for path in (room_path("1-106"), room_path("1-106").replace("/rooms/", "/desk/rooms/")):
        page = cashier.get(path).content.decode()
        assert all(words in page for words in ("≈", ">58.99<", "In the books", ">59.55<")), path


@pytest.mark.parametrize("label", [seed.CUT, seed.SILENT])
def test_no_estimate_where_nothing_was_used_or_the_meter_is_silent(cashier: Client, label: str) -> None:
    assert "≈" not in row_of(cashier.get("/buildings/1/").content.decode(), label)
    assert "≈" not in cashier.get(room_path(label)).content.decode()


def test_no_estimate_of_a_meter_that_is_known_to_be_faulty(cashier: Client) -> None:
    relay = RelayState.objects.get(account__startswith="1-106")
    assert "≈" in row_of(cashier.get("/buildings/1/").content.decode(), "1-106")
    told = {"what": "software-control", "subject": relay.account, "raised_ms": 1}
    Alarm.objects.create(gateway=relay.gateway, code="b1.e1.77", **told)
    assert "≈" not in row_of(cashier.get("/buildings/1/").content.decode(), "1-106")


def test_a_register_and_the_power_tick_without_a_reload(cashier: Client) -> None:
    path, meter = room_path("1-106"), "202410005"
    first = cashier.get(path, headers=HTMX)
    assert cashier.get(path, {"seen": seen_of(first)}, headers=HTMX).status_code == 204
    LastReading.objects.filter(meter=meter).update(register_wh=479_210, power_w=1_234)
    second = cashier.get(path, {"seen": seen_of(first)}, headers=HTMX).content.decode()
    assert ">479.21<" in second
    assert ">1234<" in second
    assert power_of_building(cashier) == sum(LastReading.objects.values_list("power_w", flat=True))


def test_a_meter_is_named_with_its_place_on_the_line(cashier: Client) -> None:
    page = cashier.get(room_path("1-106")).content.decode()
    assert "202410005" in page
    assert "rs485-1 · 000202410005" in page


def seen_of(part: HttpResponse) -> str:
    found = re.search(r'name="seen" value="(\w+)"', part.content.decode())
    assert found
    return found[1]


def power_of_building(cashier: Client) -> int:
    found = re.search(r"Power now</dt><dd>(\d+)", cashier.get("/").content.decode())
    assert found
    return int(found[1])


@pytest.mark.parametrize(
    ("show", "rooms"),
    [("cut-off", 1), ("low", 2), ("contradicted", 1), ("silent", 1), ("protected", 1), ("x", 6)],
)
def test_a_building_is_filtered(cashier: Client, show: str, rooms: int) -> None:
    page = cashier.get("/buildings/1/", {"show": show}).content.decode()
    assert len(re.findall(r'id="r-\d+"', page)) == rooms


def test_a_building_is_sorted_both_ways_and_searched(cashier: Client) -> None:
    def labels(**params: str) -> list[str]:
        return re.findall(r'id="r-\d+"[^>]*>(1-\d+)<', cashier.get("/buildings/1/", params).content.decode())

    assert labels(sort="balance")[0] == seed.CUT
    assert labels(sort="-balance") == list(reversed(labels(sort="balance")))
    assert labels(q="103") == ["1-103"]


def test_a_large_building_comes_in_pages(cashier: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("central.dashboard.rooms_of_building.ROOMS_PER_PAGE", 4)
    first, second = (cashier.get("/buildings/1/", {"page": n}).content.decode() for n in ("1", "2"))
    assert [len(re.findall(r'id="r-\d+"', page)) for page in (first, second)] == [4, 2]
    assert "Page 1 of 2, 6 in all" in first


@pytest.mark.parametrize("path", ["/", "/buildings/1/", "/alarms/", "/desk/waiting/"])
def test_a_live_part_is_a_part_and_rests_while_nothing_changes(cashier: Client, path: str) -> None:
    part = cashier.get(path, headers=HTMX).content.decode()
    assert "<html" not in part
    seen = re.search(r'name="seen" value="(\w+)"', part)
    assert seen
    assert cashier.get(path, {"seen": seen[1]}, headers=HTMX).status_code == 204
    RelayState.objects.update(observed_closed=False)
    Alarm.objects.create(code="x", what="cut-guard", subject="gw-1", raised_ms=clock.now_ms())
    if path != "/desk/waiting/":
        assert cashier.get(path, {"seen": seen[1]}, headers=HTMX).status_code == 200


def test_a_rooms_page_shows_ledger_relay_alarm_and_meter(cashier: Client) -> None:
    page = cashier.get(room_path(seed.WELDED)).content.decode()
    for said in (
        "Contradicted",
        "Relay and current contradict",
        "status open, 2.91 A",
        "202410002",
        "hourly settlement",
    ):
        assert said in page, said


def test_a_rooms_page_says_who_locked_it_out_and_that_its_meter_is_faulty(cashier: Client) -> None:
    relay = RelayState.objects.get(account__startswith="1-102")
    told = {"gateway": relay.gateway, "meter": relay.meter, "received_ms": 1}
    lock = LockOut.objects.create(
        **told,
        owner="central",
        by="chen",
        why="new terminal",
        ref="W-7",
        since_ms=clock.now_ms(),
        since_trusted=True,
    )
    SoftwareControl.objects.create(
        **told, control="sc1", account=relay.account, began_ms=1, began_trusted=True, by="li", why="dark <b>"
    )
    page = cashier.get(room_path("1-102")).content.decode()
    assert all(
        words in page
        for words in ("nothing closes the relay", "W-7", "new terminal", "Faulty meter", "dark &lt;b&gt;")
    )
    lock.ended_ms = clock.now_ms()
    lock.save()
    assert "nothing closes the relay" not in cashier.get(room_path("1-102")).content.decode()


def test_the_chart_tells_use_by_hour_or_day_and_leaves_gaps(cashier: Client) -> None:
    HourlyUse.objects.filter(meter="202410001").exclude(
        hour_ms=HourlyUse.objects.latest("hour_ms").hour_ms
    ).delete()
    by_hour = cashier.get(room_path(seed.LOW)).content.decode()
    by_day = cashier.get(room_path(seed.LOW), {"by": "day"}).content.decode()
    assert (by_hour.count('class="gap"'), by_day.count('class="gap"')) == (23, 29)
    assert "no reading" in by_hour


@pytest.mark.parametrize("path", ["/", "/buildings/1/", "/alarms/", "/gateways/", "/desk/waiting/"])
def test_no_page_of_many_rows_reads_what_a_gateway_tells_at_length(admin: Client, path: str) -> None:
    with CaptureQueriesContext(connection) as asked:
        assert admin.get(path).status_code == 200
    read = [one["sql"] for one in asked if '"link_gateway"."meters_seen"' in one["sql"]]
    assert [sql for sql in read if "ARRAY_LENGTH" not in sql.upper()] == []
    assert not [one for one in asked if '"link_gateway"."counters",' in one["sql"]]


def test_an_alarm_leads_to_its_room(cashier: Client) -> None:
    page = cashier.get("/alarms/").content.decode()
    assert f'href="{room_path(seed.SILENT)}">{seed.SILENT}' in page


def test_the_gateways_page_shows_key_counters_and_what_could_not_be_taken(admin: Client) -> None:
    page = admin.get("/gateways/").content.decode()
    for said in ("3b6a27bcceb6a42d", "unknown kind", "12 accounts agree"):
        assert said in page, said
    assert "frames-bad-checksum" not in page, "sixty gateways' counters are a heavy page"
    [asked] = re.findall(r'href="(\?counters=[^"#]+)#counters-of"', page)[:1]
    assert "frames-bad-checksum" in admin.get(f"/gateways/{asked}").content.decode()


def test_a_name_from_a_list_is_text_and_nothing_else(cashier: Client) -> None:
    from central.campus.models import Customer

    Customer.objects.update(name="<script>alert(1)</script>")
    assert "<script>alert" not in cashier.get("/buildings/1/").content.decode()


def test_a_building_page_stays_light(cashier: Client) -> None:
    six, one = (len(cashier.get("/buildings/1/", {"show": show}).content) for show in ("all", "silent"))
    per_room = (six - one) / 5
    assert one + per_room * ROOMS_PER_PAGE < 150_000


def test_a_benchs_time_is_said_on_every_page(cashier: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Demo time" not in cashier.get("/").content.decode()
    monkeypatch.setattr(clock, "bench_rate", lambda: 60.0)
    assert "Demo time ×60" in cashier.get("/alarms/").content.decode()
