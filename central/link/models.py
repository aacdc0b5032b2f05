"""Gateways, what is sent to them and what they reported. Bulk telemetry lies in `link/telemetry`.

It knows nothing of desks and pages. Instants are milliseconds since 1970 in UTC (`*_ms`); amounts without a unit in their name
are in the unit beside them.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from central.campus.models import Account, Building
from central.ledger.models import ImmutableModel
from central.link.backup_models import BackupRun as BackupRun
from central.link.backup_models import NumberLeap as NumberLeap
from central.link.backup_models import Restoration as Restoration
from central.link.backup_models import RestorationTick as RestorationTick
from central.link.backup_models import RestoredGateway as RestoredGateway
from central.link.control_models import LockOut as LockOut
from central.link.control_models import SoftwareControl as SoftwareControl
from central.link.control_models import SoftwareControlEnd as SoftwareControlEnd
from central.link.meter_models import MeterSwap as MeterSwap
from central.link.meter_models import PeriodRegister as PeriodRegister
from central.link.security_models import BrokerFiles as BrokerFiles
from central.link.security_models import EnrolmentCode as EnrolmentCode
from central.link.security_models import EnrolmentTry as EnrolmentTry
from central.link.security_models import GatewayCertificate as GatewayCertificate
from central.link.security_models import SigningKey as SigningKey
from central.link.stock_models import StockVoucher as StockVoucher
from central.link.stock_models import VoucherDestroyed as VoucherDestroyed
from central.link.stock_models import VoucherRedeemed as VoucherRedeemed
from central.link.watch_models import Alarm as Alarm
from central.link.watch_models import LinkCounter as LinkCounter
from central.link.watch_models import QuarantinedRow as QuarantinedRow
from central.link.watch_models import WatermarkCheck as WatermarkCheck


class Gateway(models.Model):
    """A building's gateway, as enrolled, and how far the link with it has come."""

    id = models.CharField(max_length=64, primary_key=True)
    building = models.OneToOneField(Building, on_delete=models.PROTECT, related_name="gateway")
    public_key = models.CharField(max_length=64)
    """Empty once it was revoked: nothing is believed of it then."""
    revoked_ms = models.BigIntegerField(null=True)
    enrolled_ms = models.BigIntegerField()
    online = models.BooleanField(default=False)
    """From the broker's unsigned state message: for display only."""
    last_seen_ms = models.BigIntegerField(null=True)
    boot = models.CharField(max_length=64, blank=True)
    software = models.CharField(max_length=64, blank=True)
    epoch = models.CharField(max_length=64, blank=True)
    """The present epoch; empty before the first birth."""
    boots_seen = models.JSONField(default=list)
    """The newest boots, so that an old birth said again is known as old."""
    birth_issued_ms = models.BigIntegerField(null=True)
    birth_last_command = models.BigIntegerField(default=0)
    awaits_epoch = models.BooleanField(default=False)
    """BeginEpoch was sent: nothing is numbered until the new epoch is opened."""
    awaits_word = models.BooleanField(default=False)
    """This central was restored and asked for the gateway's last number: nothing else is numbered before it answers (C-11)."""
    opening_number = models.BigIntegerField(default=0)
    """The number of the configuration that opened the present epoch; balances before it are not compared."""
    next_number = models.BigIntegerField(default=1)
    last_grant_serial = models.BigIntegerField(default=0)
    """The newest grant's serial: an opening says of all up to it that they are in the balances, but those pending (C-11)."""
    stream = models.PositiveIntegerField(default=1)
    """Counts the restarts of numbering by a restored or rebuilt gateway (C-11)."""
    published_revision = models.PositiveBigIntegerField(default=0)
    """The building's revision in the last configuration."""
    config_version = models.PositiveBigIntegerField(default=0)
    """The version of the last configuration made."""
    applied_config_version = models.PositiveBigIntegerField(default=0)
    """The version the gateway said it runs."""
    meters_seen = models.JSONField(default=list)
    """The birth's list: meter, line, model, address."""
    central_keys = models.JSONField(default=list)
    """Ids of those of central's keys that it said it believes; empty from software that doesn't say."""
    counters = models.JSONField(default=dict)
    """The gateway's own health counters, latest."""
    counters_ms = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        return self.id

    @property
    def takes_orders(self) -> bool:
        """Whether a command may be numbered: its epoch is known, none is awaited, nor its word after central was restored."""
        return bool(self.epoch) and not self.is_being_restored

    @property
    def is_being_restored(self) -> bool:
        """Whether its store or central's books were put back, and the two have not agreed yet where they go on (C-11)."""
        return self.awaits_epoch or self.awaits_word


