"""The four acts of a go-live that two people sign: finance, then the network-centre director; neither asked for it."""

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from central.campus.models import Building
from central.desk.go_live.asking import ACCEPTANCE, CORRECTION, GO_LIVE, WAY_BACK
from central.desk.go_live.carrying_out import Hindrance, Signed, carry_out
from central.desk.go_live.models import OpeningAcceptance, OpeningBalance, OpeningBatch
from central.desk.go_live.signers_view import acceptance_tables, batch_tables
from central.desk.go_live.words import hindrance_words
from central.domain.approval import Step
from central.domain.paper import Table
from central.ledger.operations import record_audit
from central.link.many_grants import lock_buildings
from central.office.acts import Act, Approved, Content, register
from central.office.roles import GO_LIVE as MAY_ASK
from central.office.roles import Role

CHAIN = (Step((Role.FINANCE,)), Step((Role.DIRECTOR,)))
SIGNATURES_AT_LEAST = 2


def signed_by(approved: Approved) -> Signed:
    """Give the names under a request, without who asked."""
    names = tuple(person.get_username() for person in approved.signers)
    return Signed(approved.number, approved.asked_by.get_username(), names)


def _carry_out(content: Content, approved: Approved) -> str:
    signed = signed_by(approved)
    if len(signed.signed_by) < SIGNATURES_AT_LEAST:
        return hindrance_words(Hindrance("too-few-signatures"))
    done = carry_out(content["batch"], content["digest"], signed, approved.now_ms)
    return hindrance_words(done) if isinstance(done, Hindrance) else ""


def _accept(content: Content, approved: Approved) -> str:
    """Note the acceptance; who asks the way back at the same moment waits for the building's lock, and is refused."""
    signed = signed_by(approved)
    if len(signed.signed_by) < SIGNATURES_AT_LEAST:
        return hindrance_words(Hindrance("too-few-signatures"))
    building = Building.objects.get(code=content["building"])
    lock_buildings([building.pk])
    batch = OpeningBatch.objects.get(pk=content["batch"])
    if OpeningAcceptance.objects.filter(batch=batch, building=building).exists():
        return ""
    back = OpeningBalance.objects.filter(
        batch__of=batch, batch__kind=OpeningBatch.Kind.BACK, batch__done__isnull=False, building=building
    )
    if back.exists():
        return hindrance_words(Hindrance("taken-back", building.code))
    names = "、".join(signed.signed_by)
    OpeningAcceptance.objects.create(
        batch=batch,
        building=building,
        accepted_ms=approved.now_ms,
        approval=approved.number,
        signed_by=names[:400],
    )
    record_audit(
        actor=signed.asked_by,
        action="go-live-accept",
        subject=f"{batch.pk} {building.code}",
        detail=f"approval {approved.number}, signed by {names}: {approved.why}",
        now_ms=approved.now_ms,
    )
    return ""


def _address(content: Content) -> str:
    return reverse("desk:go-live-batch", args=[content["batch"]])


def _batch_tables(content: Content) -> list[Table]:
    return batch_tables(content["batch"])


def _acceptance_tables(content: Content) -> list[Table]:
    return acceptance_tables(content["batch"], content["building"])


def _of_batch(code: str, title: str | Promise) -> Act:
    return Act(
        code=code,
        title=title,
        roles=MAY_ASK,
        chain=CHAIN,
        show=_batch_tables,
        carry_out=_carry_out,
        address=_address,
        copies=(Role.CASHIER,),
    )


def register_acts() -> None:
    """Make the acts known when the app starts."""
    register(_of_batch(GO_LIVE, gettext_lazy("Go-live: opening balances")))
    register(_of_batch(CORRECTION, gettext_lazy("Correction of an opening balance")))
    register(_of_batch(WAY_BACK, gettext_lazy("Way back from a go-live")))
    register(
        Act(
            code=ACCEPTANCE,
            title=gettext_lazy("Acceptance of a building's go-live"),
            roles=MAY_ASK,
            chain=CHAIN,
            show=_acceptance_tables,
            carry_out=_accept,
            address=_address,
            copies=(Role.CASHIER,),
        )
    )
