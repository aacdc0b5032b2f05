"""A building's low-balance list: who is on it, kept as it was, told once, by the day's hour; and what is old is said to be old."""

import pytest
from django.db import connection
from django.utils import translation

from central.campus.models import Account, Binding, Building, MeteringPoint
from central.campus.operations import open_account
from central.clock import campus_day, start_of_day_ms
from central.domain.known_settings import Place
from central.domain.notice import Kind, State
from central.ledger.chart_of_accounts import customer, subsidy
from central.ledger.operations import Draft, book
from central.link.models import Gateway
from central.link.shared_balance import merge
from central.link.telemetry.models import HourlyUse, LastReading
from central.office.channels import Asked, save_channel
from central.office.models import Channel, Delivery, Notice
from central.office.setting_changes import Change, set_at_console
from central.reports.low_balance.day_use import building_days
from central.reports.low_balance.jobs import dues, run
from central.reports.low_balance.lists import make_list
from central.reports.low_balance.models import LowBalanceList
from central.reports.low_balance.verification import verify_low_balances
from central.reports.low_balance.words import lines_of
from tests.central.conftest import KWH_LISTS, NOW_MS, import_list

MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000
YUAN = 1_000_000


def give(account: str, amount: int, unit: str = "yuan") -> None:
    mine = customer(account, "paid", unit)
    book([Draft(f"give:{account}:{amount}", subsidy(unit), mine, amount, "subsidy", NOW_MS)], NOW_MS)


def linked(seen_ms: int = NOW_MS, online: bool = True) -> None:
    building = Building.objects.get(code="1")
    Gateway.objects.create(pk="gw-1", building=building, enrolled_ms=0, online=online, last_seen_ms=seen_ms)
    for meter in building.meters.values_list("meter_no", flat=True):
        LastReading.objects.create(meter=meter, wall_ms=seen_ms, register_wh=0, outcome="first")


def made(due: str = "d", **more: object) -> LowBalanceList:
    kept = make_list(Building.objects.get(code="1"), due, now_ms=NOW_MS, **more)
    assert isinstance(kept, LowBalanceList)
    return LowBalanceList.objects.get(pk=kept.pk)


def rooms(kept: LowBalanceList) -> list[str]:
    return [row["room"] for row in kept.rows]


def text(kept: LowBalanceList, language: str = "en") -> str:
    with translation.override(language):
        return "\n".join(lines_of(kept))


@pytest.fixture
def building(campus: None, db: None) -> None:
    """Rooms 301 (3.87 yuan), 302 (12 yuan) and the shop A01 (kWh, nothing)."""
    for one in KWH_LISTS:
        import_list(one)
    give("1-301.1", 3_870_000)
    give("1-302.1", 12 * YUAN)


def test_a_list_names_rooms_and_balances_and_nobody(building: None) -> None:
    linked()
    kept = made()
    assert rooms(kept) == ["A01", "301"]
    assert (kept.rooms, kept.is_silent, kept.unheard) == (3, False, 0)
    said = text(kept)
    assert "301  3.87 yuan" in said
    assert "A01  0.00 kWh" in said
    assert "2 rooms of 3 are below 10.00 yuan / 10.00 kWh." in said
    for name in ("Wang", "Li", "Zhang"):
        assert name not in said
        assert name not in str(kept.rows)
    assert "3 间中有 2 间低于 10.00 元 / 10.00 度。" in text(kept, "zh-hans")


@pytest.mark.parametrize("billing", ["monthly", "card"])
def test_rooms_without_a_balance_that_runs_out_are_left_out(building: None, billing: str) -> None:
    MeteringPoint.objects.filter(room__label="301").update(billing=billing)
    assert rooms(made()) == ["A01"]


def test_rooms_that_are_being_left_are_left_out(building: None) -> None:
    Account.objects.filter(code="1-301.1").update(state=Account.State.CLOSING)
    assert rooms(made()) == ["A01"]


def test_each_room_of_a_shared_balance_stands_there_once(building: None) -> None:
    assert merge("1-301", ["1-302"], actor="t", now_ms=NOW_MS) is not None
    kept = made()
    assert sorted(rooms(kept)) == ["301", "302", "A01"]
    assert [row["shared"] for row in kept.rows if row["room"] != "A01"] == [True, True]
    assert len({str(row["left"]) for row in kept.rows if row["room"] != "A01"}) == 1