class GatewayEpoch(models.Model):
    """One life of a gateway's store, and the last row of it that is committed here (C-11)."""

    gateway = models.ForeignKey(Gateway, on_delete=models.PROTECT, related_name="epochs")
    epoch = models.CharField(max_length=64)
    received_seq = models.BigIntegerField(default=0)
    began_ms = models.BigIntegerField()
    last_batch_issued_ms = models.BigIntegerField(default=0)
    closed = models.BooleanField(default=False)
    """The store went back in time: rows that still come are quarantined."""
    opened = models.BooleanField(default=True)
    """False until the gateway has adopted central's balances: entries before that are kept, not booked."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["gateway", "epoch"], name="one_row_per_epoch")]


class Command(models.Model):
    """The command outbox: number and sealed bytes are stored with the act that needs them, then sent (C-5)."""

    class State(models.TextChoices):
        """How far it came."""

        QUEUED = "queued", _("queued")
        SENT = "sent", _("sent")
        PENDING = "pending", _("accepted, end to follow")
        ANSWERED = "answered", _("answered")
        SUPERSEDED = "superseded", _("numbered anew")

    gateway = models.ForeignKey(Gateway, on_delete=models.PROTECT, related_name="commands")
    stream = models.PositiveIntegerField()
    number = models.BigIntegerField()
    command_id = models.CharField(max_length=64, unique=True)
    kind = models.CharField(max_length=32)
    subject = models.CharField(max_length=64, blank=True)
    """The grant, request, account or meter it is about."""
    body = models.BinaryField()
    sealed = models.BinaryField()
    created_ms = models.BigIntegerField()
    expires_ms = models.BigIntegerField(null=True)
    state = models.CharField(max_length=16, choices=State.choices, default=State.QUEUED)
    sent_ms = models.BigIntegerField(null=True)
    sends = models.PositiveIntegerField(default=0)
    answered_ms = models.BigIntegerField(null=True)
    outcome = models.CharField(max_length=32, blank=True)
    detail = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["gateway", "stream", "number"], name="one_command_per_number")
        ]
        indexes = [
            models.Index(fields=["state", "gateway", "number"]),
            models.Index(fields=["kind", "subject"]),
        ]


class Grant(ImmutableModel):
    """Credit given to an account, once (C-1). How it travels is in its delivery."""

    class Source(models.TextChoices):
        """What it was given for."""

        PAYMENT = "payment", _("payment")
        SUBSIDY = "subsidy", _("subsidy")
        OPENING = "opening", _("opening balance")
        ADJUSTMENT = "adjustment", _("adjustment")
        MOVED = "moved", _("credit of the former room")

    grant_id = models.CharField(max_length=64, primary_key=True)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="grants")
    bucket = models.CharField(max_length=32)
    unit = models.CharField(max_length=8)
    amount = models.BigIntegerField()
    expires_ms = models.BigIntegerField(default=0)
    source = models.CharField(max_length=16, choices=Source.choices)
    note = models.CharField(max_length=200, blank=True)
    created_ms = models.BigIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(amount__gt=0), name="grant_above_zero")]


class Delivery(models.Model):
    """How far a grant came: credited here, sent, applied by the gateway, supplied (C-15)."""

    WITHDRAWN = "withdrawn"

    grant = models.OneToOneField(Grant, on_delete=models.PROTECT, primary_key=True, related_name="delivery")
    gateway = models.ForeignKey(Gateway, on_delete=models.PROTECT, null=True, related_name="deliveries")
    """Empty while the building has no gateway."""
    serial = models.BigIntegerField(null=True)
    """Rises with each grant to a gateway; given before anything is signed. Empty for what was signed before serials came."""
    command = models.ForeignKey(Command, on_delete=models.PROTECT, null=True, related_name="deliveries")
    vouched_ms = models.BigIntegerField(null=True)
    """When it was last given out as a voucher, in a file or as a code (C-6)."""
    applied_ms = models.BigIntegerField(null=True)
    """When the gateway booked it, by the gateway's clock."""
    applied_entry = models.CharField(max_length=120, blank=True)
    refused = models.CharField(max_length=32, blank=True)
    """The outcome's name when the gateway didn't take it; WITHDRAWN when it was taken back before any gateway had it."""
    supplied_ms = models.BigIntegerField(null=True)
    """When the relay was read back closed."""

    class Meta:
        indexes = [models.Index(fields=["supplied_ms", "applied_ms"])]
        constraints = [models.UniqueConstraint(fields=["gateway", "serial"], name="one_grant_per_serial")]


