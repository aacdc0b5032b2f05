"""Who sells for whom: a stand-in's name goes on shifts and receipts beside that of the one who is away (R-4.1.1a)."""

from central.desk.shift_models import Shift
from central.office.models import Delegation, User
from central.office.roles import SELL


def absent_cashier(user: User, now_ms: int) -> User | None:
    """Give the cashier whom a person without that office stands in for; None for a cashier of his own right."""
    if user.role in SELL:
        return None
    lasting = Delegation.objects.filter(
        stand_in=user,
        from_ms__lte=now_ms,
        until_ms__gt=now_ms,
        absent__is_active=True,
        absent__role__in=SELL,
    )
    delegation = lasting.select_related("absent").order_by("from_ms").first()
    return delegation.absent if delegation else None


def name_at_desk(cashier: User, shift: Shift) -> str:
    """Write who sells as it is printed: `张三`, or `李四（代 张三）` for one who stands in."""
    absent = shift.stands_in_for
    name = cashier.spoken_name
    return f"{name}（代 {absent.spoken_name}）"[:150] if absent else name[:150]
