"""A bill explained ties from raw frame to closing balance; the script of the docs finds every kind of tampering (R-B3)."""

import copy
import json
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from django.db import connection

from central.campus.models import Account
from central.desk.debts.paying import pay_debt
from central.desk.debts.penalties import Penalty, change_penalty, lay_penalty
from central.desk.operations import Paid
from central.domain.bill_checks import DamagedFrame, check_bill, frame_register_wh, ratio_of
from central.domain.bill_content import decode, encode
from central.domain.periods import month_period
from central.ledger.immutability import allow_changes, forbid_changes
from central.ledger.models import AuditEntry, Transfer
from central.link.models import GatewayEntry
from central.losses.explain.gather import account_named, explain
from central.losses.explain.models import PrintedBill
from central.losses.explain.operations import bill_of, content_of, print_bill, prove
from central.losses.explain.words import side_title
from central.office.acts import Approved
from central.reports.merchant_rows import movements
from gateway.contract.facts import DecisionKind, EntryCause, EntryKind, RelayVerdict
from gateway.protocols.dlt645.frame import encode as frame_of
from tests.central import balance_steps
from tests.central.conftest import NOW_MS
from tests.central.steps import ROOM, credit, up

SCRIPT = Path(__file__).parents[2] / "docs" / "rerun_bill.py"
HOUR_MS = 3_600_000
MONTH = month_period(2026, 11)
PRICE = 558_300


def frame(register_wh: int) -> str:
    """What a DL/T 645-2007 meter answers when its register is asked for."""
    digits = f"{register_wh // 10:08d}"
    return frame_of("202009010001", 0x91, bytes.fromhex("00010000")[::-1] + bytes.fromhex(digits)[::-1]).hex()