def test_limits_are_of_the_room_before_its_building_and_class(building: None) -> None:
    for place, where, fen in (
        (Place.BUILDING, "1", 2_000),
        (Place.ROOM, "1-301", 100),
        (Place.CLASS, "dormitory", 99_900),
    ):
        set_at_console(Change("balance.low-yuan", place, where, fen, 0), why="t", now_ms=NOW_MS - DAY_MS)
    kept = made()
    assert rooms(kept) == ["A01", "302"]
    assert {tuple(one) for one in kept.limits} >= {("fen", 2_000, "building", "1"), ("fen", 100, "room", "1-301")}  # fmt: skip


def test_old_figures_are_said_to_be_old(building: None) -> None:
    linked(seen_ms=NOW_MS - 5 * HOUR_MS, online=False)
    kept = made()
    assert (kept.is_silent, kept.as_of_ms) == (True, NOW_MS - 5 * HOUR_MS)
    assert "the building's link is down" in text(kept)
    Gateway.objects.update(online=True, last_seen_ms=NOW_MS)
    assert "1 more room's meter was not heard lately" in text(made("later"))
    Gateway.objects.all().delete()
    assert "The building has no link" in text(made("without"))


def test_a_list_is_made_once_and_told_once(building: None) -> None:
    asked = Asked("QQ", Kind.BY_HAND, "", "building-1", "zh-hans")
    assert isinstance(save_channel(asked, None, actor="t", now_ms=NOW_MS), Channel)
    first, again = made(), made()
    assert first.pk == again.pk
    assert made("another", tell=False).pk != first.pk
    [delivery] = Delivery.objects.all()
    assert delivery.state == State.BY_HAND_WAITING
    assert Notice.objects.get().params["list"] == first.pk


def test_nobody_is_told_when_no_room_is_low(building: None) -> None:
    give("1-301.1", 50 * YUAN)
    give("1-A01.1", 50_000, "kwh")
    assert made().rows == []
    assert not Notice.objects.exists()


def test_a_list_that_was_changed_is_found(building: None) -> None:
    kept = made()
    assert verify_low_balances().fault == ""
    with connection.cursor() as cursor:
        on_table = " ON low_balance_lowbalancelist" if connection.vendor == "postgresql" else ""
        cursor.execute("DROP TRIGGER low_balance_lowbalancelist_no_update" + on_table)
        cursor.execute("UPDATE low_balance_lowbalancelist SET rows = '[]'")
    assert str(kept.pk) in verify_low_balances().fault


def test_each_building_has_its_own_hour(building: None) -> None:
    set_at_console(Change("balance.low-hour", Place.BUILDING, "2", 9, 0), why="t", now_ms=NOW_MS - 9 * DAY_MS)
    day = campus_day(NOW_MS)
    begins = start_of_day_ms(day)
    found = {due.name: due for due in dues(begins - 1, begins + DAY_MS - 1)}
    assert {name: (due.at_ms - begins) // HOUR_MS for name, due in found.items()} == {
        f"day:{day} 1": 18,
        f"day:{day} 2": 9,
    }
    assert list(dues(begins + 18 * HOUR_MS, begins + 19 * HOUR_MS)) == []
    one = found[f"day:{day} 1"]
    done = run(one, NOW_MS)
    assert (done.code, done.params["count"], done.failed) == ("low-balance-silent", 2, False)
    assert run(one, NOW_MS).link == done.link
    assert LowBalanceList.objects.count() == 1


def test_a_days_use_counts_once_though_new_residents_have_the_same_meter(building: None) -> None:
    begins = start_of_day_ms(campus_day(NOW_MS))
    Binding.objects.update(from_ms=begins - 9 * DAY_MS)
    meter = Binding.objects.get(account__code="1-301.1").meter
    for hour in range(12):
        HourlyUse.objects.create(meter=meter.meter_no, hour_ms=begins + hour * HOUR_MS, energy_wh=100)
    Account.objects.filter(code="1-301.1").update(state=Account.State.CLOSED)
    moved_in = open_account("1-301", [("c9", "Neu")], begins + 6 * HOUR_MS, actor="t", now_ms=NOW_MS)
    assert isinstance(moved_in, Account)
    [found] = building_days(campus_day(NOW_MS), Building.objects.filter(code="1"), NOW_MS)
    assert (found.checked.day.used_wh, found.checked.day.covered_hours) == (1_200, 12)


def test_where_no_room_is_low_both_limits_are_named(building: None) -> None:
    linked()
    kept = made()
    kept.rows = []
    assert text(kept).startswith("None of 3 rooms is below 10.00 yuan / 10.00 kWh.")
