"""Each minute: write the broker's files where they are behind, tell gateways of our keys, warn of certificates that end.

A gateway renews its own with a third of its life left; what is near its end has failed to for weeks, and a person must look.
"""

import logging

from django.db import transaction

from central.clock import local
from central.domain.certificates import DAY_MS
from central.link.alarms import TOLD, clear_alarm, raise_alarm
from central.link.authority import AuthorityUnreadable
from central.link.broker_files import NotWritten, broker_ends_ms, write_again
from central.link.gateway_queries import ending_soon
from central.link.models import Alarm
from central.link.signing import SigningKeyMissing
from central.link.signing_keys import tell_keys
from central.office.notices import notify, was_told

CERTIFICATE_ENDS = "certificate-ends"
BROKER = "broker"
BROKER_SOON_MS = 90 * DAY_MS
"""Broker and ingest have two years, and are renewed with eight months left."""

log = logging.getLogger(__name__)


def keep_certificates(now_ms: int) -> int:
    """Do what is due, and give how many certificates end soon."""
    try:
        written = write_again(now_ms)
        tell_keys(now_ms)
    except (AuthorityUnreadable, SigningKeyMissing) as error:
        log.error("%s", error)
    else:
        if written.why_not is NotWritten.FAILED:
            log.error("the broker's files in %s can't be written: %s", written.folder, written.detail)
    ends_ms = broker_ends_ms()
    ending = {} if ends_ms is None or ends_ms - now_ms >= BROKER_SOON_MS else {BROKER: ends_ms}
    gateways = {one.gateway.pk: one.ends_ms for one in ending_soon(now_ms) if one.gateway}
    for whose, until_ms in (ending | gateways).items():
        _tell(whose, until_ms or 0, whose in gateways, now_ms)
    standing = Alarm.objects.filter(what=CERTIFICATE_ENDS, cleared_ms=None)
    for alarm in standing.exclude(subject__in=[*ending, *gateways]):
        clear_alarm(CERTIFICATE_ENDS, alarm.subject, now_ms=now_ms, gateway_id=alarm.gateway_id)
    return len(ending) + len(gateways)


def _tell(whose: str, ends_ms: int, is_gateway: bool, now_ms: int) -> None:
    day = f"{local(ends_ms):%Y-%m-%d}"
    with transaction.atomic():
        raise_alarm(
            CERTIFICATE_ENDS, whose, now_ms=now_ms, gateway_id=whose if is_gateway else None, detail=day
        )
        key = f"certificate-ends-{whose}-{ends_ms}"
        if not was_told(key, CERTIFICATE_ENDS, now_ms):
            notify(CERTIFICATE_ENDS, {"whose": whose, "day": day}, to=TOLD, key=key, now_ms=now_ms)
