"""Who may speak on the link: enrolment codes, certificates of gateways, central's own signing keys, where the broker's files lie.

No private key is here: those are files of the data folder (`authority.py`, `signing.py`). A code is sealed.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from central.campus.models import Building


class EnrolmentCode(models.Model):
    """A building's one enrolment code. It works while it is open, for one new gateway in each opening."""

    building = models.OneToOneField(Building, on_delete=models.PROTECT, related_name="enrolment_code")
    gateway_id = models.CharField(max_length=64)
    """The id that its gateway has or will have."""
    name = models.CharField(max_length=4, unique=True)
    """The first four letters, which are no secret."""
    sealed = models.TextField()
    opened_by = models.CharField(max_length=150, blank=True)
    opened_ms = models.BigIntegerField(default=0)
    open_until_ms = models.BigIntegerField(default=0)
    used_key = models.CharField(max_length=64, blank=True)
    """Whom this opening enrolled: only that key is answered again, as when the answer got lost."""
    used_ms = models.BigIntegerField(null=True)
    waiting_key = models.CharField(max_length=64, blank=True)
    """Who proved the code while the building's gateway was alive: an administrator approves this very one."""
    waiting_ms = models.BigIntegerField(null=True)
    approved_key = models.CharField(max_length=64, blank=True)


class EnrolmentTry(models.Model):
    """A try that failed, by where it came from: many of them are slowed down. Kept for a day."""

    address = models.CharField(max_length=64)
    outcome = models.CharField(max_length=32)
    at_ms = models.BigIntegerField(db_index=True)

    class Meta:
        indexes = [models.Index(fields=["address", "at_ms"])]


class GatewayCertificate(models.Model):
    """A certificate that was given to a gateway; what was revoked stays here, and on the broker's list until it lapses."""

    gateway = models.ForeignKey("link.Gateway", on_delete=models.PROTECT, related_name="certificates")
    serial = models.CharField(max_length=40, unique=True)
    """In hex."""
    key_digest = models.CharField(max_length=64, db_index=True)
    """SHA-256 of the TLS key that it is for."""
    gateway_key = models.CharField(max_length=64, db_index=True)
    """The gateway's Ed25519 key of that time: one that was revoked is never enrolled again."""
    pem = models.TextField()
    issued_ms = models.BigIntegerField()
    expires_ms = models.BigIntegerField()
    revoked_ms = models.BigIntegerField(null=True)
    why = models.CharField(max_length=200, blank=True)


class SigningKey(models.Model):
    """A public key that central signs with, will sign with, or signed with. One that was retired is believed by nobody."""

    class State(models.TextChoices):
        """What it is for."""

        NEXT = "next", _("prepared")
        ACTIVE = "active", _("signs")
        FORMER = "former", _("still believed")
        RETIRED = "retired", _("believed by nobody")

    public_key = models.CharField(max_length=64, primary_key=True)
    state = models.CharField(max_length=16, choices=State.choices)
    since_ms = models.BigIntegerField()


class BrokerFiles(models.Model):
    """Where `broker-config` wrote the broker's files, so that a revocation writes them again. One row."""

    folder = models.CharField(max_length=500)
    hosts = models.JSONField(default=list)
    """What the broker's certificate names; the first is what gateways are told."""
    port = models.PositiveIntegerField()
    store = models.CharField(max_length=500)
    written_ms = models.BigIntegerField()
    crl_number = models.BigIntegerField(default=0)
