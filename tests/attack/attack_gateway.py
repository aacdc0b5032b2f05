"""A life of a gateway under attack: commands, acknowledgements, then new epochs, retired keys and stores that were put back (R-G5).

Everything that central ever said to it is kept, as who listens at the broker keeps it, and is said again wherever that could hurt.
"""

import random
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from gateway.application.alarms import standing_alarms
from gateway.application.new_epoch import renew_epoch
from gateway.contract import commands as c
from gateway.contract.topics import ACK, DOWN, topic
from tests.attack.forge import Forge, public_hex, signer_of
from tests.attack.orders import QUIET, Order, Orders
from tests.attack.refused_orders import refused_orders
from tests.attack.siege import Siege
from tests.attack.tally import Tally
from tests.attack.target_gateway import ALARMED, ANSWERED, TargetGateway

DIFFERENT = frozenset({"exists-with-different"})
GAP = frozenset({"gap"})
OLD = frozenset({"repeated", "already-have"})
NOT_OPENED = frozenset({"not-opened"})
DONE_BEFORE = OLD | NOT_OPENED | DIFFERENT
STALE = frozenset({"nothing-new", "stale"})
HERE = "down"


@dataclass
class GatewayAttack:
    """One gateway, one attacker, one seed."""

    folder: Path
    tally: Tally
    dice: random.Random
    said: list[tuple[str, bytes]] = field(default_factory=list)
    """All that central said: leaf and bytes."""
    credited: list[c.Grant] = field(default_factory=list)

    async def begin(self) -> None:
        dice = self.dice
        self.central, self.other_central = signer_of(dice), signer_of(dice)
        self.gateway = TargetGateway(self.folder, self.central, signer_of(dice))
        others = [self.other_central, signer_of(dice), self.gateway.signer, self.gateway.approver]
        self.forge = Forge(dice, self.central, others)
        self.siege = Siege(self.gateway, self.forge, self.tally, dice)
        self.orders = Orders(self.gateway, dice)
        self.every = self.orders.every()
        await self.gateway.start()
        await self.gateway.open()
        self.number = (await self.gateway.here()).last_command
        await self.gateway.read_meters()
        for account in ("a1", "a2"):
            await self.obeyed(Order(self.orders.grant(account=account, amount=1_000_000_000)))

    # --- commands in their order

    def sealed(self, order: Order, number: int | None = None, **changes: object) -> bytes:
        number = self.number + 1 if number is None else number
        name = f"c-{self.folder.name}-{number}"
        return self.gateway.command(
            order.body, number, **{"message_id": name, "expires_ms": order.expires_ms, **changes}
        )

    async def obeyed(self, order: Order, data: bytes = b"") -> bool:
        """Send the next command; say whether it acted: its outcome, and its deed in the store."""
        data = data or self.sealed(order)
        await self.siege.look()
        before = self.gateway.counts()
        await self.gateway.say(DOWN, data)
        outcomes = self.gateway.counts() - before
        differs = await self.siege.look()
        self.number += 1
        self.said.append((DOWN, data))
        if isinstance(order.body, c.Grant) and outcomes["command:applied"]:
            self.credited.append(order.body)
        did = outcomes["command:applied"] + outcomes["command:pending"] + outcomes["command:partly"] == 1
        return did and (isinstance(order.body, QUIET) or bool(differs - ANSWERED)) and "inbox" in differs

    async def block(self, shots: int) -> None:
        """Shoot forgeries of the next command and of what was said, then let the command act."""
        await self._words()
        await self._look_around()
        order = next(self.every)
        data = self.sealed(order)
        for _ in range(shots):
            await self.siege.mutate(HERE, DOWN, data)
        await self._topics(data)
        await self._numbers(order)
        did = await self.obeyed(order, data)
        await self.siege.passed(HERE, did, f"{order.kind} {order.body}")
        self.tally.valid(order.kind, did)
        await self.siege.shoot(HERE, "the same again", DOWN, data, OLD)

    async def _look_around(self) -> None:
        """What orders refer to: rows that were acknowledged, an alarm that stands."""
        self.orders.epoch, self.orders.acked = (await self.gateway.here()).epoch, await self._acked()
        standing = await self.gateway.parts.store.run(standing_alarms)
        doubted = [one.subject for one in standing if one.what == "exists-with-different"]
        self.orders.doubted = doubted[0] if doubted else ""

    async def _topics(self, data: bytes) -> None:
        """To other topics than its own: the broker's list forbids them, and the gateway doesn't take them."""
        names = [
            topic("b2", DOWN),
            "cardroom/1/b1/state",
            "cardroom/2/b1/down",
            "$SYS/x",
            "cardroom/1/b1/down/x",
            "",
        ]
        before = self.gateway.counts()
        await self.gateway.arrive(self.dice.choice(names), data)
        counted = self.gateway.counts() - before
        name = "other-topic" if dict(counted) == {"link:arrival-other-topic": 1} else ""
        await self.siege._note(HERE, "on another topic", name, data, frozenset())

    async def _numbers(self, order: Order) -> None:
        """Right key, right words, and not their turn."""
        shoot, next_number = self.siege.shoot, self.number + 1
        ahead = next_number + self.dice.choice([1, 2, 7, 1_000, 2**31, 2**53, 2**64, 10**30])
        await shoot(HERE, "right key, numbers left out", DOWN, self.sealed(order, ahead), GAP | {"malformed"})
        back = self.dice.choice([0, -1, -(2**63), -(10**30)])
        await shoot(
            HERE,
            "right key, a number below one",
            DOWN,
            self.sealed(order, back),
            frozenset({"already-have", "malformed"}),
        )
        old = self.dice.randrange(2, next_number) if next_number > 2 else 2
        await shoot(
            HERE,
            "right key, other words under an old number",
            DOWN,
            self.sealed(order, old, message_id=f"other-{old}"),
            DIFFERENT,
            ALARMED,
        )
        leaf, data = self.dice.choice([one for one in self.said if one[0] == DOWN])
        await shoot(HERE, "an old one again after newer ones", leaf, data, OLD)

    async def _words(self) -> None:
        """Right key, right number, and nothing that may be done: it is answered, and nothing else."""
        how, body, expires_ms, outcome = self.dice.choice(refused_orders(self))
        data = self.sealed(Order(body, expires_ms)) if not isinstance(body, bytes) else self._raw(body)
        await self.siege.shoot(HERE, how, DOWN, data, frozenset({outcome}), ANSWERED | ALARMED)
        self.number = (await self.gateway.here()).last_command
        self.said.append((DOWN, data))

    def _raw(self, body: bytes) -> bytes:
        return self.gateway.sealed(DOWN, body, self.number + 1, message_id=f"raw-{self.number + 1}")

    # --- acknowledgements

    async def acks(self, shots: int) -> None:
        """Forged and replayed acknowledgements beside the one that central gives."""
        gateway, siege = self.gateway, self.siege
        here = await gateway.here()
        last = await gateway.last_seq(here.epoch)
        data = gateway.ack(here.epoch, last)
        for _ in range(shots):
            await siege.mutate(ACK, ACK, data)
        odd = self.dice.choice([1, 2, 10_000, 2**53, 2**63, 10**30])
        await siege.shoot(
            ACK,
            "right key, ahead of the outbox",
            ACK,
            gateway.ack(here.epoch, last + odd),
            frozenset({"ahead", "malformed"}),
            ALARMED,
        )
        await siege.shoot(
            ACK,
            "right key, of an epoch that never was",
            ACK,
            gateway.ack("e-other", last),
            frozenset({"unknown-epoch"}),
        )
        below = self.dice.choice([0, -1, -(10**30)])
        await siege.shoot(
            ACK,
            "right key, of rows before the first",
            ACK,
            gateway.ack(here.epoch, below),
            frozenset({"nothing-new", "malformed"}),
        )
        await siege.shoot(
            ACK,
            "by another central",
            ACK,
            gateway.ack(here.epoch, last, signer=self.other_central),
            frozenset({"unknown-key"}),
        )
        await self._gaps(here.epoch)
        before = await self._acked()
        await gateway.say(ACK, data)
        await siege.look()
        did = await self._acked() == last > before
        await siege.passed(ACK, did, f"ack of {last}")
        self.tally.valid("acknowledgement", did)
        self.said.append((ACK, data))
        await siege.shoot(ACK, "the same again", ACK, data, STALE)
        old = self.dice.choice([one for one in self.said if one[0] == ACK])
        await siege.shoot(ACK, "an old one again after newer ones", ACK, old[1], STALE)

    async def _gaps(self, epoch: str) -> None:
        """Whoever makes the outbox go back has months sent again: only a gap in a batch under way may."""
        gateway, shoot = self.gateway, self.siege.shoot
        name, acked = await gateway.send(), await self._acked()
        await self.siege.look()
        told = ["", "e.1"] if gateway.parts.receiver._names_batches else ["e.1"]
        for answers in (*told, f"{epoch}.0", name + "0"):
            data = gateway.ack(epoch, acked, 1, answers)
            await shoot(ACK, "right key, a gap in no batch under way", ACK, data, frozenset({"stale"}))
        gap = gateway.ack(epoch, acked - 1, acked, name)
        await gateway.say(ACK, gap)
        await self.siege.look()
        did = await self._acked() == acked - 1
        await self.siege.passed(ACK, did, f"a gap in {name}")
        self.tally.valid("gap told", did)
        self.said.append((ACK, gap))
        await shoot(ACK, "a gap again that is mended", ACK, gap, frozenset({"stale"}))

    async def _acked(self) -> int:
        from gateway.application.outbox import marks

        found = await self.gateway.parts.store.run(marks)
        return found[-1].acked_seq

    # --- other lives

    async def replay_all(self, how: str, expected: frozenset[str], most: int) -> None:
        """Say again what was said in this gateway's life, in an order of the attacker's."""
        heard = self.dice.sample(self.said, min(most, len(self.said)))
        for leaf, data in heard:
            names = expected if leaf == DOWN else STALE | {"unknown-epoch", "unknown-key", "former-epoch"}
            await self.siege.shoot(HERE if leaf == DOWN else ACK, how, leaf, data, names)

    async def acts_again(self, what: str, **changes: object) -> None:
        """A control: fresh credit acts, and the next rows are acknowledged."""
        self.number = (await self.gateway.here()).last_command
        order = Order(self.orders.grant())
        did = await self.obeyed(order, self.sealed(order, **changes))
        await self.siege.passed(HERE, did, what)
        here = await self.gateway.here()
        last = await self.gateway.last_seq(here.epoch)
        data = self.gateway.ack(here.epoch, last, **changes)
        await self.gateway.say(ACK, data)
        await self.siege.look()
        await self.siege.passed(ACK, await self._acked() == last, what)
        self.said.append((ACK, data))

    async def new_epoch(self, most: int) -> None:
        """Central orders a new epoch; until its opening comes, and behind it, the old life's orders do nothing."""
        here = await self.gateway.here()
        order = self.sealed(Order(c.BeginEpoch(here.epoch, 2**53)))
        for _ in range(most):
            await self.siege.mutate(HERE, DOWN, order)
        await self.gateway.say(DOWN, order)
        self.said.append((DOWN, order))
        did = (await self.gateway.here()).epoch != here.epoch
        await self.siege.passed(HERE, did, "a new epoch")
        self.tally.valid("begin-epoch", did)
        self.number += 1
        await self.siege.look()
        await self.replay_all("replayed into a new epoch before its opening", DONE_BEFORE, most)
        await self._not_opened("right key, before the new epoch's opening")
        await self._open()
        await self.replay_all("replayed into a new epoch behind its opening", OLD, most)
        await self.acts_again("credit in the new epoch")

    async def _open(self) -> None:
        await self.gateway.open(self.number)
        await self.siege.look()
        self.number = (await self.gateway.here()).last_command

    async def _not_opened(self, how: str) -> None:
        number = (await self.gateway.here()).last_command + 1
        data = self.sealed(Order(self.orders.grant()), number, message_id="too-early")
        await self.siege.shoot(HERE, how, DOWN, data, NOT_OPENED)

    async def retired_key(self, most: int) -> None:
        """Central's key is changed and retired: what it signed, or signs, is a stranger's, also after a restart."""
        old, fresh = self.central, signer_of(self.dice)
        both, only = [public_hex(old), public_hex(fresh)], [public_hex(fresh)]
        assert await self.obeyed(Order(c.TrustKeys(both)))
        retire = Order(c.TrustKeys(only, [public_hex(old)]))
        assert await self.obeyed(retire, self.sealed(retire, signer=fresh))
        self.number = (await self.gateway.here()).last_command
        unknown = frozenset({"unknown-key"})
        for life in ("", ", after a restart"):
            data = self.sealed(Order(self.orders.grant()), signer=old)
            await self.siege.shoot(HERE, "a fresh order by the retired key" + life, DOWN, data, unknown)
            here = await self.gateway.here()
            ack = self.gateway.ack(here.epoch, await self.gateway.last_seq(here.epoch), signer=old)
            await self.siege.shoot(ACK, "by the retired key" + life, ACK, ack, unknown)
            await self.replay_all("replayed, signed by the retired key" + life, unknown | OLD, most)
            await self.acts_again("credit by the next key", signer=fresh)
            await self.again()
        self.retired = old
        self.central = self.gateway.central = self.forge.right = fresh

    async def again(self) -> None:
        """The daemon ends and starts again."""
        await self.gateway.stop()
        await self.gateway.start()
        self.siege.writes = -1
        await self.siege.look()

    async def restored_store(self, copy: Path, most: int) -> None:
        """An older copy of the store is put back as `cardroom-gateway restore` does it: what came since is not done again."""
        await self.gateway.stop()
        data = self.folder / "data"
        shutil.rmtree(data)
        shutil.copytree(copy, data)
        await self.gateway.start()
        now = self.gateway.parts.clock.now()
        await self.gateway.parts.store.run(lambda journal: renew_epoch(journal, now))
        self.siege.writes = -1
        await self.siege.look()
        await self.replay_all("replayed into a store that was put back", DONE_BEFORE | {"unknown-key"}, most)
        await self._not_opened("right key, before a store that was put back is opened")
        await self._open()
        await self.replay_all(
            "replayed into a store that was put back and opened", OLD | {"unknown-key"}, most
        )
        await self.acts_again("credit in the store that was put back")

    async def copy_store(self, to: Path) -> None:
        await self.gateway.stop()
        shutil.copytree(self.folder / "data", to)
        await self.gateway.start()
        self.siege.writes = -1
        await self.siege.look()

    async def blank_store(self, most: int) -> None:
        """A blank card with the same key: it knows nothing, and believes no old order."""
        await self.gateway.stop()
        for path in (self.folder / "data").glob("journal.db*"):
            path.unlink()
        self.gateway.set_up()
        await self.gateway.start()
        self.siege.writes = -1
        await self.siege.look()
        await self.replay_all(
            "replayed into a blank store", NOT_OPENED | {"already-have", "unknown-key"}, most
        )
        await self._not_opened("right key, before a blank store is opened")
        await self._open()
        await self.acts_again("credit in the blank store")
