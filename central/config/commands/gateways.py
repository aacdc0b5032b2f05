"""`gateway`, `publish-config`, `voucher`, `resend`, `resend-grant`, `status`: what an administrator asks about the link."""

import sys
from argparse import Namespace

from django.db import transaction
from django.db.models import Q

from central import clock
from central.ledger.operations import record_audit
from central.link import counters
from central.link.configuration import publish_config, publish_if_changed
from central.link.epochs import unanswered
from central.link.models import Gateway, QuarantinedRow, WatermarkCheck
from central.link.operations import LinkRefusal, Refused, ask_resend, enrol_gateway
from central.link.resending import resend_grant
from central.link.vouchers import CodedGrant, voucher_codes, voucher_file

ADVICE = {
    LinkRefusal.BAD_ID: "use 1-64 letters, digits, '.', '_', ':' or '-'",
    LinkRefusal.BAD_KEY: "a public key is 64 hex digits; `cardroom-gateway key` on the gateway prints it",
    LinkRefusal.UNKNOWN_BUILDING: "import the campus first, and name the building by its code",
    LinkRefusal.BUILDING_HAS_GATEWAY: "a building has one gateway; use that one's id to replace its key",
    LinkRefusal.GATEWAY_EXISTS: "this id belongs to another building; choose another id",
    LinkRefusal.UNKNOWN_GATEWAY: "`cardroom-central status` lists the gateways",
    LinkRefusal.UNKNOWN_GRANT: "the alarm of its refusal names the grant, such as p-...",
    LinkRefusal.NO_GATEWAY: "its building has no gateway yet; it goes out when one is enrolled",
    LinkRefusal.GRANT_CREDITED: "the gateway has credited it; nothing is to be sent",
    LinkRefusal.GRANT_UNDER_WAY: "no refusal came; it is sent again by itself until the gateway answers",
    LinkRefusal.GATEWAY_BEING_RESTORED: "the gateway is being restored; try again when it has begun anew",
    LinkRefusal.PAYS_ELSEWHERE: "it pays from another account now, and the gateway refuses credit for it: `split-balance` first, "
    "send the grant again, and merge again when it has arrived",
    LinkRefusal.ACCOUNT_NOT_OPEN: "this account is closed or closing, and the gateway refuses credit for it",
    LinkRefusal.MAY_BE_CREDITED: "the gateway may have credited it before its present epoch, or by a code: compare the room's "
    "balance at the gateway (`cardroom-gateway status`), and say --not-credited if it is without it",
}


def add_gateway(options: Namespace) -> int:
    """Enrol a gateway, or replace its key."""
    enrolled = enrol_gateway(
        options.id, options.building, options.public_key, actor="console", now_ms=clock.now_ms()
    )
    if isinstance(enrolled, Refused):
        return _refused(enrolled)
    print(f"gateway {options.id} is enrolled for building {options.building}")
    return 0


@transaction.atomic
def publish(options: Namespace) -> int:
    """Number the configuration of every building that changed (all with --all)."""
    for gateway_id in Gateway.objects.values_list("pk", flat=True):
        send = publish_config if options.all else publish_if_changed
        with transaction.atomic():
            now_ms = clock.now_ms()
            command = send(gateway_id, now_ms)
            if command is not None:
                record_audit(
                    actor="console",
                    action="publish-config",
                    subject=gateway_id,
                    detail=command.subject,
                    now_ms=now_ms,
                )
        print(f"{gateway_id}: {f'configuration {command.subject}' if command else 'unchanged'}")
    return 0


def voucher(options: Namespace) -> int:
    """Write a building's pending credit to standard output: one signed file, or with --codes a line for each grant."""
    named = Q(building__code=options.building) | Q(pk=options.building)
    gateway = Gateway.objects.filter(named).order_by("pk").first()
    if gateway is None:
        return _refused(Refused(LinkRefusal.UNKNOWN_GATEWAY, options.building))
    now_ms = clock.now_ms()
    if options.codes:
        return _print_codes(voucher_codes(gateway, actor="console", now_ms=now_ms), gateway.pk)
    content = voucher_file(gateway.pk, actor="console", now_ms=now_ms)
    if not content:
        return _nothing_pending(gateway.pk)
    sys.stdout.buffer.write(content)
    sys.stdout.flush()
    return 0


def _print_codes(coded: list[CodedGrant], gateway_id: str) -> int:
    if not coded:
        return _nothing_pending(gateway_id)
    for one in coded:
        grant = one.delivery.grant
        print(f"{grant.account.code}  {grant.amount} {grant.unit}  {one.code or 'by file only'}")
    return 0


def _nothing_pending(gateway_id: str) -> int:
    print(f"gateway {gateway_id} has no credit pending; no voucher is needed", file=sys.stderr)
    return 1


def resend(options: Namespace) -> int:
    """Ask a gateway to send its rows again from a sequence on."""
    asked = ask_resend(
        options.gateway, options.epoch, options.sequence, actor="console", now_ms=clock.now_ms()
    )
    if isinstance(asked, Refused):
        return _refused(asked)
    print(f"asked {options.gateway} for epoch {options.epoch} from row {options.sequence} on")
    return 0


def send_grant_again(options: Namespace) -> int:
    """Send a grant once more that its gateway refused; exit code 2 when that can't help: nothing is sent then."""
    sent = resend_grant(
        options.grant, actor="console", now_ms=clock.now_ms(), not_credited=options.not_credited
    )
    if isinstance(sent, Refused):
        return _refused(sent)
    print(f"grant {options.grant} goes to {sent.gateway_id} again, with serial {sent.serial}")
    return 0


def status(options: Namespace) -> int:
    """Print the state of the link with every gateway, its counters, and what is quarantined."""
    for gateway in Gateway.objects.select_related("building").order_by("pk"):
        seen = (
            clock.local(gateway.last_seen_ms).strftime("%Y-%m-%d %H:%M:%S")
            if gateway.last_seen_ms
            else "never"
        )
        print(
            f"{gateway.pk} ({gateway.building.name}): {'online' if gateway.online else 'offline'}, last seen {seen}"
        )
        print(f"  epoch {gateway.epoch or 'none yet'}, commands without an answer: {unanswered(gateway.pk)}")
        waiting = QuarantinedRow.objects.filter(gateway=gateway, resolved_ms=None).count()
        check = WatermarkCheck.objects.filter(gateway=gateway).order_by("-id").first()
        compared = (
            f"{len(check.differences)} differences in {check.accounts} accounts" if check else "not yet"
        )
        print(f"  rows in quarantine: {waiting}, balances compared: {compared}")
        _print_counters(gateway.pk)
    print("messages of unknown gateways:")
    _print_counters(counters.UNKNOWN_GATEWAY)
    return 0


def _print_counters(gateway_id: str) -> None:
    counted = counters.of(gateway_id)
    print(
        "  " + (", ".join(f"{name} {count}" for name, count in sorted(counted.items())) or "nothing counted")
    )


def _refused(refusal: Refused) -> int:
    print(f"{refusal.why.value}: {refusal.what}; {ADVICE.get(refusal.why, '')}", file=sys.stderr)
    return 2