def used(twin, state, energy_wh, **changes):
    """Bill some energy as a gateway does: exact, what is below a micro-yuan carried on."""
    register = state["register"] + energy_wh
    due = energy_wh * PRICE + state["carried"]
    kwh = changes.pop("in_kwh", 0)
    due -= kwh * PRICE
    entry = twin.entry(EntryKind.CONSUMPTION, changes.pop("account", ROOM), -(due // 1000), meter=changes.pop("meter", "m-301"),
        energy_wh=energy_wh, register_from_wh=state["register"], register_to_wh=register, from_ms=twin.now_ms - HOUR_MS,
        price_micro_yuan_per_kwh=PRICE, price_version="p-1", carried_nano_yuan=due % 1000,
        raw_frame=frame(changes.pop("shown", register)), **changes)  # fmt: skip
    state |= {"register": register, "carried": due % 1000}
    twin.now_ms += HOUR_MS
    return entry


@pytest.fixture
def month(taker, twin, cashier):
    """A room that paid, used energy each hour, split once at a price edge, and was cut and supplied; give its state."""
    credit(taker, twin, cashier)
    state = {"register": 4_000_000, "carried": 0}
    said = [used(twin, state, wh) for wh in (10, 370, 1_230)]
    split = used(twin, state, 105, shown=state["register"] + 250, cause=EntryCause.PRICE_EDGE)
    said += [split, used(twin, state, 145), twin.decision(ROOM, DecisionKind.WARN, "credit-low-1")]
    said += [twin.relay(True, RelayVerdict.CONFIRMED, ROOM), used(twin, state, 20)]
    assert up(taker, twin, *said)
    return state


def explained():
    return explain(account_named(ROOM), MONTH, NOW_MS)


def rerun(tmp_path, content: bytes) -> subprocess.CompletedProcess:
    path = tmp_path / "bill.json"
    path.write_bytes(content)
    return subprocess.run(
        [sys.executable, "-I", str(SCRIPT), str(path)], capture_output=True, text=True, check=False
    )


def test_r_b3_opening_and_every_row_are_the_closing_balance(month):
    found = explained()
    assert found.faults == []
    side = next(one for one in found.bill.sides if one.code == f"customer:{ROOM}:paid:yuan")
    energy = 10 + 370 + 1_230 + 105 + 145 + 20
    assert (side.opening, side.closing) == (0, 50_000_000 - energy * PRICE // 1000)
    assert sum(one.energy_wh for one in found.bill.entries) == energy
    assert [one.carried_after_nano for one in found.bill.entries if one.kind == "consumption"][
        -1
    ] == energy * PRICE % 1000
    assert [one.said for one in found.bill.events] == ["warn", "confirmed"]
    assert [one.number for one in found.bill.receipts] == [1]
    assert {"so-far", "readings-thinned"} <= {one.code for one in found.bill.remarks}


def test_r_4_2_4_a_penalty_and_what_was_paid_of_it_stand_beside_the_credit(month, cashier, tmp_path):
    account = account_named(ROOM)
    approved = Approved(7, cashier, (), "tapped the corridor", NOW_MS)
    laid = lay_penalty(Penalty(3, account, "Wang", 20_000, PRICE, 1_120), approved)
    assert isinstance(pay_debt("0d" * 16, ROOM, 1_000, cashier, now_ms=NOW_MS, penalty_id=laid.pk), Paid)
    change_penalty(laid, 10_000, 560, Approved(8, cashier, (), "too many days", NOW_MS))
    found = explained()
    assert found.faults == []
    owed = {one.code: one.closing for one in found.bill.sides}
    assert (owed["debt-penalty:3:yuan"], owed["penalty-back:3:yuan"]) == (0, 440 * 10_000)
    assert [one.number for one in found.bill.receipts] == [1, 2]
    kinds = {row.kind for row in found.bill.transfers}
    assert {"penalty", "debt-paid", "penalty-reversed"} <= kinds
    done = rerun(tmp_path, encode(found.bill))
    assert done.returncode == 0, done.stdout
    assert not any("debt-penalty" in side_title(one) for one in found.bill.sides), "said in words"


def test_a_month_later_opens_where_the_former_one_closed(month):
    this = next(one.closing for one in explained().bill.sides)
    after = explain(account_named(ROOM), month_period(2026, 12), NOW_MS).bill
    assert [(one.opening, one.closing) for one in after.sides] == [(this, this)]


def test_use_up_to_the_closing_instant_belongs_to_the_period_that_ends_there(taker, twin, cashier):
    from central.papers.accounting import instants_of

    credit(taker, twin, cashier)
    twin.now_ms = instants_of(MONTH)[1]
    up(taker, twin, used(twin, {"register": 0, "carried": 0}, 1_000))
    assert sum(one.energy_wh for one in explained().bill.entries) == 1_000
    after = explain(account_named(ROOM), month_period(2026, 12), NOW_MS).bill
    assert after.entries == []
    assert after.sides[0].opening == 50_000_000 - 558_300
    (sheet,) = movements([account_named(ROOM)], *instants_of(MONTH))
    assert (sheet.used_wh, sheet.closing) == (1_000, 50_000_000 - 558_300), (
        "as the accounting period's sheet has it"
    )
    (later,) = movements([account_named(ROOM)], *instants_of(month_period(2026, 12)))
    assert (later.used_wh, later.opening) == (0, 50_000_000 - 558_300)


def test_the_script_of_the_documentation_is_short_and_finds_that_all_ties(month, tmp_path):
    text = SCRIPT.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 50
    assert [line for line in text.splitlines() if line.startswith(("import", "from"))] == [
        "import hashlib", "import json", "import sys",
    ]  # fmt: skip
    done = rerun(tmp_path, encode(explained().bill))
    assert done.returncode == 0, done.stderr
    assert "6 frames decoded" in done.stdout


def entry(bill, place=1):
    return [one for one in bill["entries"] if one["kind"] == "consumption"][place]


def other_amount(bill):
    entry(bill)["lines"][0][2] += 1


def other_register_end(bill):
    one = entry(bill, -1)
    one["register_to_wh"] += 10
    one["energy_wh"] += 10


def other_start(bill):
    entry(bill)["register_from_wh"] -= 10


def other_energy(bill):
    entry(bill)["energy_wh"] += 1


def other_price(bill):
    entry(bill)["price"] += 1


def other_carry(bill):
    entry(bill)["carried_after_nano"] += 1


def frame_of_another_register(bill):
    entry(bill, -1)["frame"] = frame(entry(bill, -1)["register_to_wh"] - 10)


def higher_frame(bill):
    entry(bill, 0)["frame"] = frame(entry(bill, 2)["register_to_wh"])


def damaged_frame(bill):
    one = entry(bill)
    one["frame"] = one["frame"][:-6] + "00" + one["frame"][-4:]


def left_out_entry(bill):
    bill["entries"].remove(entry(bill))


def left_out_row(bill):
    name = entry(bill)["entry"]
    bill["transfers"] = [row for row in bill["transfers"] if not row["content"][0].startswith(f"{name}/")]


def other_row_amount(bill):
    bill["transfers"][0]["content"][3] += 1


def other_row_note(bill):
    bill["transfers"][0]["content"][9] = "paid twice"


def other_row_time(bill):
    bill["transfers"][-1]["content"][6] += 1


def other_hash(bill):
    bill["transfers"][0]["hash"] = "00" * 32


def other_closing(bill):
    bill["sides"][0]["closing"] += 1


def other_opening(bill):
    bill["sides"][0]["opening"] -= 1


def invented_row(bill):
    row = copy.deepcopy(bill["transfers"][0])
    row["content"][0] += "x"
    bill["transfers"].append(row)


TAMPERING = [
    *(other_amount, other_register_end, other_start, other_energy, other_price, other_carry),
    *(frame_of_another_register, higher_frame, damaged_frame, left_out_entry, left_out_row, other_row_amount),
    *(other_row_note, other_row_time, other_hash, other_closing, other_opening, invented_row),
]


def test_every_kind_of_tampering_is_found_by_the_script_and_by_the_page(month, tmp_path):
    whole = encode(explained().bill)
    missed = []
    for tamper in TAMPERING:
        bill = json.loads(whole)
        tamper(bill)
        changed = json.dumps(bill).encode()
        done = rerun(tmp_path, changed)
        if done.returncode == 0 or not done.stderr.startswith("FAILED") or not check_bill(decode(changed)):
            missed.append((tamper.__name__, done.stderr, check_bill(decode(changed))))
    assert not missed


def test_a_row_changed_behind_the_triggers_is_named(month):
    row = Transfer.objects.filter(kind="consumption").first()
    allow_changes(connection, "ledger_transfer")
    Transfer.objects.filter(pk=row.pk).update(amount=row.amount + 1)
    forbid_changes(connection, "ledger_transfer")
    faults = {(one.fault.value, one.row) for one in explained().faults}
    assert ("hash", row.pk) in faults
    assert ("not-booked", row.reference) in faults
    assert ("kept", f"customer:{ROOM}:paid:yuan") in faults


def test_what_is_missing_is_said_by_name(taker, twin, month):
    twin.now_ms -= 60 * HOUR_MS
    late = used(twin, month, 40, provisional=True, at=twin.at(trusted=False))
    without = used(twin, month, 10)
    up(taker, twin, late, msgspec.structs.replace(without, raw_frame=None))
    codes = {one.code: one for one in explained().bill.remarks}
    assert codes["provisional"].what == [late.entry]
    assert {"clock-not-trusted", "no-frame", "told-late"} <= codes.keys()


def test_a_shared_balance_shows_the_others_energy_and_the_room_says_where_it_is_paid(taker, twin, month):
    other = Account.objects.get(code="1-302.1")
    state = {"register": 700_000, "carried": month["carried"]}
    up(taker, twin, used(twin, state, 500, meter="m-302", used_by=other.code))
    payer, user = explained(), explain(account_named(other.code), MONTH, NOW_MS)
    assert payer.faults == user.faults == []
    assert "1-302.1" in next(one.what for one in payer.bill.remarks if one.code == "pays-for-others")
    assert user.bill.sides == []
    assert [one.energy_wh for one in user.bill.elsewhere] == [500]
    assert next(one.what for one in user.bill.remarks if one.code == "paid-elsewhere") == [ROOM]


def test_the_balance_of_its_group_stands_beside_it_or_its_lack_is_said(month):
    assert "group-unknown" in {one.code for one in explained().bill.remarks}
    balance_steps.rules_set(balance_steps.FLOOR)
    balance_steps.tell_hours(balance_steps.MIDNIGHT_MS, 24, {"m-300": 2_100, "m-301": 1_000, "m-302": 1_000})
    later = balance_steps.MIDNIGHT_MS + 2 * balance_steps.DAY_MS
    found = explain(account_named(ROOM), MONTH, later).bill
    assert "group-unknown" not in {one.code for one in found.remarks}
    [group] = found.groups
    assert (group.group, group.master_wh, group.hours) == ("f3", 50_400, 24)
    assert group.master_wh == group.subs_wh + group.own_use_wh + group.technical_wh + group.unexplained_wh


def test_a_printed_bill_stays_as_it_was_and_is_proved(taker, twin, month):
    first = print_bill(explained().bill, actor="anna", now_ms=NOW_MS)
    assert print_bill(explained().bill, actor="anna", now_ms=NOW_MS) == first
    assert AuditEntry.objects.get(action="explain-bill").detail == first.digest
    up(taker, twin, used(twin, month, 30))
    second = print_bill(explained().bill, actor="anna", now_ms=NOW_MS)
    assert (first.number, second.number) == (1, 2)
    assert len(bill_of(second).entries) == len(bill_of(first).entries) + 1
    assert prove(1, first.digest[:16]).holds
    assert prove(1, "0" * 16) is None
    allow_changes(connection, "losses_printedbill")
    PrintedBill.objects.filter(pk=1).update(content=PrintedBill.objects.get(pk=2).content)
    forbid_changes(connection, "losses_printedbill")
    assert not prove(1, first.digest[:16]).holds


def test_the_data_file_is_the_same_bytes_for_the_same_books(month):
    first, again = encode(explained().bill), encode(explained().bill)
    assert first == again == encode(decode(first))
    printed = print_bill(decode(first), actor="anna", now_ms=NOW_MS)
    assert content_of(printed) == first


@pytest.mark.parametrize(
    ("text", "shown"),
    [(frame(12_345_670), 12_345_670), ("fefefefe" + frame(0), 0), ("0103044640e6b7d2", None), ("", None)],
)
def test_a_frame_shows_its_register_or_is_of_another_protocol(text, shown):
    assert frame_register_wh(text) == shown


@pytest.mark.parametrize("text", ["68", frame(10)[:-2], frame(10)[:-4] + "0016", "zz", "68" * 20])
def test_a_damaged_frame_is_named(text):
    with pytest.raises(DamagedFrame):
        frame_register_wh(text)


def test_a_transformer_ratio_is_what_registers_and_frames_agree_on():
    assert ratio_of([(200, frame(10)), (400, frame(20)), (30, frame(30))]) == 20
    assert ratio_of([]) == 1


def test_entries_of_the_gateway_that_are_unbooked_are_shown_and_not_summed(taker, twin, month):
    allow_changes(connection, "link_gatewayentry")
    one = GatewayEntry.objects.filter(kind="consumption").last()
    GatewayEntry.objects.filter(pk=one.pk).update(booked=False)
    forbid_changes(connection, "link_gatewayentry")
    assert "not-booked" in {remark.code for remark in explained().bill.remarks}
