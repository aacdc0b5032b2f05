"""Credit that a technician brings while the link is down: a file of sealed grants, or one grant's code (C-6, R-B5).

Each grant is credited by itself, and many share a commit: a kill between any two loses none and doubles none.
"""

import asyncio
from collections import deque

import msgspec

from gateway.adapters.control_socket import Order
from gateway.adapters.voucher_file import envelopes
from gateway.app.parts import Parts
from gateway.application.alarms import note, station
from gateway.application.grant import apply_voucher
from gateway.application.ports import Journal
from gateway.contract.commands import CENTRAL, Grant, VoucherList, decode_command
from gateway.contract.envelope import Refusal, Sealed, body_of, unseal
from gateway.contract.rules import AccountRule
from gateway.contract.voucher_code import CodeRefusal, Place, Unfit, read_code

VOUCHER = "voucher"
LISTED = "listed"
"""The file says that it holds this grant; whoever handed it in, in one piece or more, sees whether it did."""
TOO_MANY = "too-many"
CODES_REFUSED = "voucher-codes-refused"
WRONG_CODES = 10
WRONG_CODES_WITHIN_S = 3_600.0
"""Slips don't count, the check letters catch them. Ten guesses an hour at 80 bits find nothing before the sun goes out."""


class Redeemed(msgspec.Struct, frozen=True):
    """What became of one grant: `outcome` a CommandOutcome, an envelope's Refusal, a CodeRefusal, `listed` or `too-many`."""

    grant: str
    account: str
    outcome: str
    detail: str = ""


class VoucherCounter:
    """Where vouchers are handed in."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._wrong_s: deque[float] = deque(maxlen=WRONG_CODES)
        """When the last wrong codes were tried."""
        self._one_by_one = asyncio.Lock()
        """Guesses that come at once must not all be read before the first one is counted."""

    async def file(self, order: Order) -> list[Redeemed]:
        """Credit each sealed grant of a file, once, whatever else carried it. One bad envelope spoils none of the others."""
        opened = [self._open(sealed) for sealed in envelopes(order.text("sealed"))]
        listed = [grant for one in opened if isinstance(one, VoucherList) for grant in one.grants]
        credited = [
            self._credit(one, order.by) if isinstance(one, Grant) else _as_it_is(one)
            for one in opened
            if not isinstance(one, VoucherList)
        ]
        return [*(Redeemed(grant, "?", LISTED) for grant in listed), *await asyncio.gather(*credited)]

    async def code(self, order: Order) -> list[Redeemed]:
        """Credit the one grant of a code, once. After WRONG_CODES that fit nothing, none is read for an hour."""
        async with self._one_by_one:
            now_s = asyncio.get_running_loop().time()
            if len(self._wrong_s) == WRONG_CODES and now_s - self._wrong_s[0] < WRONG_CODES_WITHIN_S:
                self._count("voucher-code", TOO_MANY)
                return [Redeemed("?", "?", TOO_MANY)]
            parts = self._parts
            places = await parts.store.run(_places)
            grant = read_code(order.text("code"), _code_keys(parts), parts.config.gateway.id, places)
            if isinstance(grant, Grant):
                return [await self._credit(grant, order.by)]
            if grant.why is CodeRefusal.CODE_DOES_NOT_FIT:
                self._wrong_s.append(now_s)
                if len(self._wrong_s) == WRONG_CODES:
                    await self._tell_central(order.by)
            return [self._refused_code(grant)]

    def _open(self, sealed: bytes) -> Grant | VoucherList | Redeemed:
        parts = self._parts
        opened = unseal(
            sealed, parts.central, kind=VOUCHER, sender=CENTRAL, recipient=parts.config.gateway.id
        )
        if isinstance(opened, Sealed):
            body = decode_command(bytes(opened.body))
            found = body if isinstance(body, Grant) else body_of(opened, VoucherList)
            if isinstance(found, Grant | VoucherList):
                return found
            self._count(VOUCHER, Refusal.MALFORMED)
            return Redeemed(opened.id, "?", Refusal.MALFORMED, "the file holds something else than credit")
        self._count(VOUCHER, opened)
        return Redeemed("?", "?", str(opened))

    async def _credit(self, grant: Grant, by: str) -> Redeemed:
        now = self._parts.clock.now()
        result = await self._parts.store.run(lambda journal: apply_voucher(journal, grant, now, by))
        self._parts.signals.relay.set()
        return Redeemed(grant.grant, grant.account, str(result.outcome), result.detail)

    def _refused_code(self, unfit: Unfit) -> Redeemed:
        self._count("voucher-code", unfit.why)
        return Redeemed("?", "?", str(unfit.why), " ".join(map(str, unfit.groups)))

    def _count(self, what: str, refusal: str) -> None:
        self._parts.receiver.counters[f"refused:{what}:{refusal}"] += 1

    async def _tell_central(self, by: str) -> None:
        now = self._parts.clock.now()
        said = f"{by}: {WRONG_CODES} codes that fit nothing here; none is read for an hour"
        await self._parts.store.run(
            lambda journal: note(journal, CODES_REFUSED, station(journal).gateway, said, now)
        )


async def _as_it_is(refused: Redeemed) -> Redeemed:
    return refused


def _code_keys(parts: Parts) -> list[bytes]:
    """One for each key of central's that is believed now."""
    return [parts.code_key(key) for key in parts.central.keys.values()]


def _places(journal: Journal) -> list[Place]:
    return [
        Place(rule.account, bucket.name, bucket.unit)
        for rule in journal.records(AccountRule).values()
        for bucket in rule.buckets
    ]
