"""Statements compiled once give what Django's own query gives, whatever the values, in every thread."""

import pytest
from django.db import IntegrityError, connection, connections, transaction

from central.campus.models import Account, Building
from central.ledger.models import LedgerAccount
from central.link.models import AccountDecision, Alarm, Gateway
from central.link.telemetry.apps import TELEMETRY
from central.link.telemetry.models import ReceivedRow
from central.office.models import DatedValue
from central.prepared import (
    FEW_NAMES,
    Prepared,
    PreparedIn,
    insert,
    insert_all,
    update,
    upsert,
    write_rows,
)

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])


def accounts(code):
    found = Account.objects.select_related("point__room__building", "point__customer_class")
    return found.filter(code=code, state="open").defer("point__room__floor")


def test_models_come_with_what_they_are_joined_to(campus, django_assert_num_queries):
    prepared = Prepared(accounts, str)
    for code in ("1-301.1", "2-101.1", "1-301.1"):
        with django_assert_num_queries(1):
            one = prepared.first(code)
            said = (one.code, one.point.room.label, one.point.customer_class.name)
        plain = accounts(code).get()
        assert said == (plain.code, plain.point.room.label, plain.point.customer_class.name)
        assert one.get_deferred_fields() == plain.get_deferred_fields()
    assert prepared.first("nobody") is None
    assert prepared.first("1-301.1' OR '1'='1") is None, "a value stays a value"


def test_values_come_as_the_query_gives_them(campus):
    flat = Prepared(
        lambda code: Account.objects.filter(code=code).values_list("point__room__label", flat=True), str
    )
    several = Prepared(
        lambda kind, least: LedgerAccount.objects.filter(kind=kind, debits__gte=least).values_list(
            "code", "debits"
        ),
        str,
        int,
    )
    LedgerAccount.objects.create(code="a", unit="yuan", kind="asset", debits=7)
    LedgerAccount.objects.create(code="b", unit="yuan", kind="asset", debits=2)
    assert flat.rows("1-301.1") == ["301"]
    for kind, least, found in (("asset", 3, [("a", 7)]), ("income", 0, []), ("asset", 8, [])):
        assert several.rows(kind, least) == found
    with pytest.raises(ValueError, match="zip"):
        several.rows("asset")


def test_a_lock_outside_a_transaction_is_refused_each_time(campus, monkeypatch):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite locks no rows")
    locked = Prepared(lambda code: Account.objects.select_for_update().filter(code=code), str)
    assert locked.first("1-301.1").code == "1-301.1"
    monkeypatch.setattr(connection, "get_autocommit", lambda: True)
    with pytest.raises(transaction.TransactionManagementError):
        locked.first("1-301.1")


def test_json_is_read_and_written_as_such():
    said = Prepared(lambda code: DatedValue.objects.filter(code=code), str)
    insert(
        DatedValue(
            code="x", place="campus", where="", value=[{"from": "09-01"}], from_ms=1, made_by="t", made_ms=1
        )
    )
    assert said.first("x").value == [{"from": "09-01"}] == DatedValue.objects.get(code="x").value


IN_THREADS = """
from concurrent.futures import ThreadPoolExecutor
from django.db import connection
from central.campus.models import Account, Building
from central.prepared import Prepared
prepared = Prepared(lambda code: Account.objects.filter(code=code).values_list("code", flat=True), str)
def ask(turn):
    try:
        return prepared.rows("1-301.1")
    finally:
        connection.close()
prepared.rows("1-302.1")
with ThreadPoolExecutor(4) as pool:
    print({str(one) for one in pool.map(ask, range(20))})
"""


def test_each_thread_asks_its_own_connection(ready):
    assert ready.script(IN_THREADS).communicate(timeout=100) == ("{\"['1-301.1']\"}\n", "")


def test_a_row_is_stored_as_save_would_store_it():
    by_key = LedgerAccount(code="a", unit="yuan", kind="asset")
    insert(by_key)
    assert (by_key._state.adding, LedgerAccount.objects.get().debits) == (False, 0)
    with pytest.raises(IntegrityError), transaction.atomic():
        insert(LedgerAccount(code="a", unit="yuan", kind="asset"))
    numbered = Alarm(code="c", what="w", subject="s", raised_ms=5)
    insert(numbered)
    assert Alarm.objects.get(pk=numbered.pk).raised_ms == 5


