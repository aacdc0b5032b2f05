"""Facts and commands survive the wire, tolerate newer peers, and nothing that is none of them raises."""

import functools
import typing

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.contract.commands import Ack, Command, Configure, Grant, decode_command, encode_command
from gateway.contract.facts import (
    Birth,
    Entry,
    Fact,
    Instant,
    Readings,
    UpBatch,
    UpRow,
    decode_fact,
    encode_fact,
)

FACTS = typing.get_args(Fact)
COMMANDS = typing.get_args(Command)


BASIC: dict[object, st.SearchStrategy[object]] = {
    str: st.text(st.characters(exclude_categories=["Cs"]), max_size=10),
    int: st.integers(-(2**63), 2**63 - 1),
    bool: st.booleans(),
    type(None): st.none(),
}
"""JSON can't carry lone surrogates; 64 bits are what the ledgers hold."""


@functools.cache
def filled(kind: object) -> st.SearchStrategy[object]:
    """Values of a message's type, defaults included."""
    kind = getattr(kind, "__supertype__", kind)
    origin, inner = typing.get_origin(kind), [filled(part) for part in typing.get_args(kind)]
    if isinstance(kind, msgspec.StructMeta):
        return st.builds(kind, **{field.name: filled(field.type) for field in msgspec.structs.fields(kind)})
    if origin is list:
        return st.lists(inner[0], max_size=2)
    if origin is dict:
        return st.dictionaries(*inner, max_size=2)
    if origin is not None:
        return st.one_of(inner)
    return BASIC[kind] if kind in BASIC else st.sampled_from(list(kind))


@pytest.mark.parametrize("kind", FACTS)
@given(data=st.data())
@settings(max_examples=20)
def test_facts_survive_the_wire(kind: type, data: st.DataObject) -> None:
    fact = data.draw(filled(kind))
    assert decode_fact(encode_fact(fact)) == fact


@pytest.mark.parametrize("kind", COMMANDS)
@given(data=st.data())
@settings(max_examples=20)
def test_commands_survive_the_wire(kind: type, data: st.DataObject) -> None:
    command = data.draw(filled(kind))
    assert decode_command(encode_command(command)) == command


@pytest.mark.parametrize("kind", [*FACTS, *COMMANDS])
def test_a_field_of_a_newer_peer_is_ignored(kind: type) -> None:
    example = msgspec.json.decode(msgspec.json.encode(_least(kind)))
    newer = msgspec.json.encode({**example, "from_the_future": [1]})
    decoded = decode_fact(newer) if kind in FACTS else decode_command(newer)
    assert decoded == _least(kind)


@pytest.mark.parametrize("kind", [*FACTS, *COMMANDS])
def test_defaults_need_not_be_sent(kind: type) -> None:
    fields = msgspec.structs.fields(kind)
    example = msgspec.json.decode(msgspec.json.encode(_least(kind)))
    required = {field.name for field in fields if field.required} | {"kind"}
    older = msgspec.json.encode({name: value for name, value in example.items() if name in required})
    decoded = decode_fact(older) if kind in FACTS else decode_command(older)
    assert decoded == _least(kind)


def test_arrays_grow_at_their_end() -> None:
    instant = Instant("boot", 1, 2, True)
    assert msgspec.json.encode(instant) == b'["boot",1,2,true]'
    assert msgspec.json.decode(b'["boot",1,2,true,"from the future"]', type=Instant) == instant


def test_a_row_that_is_no_fact_spoils_only_itself() -> None:
    batch = UpBatch(
        "e1",
        [UpRow(1, msgspec.Raw(b'{"kind":"nonsense"}')), UpRow(2, msgspec.Raw(encode_fact(Readings([]))))],
    )
    first, second = msgspec.json.decode(msgspec.json.encode(batch), type=UpBatch).rows
    with pytest.raises(msgspec.ValidationError):
        decode_fact(bytes(first.fact))
    assert decode_fact(bytes(second.fact)) == Readings([])


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"kind":"nonsense"}',
        b'{"kind":"grant"}',
        b'{"kind":"grant","grant":"g","account":"a","bucket":"b","unit":"yuan","amount":1.5}',
        b'{"kind":"grant","grant":"g","account":"a","bucket":"b","unit":"yuan","amount":"1"}',
        b"\xff",
        pytest.param(b"[" * 100_000, id="deep"),
    ],
)
def test_what_is_no_command_is_none(raw: bytes) -> None:
    assert decode_command(raw) is None


@given(st.binary(max_size=200))
def test_no_bytes_raise_as_a_command(raw: bytes) -> None:
    decode_command(raw)


def test_tags_are_the_commands_names_and_no_two_are_alike() -> None:
    tags = [kind.__struct_config__.tag for kind in (*FACTS, *COMMANDS)]
    assert len(set(tags)) == len(tags)
    assert msgspec.json.decode(encode_command(Grant("g", "a", "paid", "yuan", 1)))["kind"] == "grant"


def _least(kind: type) -> object:
    """A message with only what must be there."""
    values = {
        field.name: _least_value(field.type) for field in msgspec.structs.fields(kind) if field.required
    }
    return kind(**values)


def _least_value(kind: object) -> object:
    kind = getattr(kind, "__supertype__", kind)
    origin = typing.get_origin(kind)
    if origin in (list, dict):
        return origin()
    if origin is not None:
        return None
    if isinstance(kind, msgspec.StructMeta):
        return _least(kind)
    return next(iter(kind)) if hasattr(kind, "__members__") else kind()


def test_the_least_messages_are_real_ones() -> None:
    assert isinstance(_least(Entry), Entry)
    assert _least(Configure) == Configure(0, [], [], [])
    assert _least(Birth) == Birth("", "", "", 0, 0, 0, [])
    assert _least(Ack) == Ack("", 0, 0)
