"""Credit carried by hand, and a grant's serial, at central (C-6, C-11, R-B5): codes that come back, openings of any size."""

import importlib

import msgspec
import pytest
from django.apps import apps

from central.desk.operations import pay
from central.desk.subsidies.one_account import grant_subsidy
from central.link.grants import SERIALS_FROM_MS, order_of
from central.link.models import Alarm, Delivery, Gateway, Grant, QuarantinedRow
from central.link.openings import opening_for
from central.link.operations import enrol_gateway
from central.link.resolving import resolve_alarm
from central.link.vouchers import voucher_codes, voucher_file
from gateway.contract import commands, facts
from gateway.contract.envelope import MAX_BYTES
from gateway.contract.facts import CommandOutcome
from gateway.contract.voucher_code import Place, read_code, shared_key, short_name
from tests.central.conftest import NOW_MS
from tests.central.steps import (
    ROOM,
    answered,
    credit,
    customer,
    held,
    last,
    order,
    queued,
    rebuilt,
    standing,
    up,
)

YUAN = 1_000_000


def coded(twin, delivery):
    """What the gateway reads from the code that central gives for a grant."""
    from central.link.signing import signer

    [one] = voucher_codes(Gateway.objects.get(), actor="anna", now_ms=NOW_MS, only=delivery.pk)
    key = shared_key(twin.private_key, signer().private_key.public_key(), twin.name)
    grant = delivery.grant
    return read_code(one.code, [key], twin.name, [Place(grant.account.code, grant.bucket, grant.unit)])


def test_serials_rise_with_each_grant_and_are_given_before_anything_is_signed(taker, cashier):
    for name in ("p1", "p2", "p3"):
        pay(name, ROOM, 5_000, cashier, now_ms=NOW_MS)
    serials = list(Delivery.objects.order_by("pk").values_list("serial", flat=True))
    assert serials == list(range(serials[0], serials[0] + 3))
    assert serials[0] == (NOW_MS - SERIALS_FROM_MS) // 60_000, "a restored central gives none again"
    assert [order(last("grant")).serial] == [serials[-1]]


def test_what_was_paid_before_the_gateway_gets_its_serial_at_enrolment(campus, cashier, twin):
    pay("p1", "2-101.1", 5_000, cashier, now_ms=NOW_MS)
    assert Delivery.objects.get().serial is None
    enrol_gateway("gw-2", "2", twin.public_key, actor="t", now_ms=NOW_MS)
    assert Delivery.objects.get().serial


def test_c_6_a_code_that_was_typed_settles_its_grant_and_the_command_after_it_too(taker, twin, cashier):
    pay("p1", ROOM, 5_000, cashier, now_ms=NOW_MS)
    delivery = Delivery.objects.get()
    grant = coded(twin, delivery)
    assert (grant.account, grant.amount, grant.serial) == (ROOM, 50 * YUAN, delivery.serial)
    up(
        taker,
        twin,
        twin.granted(grant.grant, ROOM, 50 * YUAN),
        twin.result(0, grant.grant, CommandOutcome.APPLIED),
    )
    delivery.refresh_from_db()
    assert delivery.applied_ms
    assert standing("unknown-grant") == []
    answered(taker, twin, last("grant"), CommandOutcome.EXISTS)
    up(taker, twin, twin.watermark())
    assert not Alarm.objects.filter(cleared_ms=None).exists()
    assert customer() == 50 * YUAN
    assert voucher_file("gw-1", actor="anna", now_ms=NOW_MS) == b""


@pytest.mark.parametrize(
    "name", ["n-{serial}-0000", "n-1-{tag}", "n-{serial}-{tag}x", "n-9999999999999999-{tag}"]
)
def test_c_6_a_name_that_is_no_grants_is_credit_that_was_never_given(taker, twin, cashier, name):
    pay("p1", ROOM, 5_000, cashier, now_ms=NOW_MS)
    delivery = Delivery.objects.get()
    tag = short_name(order_of(delivery))[-4:]
    up(taker, twin, twin.granted(name.format(serial=delivery.serial, tag=tag), ROOM, 50 * YUAN))
    assert standing("unknown-grant") == [ROOM]
    delivery.refresh_from_db()
    assert delivery.applied_ms is None


def test_r_b5_a_subsidy_with_a_last_day_goes_by_file_and_by_code(taker, twin, cashier):
    grant_subsidy(
        "s1",
        ROOM,
        "paid",
        5 * YUAN,
        actor=cashier,
        why="w",
        now_ms=NOW_MS,
        expires_ms=NOW_MS // 60_000 * 60_000,
    )
    assert coded(twin, Delivery.objects.get()).expires_ms == NOW_MS // 60_000 * 60_000
    grant_subsidy("s2", ROOM, "paid", 5 * YUAN, actor=cashier, why="w", now_ms=NOW_MS, expires_ms=NOW_MS + 1)
    codes = voucher_codes(Gateway.objects.get(), actor="a", now_ms=NOW_MS)
    assert [one.code is None for one in codes] == [False, True]
    assert voucher_file("gw-1", actor="a", now_ms=NOW_MS).count(b"\n\n") == 3


