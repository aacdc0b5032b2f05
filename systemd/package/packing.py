"""A package around its environment: units, rules, users, folders, maintainer scripts, papers; then dpkg-deb.

The bytes depend on the commit alone: names, modes, owners and times are set, dpkg-deb sorts and stamps by SOURCE_DATE_EPOCH.
"""

import gzip
import hashlib
import os
import shutil
import subprocess
from dataclasses import dataclass
from email.parser import HeaderParser
from email.utils import formatdate
from pathlib import Path

from sbom import bill_of_materials
from signing import ReleaseKey

HERE = Path(__file__).parent
MAINTAINER = "Cardroom <cardroom@example.org>"


@dataclass(frozen=True)
class Package:
    """What one of the two packages is made of."""

    code: tuple[str, ...]
    """Tracked files below these go in."""
    extras: tuple[str, ...]
    commands: dict[str, str]
    units: tuple[str, ...]
    """Patterns of names below systemd/."""


PACKAGES = {
    "gateway": Package(
        code=("gateway", "firmware_tools"),
        extras=("gateway", "technician", "firmware"),
        commands={"cardroom-gateway": "gateway.__main__", "cardroom-firmware": "firmware_tools.__main__"},
        units=(
            "cardroom-gateway*.service",
            "cardroom-gateway*.timer",
            "cardroom-restore-rehearsal.*",
            "media-cardroom.mount",
        ),
    ),
    "central": Package(
        # One rule, one code: central decides by the gateway's contract and pure rules, and needs nothing else of it.
        code=("central", "gateway/__init__.py", "gateway/contract", "gateway/domain"),
        extras=("central",),
        commands={"cardroom-central": "central.__main__"},
        units=(
            "cardroom-central*.service",
            "cardroom-central*.timer",
            "cardroom-ingest*.service",
            "cardroom-notices.service",
            "mosquitto-cardroom.path",
            "mosquitto-cardroom.service",
        ),
    ),
}


@dataclass(frozen=True)
class Build:
    """One package being built."""

    root: Path
    tree: Path
    name: str
    version: str
    architecture: str
    epoch_s: int

    @property
    def package(self) -> str:
        return f"cardroom-{self.name}"

    @property
    def home(self) -> Path:
        return Path("/opt/cardroom") / self.name

    def units(self) -> list[Path]:
        return sorted(
            {unit for form in PACKAGES[self.name].units for unit in (self.root / "systemd").glob(form)}
        )


