"""Gateways with their certificates, one that ends soon; an open code, with a card that waits for a person's word."""

from central import clock
from central.domain.certificates import DAY_MS
from central.link.enrolment_codes import open_code
from central.link.models import EnrolmentCode, Gateway, GatewayCertificate


def gateways() -> None:
    """Give every gateway a certificate, and building 2 an open code."""
    now_ms = clock.now_ms()
    for number, gateway in enumerate(Gateway.objects.order_by("pk")):
        GatewayCertificate.objects.create(
            gateway=gateway,
            serial=f"{number:x}",
            key_digest=f"{number}" * 64,
            gateway_key=gateway.public_key,
            pem="",
            issued_ms=now_ms - 85 * DAY_MS,
            expires_ms=now_ms + (5 + 40 * number) * DAY_MS,
        )
    open_code("2", 48, actor="manager", now_ms=now_ms)
    EnrolmentCode.objects.update(waiting_key="8a88e3dd7409f195" * 4, waiting_ms=now_ms)
