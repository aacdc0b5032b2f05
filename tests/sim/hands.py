"""What people do beside the daily round, honest and other: technicians on site, attackers at the broker, the desk's rarer acts."""

import random
import sqlite3
from typing import TYPE_CHECKING, Any

import msgspec

from gateway.application.grant import apply_voucher
from gateway.application.lock_outs import begin_lock, end_lock
from gateway.application.plan_swap import SwapOrder
from gateway.application.records import LockNote, MeterPlace
from gateway.application.relay_state import TECHNICIAN
from gateway.application.sealed_register import Sealed
from gateway.application.swap_meter import swap_meter
from gateway.contract import topics
from gateway.contract.commands import CENTRAL, Grant, RelayWish, SetRelay, encode_command
from gateway.contract.envelope import seal
from gateway.contract.facts import Alarm, Instant, UpBatch, UpRow, encode_fact
from gateway.contract.identifiers import AlarmId, MeterNo
from gateway.contract.voucher_code import short_name
from tests.sim.gateway_site import MODEL, GatewaySite
from tests.sim.plan import Trouble
from tests.sim.timeline import DAY_MS, HOUR_MS, MINUTE_MS

if TYPE_CHECKING:
    from tests.sim.wires import Room
    from tests.sim.world import World


def _site(world: "World", trouble: Trouble) -> GatewaySite:
    return world.sites[trouble.building - 1]


def _room(world: "World", trouble: Trouble, dice: random.Random) -> "Room":
    return dice.choice(_site(world, trouble).rooms)


# --- technicians


def swap(world: "World", trouble: Trouble, dice: random.Random) -> None:
    """Replace a meter on site: the old one's last register, the new one's first, both read from the meter."""
    site, room = _site(world, trouble), _room(world, trouble, dice)
    if not site.is_on or site.line.is_gone or room.dead or room.account in world.leaving:
        return
    old, last = MeterNo(room.name), _register(room, world)
    room.install(world.now_ms)
    now = site.clock.now()
    ask = SwapOrder(
        old,
        MeterNo(room.name),
        Sealed(last, now, raw=b"\x68"),
        Sealed(_register(room, world), now, raw=b"\x68"),
        MeterPlace("line-1", room.spec.address, MODEL),
        "electrician",
        "worn out",
    )
    done = site.guarded(lambda: site.store.do(lambda journal: swap_meter(journal, ask, now)))
    if done is None or type(done).__name__ == "SwapRefused":
        room.take_out_again()
        world.counts["swaps refused"] += 1
    world.room_of_meter[room.name] = room
    if site.is_on:
        site.wire_again()
        site.guarded(site.follow_up)


def _register(room: "Room", world: "World") -> int:
    room.meter.advance(world.now_ms)
    return room.register_wh


def lock_out(world: "World", trouble: Trouble, dice: random.Random) -> None:
    """Lock a relay out on site; released some hours later."""
    site, room = _site(world, trouble), _room(world, trouble, dice)
    if not site.is_on or room.account in world.locked:
        return
    note = LockNote(MeterNo(room.name), TECHNICIAN, "electrician", "works on the riser")
    now, line_now = site.clock.now(), site.clock.line_now()
    world.locked.add(room.account)
    if (
        site.guarded(lambda: site.store.do(lambda journal: (begin_lock(journal, note, now, line_now),)))
        is None
    ):
        world.unlock(room.account)
        return
    site.guarded(site.drive_relays)
    world.timeline.after(dice.randrange(2, 40) * HOUR_MS, lambda: release(world, room.account))


def release(world: "World", account: str) -> None:
    """Take a technician's lock-out back; tried again while the gateway is off."""
    room = world.room_of_account[account]
    site = world.sites[room.building - 1]
    if account not in world.locked:
        return
    if not site.is_on:
        world.timeline.after(HOUR_MS, lambda: release(world, account))
        return
    note = LockNote(MeterNo(room.name), TECHNICIAN, "electrician", "done")
    now, line_now = site.clock.now(), site.clock.line_now()
    world.locked.discard(account)
    if site.guarded(lambda: site.store.do(lambda journal: (end_lock(journal, note, now, line_now),))) is None:
        world.locked.add(account)
        world.timeline.after(HOUR_MS, lambda: release(world, account))
        return
    site.guarded(site.drive_relays)


def damage_books(world: "World", trouble: Trouble, dice: random.Random) -> None:
    """A bit of a balance flips on the card while the power is off (C-17)."""
    site, room = _site(world, trouble), _room(world, trouble, dice)
    if not site.is_on or world.damaged or room.account in world.leaving:
        return
    site.cut_power()
    with sqlite3.connect(site.path) as rows:
        rows.execute(
            "UPDATE bucket SET balance = balance + 4194304 WHERE id = (SELECT min(id) FROM bucket WHERE account = ?)",
            (room.account,),
        )
        hit = rows.total_changes
    rows.close()
    if hit:
        world.damaged.add(room.account)
    world.power_back(site, dice)


