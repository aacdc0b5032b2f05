"""Steps of the tests about corrections: a sale, what the gateway answers, what the books hold."""

from central.desk.corrections.models import Correction
from central.desk.corrections.operations import Corrected, Right, correct
from central.desk.corrections.reclaims import standings
from central.desk.corrections.verification import verify_corrections
from central.desk.shift_verification import verify_shifts
from central.desk.verification import verify_sales
from central.ledger import chart_of_accounts as chart
from central.ledger.queries import balance
from central.ledger.verification import verify_books
from central.link.models import Command
from gateway.contract.commands import decode_command
from gateway.contract.facts import CommandOutcome, EntryCause, EntryKind
from tests.central.conftest import NOW_MS
from tests.central.steps import answered, up

WRONG, RIGHT = "1-301.1", "1-302.1"
FEN = 10_000  # micro-yuan


def corrected(cashier, number=1, right=RIGHT, fen=5_000, correction_id="c1", now_ms=NOW_MS, **more):
    """Correct a receipt; it must work. `right` None: nothing in its place."""
    wanted = None if right is None else Right(right, fen)
    done = correct(correction_id, number, wanted, "typed the wrong room", cashier, now_ms=now_ms, **more)
    assert isinstance(done, Corrected), done
    return done.correction


def gives_back(taker, twin):
    """Let the gateway answer its newest take-back as the contract says: min(asked, left), never below zero (C-7)."""
    command = Command.objects.filter(kind="take-back").latest("pk")
    order = decode_command(bytes(command.body))
    bucket = (order.account, order.bucket, unit_of(twin, order))
    taken = max(0, min(order.amount, twin.balances.get(bucket, 0)))
    lines = []
    if taken:
        entry = twin.entry(
            EntryKind.TAKEN_BACK,
            order.account,
            -taken,
            bucket=order.bucket,
            unit=bucket[2],
            cause=EntryCause.COMMAND,
            source=order.request,
        )
        up(taker, twin, entry)
        lines = entry.lines
    answered(taker, twin, command, taken=lines)
    return taken


def refuses(taker, twin):
    """Let the gateway refuse its newest take-back."""
    answered(taker, twin, Command.objects.filter(kind="take-back").latest("pk"), CommandOutcome.REFUSED)


def unit_of(twin, order):
    units = [
        unit for account, bucket, unit in twin.balances if (account, bucket) == (order.account, order.bucket)
    ]
    return units[0] if units else "yuan"


def standing(correction: Correction):
    return standings([correction.reclaim])[correction.reclaim_id]


def left(account, bucket="paid", unit="yuan"):
    return balance(chart.customer(account, bucket, unit))


def owed(account, unit="yuan"):
    return balance(chart.owed(account, unit))


def reclaimed(account, unit="yuan"):
    return balance(chart.reclaim(account, unit))


def faults():
    """Give what any check of central's books finds."""
    checks = [*verify_books(), *verify_sales(), *verify_shifts(), *verify_corrections()]
    return [f"{check.name}: {check.fault}" for check in checks if check.fault]
