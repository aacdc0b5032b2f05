"""Payment cards find their account's room, one account at a time (R-4.2.1)."""

import pytest

from central.campus.models import Account
from central.desk.merchants.cards import CardRefusal, end_card, register_card
from central.desk.merchants.models import PaymentCard, PaymentCardEnd
from central.desk.search import find_points, is_only_hit
from central.ledger.models import AuditEntry
from tests.central.conftest import NOW_MS
from tests.central.merchant_steps import CARD, PREPAID, account, shops

NUMBER = "0049 8812 3377"


@pytest.fixture
def carded(twin, cashier):
    shops()
    made = register_card(NUMBER, PREPAID, "owner", actor=cashier, now_ms=NOW_MS)
    assert isinstance(made, PaymentCard)
    return made


def found(text):
    return [point.room.full_label for point in find_points(text, NOW_MS)]


def test_a_card_finds_its_room_as_the_reader_types_it(carded):
    assert found("004988123377") == found(NUMBER) == ["1-A03"]
    assert found("00498812337") == [], "a part of a number is no card"
    point = find_points("004988123377", NOW_MS)[0]
    assert is_only_hit("004988123377", point.room, 1), "Enter opens it"
    assert AuditEntry.objects.filter(action="register-card", subject=PREPAID).exists()


def test_a_card_is_one_accounts_at_a_time(carded, cashier):
    again = register_card("004988123377", CARD, "", actor=cashier, now_ms=NOW_MS)
    assert again is CardRefusal.CARD_TAKEN
    assert isinstance(
        end_card(carded.pk, PaymentCardEnd.Why.LOST, actor=cashier, now_ms=NOW_MS), PaymentCardEnd
    )
    assert found(NUMBER) == [], "a lost card finds nothing"
    assert (
        end_card(carded.pk, PaymentCardEnd.Why.LOST, actor=cashier, now_ms=NOW_MS) is CardRefusal.CARD_ENDED
    )
    assert isinstance(register_card(NUMBER, CARD, "", actor=cashier, now_ms=NOW_MS), PaymentCard)
    assert found(NUMBER) == ["1-A02"]


def test_a_replaced_card_ends_with_the_new_one(carded, cashier):
    new = register_card("77", PREPAID, "", actor=cashier, now_ms=NOW_MS, replaces=carded.pk)
    assert isinstance(new, PaymentCard)
    assert PaymentCardEnd.objects.get().why == "replaced"
    assert found(NUMBER) == []
    assert found("77") == ["1-A03"]
    assert (
        register_card("78", CARD, "", actor=cashier, now_ms=NOW_MS, replaces=new.pk) is CardRefusal.CARD_ENDED
    )


def test_a_card_of_a_closed_account_finds_nothing_and_may_go_to_another(carded, cashier):
    Account.objects.filter(code=PREPAID).update(state="closed", closed_ms=NOW_MS)
    assert found(NUMBER) == []
    assert register_card(NUMBER, PREPAID, "", actor=cashier, now_ms=NOW_MS) is CardRefusal.ACCOUNT_CLOSED
    assert isinstance(register_card(NUMBER, CARD, "", actor=cashier, now_ms=NOW_MS), PaymentCard)


def test_a_room_with_a_former_account_is_found_by_the_present_ones_card(carded, cashier):
    point = account(PREPAID).point
    Account.objects.filter(code=PREPAID).update(state="closed", closed_ms=NOW_MS)
    Account.objects.create(code="1-A03.2", point=point, opened_ms=NOW_MS)
    register_card("99", "1-A03.2", "", actor=cashier, now_ms=NOW_MS)
    assert found("99") == ["1-A03"]


@pytest.mark.parametrize("typed", ["", "   ", "x" * 41, "a\x07b"])
def test_what_is_no_number_is_refused(carded, cashier, typed):
    assert register_card(typed, PREPAID, "", actor=cashier, now_ms=NOW_MS) is CardRefusal.NO_NUMBER
    assert register_card("5", "nobody", "", actor=cashier, now_ms=NOW_MS) is CardRefusal.UNKNOWN_ACCOUNT
