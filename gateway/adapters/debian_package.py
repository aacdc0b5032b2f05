"""Debian packages as an update needs them: read one, check its signature, keep the installed one as a file, put one in.

Speaks to dpkg and dpkg-deb only. `root` is another system's folder (a rescue, a test); None is this machine.
"""

import hashlib
import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from gateway.adapters.whole_file import sync_file
from gateway.domain.software_update import RELEASE_PURPOSE

LOCK_WAIT_S = 300.0
"""apt may be at work: it ends, or somebody looks at it."""
LOCK_LOOK_S = 2.0
CONTROL_MEMBERS = ("md5sums", "postinst", "prerm", "preinst", "postrm", "conffiles", "triggers", "shlibs")


class NotAPackage(StrEnum):
    """Why a file is no package to be installed."""

    MISSING = "missing"
    UNREADABLE = "unreadable"
    NO_PACKAGE = "no-package"


class Signature(StrEnum):
    """What the signature beside a package says."""

    GOOD = "good"
    MISSING = "missing"
    WRONG = "wrong"
    NO_KEYS = "no-keys"
    """The installed package carries no release key: nothing can be checked."""


@dataclass(frozen=True, slots=True)
class Package:
    """What a package file says of itself."""

    name: str
    version: str
    architecture: str
    sha256: str
    """Of the file; empty for an installed package."""


class PackageFailed(Exception):
    """dpkg did not do it; the text is the end of what it said."""


class DebianPackages:
    """dpkg on one system."""

    def __init__(self, root: Path | None = None) -> None:
        self._root = root
        rescue = ["--force-not-root", "--force-script-chrootless", "--force-depends"]
        self._dpkg = ["dpkg", *([f"--root={root}", *rescue] if root else [])]
        self._query = ["dpkg-query", *([f"--admindir={root}/var/lib/dpkg"] if root else [])]

    def path(self, place: str) -> Path:
        """Give an absolute path of that system."""
        return (self._root or Path("/")) / place.lstrip("/")

    def read(self, file: Path) -> Package | NotAPackage:
        """Read a file's control fields and its digest."""
        try:
            with file.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
        except FileNotFoundError:
            return NotAPackage.MISSING
        except OSError:
            return NotAPackage.UNREADABLE
        done = _run(
            ["dpkg-deb", "--show", "--showformat=${Package}\n${Version}\n${Architecture}\n", str(file)]
        )
        fields = done.stdout.split("\n")
        if done.returncode or len(fields) < 3:
            return NotAPackage.NO_PACKAGE
        return Package(fields[0], fields[1], fields[2], digest)

    def installed(self, name: str) -> Package | None:
        """Give what is installed, also half so; None where nothing of it is."""
        form = "--showformat=${db:Status-Status}\n${Version}\n${Architecture}\n"
        done = _run([*self._query, "--show", form, name])
        status, version, architecture = [*done.stdout.split("\n"), "", "", ""][:3]
        if done.returncode or status in ("not-installed", "config-files", "") or not version:
            return None
        return Package(name, version, architecture, "")

    def is_newer(self, version: str, than: str) -> bool:
        """Compare as Debian does."""
        return _run(["dpkg", "--compare-versions", version, "gt", than]).returncode == 0

    def signature(self, file: Path, package: Package) -> Signature:
        """Check `FILE.sig` by the keys that the installed package carries."""
        try:
            keys = self.path(f"/usr/share/{package.name}/release-keys").read_text(encoding="ascii").split()
        except OSError:
            return Signature.NO_KEYS
        try:
            given = bytes.fromhex(file.with_name(file.name + ".sig").read_text(encoding="ascii").strip())
        except OSError:
            return Signature.MISSING
        except ValueError:
            return Signature.WRONG
        text = RELEASE_PURPOSE + bytes.fromhex(package.sha256)
        return Signature.GOOD if any(_signed(key, given, text) for key in keys) else Signature.WRONG

    def keep_installed(self, name: str, tree: Path, file: Path) -> None:
        """Copy the installed package's files into `tree` and make a package of them. Raises PackageFailed or OSError."""
        shutil.rmtree(tree, ignore_errors=True)
        tree.mkdir(parents=True)
        for listed in _must([*self._query, "--listfiles", name]).splitlines():
            _copy(self.path(listed), tree / listed.lstrip("/"))
        control = tree / "DEBIAN"
        control.mkdir(mode=0o755)
        info = self.path("/var/lib/dpkg/info")
        for member in CONTROL_MEMBERS:
            if (found := info / f"{name}.{member}").exists():
                shutil.copy2(found, control / member)
        status = _must([*self._query, "--status", name])
        fields = [line for line in status.splitlines() if not line.startswith(("Status:", "Conffiles:"))]
        (control / "control").write_text("\n".join(fields) + "\n", encoding="utf-8")
        _must(["dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "--build", str(tree), str(file)])
        sync_file(file)

    def put_in(self, file: Path) -> None:
        """Install a package file over whatever is there, older or half a one. Raises PackageFailed with dpkg's last words."""
        give_up = time.monotonic() + LOCK_WAIT_S
        while True:
            # A session of its own: Ctrl-C at the terminal is for the person's question, not for dpkg in the middle of its work.
            done = _run(
                [*self._dpkg, "--force-confold", "--force-downgrade", "--install", str(file)],
                own_session=True,
            )
            if done.returncode == 0:
                return
            if "lock" not in done.stderr or time.monotonic() > give_up:
                raise PackageFailed((done.stderr or done.stdout).strip()[-600:])
            time.sleep(LOCK_LOOK_S)


def _signed(key: str, signature: bytes, text: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(signature, text)
    except (InvalidSignature, ValueError):
        return False
    return True


def _copy(source: Path, target: Path) -> None:
    if source.is_symlink():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(os.readlink(source))
    elif source.is_dir():
        target.mkdir(parents=True, exist_ok=True)
    elif source.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)


def _must(command: list[str]) -> str:
    done = _run(command)
    if done.returncode:
        raise PackageFailed(f"{command[0]}: {done.stderr.strip()[-600:]}")
    return done.stdout


def _run(command: list[str], own_session: bool = False) -> "subprocess.CompletedProcess[str]":
    environment = {
        **os.environ, "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive", "CARDROOM_UPDATE": "1",
    }  # fmt: skip
    try:
        return subprocess.run(  # noqa: S603  (a list of words, no shell)
            command, capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL, check=False,
            env=environment, start_new_session=own_session,
        )  # fmt: skip
    except FileNotFoundError as error:
        return subprocess.CompletedProcess(command, 127, "", f"{command[0]} is not installed: {error}")
