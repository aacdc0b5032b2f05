"""The notebook and the registry behind it: a power cut at any write, an undo, a refusal, rows that were there before."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.adapters.model_files import read_models
from gateway.adapters.registry_store import LineRow, MeterRow, RegistryStore
from gateway.technician.commission.acts import AnyAct, LineFound, MeterFound, Renumbered, Ticked, Tied
from gateway.technician.commission.notebook import Notebook

MODELS = read_models()
MODEL = "generic-dlt645-2007"
ACTS: list[tuple[type[AnyAct], dict[str, Any]]] = [
    (LineFound, {"name": "a", "port": "/dev/a", "baud": 2400, "parity": "E"}),
    (MeterFound, {"number": "11", "line": "a", "address": "11", "model": MODEL}),
    (MeterFound, {"number": "12", "line": "a", "address": "12", "model": MODEL}),
    (Tied, {"number": "11", "room": "101", "how": "scan"}),
    (Renumbered, {"number": "12", "to": "77"}),
    (Tied, {"number": "77", "room": "102", "how": "typed"}),
    (Ticked, {"number": "11", "check": "reading", "level": "good", "code": "reads", "facts": {"energy": "1.00", "again": "1.01"}}),
]  # fmt: skip


def book(folder: Path) -> Notebook:
    opened = Notebook(folder, MODELS, lambda: 1_700_000_000_000, 480)
    opened.by = "li"
    return opened


def rows(folder: Path) -> tuple[list[str], list[tuple[str, str, str]]]:
    registry = RegistryStore(folder, MODELS)
    lines = [line.name for line in registry.lines()]
    return lines, [
        (meter.meter_number, meter.location, (meter.test.outcome if meter.test else ""))
        for meter in registry.meters()
    ]


def wanted(opened: Notebook) -> tuple[list[str], list[tuple[str, str]]]:
    standing = opened.standing
    return sorted(standing.lines), sorted((meter.number, meter.room) for meter in standing.meters.values())


class PowerCut(BaseException):
    """No `except Exception` may survive it."""


def cut_after(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the machine die at the n-th replacement of a file: half of them before it, half behind it."""
    real: Callable[..., None] = os.replace
    left = [count]

    def replace(source: Any, target: Any) -> None:
        left[0] -= 1
        if left[0] < 0 or (left[0] == 0 and count % 2):
            raise PowerCut
        real(source, target)
        if left[0] == 0:
            raise PowerCut

    monkeypatch.setattr(os, "replace", replace)


def test_the_registry_follows_after_a_cut_at_any_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)
    cuts = 0
    for count in range(1, 200):
        folder = tmp_path / str(count)
        folder.mkdir()
        with monkeypatch.context() as patched:
            cut_after(count, patched)
            try:
                opened = book(folder)
                for kind, said in ACTS:
                    opened.note(kind, **said)
                while opened.undo():
                    pass
            except PowerCut:
                cuts += 1
            else:
                break
        again = book(folder)
        assert again.catch_up() == []
        lines, meters = rows(folder)
        assert (lines, [(number, room) for number, room, _ in meters]) == wanted(again), count
    assert cuts > 40


def test_an_undo_brings_the_registry_back_and_leaves_what_was_there(tmp_path: Path) -> None:
    registry = RegistryStore(tmp_path, MODELS)
    assert registry.add_line(LineRow("a", "/dev/a")) is None
    assert registry.add_meter(MeterRow("11", "a", "11", MODEL, location="old")) is None
    opened = book(tmp_path)
    for kind, said in ACTS:
        was_there = said.get("name") == "a" or (kind is MeterFound and said["number"] == "11")
        opened.note(kind, **said, **({"was_there": True} if was_there else {}))
    assert rows(tmp_path) == (["a"], [("11", "101", "unfinished"), ("77", "102", "")])
    test = RegistryStore(tmp_path, MODELS).meters()[0].test
    assert test is not None
    assert (test.by, test.energy_wh, test.ticks, test.tested_at) == (
        "li", 1010, {"reading": "good"}, "2023-11-15T06:13:20+08:00",
    )  # fmt: skip
    while opened.undo():
        pass
    assert rows(tmp_path) == (["a"], [("11", "", "unfinished")])
    assert not opened.standing.lines


def test_what_the_registry_refuses_does_not_stand(tmp_path: Path) -> None:
    opened = book(tmp_path)
    opened.note(*ACTS[0][:1], **ACTS[0][1])
    refusal = opened.note(LineFound, name="b", port="/dev/a", baud=9600, parity="E")
    assert refusal is not None
    assert refusal.reason.value == "duplicate-port"
    refusals = opened.note_all([ACTS[1], (MeterFound, {**ACTS[2][1], "address": "11"})])
    assert [one.reason.value for one in refusals] == ["duplicate-address"]
    assert list(opened.standing.lines) == ["a"]
    assert list(opened.standing.meters) == ["11"]
    assert list(book(tmp_path).standing.meters) == ["11"]
