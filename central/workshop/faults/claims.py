"""A claim to the maker of a fault's module, with the fault's photographs; what of it is on the fault's own record."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from central.office.models import User
from central.workshop.faults.models import Fault

OF_MODULE = (Fault.Cause.DEAD, Fault.Cause.COUNTS_WRONG, Fault.Cause.RELAY, Fault.Cause.DISPLAY)
"""What a maker answers for."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A claim that was opened."""

    number: int


def may_claim(fault: Fault) -> bool:
    """Say whether there is something to claim: a module that the store knows, whose own fault it is."""
    return False


def claim_module(fault: Fault, *, actor: User | None, now_ms: int) -> Claimed | str:
    """Open a claim for a fault's module, once; else say why not."""
    return _("There is nothing to claim.")
