"""What `cardroom-gateway update` refuses before anything is touched: one sentence, the next step, the documented code."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gateway import __main__ as gateway_main
from gateway.adapters.debian_package import DebianPackages, Package, Signature
from gateway.adapters.update_files import Step, UpdateFiles, UpdateState
from tests.update.small_packages import ARCHITECTURE, small_package
from tests.update.stand import bare_root, require_dpkg

ROOT = Path(__file__).parents[2]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Version 1.0 of the gateway, and nothing else."""
    require_dpkg()
    place = bare_root(tmp_path / "root")
    DebianPackages(place).put_in(package(tmp_path, "1.0"))
    return place


def package(folder: Path, version: str) -> Path:
    return small_package(folder, version, folder / "gateway.toml", folder)


def update(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *words: str
) -> tuple[int, dict[str, object]]:
    config = str(root.parent / "gateway.toml")
    command = ["cardroom-gateway", "update", *words, "--json", "--root", str(root), "--config", config]
    monkeypatch.setattr("sys.argv", command)
    code = gateway_main.main()
    return code, json.loads(capsys.readouterr().out.splitlines()[-1])


def test_each_refusal_has_its_word_and_changes_nothing(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*words: str) -> tuple[int, object]:
        code, answer = update(root, capsys, monkeypatch, *words)
        assert answer["message"]
        return code, answer["error"]

    torn = tmp_path / "torn.deb"
    torn.write_bytes(package(tmp_path, "1.1").read_bytes()[:5000])
    assert refused() == (2, "one-of")
    assert refused("x.deb", "--history") == (2, "one-of")
    assert refused(str(tmp_path / "none.deb")) == (1, "missing")
    assert refused(str(tmp_path)) == (1, "unreadable")
    assert refused(str(torn)) == (1, "no-package")
    assert refused(str(package(tmp_path / "same", "1.0"))) == (1, "same-version")
    older = str(package(tmp_path / "old", "0.9"))
    assert refused(older) == (1, "older")
    assert refused("--resume") == (0, "nothing-to-resume")
    keys = root / "usr/share/cardroom-gateway/release-keys"
    keys.parent.mkdir(parents=True)
    keys.write_text("ab" * 32 + "\n")
    assert refused(older, "--downgrade") == (1, "signature-missing")
    Path(f"{older}.sig").write_text("00" * 64)
    assert refused(older, "--downgrade", "--unsigned") == (1, "signature-wrong")
    files = UpdateFiles(root)
    held = files.lock()
    assert held is not None
    with held:
        assert refused(older) == (1, "under-way")
    files.state_file.write_text("{")
    assert refused("--resume") == (1, "state-unreadable")
    files.save(state())
    assert refused(older) == (1, "interrupted")
    found = DebianPackages(root).installed("cardroom-gateway")
    assert found == Package("cardroom-gateway", "1.0", ARCHITECTURE, "")
    assert not files.history_file.exists()


def test_the_file_that_is_installed_is_the_one_that_was_checked(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever may write where the file lies may put another one there while the person is asked."""
    wanted, planted = package(tmp_path, "1.1"), package(tmp_path / "other", "1.2")

    def agreed() -> bool:
        wanted.write_bytes(planted.read_bytes())
        return True

    monkeypatch.setattr("gateway.technician.update_words.agreed", agreed)
    code, answer = update(root, capsys, monkeypatch, str(wanted))
    assert (code, answer["error"]) == (1, "no-copy")
    found = DebianPackages(root).installed("cardroom-gateway")
    assert found == Package("cardroom-gateway", "1.0", ARCHITECTURE, "")
    assert UpdateFiles(root).load() is None


def state() -> UpdateState:
    return UpdateState(
        step=Step.PREPARING, began_ms=1, by="li", package="cardroom-gateway", was="1.0", wants="1.1",
        architecture=ARCHITECTURE, sha256="", signed=False, data="", watch_s=60,
    )  # fmt: skip


def test_a_signature_by_a_release_key_is_good_and_no_other(root: Path, tmp_path: Path) -> None:
    """Signed as `make deb` signs."""
    key = Ed25519PrivateKey.generate()
    pem = tmp_path / "release.pem"
    pem.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    file, packages = package(tmp_path, "1.1"), DebianPackages(root)
    signing = "import sys; from pathlib import Path; from signing import release_key, sign\n"
    signing += "key = release_key(sys.argv[1]); sign(Path(sys.argv[2]), key); print(key.public_hex)"
    done = subprocess.run(
        [sys.executable, "-c", signing, pem, file], cwd=ROOT / "systemd/package", capture_output=True, text=True, check=True
    )  # fmt: skip
    found = packages.read(file)
    assert isinstance(found, Package)
    assert packages.signature(file, found) is Signature.NO_KEYS
    keys = root / "usr/share/cardroom-gateway/release-keys"
    keys.parent.mkdir(parents=True)
    keys.write_text("cd" * 32 + "\n" + done.stdout)
    assert packages.signature(file, found) is Signature.GOOD
    keys.write_text("cd" * 32 + "\n")
    assert packages.signature(file, found) is Signature.WRONG
