"""An error of the college itself, put right after its day: two people sign, and it is never takings nor a subsidy (R-4.1.5)."""

import pytest

from central.clock import campus_day
from central.desk.corrections.adjusting import AdjustmentRefusal, Wanted, ask_adjustment
from central.desk.corrections.models import Adjustment
from central.desk.corrections.reclaims import State, ask_again, standings
from central.desk.day_close import day_as_it_stands
from central.desk.operations import pay
from central.domain.known_settings import Place
from central.ledger import chart_of_accounts as chart
from central.ledger.queries import balance
from central.link.models import Delivery, Gateway, Grant
from central.office import approvals
from central.office.models import Approval, Delegation, User
from central.office.setting_changes import Change, set_at_console
from tests.central.conftest import KWH_LISTS, NOW_MS, import_list
from tests.central.correction_steps import WRONG, faults, gives_back, left, owed, reclaimed
from tests.central.steps import credit, up

LATER_MS = NOW_MS + 20 * 86_400_000
AMOUNT = 12_340_000


@pytest.fixture
def people(twin):
    roles = ("director", "finance", "admin")
    return {role: User.objects.create_user(f"the-{role}", role=role) for role in roles}


def asked(actor, amount=AMOUNT, account=WRONG, key="k1", **changed):
    wanted = Wanted(**{"receipt": 1, "account": account, "bucket": "paid", "amount": amount, **changed})
    return ask_adjustment(wanted, key, why="the list was typed wrong", actor=actor, now_ms=LATER_MS)


def signed(request, people, *roles):
    for role in roles:
        done = approvals.sign(request.number, approve=True, reason="", actor=people[role], now_ms=LATER_MS)
        assert isinstance(done, Approval), done
    return done


def test_credit_waits_for_both_and_is_nobodys_takings(taker, twin, cashier, people):
    credit(taker, twin, cashier)
    request = asked(cashier)
    assert asked(cashier).number == request.number, "the same page asks once"
    signed(request, people, "director")
    assert (left(WRONG), Adjustment.objects.count()) == (50_000_000, 0)
    assert signed(request, people, "finance").state == "approved"
    assert left(WRONG) == 50_000_000 + AMOUNT
    grant = Grant.objects.get(source="adjustment")
    assert Delivery.objects.get(pk=grant.pk).command is not None
    assert balance(chart.college_errors("yuan")) == AMOUNT
    assert (balance(chart.subsidy("yuan")), balance(chart.cash())) == (0, 50_000_000)
    assert day_as_it_stands(campus_day(LATER_MS)).totals.total == 0
    assert Adjustment.objects.get().signed_by == "the-director、the-finance"
    assert faults() == []


def test_a_debit_takes_what_is_left_and_the_rest_is_owed(taker, twin, cashier, people):
    credit(taker, twin, cashier, fen=1_000)
    up(taker, twin, twin.consumption(WRONG, 10_000, 10_000))
    signed(asked(cashier, -AMOUNT), people, "director", "finance")
    adjusted = Adjustment.objects.select_related("reclaim").get()
    assert reclaimed(WRONG) == AMOUNT
    assert gives_back(taker, twin) == 4_420_000
    stands = standings([adjusted.reclaim])[adjusted.reclaim_id]
    assert (stands.state, stands.taken, stands.owed) == (State.OWED, 4_420_000, AMOUNT - 4_420_000)
    assert (left(WRONG), owed(WRONG)) == (0, AMOUNT - 4_420_000)
    assert balance(chart.college_errors("yuan")) == -AMOUNT
    assert faults() == []


def test_a_gateway_that_is_restored_is_asked_later(taker, twin, cashier, people):
    credit(taker, twin, cashier)
    Gateway.objects.update(awaits_epoch=True)
    assert signed(asked(cashier, -AMOUNT), people, "director", "finance").state == "approved"
    Gateway.objects.update(awaits_epoch=False)
    ask_again(Adjustment.objects.get().reclaim_id, actor=cashier, now_ms=LATER_MS)
    assert gives_back(taker, twin) == AMOUNT
    assert faults() == []


def test_credit_kept_in_kwh_is_adjusted_in_kwh(taker, twin, cashier, people):
    for text in KWH_LISTS:
        import_list(text)
    credit(taker, twin, cashier)
    signed(asked(cashier, 5_000, "1-A01.1"), people, "director", "finance")
    assert left("1-A01.1", unit="kwh") == balance(chart.college_errors("kwh")) == 5_000
    assert faults() == []


def test_two_people_sign_whatever_the_chain_says(taker, twin, cashier, people):
    credit(taker, twin, cashier)
    chain = [{"offices": ["director"], "persons": 1}]
    set_at_console(Change("approval.adjustment", Place.CAMPUS, "", chain, 0), why="t", now_ms=NOW_MS)
    request = asked(cashier)
    done = signed(request, people, "director")
    assert done.state == "failed"
    assert "two people" in done.outcome or "两人" in done.outcome
    assert (left(WRONG), Adjustment.objects.count()) == (50_000_000, 0)
    assert faults() == []


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"receipt": 9}, AdjustmentRefusal.UNKNOWN_RECEIPT),
        ({"account": "none"}, AdjustmentRefusal.UNKNOWN_ACCOUNT),
        ({"bucket": "gold"}, AdjustmentRefusal.UNKNOWN_BUCKET),
        ({"amount": 0}, AdjustmentRefusal.BAD_AMOUNT),
        ({"amount": 10**12 + 1}, AdjustmentRefusal.BAD_AMOUNT),
        ({"amount": -(10**12) - 1}, AdjustmentRefusal.BAD_AMOUNT),
    ],
)
def test_what_can_not_be_adjusted_is_not_asked(taker, twin, cashier, people, changed, why):
    credit(taker, twin, cashier)
    assert asked(cashier, **changed) is why
    assert not Approval.objects.exists()


def test_nothing_is_asked_back_where_there_is_no_gateway(taker, twin, cashier, people):
    pay("p1", "2-101.1", 5_000, cashier, now_ms=NOW_MS)
    done = signed(asked(cashier, -AMOUNT, "2-101.1"), people, "director", "finance")
    assert done.state == "failed"
    assert faults() == []


def test_who_took_the_money_signs_nothing_of_an_error_in_it(taker, twin, cashier, people):
    """Not in another's place either."""
    credit(taker, twin, cashier)
    Delegation.objects.create(
        absent=people["finance"], stand_in=cashier, from_ms=LATER_MS - 1, until_ms=LATER_MS + 1
    )
    request = asked(people["admin"])
    signed(request, people, "director")
    done = approvals.sign(request.number, approve=True, reason="", actor=cashier, now_ms=LATER_MS)
    assert done is approvals.ApprovalRefusal.OWN_MATTER
    assert not Adjustment.objects.exists()
