"""This gateway's own certificate: whose it is, whether it fits its key, how long it lasts.

`cryptography.x509` is loaded when one is read: the other commands must start at once.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gateway.technician.findings import Finding, Level
from gateway.words import say

CHECK = "certificate"
MS_PER_DAY = 86_400_000
SOON_DAYS = 20
"""The daemon renews from a third of the life before its end: 30 days of 90. Ten days later something is in its way."""


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """What the files say. `trouble` says why they say nothing."""

    name: str = ""
    begins_ms: int = 0
    ends_ms: int = 0
    fits_key: bool = True
    trouble: str = ""


def read_certificate(certificate: Path, key: Path | None) -> CertificateFacts:
    """Read the certificate's name and dates, and compare it with its key."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
    from cryptography.x509.oid import NameOID

    try:
        found = x509.load_pem_x509_certificate(certificate.read_bytes())
        public = None if key is None else load_pem_private_key(key.read_bytes(), None).public_key()
    except (OSError, ValueError, TypeError) as error:
        return CertificateFacts(trouble=str(error))
    names = found.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return CertificateFacts(
        name=str(names[0].value) if names else "",
        begins_ms=int(found.not_valid_before_utc.timestamp()) * 1000,
        ends_ms=int(found.not_valid_after_utc.timestamp()) * 1000,
        fits_key=public is None or public == found.public_key(),
    )


def judge_certificate(facts: CertificateFacts, gateway: str, now_ms: int) -> Iterator[Finding]:
    """Judge a gateway's certificate at an instant."""
    anew = say("Get a new one: sudo cardroom-gateway setup")
    if facts.trouble:
        yield Finding(
            CHECK,
            Level.BAD,
            "certificate-unreadable",
            say("The certificate can't be read."),
            facts.trouble,
            anew,
        )
        return
    if not facts.fits_key:
        what = say("The certificate doesn't belong to this gateway's key.")
        yield Finding(CHECK, Level.BAD, "certificate-without-key", what, next_step=anew)
    if facts.name != gateway:
        what = say(
            "The certificate is {name}'s, and this is gateway {gateway}.",
            name=facts.name or "-",
            gateway=gateway,
        )
        why = say("The broker gives topics by the certificate's name.")
        yield Finding(CHECK, Level.BAD, "certificate-of-another", what, why, anew, {"name": facts.name})
    yield _dates(facts, now_ms, anew)


def _dates(facts: CertificateFacts, now_ms: int, anew: str) -> Finding:
    days = (facts.ends_ms - now_ms) // MS_PER_DAY
    told: dict[str, str | int] = {"days_left": days}
    if facts.begins_ms > now_ms:
        return Finding(
            CHECK, Level.BAD, "certificate-not-yet", say("The certificate is not valid yet."),
            say("This machine's clock is behind."), say("Set the clock: see that NTP runs (timedatectl)."), told,
        )  # fmt: skip
    if days < 0:
        return Finding(
            CHECK, Level.BAD, "certificate-expired", say("The certificate expired {days} days ago.", days=-days - 1),
            say("The daemon renews it by itself over HTTP; central could not be reached, or refused."),
            say("Ask for it now: sudo cardroom-gateway renew. If central refuses: sudo cardroom-gateway setup"), told,
        )  # fmt: skip
    if days < SOON_DAYS:
        return Finding(
            CHECK, Level.ASK, "certificate-expires-soon", say("The certificate expires in {days} days.", days=days),
            say("It should have been renewed by itself before: central's web is not reached, or [web] url is missing."),
            say("Ask for it now: sudo cardroom-gateway renew"), told,
        )  # fmt: skip
    return Finding(
        CHECK,
        Level.GOOD,
        "certificate-good",
        say("The certificate is valid for {days} days.", days=days),
        facts=told,
    )
