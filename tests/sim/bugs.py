"""What is planted: a function of the product's, made wrong in one way. `plants` says where each goes and what must find it."""

from typing import Any

import msgspec

from gateway.contract.commands import Ack
from gateway.contract.envelope import Sealed
from gateway.domain.clock_trust import ClockMemory
from gateway.domain.cutoff import Basis


def nothing(right: Any) -> Any:
    """Do nothing instead."""
    return lambda *_, **__: None


def unchecked_unseal(right: Any) -> Any:
    def unseal(data: bytes, *_: Any, **__: Any) -> Any:
        return msgspec.json.decode(data.partition(b"\n")[0], type=Sealed)

    return unseal


def doubled(right: Any) -> Any:
    def advance(before: Any, reading: Any, judgement: Any, now: Any) -> Any:
        after = right(before, reading, judgement, now)
        return msgspec.structs.replace(after, total_wh=after.total_wh + judgement.delta_wh)

    return advance


def late(right: Any) -> Any:
    seen = set[str]()

    def bind_due(journal: Any, meter: Any, now: Any) -> Any:
        if meter.meter in seen:
            return right(journal, meter, now)
        seen.add(meter.meter)
        return False

    return bind_due


def eager(right: Any) -> Any:
    """Acknowledge what came before it is taken."""

    def take(taker: Any, gateway: Any, joined: Any, now_ms: int) -> Any:
        from central.ingest.process import topics
        from tests.sim import world

        batch = joined.batch
        ack = taker._ack(
            gateway, Ack(batch.epoch, batch.rows[-1].seq, now_ms, answers=joined.answers[:64]), now_ms
        )
        world.present.broker.inject(topics.topic(gateway.pk, topics.ACK), ack.payload)
        return right(taker, gateway, joined, now_ms)

    return take


def too_much(right: Any) -> Any:
    return lambda buckets, name, amount: [
        msgspec.structs.replace(one, amount=-amount)
        if isinstance(one, msgspec.Struct)
        else type(one)(one.name, one.unit, one.expires_ms, -amount)
        for one in right(buckets, name, 1)
    ]


def skipping(right: Any) -> Any:
    def next_number(series: Any) -> int:
        number: int = right(series)
        return right(series) if number == 3 else number

    return next_number


def lossy_outbox(right: Any) -> Any:
    count = [0]

    def append(tables: Any, epoch: Any, wall_ms: int, fact: Any, entry: Any) -> Any:
        count[0] += entry is not None
        if entry is not None and count[0] % 9 == 0:
            return tables.last_seq(epoch)
        return right(tables, epoch, wall_ms, fact, entry)

    return append


def altered(right: Any) -> Any:
    def advance(head: Any, table: str, content: Any) -> Any:
        position, chained = right(head, table, content)
        if position % 17 == 0:
            head.chain_hash = chained = bytes(32)
        return position, chained

    return advance


def unprotected(right: Any) -> Any:
    return lambda rule, *rest, **named: right(msgspec.structs.replace(rule, protected=False), *rest, **named)


def confirmed(right: Any) -> Any:
    return lambda journal, account, basis, now: right(
        journal, account, Basis.CONFIRMED if basis is Basis.READ else basis, now
    )


def trusting(right: Any) -> Any:
    def look(memory: ClockMemory, wall_ms: int, monotonic_ms: int) -> ClockMemory:
        from dataclasses import replace

        return replace(right(memory, wall_ms, monotonic_ms), doubt=None)

    return look


def blind_order(right: Any) -> Any:
    def adopt(mirror: Any, changes: dict[Any, int]) -> Any:
        return right(mirror, {key: amount * 2 for key, amount in changes.items()})

    return adopt


def one_more(right: Any) -> Any:
    return lambda *given: right(*given) + 1


def credit_more(right: Any) -> Any:
    return lambda bucket, unit, expires_ms, amount: right(bucket, unit, expires_ms, amount + 1)


def at_once(right: Any) -> Any:
    def confirm(state: Any, now: Any) -> Any:
        from gateway.domain.relay import Move

        return Move.CONFIRM

    return confirm


def at_rest(right: Any) -> Any:
    return lambda number, command, lock_out, relay_is_done: right(
        number, command, lock_out, relay_is_done=True
    )


def by_one(right: Any) -> Any:
    return lambda journal, body, sealed, now, approves: right(journal, body, sealed, now, lambda *_: True)


def never_again(right: Any) -> Any:
    def to_send(*asked: Any) -> Any:
        return [one for one in right(*asked) if one.state == "queued"]

    return to_send


def lossy_drawer(right: Any) -> Any:
    """A millionth of a yuan of all that is paid in is not added up."""
    return right.replace("debits + %s", "debits + %s - (code LIKE 'cash:%%')")
