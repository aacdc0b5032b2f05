"""The people who sign in, the buildings they serve, and who stands in for whom while somebody is away."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from central.campus.models import Building
from central.office import roles
from central.office.approval_models import Approval, Filing, Signature
from central.office.list_models import (
    ListCounter,
    ListDraft,
    ListedPrice,
    ListKind,
    PriceList,
    RepairItem,
    RepairList,
)
from central.office.notice_models import Channel, Delivery, MailServer, Notice
from central.office.photo_models import Photo
from central.office.session_models import SignedIn
from central.office.setting_models import DatedValue

__all__ = [
    "Approval",
    "Channel",
    "DatedValue",
    "Delegation",
    "Delivery",
    "Filing",
    "ListCounter",
    "ListDraft",
    "ListKind",
    "ListedPrice",
    "MailServer",
    "Notice",
    "Photo",
    "PriceList",
    "RepairItem",
    "RepairList",
    "Signature",
    "SignedIn",
    "User",
    "of_served",
]


class User(AbstractUser):
    """A person with one office."""

    Role = roles.Role

    role = models.CharField(max_length=16, choices=roles.Role.choices, default=roles.Role.CASHIER)
    buildings = models.ManyToManyField(Building, blank=True, related_name="people")
    """Which a warden or an electrician serves; none: all of them."""
    must_change_password = models.BooleanField(default=False)
    """Somebody else chose it: it is changed at the next sign-in."""
    first_password_until_ms = models.BigIntegerField(null=True)
    """Until when that one is taken, in the world's milliseconds; None: it was chosen before this was kept."""

    @property
    def spoken_name(self) -> str:
        """The name people use, or the sign-in's."""
        return self.get_full_name() or self.get_username()

    @cached_property
    def served(self) -> frozenset[int] | None:
        """Give the buildings that this person serves; None for all of them."""
        if self.role not in roles.OF_BUILDINGS:
            return None
        return frozenset(self.buildings.values_list("pk", flat=True)) or None

    def serves(self, building_id: int) -> bool:
        """Say whether a building is among those that this person serves."""
        return self.served is None or building_id in self.served


def of_served(user: User, path: str) -> models.Q:
    """Give the condition that rows are of buildings a person serves; `path` leads from a row to its building."""
    return models.Q() if user.served is None else models.Q(**{f"{path}__in": user.served})


class Delegation(models.Model):
    """One person acts for another from an instant to another; ended early by moving `until_ms`, never deleted."""

    absent = models.ForeignKey(User, on_delete=models.PROTECT, related_name="delegations")
    stand_in = models.ForeignKey(User, on_delete=models.PROTECT, related_name="standing_in")
    from_ms = models.BigIntegerField()
    until_ms = models.BigIntegerField()
    """Excluded."""
    reason = models.CharField(max_length=120)
    made_by = models.CharField(max_length=150)

    class Meta:
        ordering = ["-from_ms"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(until_ms__gte=models.F("from_ms")), name="delegation_in_order"
            ),
            models.CheckConstraint(
                condition=~models.Q(absent=models.F("stand_in")), name="delegation_to_another"
            ),
        ]

    def __str__(self) -> str:
        return _("%(stand_in)s for %(absent)s") % {"stand_in": self.stand_in, "absent": self.absent}
