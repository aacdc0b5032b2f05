"""A restored central's numbers (C-11): whatever is printed or told and made by counting goes on above the lost central's."""

from django.apps import apps
from django.db import models

from central.campus.models import Building
from central.config.backup.leaping import DESK, keep_leaps, leap_numbers
from central.desk.merchants.verification import verify_merchants
from central.desk.models import Shift
from central.desk.outage.verification import verify_outage
from central.ledger.row_numbers import counted_tables, go_on_above, last_number
from central.ledger.verification import verify_books
from central.link.leap_words import NUMBERED, leapt
from central.link.models import NumberLeap
from central.link.number_leaps import numbers_of
from central.link.restored import begin_incarnation
from central.losses.case_models import Case
from central.office.list_drafts import next_number
from central.office.models import ListKind
from central.office.paper_numbers import PRINTED_BILLS, SEALED_PAPERS, number_after
from tests.central.conftest import NOW_MS
from tests.open_shifts import off_shift, on_shift

COUNTED = {
    *("desk.Receipt", "desk.Shift", "desk.DayClose", "desk.HandIn", "desk.CardPayOver", "desk.MonthlyBill"),
    *("desk.CreditNote", "desk.OutageSheet", "desk.VoucherStock", "desk.BoundVolume", "k3.K3Export"),
    *("office.PriceList", "office.RepairList", "papers.SealedPaper", "losses.PrintedBill"),
}
"""Tables whose own number is their key: each has a series in `leaping`."""


def restored(hours=1):
    restoration = begin_incarnation("i1", NOW_MS - hours * 3_600_000, "1", NOW_MS)
    leap_numbers(restoration)
    return restoration


def case(key):
    return Case.objects.create(
        kind="loss", key=key, building=Building.objects.first(), about="m", opened_ms=NOW_MS
    )


def test_no_table_is_counted_that_a_restoration_forgets():
    """A new table with a number of its own fails here: give its series to `central/config/backup/leaping.py`."""
    own = {
        model._meta.label
        for model in apps.get_models()
        if model._meta.pk.name == "number" and isinstance(model._meta.pk, models.IntegerField)
        if not isinstance(model._meta.pk, models.AutoField | models.BigAutoField)
    }
    assert own == COUNTED
    series = {*DESK, "main", *(kind.value for kind in ListKind), SEALED_PAPERS, PRINTED_BILLS}
    assert len(series) == len(COUNTED)


def test_c_11_everything_that_is_numbered_goes_on_above_and_is_named(campus, cashier):
    before, shift = case("a"), Shift.objects.get()
    restoration = restored()
    assert case("b").pk == NumberLeap.objects.get(series="losses_case").first > before.pk + 1_000
    off_shift(shift, NOW_MS)
    assert (
        on_shift(cashier, NOW_MS).number
        == NumberLeap.objects.get(series="shift").first
        > shift.number + 1_000
    )
    for table, column in counted_tables():
        assert last_number(table, column) >= NumberLeap.objects.get(series=table).first - 1, table
    assert next_number(ListKind.PRICE) > 1_000
    assert number_after(SEALED_PAPERS, 3) > 1_000 < number_after(PRINTED_BILLS, None)
    assert {one.first > one.after + 1_000 for one in leapt(restoration)} == {True}
    assert len(leapt(restoration)) == len(NUMBERED), "each name of a series is one that leaps"
    count = NumberLeap.objects.count()
    restored()
    assert NumberLeap.objects.count() == count, "the same incarnation again leaps nothing"
    assert all(check.holds for check in (*verify_merchants(), *verify_outage(), *verify_books()))


def test_a_table_that_is_rebuilt_or_moved_remembers_its_leap(campus):
    restored()
    first = NumberLeap.objects.get(series="losses_case").first
    for table, column in (("losses_case", "id"), ("office_approval", "number")):
        go_on_above(table, column, 1)
    assert keep_leaps() == 2
    assert keep_leaps() == 0
    assert case("a").pk == first


def test_numbers_without_a_gap_leave_out_what_restorations_left_out():
    restoration = begin_incarnation("i1", NOW_MS, "1", NOW_MS)
    NumberLeap.objects.create(restoration=restoration, series="bill", after=2, first=1_001)
    later = begin_incarnation("i2", NOW_MS, "1", NOW_MS)
    NumberLeap.objects.create(restoration=later, series="bill", after=1_001, first=3_001)
    numbers = numbers_of("bill")
    assert [next(numbers) for _ in range(5)] == [1, 2, 1_001, 3_001, 3_002]
