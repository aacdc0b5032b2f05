"""A whole gateway's data folder over a real store, its commands, and a backup of it with its paper."""

import io
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from gateway.__main__ import main
from gateway.adapters.journal_store import JOURNAL_NAME
from gateway.adapters.key_file import load_or_create_key
from gateway.adapters.model_files import read_models
from gateway.adapters.registry_store import LineRow, MeterRow, RegistryStore
from gateway.application.outbox import acknowledge, outbox_batch
from gateway.application.settle import settle
from gateway.contract.commands import Ack
from gateway.contract.facts import EntryCause
from tests.application.site import YUAN, Site, use
from tests.config.test_load import good

PASSWORD = "broker password of the building"
BASE_WH, WH_AT_BACKUP = 100_000, 2_000


class Kept(Site):
    """A site whose data folder is a whole gateway's."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "var" / "cardroom"
        self.data.mkdir(parents=True)
        (folder / "etc").mkdir()
        self.config = folder / "etc" / "gateway.toml"
        secret = folder / "etc" / "password"
        secret.write_text(PASSWORD)
        text = good(self.data).replace('"b1"', '"g1"')
        self.config.write_text(
            text.replace("[clock]", f'username = "g1"\npassword_file = "{secret}"\n[clock]')
        )
        load_or_create_key(self.data / "gateway.key")
        registry = RegistryStore(self.data, read_models())
        registry.add_line(LineRow("a", "/dev/ttyUSB0", 2400, "E"))
        registry.add_meters([MeterRow("m1", "a", "202000000101", "generic-dlt645-2007")])
        (self.data / "control.sock.lock").write_text("")
        super().__init__(self.data / JOURNAL_NAME)

    def central_takes_all(self) -> None:
        """Central stores and acknowledges every row there is."""
        self.journal.commit()
        while (batch := self.ask(outbox_batch)) is not None:
            self.do(
                lambda journal, now, batch=batch: acknowledge(
                    journal, Ack(batch.epoch, batch.rows[-1].seq, self.wall_ms), now
                )
            )

    def settle_hour(self) -> None:
        self.do(lambda journal, now: settle(journal, "a1", EntryCause.HOUR, now))


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    site = Kept(tmp_path)
    site.configure()
    site.grant("p1", 10 * YUAN)
    site.read(BASE_WH)
    use(site, BASE_WH + WH_AT_BACKUP)
    site.central_takes_all()
    return site


@pytest.fixture
def run(kept: Kept, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    def run(*words: str, typed: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["cardroom-gateway", *words, "--config", str(kept.config)])
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        try:
            code = main()
        except SystemExit as ended:
            code = int(str(ended.code))
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return code, out, err

    return run


@pytest.fixture
def backed(kept: Kept, run: Any, tmp_path: Path) -> tuple[Path, Path]:
    """A backup and the file with its paper."""
    os.chmod(kept.data / "registry.json", 0o640)
    kept.close_journal()
    paper, file = tmp_path / "paper.txt", tmp_path / "b.backup"
    code, out, err = run("backup", str(file), "--new-key", "--key-to", str(paper), "--json")
    assert (code, json.loads(out)["accounts"]) == (0, 1), err
    kept.open_journal()
    return file, paper
