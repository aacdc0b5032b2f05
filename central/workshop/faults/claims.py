"""A claim to the maker of a fault's module, with the fault's photographs; what of it is on the fault's own record."""

from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from central.domain.fault_rules import Scope
from central.ledger.one_writer import lock_head, one_writer
from central.office.models import User
from central.office.words import Words
from central.workshop.claims.models import Claim
from central.workshop.claims.operations import Refused as ClaimRefused
from central.workshop.claims.operations import open_claim
from central.workshop.claims.sending import send_by_mail
from central.workshop.claims.words import refusal_words
from central.workshop.faults.models import Fault, FaultStep
from central.workshop.faults.operations import Step, locked_fault, write

OF_MODULE = (Fault.Cause.DEAD, Fault.Cause.COUNTS_WRONG, Fault.Cause.RELAY, Fault.Cause.DISPLAY)
"""What a maker answers for."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A claim that stands for a fault. `not_mailed`: why no mail went to the maker, in words; empty when one did."""

    number: int
    not_mailed: Words = ""


def may_claim(fault: Fault) -> bool:
    """Say whether there is something to claim: a module that the store knows, by its own failure, and no claim of it yet."""
    is_its_own = fault.scope == Scope.MODULE.value and fault.cause in OF_MODULE
    was_told = fault.steps.filter(kind=FaultStep.Kind.CLAIMED)
    return is_its_own and fault.device_id is not None and not was_told.exists()


@one_writer
@transaction.atomic
def claim_module(number: int, *, actor: User | None, now_ms: int) -> Claimed | Words:
    """Open a claim for a fault's module and mail it, once; else say why not. The same again changes nothing.

    Pictures that residents took of their own room stay in the house: they were given to the technician, not to the maker.
    """
    lock_head()
    fault = locked_fault(number)
    if fault is None or fault.device is None or not may_claim(fault):
        return _(
            "There is nothing to claim: the module has no record, it was not its own failure, or the maker was told before."
        )
    photos = [digest for step in fault.steps.all() if not step.account for digest in step.photos]
    source = f"fault:{fault.pk}"
    claim = open_claim([fault.device], _found(fault), photos, source=source, actor=actor, now_ms=now_ms)
    if isinstance(claim, ClaimRefused):
        return refusal_words(claim)
    mailed = send_by_mail(claim.pk, f"fault-{fault.pk}-claim", actor=actor, now_ms=now_ms)
    why = "" if isinstance(mailed, Claim) else refusal_words(mailed)
    facts = {"claim": claim.pk, "mailed": not why}
    write(fault, Step(FaultStep.Kind.CLAIMED, f"claim-{fault.pk}", now_ms, facts=facts), [], actor, now_ms)
    return Claimed(claim.pk, why)


def _found(fault: Fault) -> str:
    """Give what was found, as it was written, without names."""
    found = [step for step in fault.steps.all() if step.kind == FaultStep.Kind.FOUND and step.text]
    said = found[-1].text if found else ""
    return f"{fault.get_cause_display()}: {said}" if said else str(fault.get_cause_display())