def pack(build: Build, target: Path, key: ReleaseKey | None) -> Path:
    """Add the rest to the tree, write DEBIAN/, build; give the file."""
    _copy_system_files(build)
    _write_papers(build)
    if key is not None:
        _write(build, f"usr/share/{build.package}/release-keys", f"{key.public_hex}\n")
    _settle(build)
    _write_control(build)
    target.mkdir(parents=True, exist_ok=True)
    built = target / f"{build.package}_{build.version}_{build.architecture}.deb"
    subprocess.run(
        ["dpkg-deb", "--root-owner-group", "-Zxz", "-z6", "--threads-max=1", "--build", str(build.tree), str(built)],
        capture_output=True, text=True, check=True, env={**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC"},
    )  # fmt: skip
    return built


def _copy_system_files(build: Build) -> None:
    for unit in build.units():
        _write(build, f"usr/lib/systemd/system/{unit.name}", unit.read_text())
    for kind, folder in (("sysusers", "sysusers.d"), ("tmpfiles", "tmpfiles.d")):
        _write(
            build, f"usr/lib/{folder}/{build.package}.conf", (HERE / build.name / f"{kind}.conf").read_text()
        )
    if build.name == "central":
        # Not where systemd would take it by itself: a broker without `broker-config` would not start with it.
        drop_in = (build.root / "systemd/mosquitto-cardroom.conf").read_text()
        _write(build, f"usr/share/{build.package}/mosquitto-cardroom.conf", drop_in)
    for rules in sorted((HERE / build.name).glob("*.rules")):
        _write(build, f"usr/lib/udev/rules.d/{rules.name}", rules.read_text())


def _write_papers(build: Build) -> None:
    day = formatdate(build.epoch_s)
    log = f"{build.package} ({build.version}) bookworm; urgency=medium\n\n  * See CHANGELOG.md.gz.\n\n -- {MAINTAINER}  {day}\n"
    papers = f"usr/share/doc/{build.package}"
    _write(build, f"{papers}/changelog.gz", gzip.compress(log.encode(), 9, mtime=0))
    _write(
        build,
        f"{papers}/CHANGELOG.md.gz",
        gzip.compress((build.root / "CHANGELOG.md").read_bytes(), 9, mtime=0),
    )
    _write(build, f"{papers}/copyright", _copyright(build))
    _write(
        build,
        f"{papers}/sbom.cdx.json",
        bill_of_materials(build.name, PACKAGES[build.name].extras, build.version, build.epoch_s),
    )
    _write(
        build,
        f"usr/share/lintian/overrides/{build.package}",
        (HERE / build.name / "lintian-overrides").read_text(),
    )


def _copyright(build: Build) -> str:
    """Our licence, and that of each distribution inside; their texts lie beside them."""
    lines = [
        "Copyright 2026 the authors of Cardroom.",
        "",
        "Cardroom is under the Apache License 2.0; on Debian systems its text is in /usr/share/common-licenses/Apache-2.0.",
        "",
        f"{build.home} holds these as well; their full texts are in their *.dist-info folders there.",
        "",
    ]
    for metadata in sorted(
        build.tree.rglob("*.dist-info/METADATA"), key=lambda path: path.parent.name.lower()
    ):
        found = HeaderParser().parsestr(metadata.read_text(encoding="utf-8"), headersonly=True)
        classified = [
            line.rpartition(" :: ")[2]
            for line in found.get_all("Classifier", [])
            if line.startswith("License ::")
        ]
        licence = (
            found["License-Expression"]
            or ", ".join(classified)
            or (found["License"] or "").partition("\n")[0]
        )
        lines.append(f"{found['Name']} {found['Version']}: {licence or 'see its folder'}")
    return "\n".join(lines) + "\n"


def _write(build: Build, name: str, content: str | bytes) -> None:
    path = build.tree / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


def _settle(build: Build) -> None:
    """Modes by kind and one time for all: nothing of the builder's umask or clock is left."""
    for path in sorted(build.tree.rglob("*"), reverse=True):
        if not path.is_symlink():
            is_program = path.is_dir() or (path.parent == build.tree / build.home.relative_to("/") / "bin")
            path.chmod(0o755 if is_program else 0o644)
        os.utime(path, (build.epoch_s, build.epoch_s), follow_symlinks=False)
    build.tree.chmod(0o755)


def _write_control(build: Build) -> None:
    files = sorted(path for path in build.tree.rglob("*") if path.is_file() and not path.is_symlink())
    size_kib = sum(-(-path.lstat().st_size // 1024) for path in files)
    control = build.tree / "DEBIAN"
    control.mkdir(mode=0o755)
    facts = {
        "@VERSION@": build.version,
        "@ARCHITECTURE@": build.architecture,
        "@SIZE@": str(size_kib),
        "@MAINTAINER@": MAINTAINER,
    }
    text = (HERE / build.name / "control").read_text()
    for name, value in facts.items():
        text = text.replace(name, value)
    (control / "control").write_text(text)
    sums = (
        f"{hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()}  {path.relative_to(build.tree)}\n"
        for path in files
    )
    (control / "md5sums").write_text("".join(sums))
    for script in ("postinst", "prerm", "postrm"):
        shutil.copyfile(HERE / build.name / script, control / script)
        (control / script).chmod(0o755)
    for path in (*control.iterdir(), control):
        os.utime(path, (build.epoch_s, build.epoch_s))
