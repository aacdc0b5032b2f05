"""Joins the keeper of the link's certificate to its file, the process that renews it, and the link."""

import random
from collections.abc import Sequence

from gateway.adapters.renewing_process import run_renewal
from gateway.adapters.system_clock import RealTime
from gateway.adapters.tls_files import validity_of
from gateway.app.parts import Parts
from gateway.loops.renew_certificate import CertificateKeeper, Renewal

_dice = random.SystemRandom()


def certificate_keeper(parts: Parts, renewal: Sequence[str]) -> CertificateKeeper | None:
    """Give the keeper; None where the link has no certificate of its own, or nowhere to renew it."""
    certificate, url = parts.config.mqtt.certificate_file, parts.config.web.url
    if certificate is None or url is None or not renewal:
        return None

    async def renew() -> Renewal:
        told = await run_renewal(renewal)
        return Renewal(told.code, told.what)

    return CertificateKeeper(
        look=lambda: validity_of(certificate),
        renew=renew,
        connect_anew=parts.uplink.connect_anew,
        clock=RealTime(),
        dice=_dice.random,
    )