def steal(world: "World", trouble: Trouble, dice: random.Random) -> None:
    """Somebody leads part of his power past the meter for some days: nobody is billed for it, and nobody else pays."""
    room = _room(world, trouble, dice)
    room.meter.advance(world.now_ms)
    room.meter.set_load("20W")
    room.stolen_wh += 24.0 * dice.randrange(10, 400)


def carry_voucher(world: "World", trouble: Trouble, dice: random.Random) -> None:
    """A resident's pending credit is carried in by hand, as a file or a code, before or after the command."""
    site = _site(world, trouble)

    def act() -> Any:
        from central.link.grants import order_of
        from central.link.models import Delivery
        from central.link.vouchers import pending, voucher_file

        waiting = list(pending(site.name))[:3] or list(
            Delivery.objects.filter(gateway=site.name).select_related("grant__account").order_by("-pk")[:2]
        )
        voucher_file(site.name, actor="simulation", now_ms=world.now_ms)
        return [order_of(one) for one in waiting]

    grants: list[Grant] = world.central.do(act) or []
    for grant in grants:
        coded = msgspec.structs.replace(grant, grant=short_name(grant)) if grant.serial else grant
        carried = dice.choice([grant, coded])
        world.timeline.after(
            dice.randrange(DAY_MS // 4), lambda carried=carried: _hand_in(world, site, carried)
        )


def _hand_in(world: "World", site: GatewaySite, grant: Grant) -> None:
    if site.is_on:
        now = site.clock.now()
        site.guarded(lambda: site.store.do(lambda journal: apply_voucher(journal, grant, now, "resident")))
        site.signals.relay.set()
        site.guarded(site.follow_up)
        world.counts["vouchers handed in"] += 1


# --- attackers


def forge(world: "World", trouble: Trouble, dice: random.Random) -> None:
    """Somebody at the broker writes in central's name, and in a gateway's: with a key of his own, or bytes turned."""
    from tests.sim.world import signer_of

    site = _site(world, trouble)
    thief = signer_of(b"thief" + bytes(27))
    if not site.is_on:
        return
    number = site.store.do(lambda journal: _next_number(journal))
    room = _room(world, trouble, dice)
    orders = [
        Grant("forged", room.account, "paid", "yuan", 77_000_000, serial=1),  # type: ignore[arg-type]
        SetRelay(MeterNo(room.name), RelayWish.OPEN, "thief", "forged"),
    ]
    for order in orders:
        sealed = seal(
            thief, kind=topics.DOWN, sender=CENTRAL, recipient=site.name, message_id="forged",
            number=number, issued_ms=world.now_ms, body=encode_command(order),
        )  # fmt: skip
        world.broker.inject(topics.topic(site.name, topics.DOWN), sealed)
    fact = encode_fact(
        Alarm(AlarmId("forged"), "forged", "forged", True, Instant("b", 1, world.now_ms, True))
    )  # type: ignore[arg-type]
    batch = UpBatch(site.booted.epoch, [UpRow(1_000_000, msgspec.Raw(fact))])
    up = seal(
        thief, kind=topics.UP, sender=site.name, recipient=CENTRAL, message_id="forged",
        issued_ms=world.now_ms, body=msgspec.json.encode(batch),
    )  # fmt: skip
    world.broker.inject(topics.topic(site.name, topics.UP), up)
    world.look_for_forged(site)


def _next_number(journal: Any) -> int:
    from gateway.application.alarms import station

    return station(journal).last_command + 1


def replay(world: "World", trouble: Trouble, dice: random.Random) -> None:
    """Somebody plays messages of earlier days again, some with a bit turned, some to another gateway."""
    captured = world.broker.captured[-200:]
    for topic, payload in dice.sample(captured, min(6, len(captured))):
        what = dice.random()
        if what < 0.3:
            place = dice.randrange(len(payload))
            payload = payload[:place] + bytes([payload[place] ^ 4]) + payload[place + 1 :]
        elif what < 0.5:
            other = dice.choice(world.sites).name
            topic = topics.topic(other, topic.rpartition("/")[2])
        world.broker.inject(topic, payload)


# --- the desk's rarer acts


def take_back(world: "World", trouble: Trouble, dice: random.Random) -> None:
    """Credit is asked back, and paid out once the gateway gave it."""
    room, request = _room(world, trouble, dice), f"tb{trouble.number}"
    amount = dice.randrange(1, 30) * 1_000_000
    if room.account in world.leaving:
        return

    def act() -> Any:
        from central.link.operations import ask_credit_back

        return ask_credit_back(
            request, room.account, "paid", amount, actor="anna", why="asked", now_ms=world.now_ms
        )

    world.desk.ask("take-back", act, lambda done: _pay_out_later(world, request, 0))


def _pay_out_later(world: "World", request: str, tries: int) -> None:
    """Pay out once the gateway's answer is there; before, it must be refused (C-7)."""

    def act() -> Any:
        from central.desk.paying_out import pay_out_credit_back
        from central.link.models import TakeBackRequest

        asked = TakeBackRequest.objects.filter(pk=request).first()
        done = pay_out_credit_back(request, world.desk.person(), now_ms=world.now_ms)
        return asked, done

    def then(said: Any) -> None:
        asked, done = said
        paid = type(done).__name__ == "PaidOut"
        if paid and (asked is None or asked.state != "settled"):
            world.blame("C-7", f"{request} was paid out before the gateway answered")
        if not paid and tries < 6:
            world.timeline.after(12 * HOUR_MS, lambda: _pay_out_later(world, request, tries + 1))

    world.desk.ask("pay out", act, then)


def depart(world: "World", trouble: Trouble, dice: random.Random) -> None:
    """An account is closed: final register and lock-out first, then the money leaves (C-8)."""
    room = _room(world, trouble, dice)
    if room.account in world.leaving or room.account in world.damaged:
        return

    def act() -> Any:
        from central.link.operations import ask_closing

        return ask_closing(room.account, actor="anna", why="leaves", now_ms=world.now_ms)

    def then(done: Any) -> None:
        if hasattr(done, "request_id"):
            world.leaving[room.account] = done.request_id
            _close_later(world, room, 0)

    world.desk.ask("closing", act, then)


def _close_later(world: "World", room: "Room", tries: int) -> None:
    request = world.leaving.get(room.account)
    if request is None:
        return

    def act() -> Any:
        from central.desk.paying_out import pay_out_closed_account
        from central.link.models import Closing

        closing = Closing.objects.filter(pk=request).first()
        return closing, pay_out_closed_account(request, world.desk.person(), now_ms=world.now_ms)

    def then(said: Any) -> None:
        closing, done = said
        paid = type(done).__name__ == "PaidOut"
        if paid and (closing is None or closing.state != "final" or room.is_closed):
            world.blame("C-8", f"{room.account} was paid out, its contact is closed={room.is_closed}")
        if not paid and tries < 8:
            world.timeline.after(10 * HOUR_MS, lambda: _close_later(world, room, tries + 1))

    world.desk.ask("pay out", act, then)


def change_price(world: "World", trouble: Trouble, dice: random.Random) -> None:
    """A new price from a midnight on; sometimes a gateway learns of it late (C-9)."""
    from_ms = world.day_begins_ms + dice.choice([2, 3]) * DAY_MS
    price = dice.randrange(3_000, 9_000)
    if any(since_ms >= from_ms for since_ms, _ in world.desk.prices):
        return

    def act() -> Any:
        from central.campus.operations import publish_price

        return publish_price("dormitory", f"0.{price:04}", from_ms, actor="simulation", now_ms=world.now_ms)

    def then(done: Any) -> None:
        if hasattr(done, "micro_yuan_per_kwh"):
            world.desk.prices.append((from_ms, price * 100))

    world.desk.ask("price", act, then)


def ask_resend(world: "World", trouble: Trouble, dice: random.Random) -> None:
    """Somebody asks a gateway for what it keeps again (C-11)."""
    site = _site(world, trouble)

    def act() -> Any:
        from central.link.models import Gateway
        from central.link.operations import ask_resend as ask

        epoch = Gateway.objects.get(pk=site.name).epoch
        return ask(site.name, epoch, 1, actor="simulation", now_ms=world.now_ms) if epoch else "no epoch"

    world.desk.ask("resend", act)


def correct_late(world: "World", trouble: Trouble, dice: random.Random) -> None:
    """A receipt of the day is found wrong, a minute before the day ends."""
    if not world.is_last_day:
        world.timeline.at(world.day_begins_ms + DAY_MS - MINUTE_MS, lambda: _correct(world, trouble, dice))


def _correct(world: "World", trouble: Trouble, dice: random.Random) -> None:
    today = [
        sale
        for sale in world.desk.sales.values()
        if sale.at_ms >= world.now_ms - DAY_MS + MINUTE_MS and not sale.lost and not sale.corrected
    ]
    if not today:
        return
    sale, right = dice.choice(today), dice.choice(world.rooms)
    if right.account in world.leaving:
        return

    def act() -> Any:
        from central.desk.corrections.operations import Right, correct

        wanted = Right(right.account, sale.amount_fen)
        return correct(
            f"c{trouble.number}", sale.receipt, wanted, "wrong room", world.desk.person(), now_ms=world.now_ms
        )

    def then(done: Any) -> None:
        correction = getattr(done, "correction", None)
        if correction is not None:
            sale.corrected = True
            world.counts["corrected at 23:59"] += 1
            world.desk.note_correction(correction)

    world.desk.ask("correct", act, then)
