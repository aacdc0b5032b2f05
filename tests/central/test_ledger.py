"""The ledger: append only, balanced, chained; what changes it behind its back turns `verify` red."""

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from central.domain import chain
from central.ledger import chart_of_accounts as chart
from central.ledger.immutability import (
    TriggersMissing,
    allow_changes,
    forbid_changes,
    immutable_tables,
    missing_triggers,
    verify_after_migrate,
)
from central.ledger.models import ChainHead, LedgerAccount, Transfer
from central.ledger.operations import Booked, BrokenInvariant, Draft, book, record_audit
from central.ledger.queries import balance
from central.ledger.verification import verify_books

SIDES = [
    chart.cash(),
    chart.customer("a", "paid", "yuan"),
    chart.customer("b", "paid", "yuan"),
    chart.subsidy("yuan"),
]


def draft(name="t1", amount=5, debit=0, credit=1, at_ms=7):
    return Draft(name, SIDES[debit], SIDES[credit], amount, "test", at_ms)


def faults():
    return [check.fault for check in verify_books() if check.fault]


def test_c_1_the_same_id_exists_and_with_other_content_it_is_named():
    outcomes = book([draft(), draft(), draft(amount=6)], 1)
    assert outcomes == [Booked.NEW, Booked.EXISTS, Booked.EXISTS_WITH_DIFFERENT]
    assert book([draft(), draft(amount=6), draft(at_ms=8)], 2) == [
        Booked.EXISTS,
        Booked.EXISTS_WITH_DIFFERENT,
        Booked.EXISTS_WITH_DIFFERENT,
    ]
    assert balance(SIDES[0]) == balance(SIDES[1]) == 5
    assert Transfer.objects.count() == 1


@pytest.mark.parametrize(
    "bad",
    [
        draft(amount=0),
        draft(amount=-1),
        Draft("t", chart.cash(), chart.customer("a", "paid", "kwh"), 1, "test", 1),
    ],
)
def test_what_cannot_balance_is_an_invariant(bad):
    with pytest.raises(BrokenInvariant):
        book([bad], 1)
    assert not Transfer.objects.exists()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.integers(0, 9),
            st.integers(1, 10**12),
            st.sampled_from([(0, 1), (1, 2), (3, 1), (2, 0), (1, 3)]),
        ),
        max_size=25,
    ),
    st.integers(1, 6),
)
def test_whatever_is_booked_the_books_balance(moves, at_once):
    with transaction.atomic():
        expected = {}
        drafts = [draft(f"t{n}", amount, *pair) for n, amount, pair in moves]
        for start in range(0, len(drafts), at_once):
            for one, outcome in zip(
                drafts[start : start + at_once], book(drafts[start : start + at_once], start), strict=True
            ):
                first = expected.setdefault(one.id, one)
                assert outcome == (
                    (Booked.EXISTS if first == one else Booked.EXISTS_WITH_DIFFERENT)
                    if first is not one
                    else Booked.NEW
                )
            record_audit(actor="x", action="y", subject="z", detail="", now_ms=start)
        assert faults() == []
        accounts = LedgerAccount.objects.all()
        assert sum(a.debits for a in accounts) == sum(a.credits for a in accounts)
        assert sum(a.debits for a in accounts) == sum(d.amount for d in expected.values())
        for side in SIDES:
            flow = sum(d.amount * ((d.debit == side) - (d.credit == side)) for d in expected.values())
            assert balance(side) == (flow if side.kind in ("asset", "expense") else -flow)
        transaction.set_rollback(True)


@pytest.mark.parametrize("statement", ["UPDATE {} SET {} = {}", "DELETE FROM {}"])
@pytest.mark.parametrize("table", ["ledger_transfer", "ledger_auditentry"])
def test_rows_of_money_cannot_be_changed(table, statement):
    book([draft()], 1)
    record_audit(actor="x", action="y", subject="z", detail="", now_ms=1)
    with pytest.raises(DatabaseError, match="immutable"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(table, "position", "position"))


