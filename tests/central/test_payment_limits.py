"""What a payment is held to follows the dated settings: September's minimum, a class's own, the time of the second question."""

from datetime import datetime

import pytest

from central.campus.models import CustomerClass
from central.clock import CAMPUS_ZONE
from central.desk.limits import asked_again_within_ms, limits_at
from central.domain.known_settings import Place
from central.domain.selling import AmountRefusal
from central.office.setting_changes import Change, set_at_console
from tests.browser import seed

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])


def at(month: int, day: int) -> int:
    return int(datetime(2026, month, day, 23, 59, tzinfo=CAMPUS_ZONE).timestamp() * 1000)


@pytest.fixture
def dormitory() -> CustomerClass:
    seed.import_lists(seed.CLASSES, at(1, 1))
    return CustomerClass.objects.get(code="dormitory")


def test_september_asks_for_thirty_yuan_and_no_other_month(dormitory: CustomerClass) -> None:
    assert [limits_at(dormitory, at(*day)).minimum_fen for day in ((8, 31), (9, 1), (9, 30), (10, 1))] == [
        1000,
        3000,
        3000,
        1000,
    ]
    assert limits_at(dormitory, at(9, 15)).broken_by(2999) == (AmountRefusal.BELOW_MINIMUM, 3000)
    assert limits_at(dormitory, at(9, 15)).broken_by(3000) is None


def test_a_class_that_always_pays_more_keeps_its_own_minimum(dormitory: CustomerClass) -> None:
    shop = CustomerClass.objects.get(code="shop")
    assert limits_at(shop, at(9, 15)).minimum_fen == 5000


def test_a_class_may_be_let_off_and_the_past_stays_as_it_was(dormitory: CustomerClass) -> None:
    change = Change("sale.seasonal-minimum", Place.CLASS, "dormitory", [], at(9, 10))
    set_at_console(change, why="a quiet September", now_ms=at(9, 5))
    assert [limits_at(dormitory, at(9, day)).minimum_fen for day in (9, 11)] == [3000, 1000]


def test_the_time_of_the_second_question_is_a_setting(dormitory: CustomerClass) -> None:
    assert asked_again_within_ms(at(1, 2)) == 600_000
    set_at_console(Change("desk.ask-again-within", Place.CAMPUS, "", 0, 0), why="w", now_ms=at(1, 3))
    assert [asked_again_within_ms(at(1, day)) for day in (2, 4)] == [600_000, 0]
