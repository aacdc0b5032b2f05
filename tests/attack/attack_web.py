"""The two addresses that anybody may ask, under attack: enrolment by a building's code, and the next certificate (R-G5, R-G6).

Each bad request comes from an address of its own, as from a man with many; but for those that find out how many tries one has.
"""

import json
import random
from dataclasses import dataclass, field
from pathlib import Path

from django.test import Client

from gateway.contract import enrolment
from gateway.contract.envelope import KeySigner, key_id_of
from gateway.technician.setup.enrol import _proved
from tests.attack.attack_central import CentralAttack
from tests.attack.forge import Forge, signer_of, walk
from tests.central.new_card import NewCard

HERE, RENEWED, CARD = "enrol", "renew", "card"
BAD = frozenset({"bad-request", "unknown-code", "bad-mac"})
COUNTED = frozenset({"link_enrolmenttry", "ledger_auditentry", "ledger_chainhead"})
"""A wrong try is kept; the tenth of an address is on record."""
KEPT = frozenset({"link_enrolmenttry"})
UNKNOWN = frozenset({"unknown-gateway", "bad-request"})


@dataclass
class WebAttack:
    """Attacks the pages of a central that an attack on its ingest has set up; building 2 is enrolled anew."""

    attack: CentralAttack
    folder: Path
    dice: random.Random
    asked: int = 0
    answers: list[dict[str, str]] = field(default_factory=list)

    def begin(self) -> None:
        from central.clock import now_ms
        from central.link.authority import make_authority
        from central.link.broker_files import Wanted, configure

        make_authority("attack", now_ms())
        (self.folder / "broker").mkdir()
        configure(Wanted(self.folder / "broker", ("cards.example.edu",), 8883, "/tmp/"), now_ms())
        self.codes = {building: self.opened(building) for building in ("1", "2")}
        self.letters = {one: enrolment.read_enrolment_code(code) for one, code in self.codes.items()}
        self.attack.look()

    def opened(self, building: str) -> str:
        from central.clock import now_ms
        from central.link import enrolment_codes

        done = enrolment_codes.open_code(building, 48, actor="attack", now_ms=now_ms())
        self.attack.look()
        return str(done.code)  # type: ignore[union-attr]

    def post(self, leaf: str, sent: object, address: str = "") -> tuple[str, bytes]:
        """Ask; give the refusal's name, or `given`, and what came."""
        self.asked += 1
        n = self.asked
        address = address or f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}"
        raw = sent if isinstance(sent, bytes | str) else json.dumps(sent)
        kind = {"content_type": "application/json", "REMOTE_ADDR": address}
        answer = Client(raise_request_exception=False).post(f"/gateways/{leaf}/", raw, **kind)
        if answer.status_code == 200:
            return "given", bytes(answer.content)
        said = answer.json() if answer.status_code < 500 else {}
        return str(said.get("refusal", "")), bytes(answer.content)

    def shoot(
        self,
        target: str,
        how: str,
        sent: object,
        expected: frozenset[str],
        may_change: frozenset[str] = KEPT,
        address: str = "",
    ) -> None:
        name, _ = self.post(target, sent, address)
        differs = self.attack.look() - may_change
        content = sent if isinstance(sent, bytes) else repr(sent)
        self.note(
            target, how, name if name in expected else "", ", ".join(sorted(differs)), f"{name} {content!r}"
        )

    def note(self, target: str, how: str, name: str, changed: str, content: str) -> None:
        self.attack.tally.shot(target, how, name, changed, content)
        self.attack.beside.setdefault(target, set()).add(how)

    def passed(self, target: str, kind: str, did: bool, said: str) -> None:
        self.attack.tally.valid(kind, did)
        self.attack.tally.control(target, self.attack.beside.pop(target, set()), did, said)

    # --- enrolment

    def enrolment(self, shots: int) -> None:
        """Forged requests for building 2's code; then a card has it; then what is wrong afterwards."""
        card = NewCard()
        request = card.request(self.codes["2"])
        for _ in range(shots):
            how, sent, names = self._forged(request)
            self.shoot(HERE, how, sent, names)
        self._by_one_address(request)
        name, came = self.post(HERE, request)
        did = name == "given" and {"link_gateway", "link_gatewaycertificate"} <= self.attack.look()
        self.passed(HERE, "enrolment", did, name)
        self.shoot(HERE, "the same again", request, frozenset({"given"}), KEPT)
        late = NewCard().request(self.codes["2"])
        self.shoot(HERE, "another card by a code that is used", late, frozenset({"code-not-open"}))
        self._answers(card, json.loads(came))
        self._renewals(card, max(shots // 2, 12))
        self._replaced(card, request)

    def _forged(self, request: dict[str, str]) -> tuple[str, object, frozenset[str]]:
        dice = self.dice
        other = NewCard().request(self.codes["1"])
        field = dice.choice(["body", "mac", "body"])
        at = dice.randrange(len(request[field]))
        turned = chr(ord(request[field][at]) ^ (1 << dice.randrange(7)))
        raw, odd = json.dumps(request).encode(), dice.choice([7, None, [], {}])
        strange = dice.choice(["0000", "A\x00CD", "'--", ""])
        noise = [b"", b"null", b"[]", b"{}", b"\xff\xfe", b"[" * 15_000, b'{"name":1,"body":2,"mac":3}']
        made: list[tuple[str, object, frozenset[str]]] = [
            ("a bit turned", {**request, field: request[field][:at] + turned + request[field][at + 1 :]}, BAD),
            ("cut short", raw[: dice.randrange(len(raw))], BAD),
            ("lengthened", raw + dice.choice([b"x", raw, b"\x00", b"}"]), BAD),
            ("mac taken off", {**request, "mac": dice.choice(["", "0" * 64, "00", "none"])}, frozenset({"bad-mac"})),
            ("mac of another request", {**request, "mac": other["mac"]}, frozenset({"bad-mac"})),
            ("another building's code", {**other, "name": request["name"]}, frozenset({"bad-mac"})),
            ("a code that never was", {**request, "name": strange}, frozenset({"unknown-code"})),
            ("right code, another's signature", self._other_signature(), frozenset({"bad-request"})),
            ("fields of another type", {**request, dice.choice(["name", "body", "mac"]): odd}, frozenset({"bad-request"})),
            ("noise", dice.choice([*noise, dice.randbytes(300), b'{"name":"' + b"A" * 20_000 + b'"}']), BAD),
        ]  # fmt: skip
        # A guess at the right name costs central 200,000 rounds: few of them, many of the rest.
        return made[dice.choices(range(len(made)), [1, 4, 4, 1, 1, 1, 4, 1, 4, 4])[0]]

    def _other_signature(self) -> dict[str, str]:
        card = NewCard()
        changes = [
            {"public_key": NewCard().public_key},
            {"nonce": "00"},
            {"signature_over_csr": "00" * 64},
            {"csr": "x" * 900},
        ]
        return card.request(self.codes["2"], **self.dice.choice(changes))

    def _by_one_address(self, request: dict[str, str]) -> None:
        """Ten wrong tries, and then none is read; the right code doesn't help him either."""
        address = f"172.16.{self.asked & 255}.9"
        for _ in range(10):
            wrong = {**request, "name": "0000"}
            self.shoot(HERE, "tries of one address", wrong, frozenset({"unknown-code"}), COUNTED, address)
        for sent in (wrong, request):
            self.shoot(HERE, "more tries of one address", sent, frozenset({"too-many"}), frozenset(), address)

    def _replaced(self, card: NewCard, request: dict[str, str]) -> None:
        """A new card takes its place: neither the former card's keys nor what was recorded of it come back."""
        self.opened("2")
        fresh = NewCard()
        name, _ = self.post(HERE, fresh.request(self.codes["2"]))
        self.attack.look()
        closed = frozenset({"code-not-open", "revoked-key"})
        self.shoot(HERE, "recorded of a card that was replaced", request, closed)
        self.shoot(RENEWED, "by a card that was replaced", card.renewal("gw-2"), UNKNOWN, frozenset())
        self.opened("2")
        self.shoot(HERE, "recorded of a card that was replaced", request, closed)
        again = NewCard(key=card.key).request(self.codes["2"])
        self.shoot(HERE, "a replaced card by the open code", again, frozenset({"revoked-key"}))
        self.passed(HERE, "enrolment", name == "given", name)
        name, came = self.post(RENEWED, fresh.renewal("gw-2"))
        self.passed(RENEWED, "renewal", name == "given", f"{name} {came!r}")

    # --- what comes back to the card

    def _answers(self, card: NewCard, answer: dict[str, str]) -> None:
        """Central's answer recorded, and said to another request, or changed on its way to the card."""
        letters = self.letters["2"] or ""
        key = enrolment.enrolment_key(letters)
        self.answers.append(answer)
        body, mac = answer["body"], answer["mac"]
        at = self.dice.randrange(len(body))
        nonce = card.nonce
        fake = body.replace('"central_keys":["', '"central_keys":["00')
        odd = [
            ("recorded, to another request", json.dumps(answer), "00" * 16),
            ("another central's keys in it", json.dumps({"body": fake, "mac": mac}), nonce),
            ("another central's keys, its own mac", json.dumps({"body": fake, "mac": "0" * 64}), nonce),
            ("a letter changed", json.dumps({"body": body[:at] + "~" + body[at + 1 :], "mac": mac}), nonce),
            ("cut short", json.dumps(answer)[: self.dice.randrange(900)], nonce),
            ("noise", self.dice.choice(["", "{}", "[" * 9_000, "null", '{"body":1,"mac":2}']), nonce),
        ]
        for how, came, asked in odd:
            taken = _proved(came.encode(), key, asked)
            self.note(CARD, how, "" if taken else "not-central", "the card" if taken else "", came)
        self.passed(
            CARD, "answer to a card", _proved(json.dumps(answer).encode(), key, nonce) is not None, body
        )

    # --- renewal

    def _renewals(self, card: NewCard, shots: int) -> None:
        gateway = "gw-2"
        data = card.renewal(gateway)
        right = KeySigner(key_id_of(card.key.public_key()), card.key)
        known = [
            signer_of(self.dice),
            KeySigner(key_id_of(self.attack.twin.private_key.public_key()), self.attack.twin.private_key),
        ]
        mutations = walk(self.dice, Forge(self.dice, right, known))
        for _ in range(shots):
            mutation = next(mutations)
            self.shoot(RENEWED, mutation.how, mutation.make(data), UNKNOWN, frozenset())
        name, _ = self.post(RENEWED, data)
        did = name == "given"
        self.attack.look()
        self.passed(RENEWED, "renewal", did, name)
        self.shoot(RENEWED, "the same again", data, frozenset({"given"}), frozenset())
        self.shoot(RENEWED, "an enrolment as a renewal", json.dumps(self.answers[-1]), UNKNOWN, frozenset())


def web(attack: CentralAttack, folder: Path, dice: random.Random, rounds: int, shots: int) -> None:
    """Enrol, attack, replace, so many times."""
    from django.conf import settings

    settings.ALLOWED_HOSTS = ["testserver"]
    pages = WebAttack(attack, folder, dice)
    pages.begin()
    for _ in range(rounds):
        pages.enrolment(shots)
        pages.opened("2")
