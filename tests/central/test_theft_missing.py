"""What was missing behind a group's master stands beside a penalty, as an interval, and charges nobody (R-4.2.4, R-B2)."""

import pytest

from central.campus.meter_groups import set_groups
from central.link.models import Gateway
from central.link.telemetry.models import InstantTotal
from central.losses.theft.factor_tables import factor_tables
from central.losses.theft.factors import factors_of
from central.losses.theft.missing_since import missing_since
from gateway.contract.rules import GroupKind, GroupRule
from tests.central import theft_steps as steps
from tests.central.conftest import NOW_MS

HOUR_MS, DAY_MS = 3_600_000, 86_400_000


@pytest.fixture
def people(twin, settings, tmp_path):
    settings.PHOTOS_FOLDER = tmp_path / "photos"
    return steps.people()


def measured(hours=48, lost_wh=500):
    """Have a master that counts half a kWh an hour more than both its subs, for two days."""
    building = steps.room().building
    rule = GroupRule(
        group="g-1", kind=GroupKind.BUILDING, master="m-master", subs=["m-301", "m-302"], from_ms=0
    )
    assert set_groups(building.code, [rule], actor="t", now_ms=NOW_MS - 9 * DAY_MS)
    gateway = Gateway.objects.get().pk
    InstantTotal.objects.bulk_create(
        InstantTotal(
            gateway=gateway,
            epoch="e1",
            meter=meter,
            at_ms=NOW_MS - back * HOUR_MS,
            trusted=True,
            total_wh=(hours - back) * wh,
            offset_wh=0,
            step_wh=10,
            skew_wh=0,
            frozen=True,
        )
        for back in range(hours + 1)
        for meter, wh in (("m-master", 1_000 + lost_wh), ("m-301", 400), ("m-302", 600))
    )


def test_the_innermost_group_of_the_room_is_balanced_since_the_first_day(people):
    measured()
    found = missing_since(steps.room().point.accounts.get(), NOW_MS - 48 * HOUR_MS, NOW_MS)
    assert found.group == "g-1"
    assert found.hours == 48
    assert 24 <= found.known_hours <= 48
    assert found.loss.least_wh <= 500 * found.known_hours <= found.loss.most_wh


def test_it_stands_beside_the_penalty_and_changes_nothing_of_it(people):
    case = steps.confirmed(people)
    before = factors_of(case)
    measured()
    after = factors_of(case)
    assert (before.missing, before.penalty) == (None, after.penalty)
    tables = factor_tables(after.content(case))
    assert any("g-1" in str(row.cells[2]) for row in tables[1].rows)