class TakeBackRequest(models.Model):
    """Credit asked back: pending until the gateway says what it took (C-7)."""

    class State(models.TextChoices):
        """Booked as pending, then settled."""

        PENDING = "pending", _("asked")
        SETTLED = "settled", _("settled")
        REFUSED = "refused", _("refused by the gateway")

    request_id = models.CharField(max_length=64, primary_key=True)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="take_backs")
    bucket = models.CharField(max_length=32)
    unit = models.CharField(max_length=8)
    asked = models.BigIntegerField()
    taken = models.BigIntegerField(default=0)
    """What entries of the gateway say was taken."""
    state = models.CharField(max_length=16, choices=State.choices, default=State.PENDING)
    why = models.CharField(max_length=200)
    by = models.CharField(max_length=64)
    asked_ms = models.BigIntegerField()
    answered_ms = models.BigIntegerField(null=True)
    outcome = models.CharField(max_length=32, blank=True)
    paid_out_ms = models.BigIntegerField(null=True)
    paid_out_fen = models.BigIntegerField(default=0)


class Closing(models.Model):
    """An account being closed: final register and lock-out first, then money leaves (C-8)."""

    class State(models.TextChoices):
        """The order is the rule."""

        ASKED = "asked", _("asked")
        PENDING = "pending", _("waiting for the final register")
        FINAL = "final", _("final register read")
        REFUSED = "refused", _("refused by the gateway")

    request_id = models.CharField(max_length=64, primary_key=True)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="closings")
    state = models.CharField(max_length=16, choices=State.choices, default=State.ASKED)
    lock_out = models.BooleanField(default=True)
    why = models.CharField(max_length=200)
    by = models.CharField(max_length=64)
    asked_ms = models.BigIntegerField()
    answered_ms = models.BigIntegerField(null=True)
    outcome = models.CharField(max_length=32, blank=True)
    final_register_wh = models.BigIntegerField(null=True)
    left = models.JSONField(default=list)
    """What the gateway says was left: bucket, unit and amount, as arrays."""
    paid_out_ms = models.BigIntegerField(null=True)
    paid_out_micro_yuan = models.BigIntegerField(default=0)


