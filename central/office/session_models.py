"""Which session is whose: Django's own table keeps what a session holds sealed, and can't be asked for a person's."""

from django.conf import settings
from django.db import models


class SignedIn(models.Model):
    """A session as its person knows it; gone with its time, not a record: sign-ins and sign-outs are in the audit chain."""

    session_key = models.CharField(max_length=40, unique=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="signed_in")
    began_ms = models.BigIntegerField()
    """In the world's milliseconds."""
    address = models.CharField(max_length=64)
    browser = models.CharField(max_length=60)
    """Program and system, such as `Firefox · Windows`; nothing more of what a browser says of itself."""
