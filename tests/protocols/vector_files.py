"""The published frames of tests/vectors, ready for parametrize."""

import json
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parent.parent / "vectors"

Vector = dict[str, Any]


def load(protocol: str) -> list[Vector]:
    """All published frames of one protocol."""
    return json.loads((FOLDER / f"{protocol}.json").read_text(encoding="utf-8"))


def params(vectors: list[Vector]) -> list[Any]:
    """One parameter per vector, named by its id."""
    return [pytest.param(vector, id=vector["id"]) for vector in vectors]
