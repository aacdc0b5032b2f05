"""`ca`, `broker-config`, `enrol`, `revoke`, `signing-key` as somebody at the server types them, wrong arguments too."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.utils import translation

from central.__main__ import main
from central.campus.models import Building
from central.config import data_folder
from central.link.models import Gateway
from tests.central.new_card import NewCard

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
Typed = Callable[..., tuple[int, str]]


@pytest.fixture
def typed(
    campus: None,
    tmp_path: Path,
    settings: object,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Typed:
    """Run a command; give its exit code and what it said. The folder holds a central with a campus and no gateway."""
    monkeypatch.setenv("CARDROOM_DATA", str(tmp_path / "data"))
    data_folder.make_keys()
    settings.SIGNING_KEY_FILE = tmp_path / "data" / data_folder.SIGNING_KEY_FILE

    def run(*words: str) -> tuple[int, str]:
        with translation.override("en"):
            code = main(list(words))
        said = capsys.readouterr()
        return code, said.out + said.err

    return run


def test_from_nothing_to_a_gateway_and_its_revocation(typed: Typed, tmp_path: Path) -> None:
    assert typed("ca", "show") == (1, "there is no certificate authority yet; make it: cardroom-central ca\n")
    assert typed("enrol", "1")[0] == 2
    folder = str(tmp_path / "broker")
    assert "make it: cardroom-central ca" in typed("broker-config", folder, "--host", "cards.example.edu")[1]
    code, said = typed("ca")
    assert (code, "made the certificate authority" in said) == (0, True)
    print_of = next(line for line in said.splitlines() if line.startswith("SHA-256"))
    assert print_of in typed("ca")[1]
    assert print_of in typed("ca", "show")[1]
    for host in ("two words", "a/b", "", "x-.edu", "x" * 300, "总务.cn"):
        assert (typed("broker-config", folder, "--host", host)[0], Path(folder).exists()) == (2, False), host
    assert typed("broker-config", folder, "--host", "x", "--port", "0")[0] == 2
    assert typed("broker-config", f"{folder}\nuser root", "--host", "x")[0] == 2
    code, said = typed("broker-config", "/dev/null/broker", "--host", "x")
    assert (code, "sudo install -d -o cardroom -g mosquitto -m 2750 /dev/null/broker" in said) == (1, True)
    code, said = typed("broker-config", folder, "--host", "cards.example.edu", "--host", "10.0.0.9")
    assert (code, said.count("written: ")) == (0, 6)
    assert (
        "everything is as it should be"
        in typed("broker-config", folder, "--host", "cards.example.edu", "--host", "10.0.0.9")[1]
    )
    for wrong in (
        ("9",),
        ("1", "--hours", "0"),
        ("1", "--hours", "9999"),
        ("1", "--id", "a b"),
        ("1", "--id", "central"),
        ("9", "--close"),
    ):
        assert typed("enrol", *wrong)[0] == 2, wrong
    code, said = typed("enrol", "1")
    assert (code, said.splitlines()[1][:38]) == (0, "for gateway b1 of building 1, open unt")
    card = NewCard()
    assert card.enrol(said.splitlines()[0])["gateway"] == "b1"
    assert typed("enrol", "1", "--close") == (0, "the code of building 1 is closed\n")
    assert typed("revoke", "b9", "--why", "stolen")[0] == 2
    assert typed("revoke", "b1", "--why", " ")[0] == 2
    code, said = typed("revoke", "b1", "--why", "card stolen")
    assert (code, "sudo systemctl restart mosquitto" in said, "cardroom-central enrol 1" in said) == (
        0,
        True,
        True,
    )
    assert Gateway.objects.get().public_key == ""
    # Where the list can't be written the gateway is revoked all the same, and the sentence says what is left to do.
    NewCard().enrol(typed("enrol", "1")[1].splitlines()[0])
    Path(folder).rename(tmp_path / "elsewhere")
    code, said = typed("revoke", "b1", "--why", "again")
    assert (code, f"cardroom-central broker-config {folder} --host NAME" in said) == (1, True)
    assert Gateway.objects.get().public_key == ""


def test_an_authority_that_is_damaged_is_said_and_revokes_all_the_same(typed: Typed, tmp_path: Path) -> None:
    typed("ca")
    typed("broker-config", str(tmp_path / "broker"), "--host", "x")
    NewCard().enrol(typed("enrol", "1")[1].splitlines()[0])
    key = tmp_path / "data" / "ca.key"
    key.chmod(0o644)
    assert f"chmod 600 {key}" in typed("ca", "show")[1]
    key.chmod(0o600)
    key.write_text("nonsense")
    for words in (
        ("ca",),
        ("ca", "show"),
        ("broker-config", str(tmp_path / "broker"), "--host", "x"),
        ("enrol", "1"),
    ):
        code, said = typed(*words)
        assert (code, "from the backup" in said) == (1, True), words
    code, said = typed("revoke", "b1", "--why", "stolen")
    assert (code, "from the backup" in said) == (1, True)
    assert Gateway.objects.get().public_key == ""
    key.unlink()
    assert typed("ca")[0] == 1  # no second authority beside the one that gateways believe


def test_the_signing_keys_by_their_commands(typed: Typed, tmp_path: Path) -> None:
    file = tmp_path / "next.key"
    assert (typed("signing-key")[0], typed("signing-key", "list")[1].count("signs since")) == (0, 1)
    assert typed("signing-key", "prepare", str(tmp_path / "no" / "x"))[0] == 1
    assert typed("signing-key", "switch", str(file))[0] == 1
    code, said = typed("signing-key", "prepare", str(file))
    assert (code, "put it into the safe" in said) == (0, True)
    assert file.read_text().strip() not in said
    assert typed("signing-key", "prepare", str(tmp_path / "x"))[0] == 2
    assert typed("signing-key", "recover", str(file)) == (
        2,
        "not-lost: the key that signs is there; use `cardroom-central signing-key switch FILE`\n",
    )
    north = Building.objects.get(code="1")
    Gateway.objects.create(id="b1", building=north, public_key="02" * 32, enrolled_ms=1)
    code, said = typed("signing-key", "switch", str(file))
    assert (code, "not known yet at: b1" in said) == (2, True)
    assert typed("signing-key", "retire", "00")[0] == 2
    # The key that signs is lost: `init` makes no other one that nobody believes, and says the way out.
    (tmp_path / "data" / data_folder.SIGNING_KEY_FILE).unlink()
    code, said = typed("init")
    assert (code, "signing-key recover FILE" in said) == (1, True)
    assert "signing-key recover FILE" in typed("public-key")[1]
    code, said = typed("signing-key", "recover", str(file))
    assert (code, "these have not said that they know it: b1" in said) == (0, True)
    old = next(line.split()[0] for line in typed("signing-key")[1].splitlines() if "still believed" in line)
    assert typed("signing-key", "retire", old)[0] == 2
    assert typed("signing-key", "retire", old, "--without", "b1")[0] == 0
    assert "believed by nobody" in typed("signing-key", "list")[1]
