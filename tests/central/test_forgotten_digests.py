"""Digests of received rows are forgotten after their days (C-11), and what they were kept for still holds."""

import msgspec
import pytest

from central.link.models import Alarm, GatewayEpoch, QuarantinedRow
from central.link.telemetry import forgetting_digests
from central.link.telemetry.forgetting_digests import DAY_MS, forget_digests
from central.link.telemetry.models import Reading, ReceivedRow, TelemetryPosition
from gateway.contract import facts
from gateway.contract.facts import UpRow
from tests.central.conftest import NOW_MS

LATER_MS = NOW_MS + 100 * DAY_MS
MOST_UNDER_WAY = 3


def up(taker, twin, message):
    taker.take(twin.topic("up"), message, NOW_MS)


@pytest.fixture
def ten_rows(taker, twin, monkeypatch):
    """Ten rows came a hundred days ago, and three last night."""
    monkeypatch.setattr(forgetting_digests, "UNDER_WAY", MOST_UNDER_WAY)
    rows = twin.rows(*(twin.reading(register) for register in range(10)))
    up(taker, twin, twin.sealed_rows(rows))
    forget_digests(NOW_MS)
    new = twin.rows(*(twin.reading(register) for register in range(10, 13)))
    up(taker, twin, twin.sealed_rows(new))
    return rows


def digests():
    return sorted(ReceivedRow.objects.values_list("seq", flat=True))


def other(seq):
    return UpRow(
        seq,
        msgspec.Raw(
            facts.encode_fact(facts.Readings([facts.ReadingRow("m-301", 1, 7, 0, 0, None, "advanced")]))
        ),
    )


def test_digests_older_than_their_days_go_but_for_what_may_be_under_way(ten_rows):
    assert forget_digests(NOW_MS + 89 * DAY_MS) == 0, "kept 90 days"
    assert forget_digests(LATER_MS) == 10
    assert digests() == [11, 12, 13]
    assert forget_digests(LATER_MS + DAY_MS) == 0
    position = TelemetryPosition.objects.get()
    assert len(position.marks) == 2, "one for what is forgotten, one since"
    assert forget_digests(LATER_MS + 400 * DAY_MS) == 0, (
        "the last rows may be sent again however long it takes"
    )
    assert digests() == [11, 12, 13]


def test_a_copy_of_forgotten_rows_is_nothing_new_and_a_store_that_went_back_is_noticed(taker, twin, ten_rows):
    forget_digests(LATER_MS)
    up(taker, twin, twin.sealed_rows(ten_rows, issued_ms=NOW_MS - 1))
    assert Reading.objects.count() == 13
    assert not Alarm.objects.filter(what="row-differs").exists()
    up(taker, twin, twin.sealed_rows([other(12)], issued_ms=LATER_MS))
    assert QuarantinedRow.objects.count() == 1, "compared as ever"
    up(taker, twin, twin.sealed_rows([other(4)], issued_ms=LATER_MS))
    assert {row.seq for row in QuarantinedRow.objects.all()} == {4, 12}


def test_a_forgotten_row_that_is_written_anew_orders_a_new_epoch(taker, twin, ten_rows):
    forget_digests(LATER_MS)
    up(taker, twin, twin.sealed_rows([other(4)], issued_ms=LATER_MS))
    assert Alarm.objects.filter(what="row-differs", cleared_ms=None).exists()
    assert GatewayEpoch.objects.get().closed
    up(taker, twin, twin.sealed_rows(ten_rows, issued_ms=NOW_MS - 1))
    assert {row.reason for row in QuarantinedRow.objects.all()} == {"exists-with-different"}, (
        "an old copy of a closed epoch's rows is its copy"
    )
    up(taker, twin, twin.sealed_rows(ten_rows, issued_ms=LATER_MS))
    assert QuarantinedRow.objects.filter(reason="epoch-went-back").count() == 10
    assert Reading.objects.count() == 13
