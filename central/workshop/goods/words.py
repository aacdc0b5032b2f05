"""What is said when something of an order, a delivery or a check is not taken; each says what to do next."""

from django.utils.translation import gettext_lazy as _

from central.domain.goods_in import CheckFault
from central.office.words import Words
from central.workshop.claims import words as claim_words
from central.workshop.claims.operations import Refused as ClaimRefused
from central.workshop.devices import words as device_words
from central.workshop.goods import checking, orders
from central.workshop.goods.deliveries import GoodsRefusal, Refused
from central.workshop.goods.orders import OrderRefusal

ORDERS: dict[OrderRefusal, Words] = {
    OrderRefusal.NO_NUMBER: _("Type the order's number."),
    OrderRefusal.NUMBER_KNOWN: _("There is an order of this number with something else in it: open it, or mend the number."),
    OrderRefusal.NO_LINES: _("Say how many of at least one model were ordered."),
    OrderRefusal.OTHER_MAKER: _("This model is another maker's: choose the maker that it was ordered of."),
    OrderRefusal.OUT_OF_RANGE: _("Say how many were ordered: a whole number from 1 to 100 000."),
    OrderRefusal.CLOSED: _("The order is closed. Write a new one down."),
    OrderRefusal.UNKNOWN_ORDER: _("There is no such order: look it up in the list."),
    OrderRefusal.NO_REASON: _("Devices are missing: say why the rest will not come, or leave the order open."),
}  # fmt: skip
DELIVERIES: dict[GoodsRefusal, Words] = {
    GoodsRefusal.UNKNOWN_DELIVERY: _("There is no such delivery: look it up in the list."),
    GoodsRefusal.ORDER_CLOSED: _("The order is closed. What came all the same belongs to a new order: write it down first."),
    GoodsRefusal.CLAIM_CLOSED: _("The claim is closed. What came all the same belongs to an order: write it down first."),
    GoodsRefusal.WRONG_PLACE: _("Choose a place for what is to be checked: nothing unchecked lies among good or faulty devices."),
    GoodsRefusal.FINISHED: _("This delivery is finished. Begin another one for what came later."),
    GoodsRefusal.NO_SERIAL: _("The serial number is empty: type it from the plate, or read the bar code again."),
    GoodsRefusal.SERIAL_TOO_LONG: _("A serial number has at most 80 characters. The code may be another one: look at the plate."),
    GoodsRefusal.TWICE_IN_DELIVERY: _("This serial number was entered in this delivery already: go on with the next device."),
    GoodsRefusal.SERIAL_KNOWN: _(
        "This serial number came before. Look at that device; when its maker sent it back, say so in its claim."
    ),
    GoodsRefusal.NOT_ORDERED: _(
        "The order has no such model. Choose another, or say below why it is taken in all the same; its check then fails."
    ),
    GoodsRefusal.MORE_THAN_ORDERED: _(
        "More of this model than were ordered. Look at the order; or say below why it is taken in all the same."
    ),
    GoodsRefusal.NOTHING_ENTERED: _("No device is entered yet: enter what came, then finish."),
    GoodsRefusal.EXISTS_WITH_DIFFERENT: _("This was sent before for something else. Open the page again and enter it anew."),
}  # fmt: skip
NAMES_SOMETHING = (
    *(GoodsRefusal.TWICE_IN_DELIVERY, GoodsRefusal.SERIAL_KNOWN),
    *(GoodsRefusal.NOT_ORDERED, GoodsRefusal.MORE_THAN_ORDERED),
)
CHECKS: dict[CheckFault, Words] = {
    CheckFault.NOT_IDENTIFIED: _(
        "Nobody knows yet whether it is this device: read serial number and model off its plate, and tick that they are as above."
    ),
    CheckFault.NO_PHOTO: _("Each damage needs a photograph: add it below the damage."),
    CheckFault.NO_FINDING: _("Say what is wrong with it: tick it, with a photograph."),
    CheckFault.MUST_FAIL: _("With what was found it can't be good. Put it among the faulty ones; a claim is begun."),
    CheckFault.NO_WORDS: _("Say in words what else is wrong."),
}  # fmt: skip


def refusal_words(refused: Refused | orders.Refused | checking.Refused) -> str:
    """Say why, and what to do."""
    if isinstance(refused, checking.Refused):
        return check_words(refused)
    if isinstance(refused, orders.Refused):
        said = str(ORDERS[refused.why])
        return f"{said} ({refused.what})" if refused.what else said
    said = str(DELIVERIES[refused.why])
    return f"{said} ({refused.what})" if refused.why in NAMES_SOMETHING else said


def check_words(refused: checking.Refused) -> str:
    """Say why a check was not kept."""
    if isinstance(refused.why, CheckFault):
        return str(CHECKS[refused.why])
    if isinstance(refused.why, ClaimRefused):
        return claim_words.refusal_words(refused.why)
    return device_words.refusal_words(refused.why)
