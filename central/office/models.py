"""The people who sign in. Two roles: a cashier sells, an admin also changes what things cost and who may sell."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _


class User(AbstractUser):
    """A person of the card room."""

    class Role(models.TextChoices):
        """What a person may do."""

        CASHIER = "cashier", _("cashier")
        ADMIN = "admin", _("administrator")

    role = models.CharField(max_length=16, choices=Role.choices, default=Role.CASHIER)

    @property
    def is_card_room_admin(self) -> bool:
        """Say whether this person may change campus data, prices and users."""
        return self.role == self.Role.ADMIN
