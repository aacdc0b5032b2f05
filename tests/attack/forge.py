"""Mutations of a signed message, for any kind and both directions: each is made from a message that would act as it is.

`expected` of a mutation are the names it may be refused under. Nothing here knows gateway or central: it changes bytes, or seals
with the keys an attacker has (his own, another building's, a retired one, a captured message's).
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.contract.envelope import MAX_BYTES, KeySigner, key_id_of

ORDER = 2**252 + 27742317777372353535851937790883648493
"""Of Ed25519's group: S + ORDER is the same signature to a verifier that doesn't look."""
LOW_ORDER = ("01" + "00" * 31, "00" * 32, "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")
DAMAGE = frozenset({"malformed", "forged", "unknown-key", "too-long"})
FORGED = frozenset({"forged", "malformed"})
MISFIT = frozenset(
    {"malformed", "unsupported-version", "wrong-kind", "wrong-sender", "wrong-recipient", "unknown-key"}
)


def signer_of(dice: random.Random) -> KeySigner:
    private = Ed25519PrivateKey.from_private_bytes(dice.randbytes(32))
    return KeySigner(key_id_of(private.public_key()), private)


def public_hex(signer: KeySigner) -> str:
    return signer.private_key.public_key().public_bytes_raw().hex()


@dataclass(frozen=True)
class Mutation:
    """One way to change a message; `make` gives the bytes."""

    how: str
    make: Callable[[bytes], bytes]
    expected: frozenset[str]


class Forge:
    """Makes forgeries with one attacker's luck."""

    def __init__(self, dice: random.Random, right: KeySigner, known: list[KeySigner]) -> None:
        """`right` is the key the receiver believes: an attacker has not got it, but what it signed for others he may have heard.
        `known` are keys of other gateways, of a former central, of an approver: real, and not this sender's."""
        self.dice, self.right, self.known = dice, right, known
        self.stranger = signer_of(dice)
        self.at = 0
        """Walks through a message, so that over a run every byte was cut at and every bit was turned."""

    def mutations(self) -> list[Mutation]:
        """All that can be done to any message."""
        return [
            Mutation("a bit turned in the header", self._turned_header, DAMAGE),
            Mutation("a bit turned in the body", self._turned_body, DAMAGE),
            Mutation("a bit turned in key id or signature", self._turned_trailer, DAMAGE),
            Mutation("cut short", self._cut, DAMAGE),
            Mutation("lengthened", self._lengthened, DAMAGE),
            Mutation("signature taken off", self._stripped, DAMAGE),
            Mutation("signature of another message", self._exchanged, DAMAGE),
            Mutation("signature written otherwise", self._rewritten, DAMAGE),
            Mutation("a number moved without a signature", self._edited, DAMAGE),
            Mutation("signed by a stranger", lambda data: self._resealed(data, self.stranger), DAMAGE),
            Mutation("signed by a stranger under the right key's id", self._borrowed_name, DAMAGE),
            Mutation("signed by another's real key", self._another, DAMAGE),
            Mutation("keys of low order", self._low_order, DAMAGE),
            Mutation("noise", self._noise, DAMAGE),
            Mutation("right key, key id of another in it", self._other_key_inside, MISFIT),
            Mutation("right key, another version", self._version, MISFIT),
            Mutation(
                "right key, another recipient", self._field("to", ("b2", "b1 ", "B1", "", "central2")), MISFIT
            ),
            Mutation("right key, in another's name", self._field("from", ("b2", "centra", "", "x")), MISFIT),
            Mutation("right key, another kind", self._kind, MISFIT),
            Mutation("right key, fields of another type", self._types, MISFIT),
            Mutation("right key, a field given twice, the last one wrong", self._twice, MISFIT),
            Mutation("right key, a field missing", self._missing, MISFIT),
            Mutation("right key, nested or huge", self._huge, MISFIT | {"too-long"}),
        ]

    def sealed(self, text: bytes, signer: KeySigner | None = None) -> bytes:
        signer = signer or self.right
        return text + b"\n" + signer.key_id.encode() + b" " + signer.sign(text).hex().encode()

    # --- without the key

    def _step(self, length: int) -> int:
        self.at += 1
        return self.at % max(length, 1)

    def _turned(self, data: bytes, first: int, last: int) -> bytes:
        changed = bytearray(data)
        place = first + self._step(last - first)
        changed[place] ^= 1 << self.dice.randrange(8)
        return bytes(changed)

    def _turned_header(self, data: bytes) -> bytes:
        return self._turned(data, 0, data.find(b'"body":'))

    def _turned_body(self, data: bytes) -> bytes:
        return self._turned(data, data.find(b'"body":'), data.find(b"\n"))

    def _turned_trailer(self, data: bytes) -> bytes:
        return self._turned(data, data.find(b"\n"), len(data))

    def _cut(self, data: bytes) -> bytes:
        return data[: self._step(len(data))]

    def _lengthened(self, data: bytes) -> bytes:
        more = self.dice.choice(
            [b"\n", b" ", b"\r\n", b"\t", b"00", b"\x00", b"\n" + data, b" " + data[-128:], data]
        )
        return self.dice.choice([data + more, more + data, data.replace(b"\n", b"\n" + more, 1)])

    def _stripped(self, data: bytes) -> bytes:
        text, _, trailer = data.partition(b"\n")
        key, _, _ = trailer.partition(b" ")
        tails = [
            b"",
            b"\n",
            b"\n" + key,
            b"\n" + key + b" ",
            b"\n ",
            b"\nnone ",
            b"\n" + key + b" " + b"0" * 128,
        ]
        return text + self.dice.choice(tails)

    def _exchanged(self, data: bytes) -> bytes:
        text, _, trailer = data.partition(b"\n")
        other = text.replace(b'"issued_ms":', b'"issued_ms":1', 1)
        pairs = [(other, trailer), (text, self.sealed(other).partition(b"\n")[2])]
        first, second = self.dice.choice(pairs)
        return first + b"\n" + second

    def _rewritten(self, data: bytes) -> bytes:
        """The same signature in other letters, and the one that fits as well to a verifier that doesn't reduce S."""
        text, _, trailer = data.partition(b"\n")
        key, _, signature = trailer.partition(b" ")
        raw = bytes.fromhex(signature.decode())
        more = (int.from_bytes(raw[32:], "little") + ORDER).to_bytes(33, "little")[:32]
        if not any(chr(digit).isalpha() for digit in signature):
            signature += b" "
        written = [
            signature.upper(),
            b" ".join([signature[:64], signature[64:]]),
            b"0x" + signature,
            (raw[:32] + more).hex().encode(),
            b" " + signature,
        ]
        return text + b"\n" + key + b" " + self.dice.choice(written)

    def _edited(self, data: bytes) -> bytes:
        """What a thief would like: more money, another account, another end."""
        text, newline, trailer = data.partition(b"\n")
        digits = [place for place, letter in enumerate(text) if 48 <= letter <= 57]
        place = self.dice.choice(digits)
        digit = str((text[place] - 48 + self.dice.randrange(1, 10)) % 10).encode()
        return text[:place] + digit + text[place + 1 :] + newline + trailer

    def _resealed(self, data: bytes, signer: KeySigner) -> bytes:
        """The same words under another key, whose id is in the right places."""
        text = data.partition(b"\n")[0].replace(self.right.key_id.encode(), signer.key_id.encode())
        return self.sealed(text, signer)

    def _borrowed_name(self, data: bytes) -> bytes:
        text = data.partition(b"\n")[0]
        return text + b"\n" + self.right.key_id.encode() + b" " + self.stranger.sign(text).hex().encode()

    def _another(self, data: bytes) -> bytes:
        return self._resealed(data, self.dice.choice(self.known))

    def _low_order(self, data: bytes) -> bytes:
        text = data.partition(b"\n")[0]
        key = self.dice.choice(LOW_ORDER)
        name = self.dice.choice([key[:16].encode(), self.right.key_id.encode()])
        return text + b"\n" + name + b" " + (key + "00" * 32).encode()

    def _noise(self, data: bytes) -> bytes:
        dice = self.dice
        return dice.choice(
            [
                dice.randbytes(dice.randrange(1, 600)),
                b"[" * dice.randrange(1, 50_000),
                b"\n".join(dice.randbytes(40) for _ in range(4)),
                b'{"v":1}\n' + self.right.key_id.encode() + b" \xff\xfe",
                b"\x00" * dice.randrange(1, 100),
                data[::-1],
                data.decode("latin-1").encode("utf-16"),
            ]
        )

    # --- what the right key signed, and yet is not for this receiver

    def _fields(self, data: bytes) -> dict[str, msgspec.Raw]:
        return msgspec.json.decode(data.partition(b"\n")[0], type=dict[str, msgspec.Raw])

    def _with(self, data: bytes, **changes: bytes | None) -> bytes:
        fields = self._fields(data)
        for name, raw in changes.items():
            name = {"sender": "from", "recipient": "to"}.get(name, name)
            if raw is None:
                fields.pop(name, None)
            else:
                fields[name] = msgspec.Raw(raw)
        return self.sealed(msgspec.json.encode(fields))

    def _field(self, name: str, values: tuple[str, ...]) -> Callable[[bytes], bytes]:
        field = {"from": "sender", "to": "recipient"}.get(name, name)

        def make(data: bytes) -> bytes:
            own = bytes(self._fields(data)[name])
            others = [raw for raw in map(msgspec.json.encode, values) if raw != own]
            return self._with(data, **{field: self.dice.choice(others)})

        return make

    def _kind(self, data: bytes) -> bytes:
        own = msgspec.json.decode(self._fields(data)["kind"])
        kinds = [
            "up",
            "down",
            "ack",
            "answer",
            "birth",
            "voucher",
            "renew",
            "certificate",
            "state",
            "",
            "DOWN",
        ]
        kind = self.dice.choice([one for one in kinds if one != own])
        return self._with(data, kind=msgspec.json.encode(kind))

    def _other_key_inside(self, data: bytes) -> bytes:
        other = self.dice.choice([*self.known, self.stranger]).key_id
        return self._with(
            data, key=msgspec.json.encode(self.dice.choice([other, "", other.upper() + "x", other[:8]]))
        )

    def _version(self, data: bytes) -> bytes:
        return self._with(
            data, v=self.dice.choice([b"0", b"2", b"-1", b"11", b'"1"', b"null", b"1.5", b"[1]"])
        )

    def _types(self, data: bytes) -> bytes:
        field = self.dice.choice(["v", "kind", "sender", "recipient", "id", "number", "issued_ms", "key"])
        odd = [b"null", b"[]", b"{}", b"1e400", b'{"a":1}']
        wrong = [b'"7"', b"true"] if field in ("v", "number", "issued_ms") else [b"7", b"true"]
        return self._with(data, **{field: self.dice.choice(odd[:4] + wrong if field != "v" else odd + wrong)})

    def _twice(self, data: bytes) -> bytes:
        text = data.partition(b"\n")[0]
        second = self.dice.choice(
            [
                b'"to":"b2"',
                b'"from":"b2"',
                b'"kind":"voucher2"',
                b'"v":2',
                b'"key":"00"',
                b'"number":"x"',
                b'"id":7',
            ]
        )
        return self.sealed(text[:-1] + b"," + second + b"}")

    def _missing(self, data: bytes) -> bytes:
        field = self.dice.choice(
            ["v", "kind", "sender", "recipient", "id", "number", "issued_ms", "key", "body"]
        )
        return self._with(data, **{field: None})

    def _huge(self, data: bytes) -> bytes:
        text = data.partition(b"\n")[0]
        deep = b"[" * 20_000 + b"]" * 20_000
        if self.dice.random() < 0.02:
            return self.sealed(text[:-1] + b',"more":"' + b"x" * MAX_BYTES + b'"}')
        odd = [
            b'"id":' + deep,
            b'"number":' + b"9" * 5_000 + b"e9999",
            b'"v":' + b"1" * 400,
            b'"key":' + deep,
        ]
        return self.sealed(text[:-1] + b"," + self.dice.choice(odd) + b"}")


def walk(dice: random.Random, forge: Forge) -> Iterator[Mutation]:
    """Give mutations for ever, each as often as the others."""
    every = forge.mutations()
    while True:
        dice.shuffle(every)
        yield from every