class GatewayEntry(ImmutableModel):
    """A gateway's ledger entry as received: what a transfer of consumption goes back to (R-B3)."""

    entry = models.CharField(max_length=120, primary_key=True)
    gateway = models.ForeignKey(Gateway, on_delete=models.PROTECT, related_name="entries")
    epoch = models.CharField(max_length=64)
    seq = models.BigIntegerField()
    account = models.CharField(max_length=64, db_index=True)
    meter = models.CharField(max_length=64, blank=True)
    kind = models.CharField(max_length=16)
    cause = models.CharField(max_length=16)
    at_ms = models.BigIntegerField()
    at_trusted = models.BooleanField()
    boot = models.CharField(max_length=64)
    monotonic_ms = models.BigIntegerField()
    energy_wh = models.BigIntegerField()
    register_from_wh = models.BigIntegerField(null=True)
    register_to_wh = models.BigIntegerField(null=True)
    from_ms = models.BigIntegerField(null=True)
    micro_yuan_per_kwh = models.BigIntegerField(null=True)
    price_version = models.CharField(max_length=64, blank=True)
    provisional = models.BooleanField(default=False)
    carried_nano_yuan = models.BigIntegerField()
    source = models.CharField(max_length=120, blank=True)
    raw_frame = models.TextField(blank=True)
    lines = models.JSONField()
    """Objects with bucket, unit, amount, balance after, as arrays in this order."""
    booked = models.BooleanField()
    """False for openings, for grants (booked when given) and for what an opening has replaced."""
    received_ms = models.BigIntegerField()
    used_by = models.CharField(max_length=64, null=True, db_index=True)
    """Whose energy it was, where `account` pays for another one. Null: a nullable column is added without rebuilding."""

    class Meta:
        indexes = [
            models.Index(fields=["account", "at_ms"]),
            models.Index(fields=["meter", "at_ms"]),
            models.Index(fields=["source"]),
        ]
        constraints = [models.UniqueConstraint(fields=["gateway", "epoch", "seq"], name="one_entry_per_row")]


class MirrorBalance(models.Model):
    """What a gateway must have in a bucket, by its own entries received so far: compared at the watermark only (C-2)."""

    gateway = models.ForeignKey(Gateway, on_delete=models.PROTECT, related_name="mirror")
    account = models.CharField(max_length=64)
    bucket = models.CharField(max_length=32)
    unit = models.CharField(max_length=8)
    amount = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["gateway", "account", "bucket", "unit"], name="one_mirror_per_bucket"
            )
        ]


class BilledRegister(models.Model):
    """Up to which register a meter is billed, by an entry, a swap or a binding: where a rebuilt gateway goes on (C-11)."""

    meter = models.CharField(max_length=64, primary_key=True)
    gateway = models.ForeignKey(Gateway, on_delete=models.PROTECT, related_name="billed_registers")
    account = models.CharField(max_length=64, db_index=True)
    register_wh = models.BigIntegerField()
    entry = models.CharField(max_length=120)
    at_ms = models.BigIntegerField()
    at_trusted = models.BooleanField(default=False)


class RelayState(models.Model):
    """The latest word on a meter's relay."""

    meter = models.CharField(max_length=64, primary_key=True)
    gateway = models.ForeignKey(Gateway, on_delete=models.PROTECT, related_name="relays")
    account = models.CharField(max_length=64, blank=True, db_index=True)
    desired_closed = models.BooleanField(null=True)
    commanded_closed = models.BooleanField(null=True)
    observed_closed = models.BooleanField(null=True)
    verdict = models.CharField(max_length=16)
    why = models.CharField(max_length=200, blank=True)
    at_ms = models.BigIntegerField()
    at_trusted = models.BooleanField(default=True)
    current_ma = models.BigIntegerField(null=True)
    status_word = models.BigIntegerField(null=True)
    received_ms = models.BigIntegerField()


class AccountDecision(models.Model):
    """The latest decision of the gateway's credit rule on an account."""

    account = models.CharField(max_length=64, primary_key=True)
    gateway = models.ForeignKey(Gateway, on_delete=models.PROTECT, related_name="decisions")
    decision = models.CharField(max_length=16)
    reason = models.CharField(max_length=64)
    balance = models.BigIntegerField()
    facts = models.JSONField(default=dict)
    """What the reason rests on, by the message's names: until when, which limit, how much power."""
    at_ms = models.BigIntegerField()
