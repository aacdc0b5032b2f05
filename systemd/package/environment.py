"""The environment inside a package: what uv.lock pins, as wheels of the package's own machine, and our code beside it.

Made for another machine too: nothing of the package runs here. Two pins have no wheel. pyserial-asyncio is plain Python. crcmod is
taken without its C extension, on every machine alike: 0.8 us for a Modbus frame that takes 8,000 us on the wire.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from packing import PACKAGES, Build

ARCHITECTURES = {"amd64": "x86_64-manylinux_2_28", "arm64": "aarch64-manylinux_2_28"}
"""As uv calls them; Debian 12 has glibc 2.36."""
PYTHON = "3.11"
WITHOUT_WHEEL = ("crcmod", "pyserial-asyncio")
LEFT_BY_THE_INSTALLER = (
    "RECORD",
    "INSTALLER",
    "REQUESTED",
    "direct_url.json",
    "uv_cache.json",
    "uv_build.json",
)
"""Of each distribution: notes of how and where it was installed here."""

UNWANTED = (".pyi", ".pyc", ".c", ".h", ".pxd", ".pyx", ".a", ".pfb")
"""Kinds of file for developers; `.pfb` are Type 1 fonts of reportlab's for drawing bitmaps, some without a licence."""


class NotBuilt(Exception):
    """The packages can't be built here; the message says what to do."""


def make_environment(build: Build, scratch: Path) -> None:
    """Fill /opt/cardroom/NAME of the package's tree."""
    home = build.tree / build.home.relative_to("/")
    site = home / "lib" / f"python{PYTHON}" / "site-packages"
    site.mkdir(parents=True)
    _install_pins(build, site, scratch)
    _install_own(build, site)
    _tidy(site)
    _compile(build, site)
    _make_commands(build, home)


def _install_pins(build: Build, site: Path, scratch: Path) -> None:
    pins = _pins(build)
    with_wheel, without = scratch / "wheels.txt", scratch / "sources.txt"
    with_wheel.write_text("".join(pin for name, pin in pins if name not in WITHOUT_WHEEL))
    without.write_text("".join(pin for name, pin in pins if name in WITHOUT_WHEEL))
    common = ["--no-deps", "--require-hashes", "--link-mode", "copy", "--python-version", PYTHON]
    platform = ["--python-platform", ARCHITECTURES[build.architecture], "--only-binary", ":all:"]
    _uv(build, "pip", "install", *common, *platform, "--target", str(site), "-r", str(with_wheel))
    if not without.read_text():
        return
    plain = scratch / "plain"
    # A compiler that fails leaves crcmod's plain form; a cache of its own, because elsewhere it was built with the extension.
    _uv(
        build, "pip", "install", *common, "--cache-dir", str(scratch / "cache"), "--target", str(plain), "-r", str(without),
        environment={"CC": "/bin/false"},
    )  # fmt: skip
    for compiled in plain.rglob("*.so"):
        raise NotBuilt(f"{compiled.name} was compiled for this machine; it must be plain Python")
    for part in plain.iterdir():
        if part.name not in ("bin", ".lock"):
            shutil.copytree(part, site / part.name) if part.is_dir() else shutil.copy(part, site)


def _pins(build: Build) -> list[tuple[str, str]]:
    """The lock's pins with their hashes, for the extras of this package: name and lines."""
    words = ["export", "--frozen", "--no-dev", "--no-emit-project", "--no-header", "--no-annotate"]
    for extra in PACKAGES[build.name].extras:
        words += ["--extra", extra]
    text = _uv(build, *words)
    parts = re.split(r"(?m)^(?=[A-Za-z0-9])", text)
    return [(re.split(r"[=\[ ;]", part)[0], part) for part in parts if part.strip()]


def _install_own(build: Build, site: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z", *PACKAGES[build.name].code],
        cwd=build.root,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        if (build.root / name).exists():
            shutil.copyfile(build.root / name, site / name)
    known = site / f"cardroom-{build.version}.dist-info"
    known.mkdir()
    (known / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: cardroom\nVersion: {build.version}\nLicense: Apache-2.0\n"
    )


def _tidy(site: Path) -> None:
    """Leave out what only a developer needs: a third of the size."""
    for name in ("bin", "share"):
        shutil.rmtree(site / name, ignore_errors=True)
    for folder in [*sorted(site.rglob("tests")), site / "crcmod" / "test"]:
        if folder.is_dir():
            shutil.rmtree(folder)
    for path in list(site.rglob("*")):
        unwanted = path.suffix in UNWANTED or path.name in (".lock", "py.typed")
        left = path.parent.name.endswith(".dist-info") and path.name in LEFT_BY_THE_INSTALLER
        if path.is_file() and (unwanted or left):
            path.unlink()


def _compile(build: Build, site: Path) -> None:
    """Compile for Debian's 3.11: the files never change, so nobody has to look at their times (unchecked)."""
    interpreter = _python()
    inside = "/" / site.relative_to(build.tree)
    how = ["-q", "--invalidation-mode", "unchecked-hash", "-s", str(site), "-p", str(inside)]
    done = subprocess.run(
        [interpreter, "-m", "compileall", *how, str(site)],
        env={"PYTHONHASHSEED": "0", "PATH": os.environ["PATH"]}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise NotBuilt(f"some code does not compile: {done.stdout.strip()[-400:]}")


def _python() -> str:
    for found in ("/usr/bin/python3.11", sys.executable, shutil.which("python3.11") or ""):
        if found and Path(found).exists():
            asked = [found, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
            if subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip() == PYTHON:
                return found
    raise NotBuilt(f"Python {PYTHON} is needed to compile for Debian 12. Install it, or build on Debian 12")


def _make_commands(build: Build, home: Path) -> None:
    """What `venv` would make, without its notes about this machine."""
    commands = home / "bin"
    commands.mkdir()
    (commands / "python").symlink_to(f"/usr/bin/python{PYTHON}")
    (commands / "python3").symlink_to("python")
    (home / "pyvenv.cfg").write_text("home = /usr/bin\ninclude-system-site-packages = false\n")
    linked = build.tree / "usr/bin"
    linked.mkdir(parents=True)
    for command, module in PACKAGES[build.name].commands.items():
        script = commands / command
        script.write_text(
            f"#!{build.home}/bin/python\nimport sys\n\nfrom {module} import main\n\nsys.exit(main())\n"
        )
        script.chmod(0o755)
        (linked / command).symlink_to(build.home / "bin" / command)


def _uv(build: Build, *words: str, environment: dict[str, str] | None = None) -> str:
    """Run our pinned uv; give what it printed."""
    uv = build.root / ".tools/bin/uv"
    # uv notes the commit of a build's source; nothing of ours is built by it.
    settings = {**os.environ, **(environment or {})}
    settings.pop("VIRTUAL_ENV", None)
    command = [str(uv), "--quiet", *words]
    if words[0] == "pip":
        command += ["--python", _python()]
    done = subprocess.run(command, cwd=build.root, env=settings, capture_output=True, text=True, check=True)
    return done.stdout
