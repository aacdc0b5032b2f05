"""Frames that no capture shows: follow-ups, refusals, signs, phases that are not there. Built from the standards' layouts by other
code than the codec's, their values worked out by hand; `source` names the clause.
"""

import json
from pathlib import Path

import pytest

from gateway.technician.decode import Named, decode_line
from tests.protocols.vector_files import Vector, params

CONSTRUCTED: list[Vector] = json.loads((Path(__file__).parent / "constructed.json").read_text("utf-8"))


@pytest.mark.parametrize("vector", params(CONSTRUCTED))
@pytest.mark.parametrize("asked", ["auto", "named"])
def test_a_constructed_frame_says_what_the_standard_means(vector: Vector, asked: str) -> None:
    protocol = Named.AUTO if asked == "auto" else Named(vector["protocol"])
    (said,) = decode_line(vector["hex"], protocol)
    expected = vector["decoded"] | {"protocol": vector["protocol"], "direction": vector["direction"]}
    assert {key: said.get(key, "missing") for key in expected} == expected


@pytest.mark.parametrize("vector", params(CONSTRUCTED))
def test_the_vector_says_where_it_comes_from(vector: Vector) -> None:
    assert vector["source"].startswith("constructed from ")


COILS_ASKED, THREE_BYTES = "010100130014cdc0", "0101030102032cef"


def test_three_bytes_of_coils_are_the_answer_to_a_question_for_as_many() -> None:
    """Eight bytes that also read as a request for coils from 0301 on; what was asked before tells."""
    told = [fields["direction"] for fields in decode_line(COILS_ASKED + THREE_BYTES, Named.MODBUS_RTU)]
    assert told == ["request", "response"]
    assert [fields["direction"] for fields in decode_line(THREE_BYTES, Named.MODBUS_RTU)] == ["request"]


def test_two_questions_in_a_row_are_two_questions() -> None:
    """The second asks from 0513 on: its start looks like the byte count of an answer to the first, its length doesn't."""
    both = "0101001300250c14" + "0101051300250cd8"
    assert [fields["direction"] for fields in decode_line(both, Named.MODBUS_RTU)] == ["request", "request"]


def test_a_written_register_is_answered_by_its_own_copy_once() -> None:
    write = "010600010003980b"
    told = [fields["direction"] for fields in decode_line(write * 3, Named.MODBUS_RTU)]
    assert told == ["request", "response", "request"]