def test_only_the_named_fields_are_written_and_a_missing_row_is_said():
    stored = LedgerAccount.objects.create(code="a", unit="yuan", kind="asset", debits=1, credits=2)
    stored.debits, stored.credits = 10, 20
    update(stored, "debits")
    assert list(LedgerAccount.objects.values_list("debits", "credits")) == [(10, 2)]
    stored.code = "b"
    with pytest.raises(LookupError):
        update(stored, "debits")


AWKWARD = ["", "NULL", "null", '"', "\\", "\\\\x41", "{a,b}", "a'b", "a\nb\tc", "电", "%s", ' "x" ']


def test_a_statement_for_many_rows_stores_each_value_as_it_is():
    insert_into = "INSERT INTO telemetry_receivedrow (gateway, epoch, seq, digest) "
    rows = [(name, "e", place, bytes([0, 92, 34, place])) for place, name in enumerate(AWKWARD)]
    write_rows(
        connections[TELEMETRY],
        rows,
        each=f"{insert_into}VALUES (%s, %s, %s, %s)",
        arrays=f"{insert_into}SELECT * FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::bytea[])",
    )
    stored = ReceivedRow.objects.order_by("seq").values_list("gateway", "epoch", "seq", "digest")
    assert [(*row[:3], bytes(row[3])) for row in stored] == rows
    write_rows(connections[TELEMETRY], [], each="nothing", arrays="nothing")


def test_no_value_and_no_truth_are_not_words():
    nobody = [("a", None, True), ("b", -7, False), ("c", None, None)]
    with connections[TELEMETRY].cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE awkward (name text, number bigint, truth boolean)")
        write_rows(
            connections[TELEMETRY],
            nobody,
            each="INSERT INTO awkward VALUES (%s, %s, %s)",
            arrays="INSERT INTO awkward SELECT * FROM unnest(%s::text[], %s::bigint[], %s::boolean[])",
        )
        cursor.execute("SELECT name, number, truth FROM awkward ORDER BY name")
        assert [tuple(row) for row in cursor.fetchall()] == nobody
        cursor.execute("DROP TABLE awkward")


def test_rows_of_one_model_are_stored_together():
    rows = [LedgerAccount(code=code, unit="yuan", kind="asset", debits=len(code)) for code in AWKWARD[1:]]
    insert_all(rows)
    assert {one.code: one.debits for one in LedgerAccount.objects.all()} == {
        code: len(code) for code in AWKWARD[1:]
    }
    insert_all([])
    with pytest.raises(TypeError, match="from the database"):
        insert_all([Alarm(what="x")])


def test_the_row_of_a_key_is_put_in_the_place_of_the_one_before():
    gateway = Gateway.objects.create(pk="gw-1", building=Building.objects.create(code="1"), enrolled_ms=1)
    for facts in ({"until_ms": 7}, {}):
        upsert(
            AccountDecision(account="a", gateway=gateway, decision="open", balance=-1, facts=facts, at_ms=5)
        )
        upsert(AccountDecision(account="b", gateway=gateway, decision="warn", balance=3, at_ms=6))
        assert AccountDecision.objects.get(pk="a").facts == facts
    assert [(one.pk, one.decision) for one in AccountDecision.objects.order_by("pk")] == [
        ("a", "open"),
        ("b", "warn"),
    ]


def test_any_number_of_names_is_asked_for_and_stored_at_once(django_assert_num_queries):
    named = PreparedIn(
        lambda names, least: LedgerAccount.objects.filter(code__in=names, debits__gte=least).values_list(
            "code", flat=True
        ),
        int,
    )
    codes = [f"{number:02}" for number in range(FEW_NAMES + 5)]
    with django_assert_num_queries(1):
        insert_all([LedgerAccount(code=code, unit="yuan", kind="asset", debits=int(code)) for code in codes])
    for names in ([], ["03"], ["nobody", "04"], codes[:FEW_NAMES], codes):
        with django_assert_num_queries(min(len(names), 1)):
            found = named.any_of(names, 2)
        assert sorted(found) == [name for name in names if name in codes[2:]]
    with django_assert_num_queries(0):
        insert_all([])
