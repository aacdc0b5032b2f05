"""The two looks at what comes from outside: advisories about the pins fail the build, and each package's bill of materials is
whole.
"""

import json
import os
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
KNOWN = {
    "id": "PYSEC-2026-0",
    "aliases": ["CVE-2026-00001"],
    "modified": "2026-01-01T00:00:00Z",
    "published": "2026-01-01T00:00:00Z",
    "summary": "planted",
    "affected": [
        {
            "package": {"ecosystem": "PyPI", "name": "django"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "99"}]}],
        }
    ],
}


class Osv(BaseHTTPRequestHandler):
    """Answers as OSV does: `django` has an advisory while `known` says so."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["queries"]
        hit = {"vulns": [{"id": KNOWN["id"], "modified": KNOWN["modified"]}]}
        self._answer(
            {"results": [hit if one["package"]["name"] in self.server.known else {} for one in asked]}
        )

    def do_GET(self) -> None:
        self._answer(KNOWN)

    def _answer(self, what: object) -> None:
        body = json.dumps(what).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture
def osv() -> Iterator[HTTPServer]:
    server = HTTPServer(("127.0.0.1", 0), Osv)
    server.known = {"django"}
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def audit(tmp_path: Path, address: str, accepted: str = "", **more: str) -> tuple[int, str]:
    file = tmp_path / "accepted.toml"
    file.write_text(accepted)
    environment = {
        **os.environ, "CARDROOM_ADVISORIES": address, "CARDROOM_ACCEPTED_ADVISORIES": str(file),
        "UV_CACHE_DIR": str(tmp_path / "cache"), "UV_HTTP_RETRIES": "0", "NO_PROXY": "127.0.0.1", **more,
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "systemd/package/advisories.py"],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def entry(until: date) -> str:
    return f'[[accepted]]\nid = "CVE-2026-00001"\nuntil = {until}\nwhy = "not called"\n'


def test_an_advisory_fails_until_it_is_accepted_and_again_after_its_day(
    tmp_path: Path, osv: HTTPServer
) -> None:
    address, today = f"http://127.0.0.1:{osv.server_port}/", date.today()
    code, said = audit(tmp_path, address)
    assert code == 1
    assert "PYSEC-2026-0 in django" in said
    assert "mended in 99" in said
    code, said = audit(tmp_path, address, entry(today + timedelta(days=30)))
    assert (code, "is accepted until" in said) == (0, True)
    code, said = audit(tmp_path, address, entry(today - timedelta(days=30)))
    assert (code, "look at it again" in said) == (1, True)
    osv.known = set()
    code, said = audit(tmp_path, address, entry(today + timedelta(days=30)))
    assert (code, "not met any more" in said) == (0, True)
    assert audit(tmp_path, address, '[[accepted]]\nid = "x"\nuntil = 2027-01-01\n')[0] == 2, (
        "without a reason"
    )


def test_a_service_that_gives_no_answer_is_said_plainly_and_fails_only_a_release(tmp_path: Path) -> None:
    nobody = "http://127.0.0.1:9/"
    code, said = audit(tmp_path, nobody)
    assert (code, "NOT CHECKED" in said) == (0, True)
    assert audit(tmp_path, nobody, STRICT="1")[0] == 1


def test_the_accepted_advisories_are_readable() -> None:
    for one in tomllib.loads((ROOT / ".ci/accepted-advisories.toml").read_text()).get("accepted", []):
        assert isinstance(one["until"], date)
        assert one["why"].strip()


def test_each_package_has_its_bill_of_what_is_pinned_and_twice_the_same(tmp_path: Path) -> None:
    bills = []
    for run in ("a", "b"):
        made = [sys.executable, "systemd/package/sbom.py", "--to", str(tmp_path / run)]
        subprocess.run(made, cwd=ROOT, check=True, capture_output=True, timeout=60)
        bills.append({one.name: one.read_text() for one in (tmp_path / run).iterdir()})
    assert bills[0] == bills[1]
    lock = {
        one["name"]: one.get("version") for one in tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    }
    assert set(bills[0]) == {"cardroom-central.cdx.json", "cardroom-gateway.cdx.json"}
    for text in bills[0].values():
        bill = json.loads(text)
        assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.5")
        parts = {one["name"]: one["version"] for one in bill["components"]}
        assert parts.items() <= lock.items()
        assert "cryptography" in parts
        assert "pytest" not in parts
    central = {one["name"] for one in json.loads(bills[0]["cardroom-central.cdx.json"])["components"]}
    assert {"django", "openpyxl", "pillow"} <= central
