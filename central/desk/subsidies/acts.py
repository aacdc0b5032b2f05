"""The act that people sign before a subsidy is given: its sums by building, its rooms, and nothing before the last signature."""

from django.urls import reverse
from django.utils.translation import gettext_lazy

from central.desk.subsidies.batches import SUBSIDY
from central.desk.subsidies.carrying_out import carry_out
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


SUBSIDY_ACT = Act(
    code=SUBSIDY,
    title=gettext_lazy("Subsidy for many rooms"),
    roles=GIVE_SUBSIDIES,
    chain=(Step((Role.FINANCE,)), Step((Role.DIRECTOR,))),
    show=_show,
    carry_out=_carry_out,
    address=_address,
    copies=(Role.CASHIER,),
)
