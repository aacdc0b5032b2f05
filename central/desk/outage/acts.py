"""The two acts on the stock of vouchers: made, and destroyed. Each needs two people, whatever the chain is set to."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from central.campus.models import Building
from central.desk.outage.stock import Refused, destroy, make_stock
from central.desk.outage.words import stock_words
from central.domain.approval import Step
from central.domain.paper import Column, Kind, Row, Table
from central.office.acts import Act, Approved, Content
from central.office.roles import KEEP_VOUCHERS, Role
from gateway.contract.quantities import MICRO_YUAN_PER_FEN

MAKE, DESTROY = "voucher-stock", "voucher-destroy"


def _show_make(content: Content) -> list[Table]:
    columns = [
        Column("building", _("Building"), width=16),
        Column("rooms", _("Rooms"), Kind.COUNT, 8),
        Column("each", _("Vouchers for each room"), Kind.COUNT, 10),
        Column("value", _("Value of each, yuan"), Kind.YUAN, 12),
        Column("sum", _("Sum, yuan"), Kind.YUAN, 14),
    ]
    building = Building.objects.filter(code=content["building"]).first()
    rooms, each, value = len(content["accounts"]), content["per_room"], content["value_fen"]
    value_micro = value * MICRO_YUAN_PER_FEN
    row = Row([building.name if building else "", rooms, each, value_micro, value_micro * rooms * each])
    names = Table(_("Rooms"), [Column("rooms", "", width=60)], [Row([", ".join(content["accounts"])])])
    return [Table("", columns, [row]), names]


def _make(content: Content, approved: Approved) -> str:
    made = make_stock(
        content["building"], content["accounts"], content["value_fen"], content["per_room"], approved
    )
    return stock_words(made) if isinstance(made, Refused) else ""


def _show_destroy(content: Content) -> list[Table]:
    columns = [Column("voucher", _("Voucher"), width=20)]
    return [Table(_("Vouchers to be destroyed"), columns, [Row([one]) for one in content["vouchers"]])]


def _destroy(content: Content, approved: Approved) -> str:
    done = destroy(content["stock"], content["vouchers"], approved)
    return stock_words(done) if isinstance(done, Refused) else ""


def _about_make(content: Content) -> str:
    building = Building.objects.filter(code=content["building"]).first()
    return building.name if building else content["building"]


MAKE_ACT = Act(
    code=MAKE,
    title=gettext_lazy("Make sealed vouchers"),
    roles=KEEP_VOUCHERS,
    chain=(Step((Role.FINANCE,)), Step((Role.DIRECTOR,))),
    show=_show_make,
    carry_out=_make,
    address=lambda _content: reverse("desk:stocks"),
    about=_about_make,
    copies=(Role.CASHIER,),
)
DESTROY_ACT = Act(
    code=DESTROY,
    title=gettext_lazy("Destroy sealed vouchers"),
    roles=KEEP_VOUCHERS,
    chain=(Step((Role.FINANCE, Role.DIRECTOR)),),
    show=_show_destroy,
    carry_out=_destroy,
    address=lambda content: reverse("desk:stock", args=[content["stock"]]),
    copies=(Role.CASHIER,),
)
