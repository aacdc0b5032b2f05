"""Steps that several of central's tests take: rows brought in, commands answered, gateways born, credit given."""

from central.desk.operations import pay
from central.ledger import chart_of_accounts as chart
from central.ledger.queries import balance
from central.link import counters
from central.link.models import Alarm, Command, Delivery
from gateway.contract.commands import decode_command
from gateway.contract.facts import CommandOutcome
from tests.central.conftest import NOW_MS

ROOM = "1-301.1"


def up(taker, twin, *reported):
    return taker.take(twin.topic("up"), twin.batch(*reported), NOW_MS)


def born(taker, twin, **changes):
    twin.now_ms += 1000
    taker.take(twin.topic("birth"), twin.birth(**changes), NOW_MS)


def rebuilt(taker, twin, **changes):
    """The gateway's store is new: another epoch, rows and numbers from the beginning."""
    twin.seq, twin.entries, twin.epoch, twin.last_command, twin.boot = 0, 0, "e9", 0, "boot-9"
    born(taker, twin, **changes)


def answer(taker, twin, said):
    taker.take(twin.topic("answer"), twin.sealed("answer", said), NOW_MS)


def answered(taker, twin, command, outcome=CommandOutcome.APPLIED, **changes):
    return up(taker, twin, twin.result(command.number, command.command_id, outcome, **changes))


def credit(taker, twin, cashier, payment_id="p1", fen=5_000):
    pay(payment_id, ROOM, fen, cashier, now_ms=NOW_MS)
    up(taker, twin, twin.granted(f"p-{payment_id}", ROOM, fen * 10_000))


def last(kind):
    return Command.objects.filter(kind=kind).order_by("-pk").first()


def order(command):
    return decode_command(bytes(command.body))


def held(opening):
    """The grants and requests that an opening says are in its balances, by their ids."""
    serials = Delivery.objects.filter(serial__lte=opening.grants_up_to).exclude(
        serial__in=opening.grants_pending
    )
    return sorted([*serials.values_list("pk", flat=True), *opening.known_grants])


def queued():
    waiting = Command.objects.filter(state="queued").order_by("number")
    return [(command.number, command.kind) for command in waiting]


def customer(bucket="paid"):
    return balance(chart.customer(ROOM, bucket, "yuan"))


def standing(what):
    return list(Alarm.objects.filter(what=what, cleared_ms=None).values_list("subject", flat=True))


def counts(taker, gateway="gw-1"):
    taker.write_counts(NOW_MS)
    return counters.of(gateway)
