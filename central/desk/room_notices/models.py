"""A room's wish to be told when its balance is low. The address lies sealed in a channel of its own, and goes with the wish."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from central.campus.models import Account
from central.office.models import Channel


class RoomNotice(models.Model):
    """One wish of an account's residents. A new occupancy is a new account (C-4): nobody is told of his former room."""

    class State(models.TextChoices):
        """Nothing but the code is sent before it is confirmed."""

        WAITING = "waiting", _("waits for the code")
        ON = "on", _("in use")
        ENDED = "ended", _("stopped")

    class Why(models.TextChoices):
        """What ended it."""

        RESIDENT = "resident", _("on the room's own page")
        LINK = "link", _("by the link in a mail")
        DESK = "desk", _("at the desk")
        DEPARTED = "departed", _("the residents have left")
        REPLACED = "replaced", _("another address took its place")
        UNCONFIRMED = "unconfirmed", _("the code was not typed in time")

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="room_notices")
    channel = models.OneToOneField(Channel, on_delete=models.PROTECT, related_name="room_notice")
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    limit = models.BigIntegerField(null=True)
    """Below which they want to be told, in the class's unit; empty: as the setting says."""
    asked_ms = models.BigIntegerField()
    asked_by = models.CharField(max_length=150)
    """Who entered it at the desk, with the residents' consent; `resident` on the room's own page."""
    code_hash = models.CharField(max_length=64)
    code_until_ms = models.BigIntegerField()
    code_tries = models.PositiveIntegerField(default=0)
    confirmed_ms = models.BigIntegerField(null=True)
    looked_ms = models.BigIntegerField(default=0)
    is_below = models.BooleanField(default=False)
    """When it was looked at last."""
    told_ms = models.BigIntegerField(null=True)
    ended_ms = models.BigIntegerField(null=True)
    ended_by = models.CharField(max_length=150, blank=True)
    why_ended = models.CharField(max_length=12, choices=Why.choices, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account"], condition=~models.Q(state="ended"), name="one_live_notice_per_account"
            )
        ]
        indexes = [models.Index(fields=["state", "looked_ms"])]