def test_truncate_is_blocked_on_postgresql():
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no TRUNCATE")
    book([draft()], 1)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(DatabaseError, match="immutable"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE ledger_transfer CASCADE")


def test_every_immutable_table_has_its_triggers():
    assert immutable_tables() == [
        "agreement_agreementkept",
        "agreement_agreementlock",
        "agreement_outsidelist",
        "agreement_outsidelistend",
        "agreement_outsiderow",
        "books_periodlock",
        "bureau_bureaubill",
        "desk_adjustment",
        "desk_billline",
        "desk_billmeter",
        "desk_billpayment",
        "desk_bookholding",
        "desk_bookpageissue",
        "desk_bookpagemark",
        "desk_boundrange",
        "desk_boundvolume",
        "desk_cardmetersale",
        "desk_cardpaidover",
        "desk_cardpayover",
        "desk_cardtransaction",
        "desk_cashdifference",
        "desk_cashout",
        "desk_chargeline",
        "desk_correction",
        "desk_creditnote",
        "desk_dayclose",
        "desk_debtpayment",
        "desk_debtpenalty",
        "desk_debtshare",
        "desk_debtsplit",
        "desk_debttrueup",
        "desk_debtwriteoff",
        "desk_departure",
        "desk_departurepaid",
        "desk_departurerun",
        "desk_differenceapproved",
        "desk_handin",
        "desk_handinday",
        "desk_handinend",
        "desk_handinpages",
        "desk_importedlist",
        "desk_monthlybill",
        "desk_openingacceptance",
        "desk_openingbalance",
        "desk_openingbatch",
        "desk_openingdone",
        "desk_outagepage",
        "desk_outagesheet",
        "desk_payment",
        "desk_paymentcard",
        "desk_paymentcardend",
        "desk_payoutprint",
        "desk_penaltychange",
        "desk_penaltypaidback",
        "desk_receipt",
        "desk_receiptbook",
        "desk_receiptprint",
        "desk_receiptvoid",
        "desk_reclaim",
        "desk_reclaimend",
        "desk_rosterchange",
        "desk_rosterrotation",
        "desk_shift",
        "desk_shiftend",
        "desk_subsidybatch",
        "desk_subsidydone",
        "desk_subsidyleftout",
        "desk_subsidyrow",
        "desk_subsidyundo",
        "desk_volumeplace",
        "desk_vouchercount",
        "desk_voucherprint",
        "desk_voucherstock",
        "desk_withdrawal",
        "k3_k3export",
        "k3_k3exportday",
        "k3_k3exportend",
        "k3_k3import",
        "k3_k3importend",
        "k3_k3map",
        "k3_k3template",
        "k3_k3totalrow",
        "k3_k3voucherrow",
        "ledger_auditentry",
        "ledger_transfer",
        "link_backuprun",
        "link_gatewayentry",
        "link_grant",
        "link_meterswap",
        "link_numberleap",
        "link_restoration",
        "link_restorationtick",
        "link_softwarecontrol",
        "link_softwarecontrolend",
        "link_stockvoucher",
        "link_voucherdestroyed",
        "link_voucherredeemed",
        "losses_abnormalreview",
        "losses_abnormalrow",
        "losses_abnormalrun",
        "losses_agreedreading",
        "losses_agreedtable",
        "losses_casestep",
        "losses_dailycheck",
        "losses_handreading",
        "losses_lossjudgement",
        "losses_photo",
        "losses_printedbill",
        "losses_round",
        "losses_roundend",
        "losses_roundentry",
        "losses_settlement",
        "losses_theftappeal",
        "losses_theftappealend",
        "low_balance_buildingchecklook",
        "low_balance_lowbalancelist",
        "meetings_itemstep",
        "meetings_meetingentry",
        "office_datedvalue",
        "office_filing",
        "office_listedprice",
        "office_pricelist",
        "office_repairitem",
        "office_repairlist",
        "office_signature",
        "papers_sealedpaper",
        "schedule_madepaper",
        "schedule_runtry",
        "workshop_arrival",
        "workshop_benchrecord",
        "workshop_claimstep",
        "workshop_controldecision",
        "workshop_devicestep",
        "workshop_faultstep",
        "workshop_goodscheck",
        "workshop_replacement",
        "workshop_replacementstep",
        "workshop_stockscan",
        "workshop_stocktaking",
        "workshop_stocktakingend",
        "workshop_trueupstep",
        "workshop_workanswer",
        "workshop_workstep",
    ]
    assert missing_triggers() == []


TAMPERINGS = [
    ("UPDATE ledger_transfer SET amount = amount + 1 WHERE id = 't2'", "ledger_transfer t2"),
    ("UPDATE ledger_transfer SET note = 'nothing to see' WHERE id = 't2'", "ledger_transfer t2"),
    ("UPDATE ledger_transfer SET at_ms = 1 WHERE id = 't2'", "ledger_transfer t2"),
    ("DELETE FROM ledger_transfer WHERE id = 't2'", "row 2 is missing"),
    ("DELETE FROM ledger_transfer WHERE id = 't3'", "the newest rows were removed"),
    ("UPDATE ledger_transfer SET credit_id = 'customer:b:paid:yuan' WHERE id = 't3'", "ledger_transfer t3"),
    ("UPDATE ledger_ledgeraccount SET credits = credits + 1", "kept"),
]


@pytest.mark.parametrize(("statement", "named"), TAMPERINGS)
def test_tampering_with_raw_sql_turns_verify_red_and_names_the_row(statement, named):
    book([draft("t1"), draft("t2", 7, 0, 2), draft("t3", 9)], 1)
    assert faults() == []
    allow_changes(connection, "ledger_transfer")
    with connection.cursor() as cursor:
        cursor.execute(statement)
    found = faults()
    assert any(named in fault for fault in found), found
    assert any("ledger_transfer_no_update" in fault for fault in found)


def test_putting_the_triggers_back_does_not_hide_what_was_done():
    book([draft("t1"), draft("t2")], 1)
    allow_changes(connection, "ledger_transfer")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_transfer SET amount = 1 WHERE id = 't1'")
    forbid_changes(connection, "ledger_transfer")
    assert any("ledger_transfer t1 (position 1)" in fault for fault in faults())


def test_an_audit_entry_is_in_the_same_chain():
    book([draft("t1")], 1)
    record_audit(actor="anna", action="publish-price", subject="dormitory", detail="0.5583", now_ms=2)
    book([draft("t2")], 3)
    assert ChainHead.objects.get().position == 3
    allow_changes(connection, "ledger_auditentry")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_auditentry SET actor = 'nobody'")
    assert any("ledger_auditentry" in fault and "position 2" in fault for fault in faults())


def test_a_migration_that_drops_triggers_is_stopped():
    """Django's AlterField rebuilds a SQLite table and its triggers are gone; on PostgreSQL they are dropped by hand here."""
    from django.apps import apps

    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE rebuilt AS SELECT * FROM ledger_transfer")
            cursor.execute("DROP TABLE ledger_transfer")
            cursor.execute("ALTER TABLE rebuilt RENAME TO ledger_transfer")
    else:
        allow_changes(connection, "ledger_transfer")
    with pytest.raises(TriggersMissing, match="ForbidChanges"):
        verify_after_migrate(apps.get_app_config("ledger"), using="default")


def test_the_chain_says_where_it_breaks():
    links, previous = [], chain.GENESIS
    for position in range(1, 5):
        previous = chain.next_hash(previous, "t", position, ["x", position])
        links.append(chain.Link(position, "t", str(position), ["x", position], previous))
    assert chain.check(links) == chain.Whole(4, previous)
    assert chain.check([*links[:2], links[3]]) == chain.Broken(3, "t", "4", chain.Damage.MISSING)
    swapped = [links[0], links[2], links[1], links[3]]
    assert isinstance(chain.check(swapped), chain.Broken)
