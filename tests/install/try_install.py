"""`make try-install`: the packages on a bare Debian 12, from dpkg -i to purge. Needs root and a network; ten minutes.

Prints each figure with its goal, and last how many goals were met.
"""

import argparse
import filecmp
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.bench.figures import Figures
from tests.install.root import ENVIRONMENT, Machine, machine
from tests.install.walk import CONFIG, METERS, Building, build, wait

HIGHER = "99.0"
WANTS = Path("etc/systemd/system/multi-user.target.wants")


def main() -> int:
    """Walk; 0 when every goal was met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=("gateway", "central"), help="one of the two packages")
    only = parser.parse_args().only
    figures = Figures("TRY-INSTALL")
    with tempfile.TemporaryDirectory(prefix="cardroom-try-") as folder, machine() as one:
        built = Path(folder)
        one.must("apt-get", "update", "-qq")
        if only != "central":
            _gateway(figures, one, built)
        if only != "gateway":
            _central(figures, one, build("--only", "central", to=built))
    return figures.close()


def _gateway(figures: Figures, one: Machine, built: Path) -> None:
    package, higher = _packages(figures, built)
    _install_gateway(figures, one, package)
    building = Building(one)
    building.begin()
    try:
        _run_gateway(figures, one, building)
        _upgrade_and_remove(figures, one, building, higher)
    finally:
        building.end()


def _yes(figures: Figures, what: str, so: object, beside: str = "") -> None:
    figures.at_least(what, int(bool(so)), 1, beside=beside)


def _packages(figures: Figures, folder: Path) -> tuple[Path, Path]:
    first = build("--only", "gateway", to=folder / "first")
    again = build("--only", "gateway", to=folder / "again")
    _yes(figures, "built twice: the same bytes", filecmp.cmp(first, again, shallow=False))
    figures.note("size of the gateway's package", f"{first.stat().st_size / 1e6:.1f} MB")
    _lint(figures, first)
    return first, build("--only", "gateway", "--version", HIGHER, to=folder / "higher")


def _lint(figures: Figures, package: Path) -> None:
    if shutil.which("lintian") is None:
        figures.note("lintian", "not installed")
        return
    said = subprocess.run(["lintian", str(package)], capture_output=True, text=True, check=False).stdout
    errors = [line for line in said.splitlines() if line.startswith("E:")]
    figures.at_most(f"lintian's errors in {package.name}", len(errors), 0, beside="; ".join(errors[:3]))


def _install_gateway(figures: Figures, one: Machine, package: Path) -> None:
    one.run("dpkg", "-i", one.put(package, "/tmp/gateway.deb"))
    done = one.run("apt-get", "-y", "-qq", "--no-install-recommends", "-f", "install")
    _yes(
        figures, "dpkg -i, then apt-get -f install", done.returncode == 0 and "not set up" not in done.stdout
    )
    one.boot()
    _yes(
        figures,
        "nothing changed or missing (dpkg --verify, --audit)",
        not one.run("sh", "-c", "dpkg --verify cardroom-gateway; dpkg --audit").stdout,
    )
    helped = one.run("cardroom-gateway", "--help")
    _yes(figures, "cardroom-gateway --help", helped.returncode == 0 and "update" in helped.stdout)
    _yes(figures, "no pip inside", not list((one.root / "opt/cardroom").rglob("pip")))
    _yes(figures, "in dialout, and nobody's login", "dialout" in one.run("id", "cardroom").stdout)
    _yes(
        figures,
        "not enabled before it is set up",
        not (one.root / WANTS / "cardroom-gateway.service").is_symlink(),
    )
    code = one.run("cardroom-gateway", "config", "check").returncode
    _yes(figures, "config check without a configuration: 1", code == 1)


def _run_gateway(figures: Figures, one: Machine, building: Building) -> None:
    _yes(figures, "config check", one.run("cardroom-gateway", "config", "check").returncode == 0)
    # As an upgrade, or the same package once more, finds it.
    one.must("dpkg", "-i", "/tmp/gateway.deb")
    _yes(
        figures,
        "enabled and started once it is set up",
        (one.root / WANTS / "cardroom-gateway.service").is_symlink(),
    )
    wait(lambda: building.answering() == len(METERS), "both meters answer")
    figures.at_least("meters that answer", building.answering(), len(METERS))
    _yes(figures, "the link is up", wait(lambda: building.status().get("link_connected"), "the link"))
    held = _status_of_daemon(one)
    rss = next((int(line.split()[1]) for line in held.splitlines() if line.startswith("VmRSS")), 0)
    figures.at_most("memory of the daemon", rss / 1000 or 999, 65, " MB")
    owner = one.run("stat", "-c", "%U", "/var/lib/cardroom/journal.db").stdout.strip()
    _yes(figures, "runs as its own user", owner == "cardroom", owner)


def _status_of_daemon(one: Machine) -> str:
    for process in Path("/proc").glob("[0-9]*"):
        try:
            inside = (process / "root").readlink() == one.root
            if inside and b"cardroom-gateway\0run" in (process / "cmdline").read_bytes():
                return (process / "status").read_text()
        except OSError:
            continue
    return ""


def _upgrade_and_remove(figures: Figures, one: Machine, building: Building, higher: Path) -> None:
    before = _registry(one)
    one.must("dpkg", "-i", one.put(higher, "/tmp/higher.deb"))
    runs = wait(lambda: building.status().get("software") == HIGHER, "the higher version runs")
    _yes(figures, "an upgrade restarts the daemon as the new version", runs)
    _yes(figures, "an upgrade keeps books and registry", before == _registry(one))
    one.must("dpkg", "-i", "/tmp/higher.deb")
    _yes(
        figures, "the same again changes nothing", not one.run("dpkg", "--verify", "cardroom-gateway").stdout
    )
    one.must("apt-get", "remove", "-y", "-qq", "cardroom-gateway")
    _yes(figures, "removed: the daemon has ended", not _status_of_daemon(one))
    kept = [
        place for place in ("/var/lib/cardroom/journal.db", CONFIG) if (one.root / place.lstrip("/")).exists()
    ]
    figures.at_least("removed: books and configuration are kept", len(kept), 2)
    _yes(figures, "removed: nothing is left in /opt", not (one.root / "opt/cardroom/gateway").exists())
    said = one.must("apt-get", "purge", "-y", "-qq", "cardroom-gateway")
    _yes(figures, "purged: the configuration is gone", not (one.root / CONFIG.lstrip("/")).exists())
    _yes(
        figures,
        "purged: the books are kept, and it says so",
        "Kept: /var/lib/cardroom" in said and before == _registry(one),
    )


def _registry(one: Machine) -> tuple[bytes, bool]:
    folder = one.root / "var/lib/cardroom"
    return (folder / "registry.json").read_bytes(), (folder / "journal.db").exists()


def _central(figures: Figures, one: Machine, package: Path) -> None:
    figures.note("size of central's package", f"{package.stat().st_size / 1e6:.1f} MB")
    _lint(figures, package)
    one.run("dpkg", "-i", one.put(package, "/tmp/central.deb"))
    one.must("apt-get", "-y", "-qq", "--no-install-recommends", "-f", "install")
    one.must("sh", "-c", "rm -rf /var/lib/cardroom; systemd-tmpfiles --create cardroom-central.conf")
    made = one.run("cardroom-central", "init", user="cardroom")
    _yes(
        figures,
        "cardroom-central init as its user",
        made.returncode == 0,
        made.stdout[-80:].strip() if made.returncode else "",
    )
    with subprocess.Popen(
        ["chroot", "--userspec=cardroom:cardroom", str(one.root), "cardroom-central", "serve", "--port", "8765"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**ENVIRONMENT, "PYTHONDONTWRITEBYTECODE": "1"},
    ) as server:  # fmt: skip
        asked = "import urllib.request as r; print(r.urlopen('http://127.0.0.1:8765/').status)"
        served = wait(lambda: one.run("python3", "-c", asked).stdout.strip() == "200", "the sign-in page")
        server.terminate()
    _yes(figures, "cardroom-central serve gives the sign-in page", served)
    key = one.run("cardroom-central", "backup", "--new-key", "--key-to", "/tmp/paper", user="cardroom")
    kept = one.run("cardroom-central", "backup", "/var/backups/cardroom", "--rehearse", user="cardroom")
    said = kept.stdout + kept.stderr
    _yes(
        figures, "a backup becomes a central again", key.returncode + kept.returncode == 0, said[-80:].strip()
    )
    made = one.run(
        "/opt/cardroom/central/bin/python",
        "-c",
        "from central.papers.font import paper_font; print(paper_font().name)",
    )
    _yes(figures, "the papers' font is there", made.returncode == 0)
    said = one.must("apt-get", "purge", "-y", "-qq", "cardroom-central")
    kept = (one.root / "var/lib/cardroom/signing.key").exists()
    _yes(figures, "purged: the books are kept, and it says so", kept and "Kept: /var/lib/cardroom" in said)


if __name__ == "__main__":
    raise SystemExit(main())
