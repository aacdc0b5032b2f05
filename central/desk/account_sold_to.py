"""The account that is sold to: its gateway locked before it is read, whether it is open, who pays for it (C-4)."""

from django.db.models import QuerySet

from central.campus.models import Account, Bucket
from central.campus.queries import building_of, payer_code
from central.desk.models import Payment
from central.desk.refusals import DeskRefusal, Refused
from central.link.models import Gateway, Grant
from central.link.outbox import lock_gateway_or_building
from central.prepared import Prepared


def lock_behind(account_code: str) -> Gateway | None:
    """Lock and give the gateway before the account is read: who pays and whether it is open stays so until the grant is numbered.

    A merge, a split or a closing that came between would leave the gateway a grant that it refuses for good.
    """
    building = building_of(account_code)
    return None if building is None else lock_gateway_or_building(building)


def is_for(known: Payment | Grant, account_code: str) -> bool:
    """Say whether it was booked to the account that was asked for then: its own, or that of the one it pays from."""
    return known.account.code in (account_code, payer_code(account_code))


_CLASS_FIELDS = ("code", "name", "minimum_fen", "ceiling_fen", "tariff_id")
_READ = (
    *("code", "state", "pays_from_id", "point__billing", "point__room__label"),
    *("point__room__building__code", "point__room__building__revision"),
    *(f"point__customer_class__{field}" for field in _CLASS_FIELDS),
)
"""What a sale reads of an account; the rules that gateways decide by are long, and none of the desk's business."""


def _accounts() -> QuerySet[Account]:
    return Account.objects.select_related("point__room__building", "point__customer_class").only(*_READ)


_ACCOUNT = Prepared(lambda code: _accounts().filter(code=code), str)
_BUCKET = Prepared(lambda of, name: Bucket.objects.filter(customer_class=of, name=name).order_by(), int, str)


def open_account(account_code: str, bucket: str) -> tuple[Account, Bucket] | Refused:
    account = _ACCOUNT.first(account_code)
    if account is not None and account.pays_from_id is not None:
        account = _accounts().get(pk=account.pays_from_id)
    if account is None:
        return Refused(DeskRefusal.UNKNOWN_ACCOUNT)
    if account.state != Account.State.OPEN:
        return Refused(DeskRefusal.ACCOUNT_NOT_OPEN)
    if account.point.billing != "prepaid":
        return Refused(DeskRefusal.NOT_PREPAID)
    rule = _BUCKET.first(account.point.customer_class_id, bucket)
    return (account, rule) if rule is not None else Refused(DeskRefusal.UNKNOWN_BUCKET)
