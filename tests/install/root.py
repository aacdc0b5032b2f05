"""A whole Debian 12 in a folder, made by debootstrap, for walks that need a real machine: dpkg, users, services, no systemd.

Needs root and a network. The bare system is kept (var/debian-12.tar) and unpacked anew for each walk. The stand-in for systemd is
put in systemctl's place, so that the packages' own scripts start and stop the service.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve()
PROJECT = HERE.parents[2]
KEPT = PROJECT / "var/debian-12.tar"
STANDIN = PROJECT / "tests/update/service_standin.py"
MIRROR = os.environ.get("DEBIAN_MIRROR", "http://deb.debian.org/debian")
ENVIRONMENT = {
    "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
    "LC_ALL": "C.UTF-8",
    "HOME": "/root",
    "DEBIAN_FRONTEND": "noninteractive",
    "STANDIN_RESTART_S": "2",
}

SHIM = """#!/bin/sh
# What only writes links is the real one's; what needs systemd at work is the stand-in's.
for word in "$@"; do
    case "$word" in
    -*) ;;
    preset | enable | disable | mask | unmask | is-enabled) SYSTEMD_OFFLINE=1 exec /usr/bin/systemctl.real "$@" ;;
    *) break ;;
    esac
done
exec python3 /usr/local/lib/service_standin.py ask /run "$@"
"""


class Machine:
    """One such system at work."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._standin: subprocess.Popen[bytes] | None = None

    def run(
        self, *words: str, user: str = "root", text: str = "", timeout_s: float = 600, **more: str
    ) -> "subprocess.CompletedProcess[str]":
        """Run a command inside; both outputs are together in stdout."""
        as_user = [] if user == "root" else [f"--userspec={user}:{user}"]
        return subprocess.run(
            ["chroot", *as_user, str(self.root), *words],
            input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
            env={**ENVIRONMENT, **more}, timeout=timeout_s, check=False,
        )  # fmt: skip

    def must(self, *words: str, **more: str) -> str:
        """Run a command that has to work; ends the walk with what it said when it doesn't."""
        done = self.run(*words, **more)
        if done.returncode:
            raise SystemExit(f"{' '.join(words)}: exit {done.returncode}\n{done.stdout[-2000:]}")
        return done.stdout

    def put(self, file: Path, place: str) -> str:
        """Copy a file in; give its name inside."""
        target = self.root / place.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, target)
        return place

    def boot(self) -> None:
        """Let the stand-in take systemd's place."""
        (self.root / "run/systemd/system").mkdir(parents=True, exist_ok=True)
        self.put(STANDIN, "/usr/local/lib/service_standin.py")
        shim, real = self.root / "usr/bin/systemctl", self.root / "usr/bin/systemctl.real"
        shim.rename(real)
        shim.write_text(SHIM)
        shim.chmod(0o755)
        self._standin = subprocess.Popen(
            ["chroot", str(self.root), "python3", "/usr/local/lib/service_standin.py", "serve", "/run", "/"],
            env=ENVIRONMENT,
        )

    def shut_down(self) -> None:
        if self._standin is not None:
            self._standin.terminate()
            self._standin.wait(60)
            self._standin = None


@contextmanager
def machine() -> Iterator[Machine]:
    """A fresh Debian 12; ended and removed afterwards."""
    _require()
    folder = Path(tempfile.mkdtemp(prefix="cardroom-debian-"))
    root = folder / "root"
    root.mkdir()
    one = Machine(root)
    mounted: list[Path] = []
    try:
        subprocess.run(["tar", "-xpf", str(_bare()), "-C", str(root)], check=True)
        for kind, place in (("proc", "proc"), ("devpts", "dev/pts"), ("tmpfs", "run")):
            (root / place).mkdir(exist_ok=True)
            subprocess.run(["mount", "-t", kind, kind, str(root / place)], check=True)
            mounted.append(root / place)
        yield one
    finally:
        one.shut_down()
        for place in reversed(mounted):
            subprocess.run(["umount", "-l", str(place)], check=False)
        if not any(os.path.ismount(place) for place in mounted):
            shutil.rmtree(folder, ignore_errors=True)


def _require() -> None:
    if os.geteuid() != 0 or shutil.which("debootstrap") is None:
        raise SystemExit(
            "This needs root and debootstrap: sudo apt-get install debootstrap, then sudo make this again."
        )


def _bare() -> Path:
    """The bare system with Python, as an archive; made once by debootstrap."""
    if KEPT.exists():
        return KEPT
    print(f"debootstrap bookworm from {MIRROR}, once, kept in {KEPT.relative_to(PROJECT)} ...", flush=True)
    KEPT.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="cardroom-debootstrap-") as folder:
        root = Path(folder) / "root"
        done = subprocess.run(
            ["debootstrap", "--variant=minbase", "bookworm", str(root), MIRROR],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise SystemExit(f"debootstrap failed: {done.stdout[-600:]}{done.stderr[-600:]}")
        _take_apt_settings(root)
        made = KEPT.with_suffix(".part")
        subprocess.run(["tar", "-cpf", str(made), "-C", str(root), "."], check=True)
        made.rename(KEPT)
    return KEPT


def _take_apt_settings(root: Path) -> None:
    """This machine's way to the mirror (proxy, certificates) holds inside too."""
    for place in ("etc/apt/apt.conf.d", "etc/apt/apt.conf"):
        for source in [*Path("/", place).glob("*prox*"), Path("/", place)]:
            if source.is_file():
                shutil.copy(source, root / source.relative_to("/"))
    shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")


if __name__ == "__main__":
    sys.exit("make try-install, make try-update")
