"""Credit carried by hand, under attack: files, codes, and the same grant on several carriers at once (C-6, R-B5, R-G5)."""

import asyncio
import random

import msgspec

from gateway.adapters.voucher_file import envelopes
from gateway.app.vouchers import WRONG_CODES, VoucherCounter
from gateway.contract.checked_groups import grouped, ungrouped
from gateway.contract.commands import Grant, VoucherList, encode_command
from gateway.contract.topics import DOWN
from gateway.contract.voucher_code import shared_key, write_code
from tests.attack.attack_gateway import GatewayAttack
from tests.attack.forge import Mutation
from tests.attack.orders import Order
from tests.attack.target_gateway import GATEWAY

FILE, CODE = "voucher", "code"
EXISTS = frozenset({"exists"})
MISTYPED = frozenset({"mistyped"})
MISFIT = frozenset({"code-does-not-fit", "not-a-code", "wrong-building"})
TOLD = frozenset({"outbox", "outbox_mark"})
"""Whatever was handed in and opened is told to central, with who brought it."""
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RATE = frozenset({"too-many"})


class VoucherAttack:
    """Hands forged credit in at a gateway whose life an attack on its commands began."""

    def __init__(self, attack: GatewayAttack) -> None:
        self.attack, self.siege, self.gateway = attack, attack.siege, attack.gateway
        self.dice: random.Random = attack.dice

    def sealed(self, grant: Grant, **changes: object) -> bytes:
        return self.gateway.sealed(FILE, encode_command(grant), message_id=f"v-{grant.grant}"[:64], **changes)

    def code(self, grant: Grant, gateway: str = GATEWAY, central: object = None) -> str:
        """The code of a grant, as central gives it, or as another one would."""
        private = (central or self.attack.central).private_key  # type: ignore[attr-defined]
        [public] = self.gateway.keyring.keys.values()
        code = write_code(shared_key(private, public, gateway), gateway, grant)
        assert code is not None
        return code

    # --- files

    async def files(self, shots: int) -> None:
        """Forged pieces of a file, then the file; then the same again, and in other company."""
        grant = self.attack.orders.grant()
        data = self.sealed(grant)
        for _ in range(shots):
            await self._mutate(data, next(self.siege.walk))
        await self._odd_bodies(grant)
        did = await self._credits(self.gateway.hand_in(data), grant)
        await self.siege.passed(FILE, did, f"a file with {grant}")
        self.attack.tally.valid("voucher file", did)
        await self.siege.hand_in(FILE, "the same file again", data, EXISTS, TOLD)
        await self.siege.hand_in(
            FILE, "a file that holds one credit many times", b"\n".join([data] * 5), EXISTS, TOLD
        )
        other = msgspec.structs.replace(grant, amount=grant.amount + 100)
        different = frozenset({"exists-with-different"})
        alarm = TOLD | {"raised_alarm", "station"}
        await self.siege.hand_in(
            FILE, "right key, a credit of before with another amount", self.sealed(other), different, alarm
        )
        _, command = self.dice.choice([one for one in self.attack.said if one[0] == DOWN])
        await self.siege.hand_in(
            FILE, "a command as a file", command, frozenset({"wrong-kind", "unknown-key"})
        )
        await self.siege.shoot("down", "a voucher as a command", DOWN, data, frozenset({"wrong-kind"}))
        stolen = self.sealed(self.attack.orders.grant(), recipient="b2")
        await self.siege.hand_in(FILE, "another building's file", stolen, frozenset({"wrong-recipient"}))

    async def _mutate(self, data: bytes, mutation: Mutation) -> None:
        made = data
        while data in envelopes(made.decode("utf-8", "replace")):
            made = mutation.make(
                data
            )  # what is blank around an envelope, or another line of a file, is the file's and not its own
        await self.siege.hand_in(FILE, mutation.how, made, mutation.expected)

    async def _odd_bodies(self, grant: Grant) -> None:
        text = encode_command(grant)
        odd = [
            (text.replace(b'"kind":"grant"', b'"kind":"take-back"'), "malformed"),
            (text.replace(b'"amount":', b'"amount":"1",".":'), "malformed"),
            (b"[]", "malformed"),
            (encode_command(self.attack.orders.grant(account="b9-1")), "unknown-account"),
            (encode_command(self.attack.orders.grant(amount=-5)), "refused"),
            (encode_command(self.attack.orders.grant(amount=10**30)), "refused"),
            (encode_command(self.attack.orders.grant(unit="kwh")), "refused"),
        ]
        body, name = self.dice.choice(odd)
        data = self.gateway.sealed(FILE, body, message_id="v-odd")
        await self.siege.hand_in(
            FILE, "right key, words of another meaning or type", data, frozenset({name}), TOLD
        )
        listed = self.gateway.sealed(
            FILE, msgspec.json.encode(VoucherList([grant.grant])), message_id="v-list"
        )
        await self.siege.hand_in(FILE, "a list without its credit", listed, frozenset({"listed"}))

    async def _credits(self, handing_in: object, grant: Grant) -> bool:
        """Say whether it credited: once, in the ledger, to the micro-yuan."""
        await self.siege.look()
        before = await self.gateway.credited(grant)
        outcome = await handing_in  # type: ignore[misc]
        await self.siege.look()
        after = await self.gateway.credited(grant)
        self.attack.credited.append(grant)
        last = outcome if isinstance(outcome, str) else outcome[-1]
        return last in ("applied", "exists") and after - before == grant.amount

    # --- codes

    def counter_anew(self) -> None:
        """The hour of waiting is over: what a restart of the daemon, or an hour, gives an attacker."""
        self.gateway.vouchers = VoucherCounter(self.gateway.parts)

    async def codes(self) -> None:
        """Digits changed, groups swapped, made up; then the code, then the same again by every carrier."""
        siege, grant = self.siege, self.attack.orders.grant()
        code = self.code(grant)
        for how, wrong, names in self._wrong_codes(grant, code):
            self.counter_anew()
            await siege.type_code(CODE, how, wrong, names)
        await self._guessed(grant, code)
        did = await self._credits(self.gateway.type_code(code), grant)
        await siege.passed(CODE, did, f"the code of {grant}")
        self.attack.tally.valid("voucher code", did)
        await siege.type_code(CODE, "the same code again", code.lower().replace("-", " "), EXISTS, TOLD)
        await siege.hand_in(FILE, "a code's credit as a file", self.sealed(grant), EXISTS, TOLD)
        await siege.passed(FILE, did, "the code")

    def _wrong_codes(self, grant: Grant, code: str) -> list[tuple[str, str, frozenset[str]]]:
        plain, dice = code.replace("-", ""), self.dice
        found = []
        for _ in range(12):
            place = dice.randrange(len(plain))
            letter = dice.choice([one for one in LETTERS if one != plain[place]])
            found.append(("a letter changed", plain[:place] + letter + plain[place + 1 :], MISTYPED))
        groups = code.split("-")
        first, second = dice.sample(range(len(groups)), 2)
        if groups[first] != groups[second]:
            groups[first], groups[second] = groups[second], groups[first]
            found.append(("two groups swapped", "-".join(groups), MISTYPED))
        cut = plain[: dice.randrange(1, len(plain))]
        short = MISTYPED | MISFIT
        found.append(("cut short", cut, short))
        found.append(
            ("lengthened", code + dice.choice(["-00000", "-" + code, " 7", "\x00", "x" * 100]), short)
        )
        for _ in range(6):
            found.append(
                ("digits changed and the check letters with them", self._rechecked(code), MISFIT | MISTYPED)
            )
        found.append(
            (
                "another building's code",
                self.code(grant, gateway="b2"),
                frozenset({"wrong-building", "code-does-not-fit"}),
            )
        )
        other = self.attack.other_central
        found.append(("another central's code", self.code(grant, central=other), MISFIT))
        noise = "".join(dice.choice(LETTERS) for _ in range(dice.choice([1, 5, 39, 40, 45, 3_000])))
        found.append(("noise", noise, short))
        found.append(("noise", dice.choice(["é" * 40, "\x00", "-", "٣" * 40, "0" * 40, "Z" * 45]), short))
        return found

    def _rechecked(self, code: str) -> str:
        raw = ungrouped(code)
        assert isinstance(raw, bytes)
        changed = bytearray(raw)
        changed[self.dice.randrange(1, len(changed))] ^= 1 << self.dice.randrange(8)
        return grouped(bytes(changed))

    async def _guessed(self, grant: Grant, code: str) -> None:
        """Guesses in a row, several at once, are stopped at ten; while they are, the right code waits as well."""
        self.counter_anew()
        guesses: list[str] = []
        while len(guesses) < WRONG_CODES + 6:
            guess = self.code(self.attack.orders.grant(), central=self.attack.other_central)
            guesses.append(guess)
        outcomes = await asyncio.gather(*map(self.gateway.type_code, guesses))
        tried = [outcome for outcome in outcomes if outcome != "too-many"]
        differs = await self.siege.look() - TOLD - {"raised_alarm", "station"}
        for place, outcome in enumerate(outcomes):
            beyond = len(tried) > WRONG_CODES and outcome != "too-many" and place >= WRONG_CODES
            named = outcome if outcome in MISFIT | RATE and not beyond else ""
            self.attack.tally.shot(
                CODE, "guessed, many at once", named, ", ".join(differs), f"{len(tried)} were read"
            )
        self.siege.beside.setdefault(CODE, set()).add("guessed, many at once")
        await self.siege.type_code(CODE, "the right code while guesses are waited out", code, RATE)
        self.counter_anew()

    async def by_retired_key(self) -> None:
        """Credit that a retired key signed, or whose code hangs on it; then credit by the key that signs now."""
        grant, retired = self.attack.orders.grant(), self.attack.retired
        await self.siege.hand_in(
            FILE, "by the retired key", self.sealed(grant, signer=retired), frozenset({"unknown-key"})
        )
        self.counter_anew()
        await self.siege.type_code(CODE, "the retired key's code", self.code(grant, central=retired), MISFIT)
        did = await self._credits(self.gateway.hand_in(self.sealed(grant)), grant)
        await self.siege.passed(FILE, did, "a file by the key that signs now")
        grant = self.attack.orders.grant()
        did = await self._credits(self.gateway.type_code(self.code(grant)), grant)
        await self.siege.passed(CODE, did, "a code by the key that signs now")

    # --- all carriers at once

    async def at_once(self) -> None:
        """File, code and command of one grant in the same instant: credit once, and each of the others is told that it exists."""
        grant = self.attack.orders.grant()
        order = Order(grant)
        data, name = self.attack.sealed(order), "three carriers in one instant"
        handed = [
            self.gateway.hand_in(self.sealed(grant)),
            self.gateway.type_code(self.code(grant)),
            self.gateway.hand_in(self.sealed(grant)),
            self.gateway.type_code(self.code(grant)),
        ]
        self.dice.shuffle(handed)
        command = self.gateway.say(DOWN, data)
        before = await self.gateway.credited(grant)
        outcomes = [
            said if isinstance(said, str) else said[-1]
            for said in (await asyncio.gather(*handed[:2], command, *handed[2:]))
            if said is not None
        ]
        self.attack.number += 1
        self.attack.said.append((DOWN, data))
        await self.siege.look()
        credited = await self.gateway.credited(grant) - before
        self.attack.credited.append(grant)
        for _ in range(len(outcomes)):
            changed = "" if credited == grant.amount else f"the ledger by {credited}"
            self.attack.tally.shot(
                FILE, name, "exists" if credited == grant.amount else "", changed, repr(outcomes)
            )
        self.siege.beside.setdefault(FILE, set()).add(name)
        await self.siege.passed(FILE, credited == grant.amount, f"{outcomes}")
