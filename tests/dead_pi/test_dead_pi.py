"""A dead Pi is replaced by a blank card and the same code, with everything real: the books go on to the Wh and the micro-yuan, and
nothing is doubled (R-G6, R-G2, C-3, C-11)."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from firmware_tools.auditor.command import audit, gather
from firmware_tools.auditor.findings import Figure
from tests.dead_pi.building import KWH, PAID, PAYS_LATER, RUNS_OUT
from tests.dead_pi.rescue import Rescue, rescue

pytestmark = [pytest.mark.timeout(900), pytest.mark.xdist_group("dead-pi")]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Rescue:
    return asyncio.run(rescue(tmp_path_factory.mktemp("dead-pi")))


def test_the_card_was_blank_and_everything_came_from_central(seen: Rescue) -> None:
    assert "This Pi becomes the gateway of building 1 (1号楼): b1." in seen.first_said
    assert "takes the place" not in seen.first_said
    assert "This building has a gateway that was heard within the last hour." in seen.second_said
    assert "It takes the place of the gateway that the building had." in seen.second_said
    assert "4 meters on 1 lines came back from central." in seen.second_said
    assert "takes this gateway." in seen.second_said
    assert seen.second_said.rstrip().endswith("the building is back.")
    epochs = seen.site.rows("SELECT closed, opened FROM link_gatewayepoch ORDER BY began_ms")
    assert epochs == [(1, 1), (0, 1)]
    assert seen.site.rows("SELECT count(*) FROM link_quarantinedrow") == [(0,)]
    raised = {what for (what,) in seen.site.rows("SELECT what FROM link_alarm")}
    assert raised == {"gateway-new-epoch"}


def test_every_watt_hour_is_billed_once_across_the_two_lives(seen: Rescue) -> None:
    bills = "SELECT meter, register_from_wh, register_to_wh, energy_wh, epoch FROM link_gatewayentry WHERE booked AND energy_wh > 0"
    for room in (RUNS_OUT, PAID, PAYS_LATER, KWH):
        entries = sorted(row[1:] for row in seen.site.rows(bills) if row[0] == room.meter)
        ends = [to for _, to, _, _ in entries]
        assert [first for first, _, _, _ in entries][1:] == ends[:-1], (
            f"{room.meter} has a gap, or is billed twice"
        )
        assert ends[-1] == seen.registers_wh[room.meter]
        assert sum(wh for _, _, wh, _ in entries) == ends[-1] - entries[0][0]
    lives = {epoch for *_, epoch in seen.site.rows(bills)}
    assert len(lives) == 2, "energy was billed in both lives, or this test shows nothing"


def test_balances_are_what_was_paid_less_what_was_used_and_the_relays_follow(seen: Rescue) -> None:
    price = 9_999_900  # micro-yuan for a kWh
    grants = seen.site.rows(
        "SELECT a.code, g.amount, d.applied_ms FROM link_grant g JOIN link_delivery d USING (grant_id) JOIN campus_account a"
        " ON a.id = g.account_id"
    )
    assert all(applied for _, _, applied in grants)
    used = dict(
        seen.site.rows(
            "SELECT account, sum(energy_wh) FROM link_gatewayentry WHERE booked AND energy_wh > 0 GROUP BY account"
        )
    )
    balances = dict(seen.site.rows("SELECT account, amount FROM link_mirrorbalance"))
    for account, balance in balances.items():
        given = sum(amount for to, amount, _ in grants if to == account)
        spent = used[account] if account == "1-104.1" else used[account] * price // 1000
        assert balance == given - spent, account
    assert len(balances) == 4
    credited = Counter(
        source for (source,) in seen.site.rows("SELECT source FROM link_gatewayentry WHERE kind = 'grant'")
    )
    assert sorted(credited.values()) == [1] * len(grants)
    assert seen.closed == {RUNS_OUT.meter: False, PAID.meter: True, PAYS_LATER.meter: True, KWH.meter: True}


def test_the_auditor_finds_nothing_but_what_burnt(seen: Rescue) -> None:
    """What the burnt card took, entered and was told, it can't show the auditor any more; everything else must be right."""
    folder = seen.site.folder
    evidence = gather(
        folder.central_db, folder.telemetry_db, [seen.new.data / "journal.db"], Path(folder.truth)
    )
    (old,) = seen.site.rows("SELECT epoch FROM link_gatewayepoch WHERE closed")[0]
    paid_before = {
        row[0]
        for row in seen.site.rows(
            f"SELECT source FROM link_gatewayentry WHERE kind = 'grant' AND epoch = '{old}'"
        )
    }
    for finding in audit(evidence, quiet=True):
        if finding.figure is Figure.PAYMENTS_LOST:
            assert finding.subject in paid_before, finding
        elif finding.figure is Figure.ROWS_ALTERED:
            assert old in finding.subject, finding
        else:
            assert finding.figure is Figure.COMMANDS_BROKEN, finding
