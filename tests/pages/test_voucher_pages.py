"""Credit carried by hand, as the desk sees it: the file, the code, who took it; and alarms that end by a person's word."""

import re

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.test import Client

from central import clock
from central.desk.subsidies.one_account import grant_subsidy
from central.ledger.models import AuditEntry
from central.link.grants import order_of
from central.link.models import Alarm, Command, Delivery, Gateway
from central.link.signing import public_key_hex, signer
from central.office.models import User
from gateway.contract.commands import CENTRAL, Grant, VoucherList, decode_command
from gateway.contract.envelope import Sealed, body_of, keyring_from_hex, unseal
from gateway.contract.voucher_code import Place, read_code, shared_key, short_name
from tests.pages.test_desk_pages import pay

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
PAGE = "/desk/vouchers/1/"
PI = Ed25519PrivateKey.from_private_bytes(b"\x05" * 32)


@pytest.fixture
def pending(cashier: Client) -> Delivery:
    """One payment that the building has not booked."""
    Gateway.objects.update(public_key=PI.public_key().public_bytes_raw().hex())
    pay(cashier)
    return Delivery.objects.get()


def opened(file: bytes) -> list[Sealed]:
    keys = keyring_from_hex([public_key_hex()])
    sealed = [
        unseal(one, keys, kind="voucher", sender=CENTRAL, recipient="gw-1")
        for one in file.strip().split(b"\n\n")
    ]
    assert all(isinstance(one, Sealed) for one in sealed)
    return sealed


def test_the_waiting_list_leads_to_the_building_that_waits(cashier: Client, pending: Delivery) -> None:
    assert f'href="{PAGE}"' in cashier.get("/desk/waiting/").content.decode()
    Delivery.objects.update(applied_ms=1)
    assert PAGE not in cashier.get("/desk/waiting/").content.decode()


def test_the_file_holds_all_that_is_pending_subsidies_too_and_who_took_it_is_on_record(
    cashier: Client, pending: Delivery
) -> None:
    account = pending.grant.account.code
    boss = User.objects.get(username="manager")
    grant_subsidy("s-1", account, "paid", 5_000_000, actor=boss, why="winter", now_ms=clock.now_ms())
    answer = cashier.post(PAGE)
    assert re.fullmatch(
        r'attachment; filename="cardroom-gw-1-\d{8}-\d{4}\.voucher"', answer["Content-Disposition"]
    )
    listed, *grants = opened(answer.content)
    bodies = [decode_command(bytes(one.body)) for one in grants]
    assert {body.grant for body in bodies} == {pending.pk, "s-1"}
    assert set(body_of(listed, VoucherList).grants) == {pending.pk, "s-1"}
    entry = AuditEntry.objects.get(action="take-voucher-file")
    assert (entry.actor, entry.subject) == ("cashier", "gw-1")
    assert pending.pk in entry.detail
    assert not Delivery.objects.filter(vouched_ms=None).exists()


def test_a_code_is_shown_by_a_form_with_its_picture_and_is_the_grants(
    cashier: Client, pending: Delivery
) -> None:
    assert "voucher-code" not in cashier.get(PAGE).content.decode()
    page = cashier.post(PAGE, {"grant": pending.pk}).content.decode()
    found = re.search(r'id="voucher-code">([^<]+)<', page)
    assert found
    assert 'src="data:image/svg+xml' in page
    key = shared_key(PI, signer().private_key.public_key(), "gw-1")
    grant = pending.grant
    read = read_code(found[1], [key], "gw-1", [Place(grant.account.code, grant.bucket, grant.unit)])
    assert isinstance(read, Grant)
    assert (read.grant, read.amount) == (short_name(order_of(pending)), grant.amount)
    entry = AuditEntry.objects.get(action="show-voucher-codes")
    assert (entry.actor, pending.pk in entry.detail) == ("cashier", True)


def test_what_no_code_can_say_is_told_and_nobody_is_on_record(cashier: Client, pending: Delivery) -> None:
    Delivery.objects.update(serial=None)
    assert "Take the file" in cashier.post(PAGE, {"grant": pending.pk}).content.decode()
    assert not AuditEntry.objects.filter(action="show-voucher-codes").exists()


@pytest.mark.parametrize("sent", [{}, {"grant": "nobody"}])
def test_with_nothing_pending_there_is_nothing_to_take(cashier: Client, sent: dict[str, str]) -> None:
    answer = cashier.post(PAGE, sent, follow=True)
    assert "No file is needed" in answer.content.decode() or "No code is needed" in answer.content.decode()
    assert not AuditEntry.objects.filter(action__contains="voucher").exists()


def test_a_building_without_a_gateway_has_no_vouchers(cashier: Client) -> None:
    assert cashier.get("/desk/vouchers/99/").status_code == 404


# --- alarms that a person ends


def alarm(what: str, *, by_central: bool) -> Alarm:
    gateway = Gateway.objects.get()
    return Alarm.objects.create(
        gateway=gateway, code=f"c:{what}", by_central=by_central, what=what, subject="p1", raised_ms=1
    )


def resolve(client: Client, one: Alarm, why: str = "looked into it"):
    return client.post(f"/alarms/{one.pk}/resolve/", {"why": why}, follow=True)


def test_centrals_own_alarm_is_resolved_with_a_reason_on_record(admin: Client) -> None:
    own = alarm("grant-twice", by_central=True)
    page = admin.get("/alarms/").content.decode()
    assert f"/alarms/{own.pk}/resolve/" in page
    assert resolve(admin, own, "   ").status_code == 400
    said = resolve(admin, own, "the old card, taken away").content.decode()
    own.refresh_from_db()
    assert own.cleared_ms is not None
    assert "rises again" in said
    assert "manager: the old card, taken away" in said, "the list of the settled says who and why"
    assert AuditEntry.objects.get(action="resolve-alarm").detail == "the old card, taken away"
    resolve(admin, own)
    assert AuditEntry.objects.filter(action="resolve-alarm").count() == 1, "done twice it is done once"


def test_a_resolved_alarm_rises_again_with_its_cause(admin: Client) -> None:
    from central.link.alarms import raise_alarm

    own = raise_alarm("grant-twice", "p1", now_ms=5, gateway_id="gw-1")
    resolve(admin, own)
    raise_alarm("grant-twice", "p1", now_ms=9, gateway_id="gw-1")
    own.refresh_from_db()
    assert (own.raised_ms, own.cleared_ms) == (9, None)


def test_a_gateways_own_end_is_asked_for_once_and_shown_as_asked(admin: Client) -> None:
    theirs = alarm("exists-with-different", by_central=False)
    Gateway.objects.update(epoch="e7c1")
    resolve(admin, theirs)
    page = resolve(admin, theirs).content.decode()
    theirs.refresh_from_db()
    assert theirs.cleared_ms is None, "the gateway ends it"
    assert Command.objects.filter(kind="resolve-alarm").count() == 1
    assert "asked of the gateway" in page


def test_an_alarm_that_ends_with_its_cause_is_nobodys_to_end(admin: Client) -> None:
    theirs = alarm("meter-silent", by_central=False)
    assert f"/alarms/{theirs.pk}/resolve/" not in admin.get("/alarms/").content.decode()
    answer = resolve(admin, theirs)
    assert answer.status_code == 400
    assert "ends by itself" in answer.content.decode()


def test_a_cashier_sees_no_way_to_resolve(cashier: Client) -> None:
    own = alarm("grant-twice", by_central=True)
    assert "/resolve/" not in cashier.get("/alarms/").content.decode()
    assert resolve(cashier, own).status_code == 403
