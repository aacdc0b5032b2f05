"""Corrections as a day leaves them: one asked of its gateway, one whose credit was used and is owed, an adjustment to be signed."""

from django.db import transaction

from central import clock
from central.desk.corrections.adjusting import Wanted, ask_adjustment
from central.desk.corrections.operations import Corrected, Right, correct
from central.desk.corrections.reclaims import settle
from central.desk.operations import Paid, pay
from central.link.models import TakeBackRequest
from central.office.models import Approval, User

DAY_MS = 86_400_000


def corrections() -> None:
    """Leave the receipts: a void one and its successor, twice, and one of yesterday."""
    cashier, now_ms = User.objects.get(username="cashier"), clock.now_ms()
    for name, reason in (("asked", "房号听错，应为 1-106"), ("owed", "金额输错")):
        paid = pay(f"seed-{name}", "1-105.1", 5_000, cashier, now_ms=now_ms)
        assert isinstance(paid, Paid)
        right = Right("1-106.1", 5_000) if name == "asked" else Right("1-105.1", 3_000)
        number = paid.receipt.number
        done = correct(f"seed-c-{name}", number, right, reason, cashier, now_ms=now_ms)
        assert isinstance(done, Corrected), done
    request = TakeBackRequest.objects.get(pk="cr-seed-c-owed")
    request.state, request.answered_ms = TakeBackRequest.State.SETTLED, now_ms
    with transaction.atomic():
        request.save()
        settle(request, now_ms)
    older = pay("seed-older", "1-105.1", 4_000, cashier, now_ms=now_ms - DAY_MS)
    assert isinstance(older, Paid)
    wanted = Wanted(older.receipt.number, "1-105.1", "paid", -4_000_000)
    asked = ask_adjustment(wanted, "seed-adj", why="价目录入有误，多充 4 元", actor=cashier, now_ms=now_ms)
    assert isinstance(asked, Approval), asked
