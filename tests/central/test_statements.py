"""What is left out on PostgreSQL: only what sends nothing that the others don't, each place and each refusal counted by itself."""

import pytest
from django.db import IntegrityError, transaction

from central.campus.queries import live_account, price_at, prices_at
from central.ledger.operations import record_audit
from tests.central.statements import Noted, listening, nothing_new


def noted(name, *sent, many=10, must=False):
    return Noted(name, many, frozenset(sent), must)


def test_what_the_others_send_is_left_out_and_nothing_else():
    rows = [
        noted("must", "a", must=True),
        noted("must too", "a", must=True),
        noted("the same", "a"),
        noted("nothing"),
        noted("slow", "b", "c", many=900),
        noted("quick b", "b"),
        noted("quick c", "c"),
        noted("alone", "a", "d"),
    ]
    left = nothing_new(rows)
    assert left == {"the same", "nothing", "slow"}
    assert {one for row in rows if row.name not in left for one in row.sent} == {"a", "b", "c", "d"}


def test_a_statement_is_known_by_its_place_and_its_refusal_not_by_its_values(campus):
    def sent_by(act, *values):
        with listening() as sent:
            act(*values)
        return sent

    assert sent_by(price_at, 1, 5).keys() == sent_by(price_at, 2, 9).keys()
    assert sent_by(prices_at, [1, 2], 5).keys() == sent_by(prices_at, [1, 2, 3, 4], 5).keys()
    assert not sent_by(price_at, 1, 5) & sent_by(live_account, "1-301")
    with listening() as sent, pytest.raises(IntegrityError), transaction.atomic():
        record_audit(actor="test", action="try", subject="s", detail="", now_ms=None)
    refused = [one for one in sent if one.endswith("IntegrityError")]
    assert len(refused) == 1
