"""A room's PIN as its hash, and how often a wrong one was tried. Neither is money; a PIN is replaced, never read again."""

from django.db import models

from central.campus.models import Account


class ResidentPin(models.Model):
    """The PIN of an account's residents. A new occupancy is a new account (C-4), so it has a PIN of its own."""

    account = models.OneToOneField(Account, on_delete=models.PROTECT, related_name="resident_pin")
    pin_hash = models.CharField(max_length=128)
    made_ms = models.BigIntegerField()
    """Also what sessions are tied to: a new PIN ends those of the former one."""
    made_by = models.CharField(max_length=150)


class PinTries(models.Model):
    """Tries of a room or from an address within a window; in the database, so that a restart or another worker forgets none."""

    key = models.CharField(max_length=100, primary_key=True)
    """`room:1-301` or `from:10.2.3.4`. A room that doesn't exist is counted as any other."""
    since_ms = models.BigIntegerField(db_index=True)
    tries = models.IntegerField(default=0)
