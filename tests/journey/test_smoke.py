"""The small campus did its job: a payment at the web desk closed the relay, its end opened it, and nothing was left behind."""

from pathlib import Path

import pytest

from firmware_tools.auditor.command import audit, gather, summary
from tests.small_campus import KWH, NEW_METER, PAID, PROTECTED, SOLD, SmallRun, small_run

pytestmark = [pytest.mark.xdist_group("small-campus"), pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def seen() -> SmallRun:
    return small_run()


def test_a_payment_closes_the_relay_and_its_end_opens_it(seen):
    assert seen.moves == [
        ("first yuan used up", False),
        ("paid and released", True),
        ("second yuan used up", False),
    ]


def test_r_4_3_4_nothing_closes_a_room_that_is_locked_out_for_work_before_its_release_is_read_back(seen):
    assert seen.work == ["was-off", "locked", "locked-out", "closed", "closed", "closed"]
    assert seen.locked_out == {SOLD.meter: False, PAID.meter: False}


def test_r_4_3_5_a_module_replaced_while_the_gateway_runs_is_recorded_and_trued_up(seen):
    assert seen.swap == {
        "replacement": ["1-104.1", KWH.meter, NEW_METER, 0],
        "devices": ["faulty", "in-use"],
        "true-up": ["1-104.1", "control", "register", "computed"],
        "counted": [True, True],
    }


def test_rooms_with_credit_and_the_protected_one_stay_supplied(seen):
    assert seen.closed_at_end == {SOLD.meter: False, PAID.meter: True, PROTECTED.meter: True, KWH.meter: True}


def test_no_process_is_left(seen):
    assert len(seen.pids) == 5
    assert [pid for pid in seen.pids if Path(f"/proc/{pid}").exists()] == []


def test_the_auditor_finds_nothing(seen):
    folder = seen.folder
    evidence = gather(folder.central_db, folder.telemetry_db, [seen.journal], folder.truth)
    assert summary(evidence).startswith("4 payments of 42.00 yuan, 1 gateways, ")
    assert {entry.account for entry in evidence.journals[0].entries} >= {"1-101.1", "1-102.1", "1-104.1"}
    assert audit(evidence, quiet=False) == []
