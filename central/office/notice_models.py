"""Channels, notices, and what became of each notice on each channel: the queue and the log in one table.

Who changes these rows locks in one order: the ledger's head (when something goes on record), channels, deliveries. So whoever
queues a notice inside his own transaction never waits in a circle with the sender (`central.ledger.operations`).
"""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from central.domain.notice import Kind, State
from central.office import roles

PRIVATE = "private-"
"""How the code of a group begins that is one resident's own address: no page of channels shows it, none can be typed."""


class MailServer(models.Model):
    """The one SMTP server that mail goes through. One row, pk 1."""

    class Security(models.TextChoices):
        """How the connection is protected."""

        STARTTLS = "starttls", _("STARTTLS (usually port 587)")
        TLS = "ssl", _("TLS from the start (usually port 465)")
        NONE = "insecure", _("none (only inside the house)")

    host = models.CharField(max_length=253)
    port = models.PositiveIntegerField(default=587)
    security = models.CharField(max_length=10, choices=Security.choices, default=Security.STARTTLS)
    user = models.CharField(max_length=150, blank=True)
    sealed_password = models.TextField(blank=True)
    sender = models.CharField(max_length=254)
    """The address that mail comes from."""


class Channel(models.Model):
    """One way to tell an office, a group or a person something. Closed, never deleted: the log names it."""

    KINDS = (
        (Kind.WECOM.value, _("WeCom group robot")),
        (Kind.DINGTALK.value, _("DingTalk group robot")),
        (Kind.FEISHU.value, _("Feishu group robot")),
        (Kind.ONEBOT.value, _("QQ group through OneBot (unofficial)")),
        (Kind.MAIL.value, _("Mail")),
        (Kind.BY_HAND.value, _("By hand: a person copies the text")),
    )

    name = models.CharField(max_length=160, unique=True)
    """A person's own mail is named by his sign-in name, behind an @."""
    kind = models.CharField(max_length=12, choices=KINDS)
    office = models.CharField(max_length=16, choices=roles.Role.choices, blank=True)
    group = models.CharField(max_length=40, blank=True)
    """A group's code, such as `building-1`: what the callers of `notify` name."""
    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="own_mail"
    )
    """A person's own mail: the address is the person's, not sealed here."""
    language = models.CharField(max_length=8, choices=settings.LANGUAGES, default="zh-hans")
    is_active = models.BooleanField(default=True)
    sealed = models.TextField(blank=True)
    """The address with its key (`sealing.py`): never in a page, a log or an answer."""
    shown = models.CharField(max_length=400, blank=True)
    """What of the address may be shown."""
    rest_until_ms = models.BigIntegerField(default=0)
    """Robots take so many messages a minute."""

    class Meta:
        ordering = ["-is_active", "office", "group", "name"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(person__isnull=False, office="", group="")
                | (models.Q(person__isnull=True, group="") & ~models.Q(office=""))
                | (models.Q(person__isnull=True, office="") & ~models.Q(group="")),
                name="channel_for_one",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def audience(self) -> str:
        """Say for whom it is."""
        if self.person is not None:
            return self.person.spoken_name
        return self.get_office_display() if self.office else self.group


class Notice(models.Model):
    """What is told: a template and what is filled in. The words are made when it is sent, in the channel's language."""

    template = models.CharField(max_length=40)
    params = models.JSONField(default=dict)
    key = models.CharField(max_length=120)
    """The same key is told once to a channel within the template's window."""
    audience = models.JSONField(default=list)
    """The offices and groups that were named; a person is there by his sign-in name."""
    at_ms = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["key", "at_ms"]), models.Index(fields=["at_ms"])]


class Delivery(models.Model):
    """A notice on a channel."""

    STATES = (
        (State.QUEUED.value, _("waits")),
        (State.SENDING.value, _("being sent")),
        (State.SENT.value, _("sent")),
        (State.GAVE_UP.value, _("given up")),
        (State.BY_HAND_WAITING.value, _("waits for a person")),
        (State.BY_HAND_DONE.value, _("told by hand")),
    )

    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="deliveries")
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="deliveries")
    state = models.CharField(max_length=16, choices=STATES, default=State.QUEUED)
    since_ms = models.BigIntegerField()
    """Since when it is tried: its notice's instant, or when a person had it tried again."""
    next_ms = models.BigIntegerField()
    lease_until_ms = models.BigIntegerField(default=0)
    """A sender has it until then; 0: nobody."""
    failures = models.PositiveIntegerField(default=0)
    """In a row."""
    parts_told = models.PositiveIntegerField(default=0)
    """How many messages of a split text have gone: a retry goes on behind them."""
    parts = models.PositiveIntegerField(default=0)
    """Into how many it was split."""
    trouble = models.CharField(max_length=24, blank=True)
    """The last failure by name (`domain.notice.Trouble`)."""
    detail = models.CharField(max_length=200, blank=True)
    """What the other side said of it, without keys."""
    told_ms = models.BigIntegerField(null=True, blank=True)
    told_by = models.CharField(max_length=150, blank=True)
    """Who told it by hand."""
    repeats = models.PositiveIntegerField(default=0)
    """How often the same was asked again within the window, and not told again."""

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["state", "next_ms"])]
