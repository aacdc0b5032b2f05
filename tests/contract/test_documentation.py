"""docs/messages.md is the protocol: every message, field, named value and refusal of the code is in it, and its examples verify."""

import re
from enum import EnumType
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.contract import commands, facts, rules, topics
from gateway.contract.commands import CENTRAL, Ack, Grant, encode_command
from gateway.contract.envelope import (
    MAX_BYTES,
    VERSION,
    KeySigner,
    Refusal,
    Sealed,
    key_id_of,
    keyring_from_hex,
    seal,
    unseal,
)
from gateway.contract.voucher_code import (
    CodeRefusal,
    Place,
    read_code,
    shared_key,
    short_name,
    write_code,
)

PAGE = (Path(__file__).parents[2] / "docs" / "messages.md").read_text(encoding="utf-8")
MODULES = (commands, facts, rules)
MESSAGES = sorted(
    {value for module in MODULES for value in vars(module).values() if isinstance(value, msgspec.StructMeta)},
    key=lambda kind: kind.__name__,
)
ENUMS = sorted(
    {value for module in MODULES for value in vars(module).values() if isinstance(value, EnumType)}
    | {Refusal},
    key=lambda kind: kind.__name__,
)


def example(name: str) -> str:
    found = re.search(rf"<!-- example: {name} -->\n```\n(.*?)\n```", PAGE, re.DOTALL)
    assert found, f"docs/messages.md has no example {name}"
    return found[1]


def section(kind: msgspec.StructMeta) -> str:
    """The part of the page that describes a message: from its name to the next heading or bold name of another one."""
    tag = kind.__struct_config__.tag
    mark = f"#### `{tag}` ({kind.__name__})" if tag else f"**{kind.__name__}**"
    if kind.__name__ == "Instant":
        mark = "### Instant"
    assert mark in PAGE, f"docs/messages.md does not describe {kind.__name__} ({mark})"
    rest = PAGE.split(mark, 1)[1]
    return re.split(r"\n#|\n\*\*", rest, maxsplit=1)[0]


@pytest.mark.parametrize(
    "kind", [kind for kind in MESSAGES if kind.__name__ != "StrEnum"], ids=lambda kind: kind.__name__
)
def test_each_message_is_described_with_all_its_fields(kind: msgspec.StructMeta) -> None:
    text = section(kind)
    missing = [name for name in kind.__struct_fields__ if not re.search(rf"[`\[ ,]{name}[`\], ]", text)]
    assert not missing


@pytest.mark.parametrize("kind", ENUMS, ids=lambda kind: kind.__name__)
def test_each_named_value_is_described(kind: EnumType) -> None:
    assert not [value.value for value in kind if f"`{value.value}`" not in PAGE]


def test_the_page_describes_nothing_that_the_code_does_not_have() -> None:
    tags = {kind.__struct_config__.tag for kind in MESSAGES} - {None}
    assert set(re.findall(r"#### `([\w-]+)`", PAGE)) == tags


def test_topics_sizes_and_fields_of_the_envelope_are_the_codes() -> None:
    leaves = {topics.STATE, topics.BIRTH, topics.UP, topics.ACK, topics.DOWN, topics.ANSWER}
    assert set(re.findall(r"^\| `(\w+)` \| (?:gateway|central)", PAGE, re.MULTILINE)) == leaves
    assert f"`{topics.ROOT}/<gateway>/<leaf>`" in PAGE
    assert f"{MAX_BYTES:,} bytes" in PAGE
    assert f"version {VERSION}\n" in PAGE.split("\n", 1)[0] + "\n"
    envelope = PAGE.split("## Envelope", 1)[1].split("Worked example", 1)[0]
    assert not [name for name in Sealed.__struct_encode_fields__ if f"`{name}`" not in envelope]


def test_the_examples_are_what_the_code_seals_and_opens() -> None:
    private_key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex("01" * 32))
    public_key = private_key.public_key()
    assert example("public-key") == public_key.public_bytes_raw().hex()
    keyring, signer = keyring_from_hex([example("public-key")]), KeySigner(key_id_of(public_key), private_key)
    grant = Grant("p-20261101-0042", "b1-301", "paid", "yuan", 30_000_000)
    ack = Ack("e1", 128, 1_793_577_600_000, answers="e1.97")
    for kind, body, message_id, number in (
        ("down", encode_command(grant), "c-0001", 7),
        ("ack", msgspec.json.encode(ack), "a-e1-128", 0),
    ):
        opened = unseal(example(kind).encode(), keyring, kind=kind, sender=CENTRAL, recipient="b1")
        assert isinstance(opened, Sealed)
        assert (bytes(opened.body), opened.number) == (body, number)
        sealed = seal(
            signer, kind=kind, sender=CENTRAL, recipient="b1", message_id=message_id,
            issued_ms=1_793_577_600_000, body=body, number=number,
        )  # fmt: skip
        assert sealed.decode() == example(kind)


def test_the_example_of_a_code_is_what_the_code_writes_and_reads() -> None:
    central, gateway = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2))
    grant = Grant("p-20261101-0042", "b1-301", "paid", "yuan", 30_000_000, serial=1_490_000)
    key = shared_key(gateway, central.public_key(), "b1")
    assert example("code") == write_code(key, "b1", grant)
    read = read_code(example("code"), [key], "b1", [Place("b1-301", "paid", "yuan")])
    assert read == msgspec.structs.replace(grant, grant=short_name(grant))
    assert not [why.value for why in CodeRefusal if f"`{why.value}`" not in PAGE]
