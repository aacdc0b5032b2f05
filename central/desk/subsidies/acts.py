"""The act that people sign before a subsidy is given: its sums by building, its rooms, and nothing before the last signature."""

from django.urls import reverse
from django.utils.translation import gettext_lazy, ngettext

from central.desk.go_live.signers_view import bucket_words
from central.desk.subsidies.batches import SUBSIDY
from central.desk.subsidies.carrying_out import carry_out
from central.desk.subsidies.models import SubsidyBatch
from central.desk.subsidies.tables import signers_tables
from central.desk.subsidies.words import hindrance_words
from central.domain.approval import Step
from central.domain.paper import Table
from central.office.acts import Act, Approved, Content
from central.office.roles import GIVE_SUBSIDIES, Role


def _show(content: Content) -> list[Table]:
    return signers_tables(content["batch"])


def _carry_out(content: Content, approved: Approved) -> str:
    done = carry_out(content["batch"], content["digest"], approved)
    return hindrance_words(done) if isinstance(done, str) else ""


def _address(content: Content) -> str:
    return reverse("desk:subsidy", args=[content["batch"]])


def _about(content: Content) -> str:
    batch = SubsidyBatch.objects.select_related("customer_class").filter(pk=content["batch"]).first()
    if batch is None:
        return ""
    rooms = ngettext("%(n)s room", "%(n)s rooms", batch.rows.count()) % {"n": batch.rows.count()}
    return f"{batch.customer_class.name} · {bucket_words(batch.bucket)} · {rooms}"


SUBSIDY_ACT = Act(
    code=SUBSIDY,
    title=gettext_lazy("Subsidy for many rooms"),
    roles=GIVE_SUBSIDIES,
    chain=(Step((Role.FINANCE,)), Step((Role.DIRECTOR,))),
    show=_show,
    carry_out=_carry_out,
    address=_address,
    about=_about,
    copies=(Role.CASHIER,),
)
