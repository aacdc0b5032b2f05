"""A gateway's card was stolen, or may have been copied: one act, after which nothing that it says is believed (R-G5, R-G6).

Its key is forgotten here, so that its messages are a stranger's, whatever the broker does; its certificates are on the broker's
list, so that it isn't let in. The building's books stay: enrolling again gives them to the next card.
"""

from dataclasses import dataclass
from enum import StrEnum

from django.db import transaction

from central.ledger.operations import record_audit
from central.link.alarms import GATEWAY_REVOKED, TOLD, raise_alarm
from central.link.authority import AuthorityUnreadable, folder
from central.link.broker_files import NotWritten, Written, write_again
from central.link.models import EnrolmentCode, Gateway, GatewayCertificate
from central.office.notices import notify


class RevokeRefusal(StrEnum):
    """Why nobody was revoked."""

    UNKNOWN_GATEWAY = "unknown-gateway"
    NO_REASON = "no-reason"
    ALREADY = "already-revoked"


@dataclass(frozen=True, slots=True)
class Revoked:
    """Who was revoked, of which building, and whether the broker's files say so."""

    gateway: str
    building: str
    written: Written


def revoke_gateway(gateway_id: str, why: str, *, actor: str, now_ms: int) -> Revoked | RevokeRefusal:
    """Forget a gateway's key, revoke its certificates, close its building's code, and write the broker's list.

    Asked again it only writes the list again, where that failed before. What can't be written is said; it is revoked all the same.
    """
    done = _forget(gateway_id, why.strip(), actor, now_ms)
    if isinstance(done, RevokeRefusal):
        return done
    try:
        return Revoked(gateway_id, done, write_again(now_ms))
    except AuthorityUnreadable as error:
        unwritten = Written(str(folder()), why_not=NotWritten.FAILED, detail=str(error))
        return Revoked(gateway_id, done, unwritten)


@transaction.atomic
def _forget(gateway_id: str, why: str, actor: str, now_ms: int) -> str | RevokeRefusal:
    if not why:
        return RevokeRefusal.NO_REASON
    # The code before the gateway, as who uses it locks them.
    EnrolmentCode.objects.select_for_update().filter(building__gateway=gateway_id).first()
    gateway = Gateway.objects.select_for_update().filter(pk=gateway_id).first()
    if gateway is None:
        return RevokeRefusal.UNKNOWN_GATEWAY
    code = gateway.building.code
    if not gateway.public_key:
        return code if _is_unwritten(gateway) else RevokeRefusal.ALREADY
    gateway.public_key, gateway.revoked_ms, gateway.central_keys = "", now_ms, []
    gateway.save(update_fields=["public_key", "revoked_ms", "central_keys"])
    revoke_certificates(gateway, why, now_ms)
    EnrolmentCode.objects.filter(building=gateway.building).update(
        open_until_ms=0, used_key="", waiting_key="", approved_key=""
    )
    record_audit(actor=actor, action="revoke-gateway", subject=gateway_id, detail=why[:200], now_ms=now_ms)
    raise_alarm(GATEWAY_REVOKED, gateway_id, now_ms=now_ms, gateway_id=gateway_id, detail=f"{actor}: {why}")
    data = {"building": gateway.building.name, "gateway": gateway_id, "why": why[:120]}
    notify(GATEWAY_REVOKED, data, to=TOLD, key=f"{GATEWAY_REVOKED}-{gateway_id}-{now_ms}", now_ms=now_ms)
    return code


def revoke_certificates(gateway: Gateway, why: str, now_ms: int, *, but: str = "") -> int:
    """Revoke what a gateway was given, but the certificates of one key; give how many.

    What has lapsed, too: by it the keys are known that must never come back.
    """
    rows = GatewayCertificate.objects.filter(gateway=gateway, revoked_ms=None)
    return rows.exclude(key_digest=but).update(revoked_ms=now_ms, why=why[:200])


def _is_unwritten(gateway: Gateway) -> bool:
    """Say whether the last revocation may not have reached the broker's list: writing it again costs nothing."""
    return GatewayCertificate.objects.filter(gateway=gateway).exclude(revoked_ms=None).exists()
