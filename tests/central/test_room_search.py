"""The desk finds a room once, however many of its people fit, and nobody who has moved out."""

from datetime import timedelta

import pytest

from central.campus.models import Customer, Occupancy
from central.clock import campus_day
from central.desk.search import find_accounts, find_points
from tests.central.conftest import NOW_MS

pytestmark = [pytest.mark.django_db(databases=["default", "telemetry"]), pytest.mark.usefixtures("campus")]


def rooms(text: str) -> list[str]:
    return [point.room.full_label for point in find_points(text, NOW_MS)]


def test_a_room_is_found_once_by_each_way() -> None:
    here = Occupancy.objects.get(customer__name="Wang")
    other = Customer.objects.create(number="77001", name="Wanda")
    Occupancy.objects.create(account=here.account, customer=other, from_day=here.from_day)
    assert rooms("wan") == ["1-301"]
    assert rooms("Zh") == ["1-302", "2-101"]
    assert rooms("7700") == ["1-301"]
    assert rooms("M-302") == ["1-302"]
    assert rooms("30") == ["1-301", "1-302"]
    assert rooms("301") == ["1-301"]
    assert rooms("North 30") == ["1-301", "1-302"]
    assert rooms("nobody") == []


def test_who_has_moved_out_is_found_by_his_account_alone() -> None:
    Occupancy.objects.filter(customer__name="Wang").update(until_day=campus_day(NOW_MS) - timedelta(days=1))
    assert rooms("Wang") == []
    assert [account.code for account in find_accounts("Wang")] == ["1-301.1"]
    assert [account.code for account in find_accounts("1-30")] == ["1-301.1", "1-302.1"]
