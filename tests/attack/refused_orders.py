"""Commands that the right key signed under the right number and that must not be done: each is answered by its name."""

import random
from typing import TYPE_CHECKING

import msgspec

from gateway.contract import commands as c
from gateway.contract.envelope import Sealed
from tests.attack.forge import public_hex
from tests.attack.target_gateway import now_ms

if TYPE_CHECKING:
    from tests.attack.attack_gateway import GatewayAttack

UNAPPROVED = "needs-second-signature"


def refused_orders(attack: "GatewayAttack") -> list[tuple[str, c.Command | bytes, int | None, str]]:
    dice, past_ms, soon_ms = attack.dice, now_ms() - dice_ms(attack.dice), now_ms() + 60_000
    grant = attack.orders.grant()
    relay = c.SetRelay("m1", dice.choice(list(c.RelayWish)), "x", "y")
    text = c.encode_command(grant)
    odd = [
        text.replace(b'"amount":', b'"amount":-'),
        text.replace(b'"unit":"yuan"', b'"unit":"gold"'),
        text.replace(b'"bucket":"paid"', b'"bucket":"none"'),
        *(c.encode_command(attack.orders.grant(amount=most + 1)) for most in (10**13, 2**63, 10**30)),
        *(c.encode_command(attack.orders.grant(**{name: 2**60})) for name in ("serial", "expires_ms")),
    ]
    torn = [
        text.replace(b'"kind":"grant"', b'"kind":"grant2"'),
        text.replace(b'"amount":', b'"amount":"1",".":'),
        text.replace(b'"account":', b'"account":7,".":'),
        text.replace(b'"kind":"grant"', b'"kind":null'),
        b"[]", b'"grant"', b"null", b"[" * 900 + b"]" * 900, b'{"kind":"configure","version":"x"}',
    ]  # fmt: skip
    approve = attack.orders._approve()
    before = [body for _, data in attack.said if (body := c.decode_command(body_of(data))) is not None]
    known = dice.choice(attack.credited)
    told = [body for body in before if isinstance(body, c.Configure)]
    return [
        ("right key, a relay's order after its end", relay, past_ms, "expired"),
        ("right key, an approval after its end", approve, past_ms, "expired"),
        ("right key, an approval by the key of the envelope", _approved_by(approve, attack.central), None, UNAPPROVED),
        ("right key, an approval by a stranger", _approved_by(approve, attack.forge.stranger), None, UNAPPROVED),
        ("right key, an approval of another count", with_count(approve), None, UNAPPROVED),
        ("right key, words of another meaning or type", dice.choice(torn), None, "unsupported"),
        ("right key, an amount or bucket that can't be", dice.choice(odd), None, "refused"),
        ("right key, a grant to another building's room", attack.orders.grant(account="b7-101"), None, "unknown-account"),
        ("right key, another building's meter", c.SetRelay("m-b7", c.RelayWish.OPEN, "x", "y"), soon_ms, "unknown-meter"),
        ("right key, a protected room cut", c.SetRelay("m3", c.RelayWish.OPEN, "x", "y"), soon_ms, "protected"),
        ("right key, a grant credited before", known, None, "exists"),
        ("right key, a grant credited before, another amount", changed_amount(known), None, "exists-with-different"),
        ("right key, a used serial under another name", renamed(known), None, "exists-with-different"),
        ("right key, an earlier configuration", dice.choice(told), None, "exists") if told else
        ("right key, a grant credited before", known, None, "exists"),
        ("right key, keys that leave the signer out", c.TrustKeys([public_hex(attack.forge.stranger)]), None, "refused"),
    ]  # fmt: skip


def _approved_by(approve: c.ApproveCuts, signer: object) -> c.ApproveCuts:
    text = f"approve-cuts b1 {approve.count} {approve.until_ms}".encode()
    return c.ApproveCuts(approve.count, approve.until_ms, signer.key_id, signer.sign(text).hex())  # type: ignore[attr-defined]


def dice_ms(dice: random.Random) -> int:
    return dice.choice([1, 1_000, 86_400_000, 10**12])


def body_of(data: bytes) -> bytes:
    return bytes(msgspec.json.decode(data.partition(b"\n")[0], type=Sealed).body)


def with_count(approve: c.ApproveCuts) -> c.ApproveCuts:
    return c.ApproveCuts(approve.count + 1, approve.until_ms, approve.second_key, approve.second_signature)


def changed_amount(grant: c.Grant) -> c.Grant:
    return msgspec.structs.replace(grant, amount=grant.amount + 1)


def renamed(grant: c.Grant) -> c.Grant:
    return msgspec.structs.replace(grant, grant=grant.grant + "x")
