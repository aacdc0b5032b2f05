"""`cardroom-gateway config check` and `key` as a technician types them: exit codes, both languages, no traceback."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

from tests.config.test_load import good


def gateway(*arguments: str, language: str = "C") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "LC_ALL": language, "PYTHONUTF8": "1"}
    command = [sys.executable, "-m", "gateway", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60, check=False)


def written(folder: Path, text: str) -> str:
    path = folder / "gateway.toml"
    path.write_text(text)
    return str(path)


def test_a_whole_file_passes(tmp_path: Path) -> None:
    done = gateway("config", "check", "--config", written(tmp_path, good(tmp_path)))
    assert (done.returncode, done.stderr) == (0, "")
    assert "no mistakes" in done.stdout


def test_mistakes_are_named_in_the_machines_language(tmp_path: Path) -> None:
    path = written(tmp_path, good(tmp_path).replace("host", "hots"))
    english, chinese = (
        gateway("config", "check", "--config", path),
        gateway("config", "check", "--config", path, language="zh_CN.UTF-8"),
    )
    assert english.returncode == chinese.returncode == 1
    assert "line 7: mqtt.hots: No such setting" in english.stdout
    assert "Did you mean 'host'?" in english.stdout
    assert "第 7 行: mqtt.hots: 此段没有这个设置" in chinese.stdout
    assert english.stderr == chinese.stderr == ""


def test_json_for_programs(tmp_path: Path) -> None:
    done = gateway("config", "check", "--json", "--lang", "zh", "--config", str(tmp_path / "none.toml"))
    report = json.loads(done.stdout)
    assert report["ok"] is False
    assert [mistake["code"] for mistake in report["mistakes"]] == ["no-file"]


def test_key_prints_the_public_half_only_and_the_same_each_time(tmp_path: Path) -> None:
    path = written(tmp_path, good(tmp_path))
    first, second = gateway("key", "--config", path), gateway("key", "--config", path)
    assert first.stdout == second.stdout
    assert len(bytes.fromhex(first.stdout.strip())) == 32
    key_file = tmp_path / "gateway.key"
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert key_file.read_text().strip() not in first.stdout


def test_status_without_a_daemon_says_what_to_do(tmp_path: Path) -> None:
    done = gateway("status", "--config", written(tmp_path, good(tmp_path)))
    assert done.returncode == 3
    assert done.stdout == ""
    assert "The daemon is not running" in done.stderr
    assert "systemctl start" in done.stderr