def test_c_11_an_opening_names_what_is_pending_and_what_has_no_serial(taker, twin, cashier):
    credit(taker, twin, cashier, "p1")
    credit(taker, twin, cashier, "p2")
    pay("p3", ROOM, 5_000, cashier, now_ms=NOW_MS)
    Delivery.objects.filter(pk="p-p2").update(serial=None)
    rebuilt(taker, twin)
    opening = order(last("configure")).opening
    assert opening.known_grants == ["p-p2"]
    assert opening.grants_pending == [Delivery.objects.get(pk="p-p3").serial]
    assert held(opening) == ["p-p1", "p-p2"]
    assert [kind for _, kind in queued()] == ["configure", "grant"]


def many_grants(count):
    """Grants that the gateway has booked, as a campus has them after years; every 1,000th is still on its way."""
    from central.campus.models import Account

    account, gateway = Account.objects.get(code=ROOM), Gateway.objects.get()
    Grant.objects.bulk_create(
        [
            Grant(grant_id=f"p-0a7d2c1e-6e0b-4d0e-9a55-{n:012}", account=account, bucket="paid", unit="yuan",
                  amount=YUAN, source="payment", created_ms=NOW_MS)
            for n in range(count)
        ],
        batch_size=2000,
    )  # fmt: skip
    Delivery.objects.bulk_create(
        [
            Delivery(grant_id=f"p-0a7d2c1e-6e0b-4d0e-9a55-{n:012}", gateway=gateway, serial=n + 1,
                     applied_ms=None if n % 1000 == 999 else NOW_MS)
            for n in range(count)
        ],
        batch_size=2000,
    )  # fmt: skip
    Gateway.objects.update(last_grant_serial=count)


@pytest.mark.one_database
def test_c_11_a_gateway_is_rebuilt_after_sixty_thousand_grants(taker, twin, cashier):
    many_grants(60_000)
    rebuilt(taker, twin)
    configure = last("configure")
    opening = order(configure).opening
    assert len(bytes(configure.sealed)) < MAX_BYTES // 50
    assert (opening.grants_up_to, len(opening.grants_pending)) == (60_000, 60)
    assert opening.known_grants == []
    assert queued()[0] == (configure.number, "configure")
    assert len(queued()) == 61, "what is pending follows, once each"


def test_the_migration_numbers_what_is_booked_and_leaves_alone_what_was_signed_without(taker, twin, cashier):
    for name in ("p1", "p2", "p3", "p4"):
        pay(name, ROOM, 1_000, cashier, now_ms=NOW_MS + int(name[1]))
    Delivery.objects.update(serial=None)
    Delivery.objects.filter(pk__in=["p-p1", "p-p2", "p-p3"]).update(applied_ms=NOW_MS)
    Delivery.objects.filter(pk="p-p2").update(vouched_ms=NOW_MS)
    migration = importlib.import_module("central.link.migrations.0005_grant_serials")
    migration.number_booked_grants(apps, None)
    serials = dict(Delivery.objects.values_list("pk", "serial"))
    assert serials == {"p-p1": 1, "p-p2": None, "p-p3": 2, "p-p4": None}
    assert Gateway.objects.get().last_grant_serial == 2
    opening = opening_for(Gateway.objects.get())
    assert (opening.grants_up_to, opening.grants_pending, opening.known_grants) == (2, [], ["p-p2"])
    pay("p5", ROOM, 1_000, cashier, now_ms=NOW_MS + 9)
    assert Delivery.objects.get(pk="p-p5").serial > 2


def test_an_old_opening_decodes(taker):
    raw = b'{"epoch":"e","balances":[],"registers_wh":{},"known_grants":["a"]}'
    opening = msgspec.json.decode(raw, type=commands.Opening)
    assert (opening.grants_up_to, opening.grants_pending) == (0, [])
    assert (
        order_of(
            Delivery(grant=Grant(grant_id="a", account=_account(), bucket="paid", unit="yuan", amount=1))
        ).serial
        == 0
    )


def _account():
    from central.campus.models import Account

    return Account.objects.get(code=ROOM)


def test_c_11_a_gateways_alarm_that_nothing_ends_is_ended_by_its_own_answer(taker, twin):
    raised = facts.Alarm("gw-1.e1.1", "exists-with-different", "p1", True, twin.at(), "x")
    up(taker, twin, raised)
    alarm = Alarm.objects.get(what="exists-with-different")
    resolve_alarm(alarm.pk, actor="boss", why="two desks", now_ms=NOW_MS)
    assert order(last("resolve-alarm")) == commands.ResolveAlarm(
        "exists-with-different", "p1", "boss", "two desks"
    )
    up(
        taker,
        twin,
        facts.Alarm("gw-1.e1.1", "exists-with-different", "p1", False, twin.at(), "x"),
        twin.result(last("resolve-alarm").number, last("resolve-alarm").command_id, CommandOutcome.APPLIED),
    )
    assert standing("exists-with-different") == []
    assert not QuarantinedRow.objects.exists()
