"""`cardroom-gateway lines|meters` as an electrician types them."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

METERS = """meter_number,line,address,model,ct_ratio,location
A-101,north,1,generic-dlt645-2007,,1F
A-102,north,2,eastron-sdm120,40,
"""


def gateway(folder: Path, *words: str) -> tuple[int, Any]:
    process = subprocess.run(
        [sys.executable, "-m", "gateway", *words, "--data", str(folder), "--json"],
        capture_output=True,
        text=True,
    )
    assert "Traceback" not in process.stderr
    return process.returncode, json.loads(process.stdout or "null")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    assert gateway(tmp_path, "lines", "add", "north", "--port", "/dev/ttyUSB0")[0] == 0
    return tmp_path


def import_csv(folder: Path, content: bytes) -> tuple[int, Any]:
    (folder / "meters.csv").write_bytes(content)
    return gateway(folder, "meters", "import", str(folder / "meters.csv"))


def test_a_line_and_its_meters_are_written_shown_and_removed(folder: Path) -> None:
    added = gateway(
        folder,
        "meters",
        "add",
        "A-101",
        "--line",
        "north",
        "--address",
        "1",
        "--model",
        "generic-dlt645-2007",
    )
    assert added == (0, {"ok": True, "done": "meter A-101 added"})
    assert [row["meter_number"] for row in gateway(folder, "meters", "list")[1]["meters"]] == ["A-101"]
    assert gateway(folder, "lines", "remove", "north")[1]["error"] == "line-in-use"
    assert gateway(folder, "meters", "remove", "A-101")[0] == 0
    assert gateway(folder, "lines", "remove", "north")[0] == 0
    assert gateway(folder, "lines", "list")[1]["lines"] == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_sheet_with_chinese_heads_in_any_usual_encoding(folder: Path, encoding: str) -> None:
    sheet = "表号,线路,地址,型号,变比,位置\r\nA-101,north,1,generic-dlt645-2007,1,三号楼\r\n"
    assert import_csv(folder, sheet.encode(encoding))[0] == 0
    assert gateway(folder, "meters", "list")[1]["meters"][0]["location"] == "三号楼"


def test_a_sheet_is_taken_whole_or_not_and_each_bad_row_is_named(folder: Path) -> None:
    code, answer = import_csv(
        folder, (METERS + "A-103,south,3,generic-dlt645-2007\nA-101,north,4,generic-dlt645-2007\n").encode()
    )
    assert code == 1
    assert "2 mistakes" in answer["what"]
    assert "line 4: A-103: unknown-line" in answer["what"]
    assert "line 5: A-101: duplicate-meter" in answer["what"]
    assert gateway(folder, "meters", "list")[1]["meters"] == []
    assert import_csv(folder, METERS.encode()) == (0, {"ok": True, "done": "2 meters added"})


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "columns missing"),
        (b"meter_number,line\n", "address, model"),
        (METERS.replace("40", "forty").encode(), "ct_ratio is a whole number, not 'forty'"),
        (b"\xff\xfe\x00\x00", "columns missing"),
    ],
)
def test_a_sheet_that_makes_no_sense_is_named(folder: Path, content: bytes, said: str) -> None:
    code, answer = import_csv(folder, content)
    assert code == 1
    assert said in answer["what"]


def test_a_folder_or_file_that_is_not_there_is_named(folder: Path) -> None:
    code, answer = gateway(folder / "nowhere", "lines", "add", "x", "--port", "/dev/ttyUSB1")
    assert (code, answer["error"]) == (1, "no-access")
    assert "nowhere" in answer["what"]
    code, answer = gateway(folder, "meters", "import", str(folder / "none.csv"))
    assert (code, answer["error"]) == (1, "no-access")
    assert "none.csv" in answer["what"]


def test_a_damaged_registry_stops_the_command(folder: Path) -> None:
    (folder / "registry.json").write_text("{")
    code, answer = gateway(folder, "meters", "list")
    assert (code, answer["error"]) == (1, "registry-damaged")
    assert "registry.json.previous" in answer["what"]
