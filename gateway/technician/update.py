"""`cardroom-gateway update FILE.deb`: put a new version in, watch how it does, and go back by itself where it does worse (R-G6).

It keeps what is installed and the books, puts the package in, and watches for ten minutes whether the meters answer and the outbox
drains as before, with no restart and no account newly in doubt. An update that was interrupted is finished or taken back at boot.
"""

import argparse
import os
import pwd
import shutil
import signal
import sys
from pathlib import Path

from gateway.adapters.debian_package import DebianPackages, NotAPackage, Package, PackageFailed, Signature
from gateway.adapters.service_manager import ServiceManager
from gateway.adapters.system_clock import RealTime
from gateway.adapters.update_files import Step, UnreadableState, UpdateFiles, UpdateState
from gateway.config import GatewayConfig, load_config
from gateway.technician import update_words as words
from gateway.technician.config_check import add_config_option
from gateway.technician.update_walk import Tools, go_on, interpreter_before, look, prepare, stop_by_hand
from gateway.words import language, say

PACKAGE = "cardroom-gateway"
UNIT = "cardroom-gateway.service"
DONE, NOT_DONE, USAGE = 0, 1, 2
INSTALLED_BYTES = 60_000_000
"""About what a version takes; room is asked for three of them."""
LONGEST_WATCH_MIN = 24 * 60


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Mount the command."""
    parser = subparsers.add_parser(
        "update",
        help=say("put a new version in, watch it, go back if it does worse"),
        description=say("Put a new version in, watch it, and go back by itself if it does worse."),
    )
    parser.add_argument(
        "file", nargs="?", type=Path, metavar="FILE.deb", help=say("the new version's package")
    )
    parser.add_argument(
        "--watch-minutes",
        type=_minutes,
        default=10.0,
        metavar="N",
        help=say("how long to watch it (default 10)"),
    )
    parser.add_argument("--downgrade", action="store_true", help=say("take an older version too"))
    parser.add_argument(
        "--unsigned", action="store_true", help=say("take a package that no release key signed")
    )
    parser.add_argument("--yes", action="store_true", help=say("don't ask"))
    parser.add_argument("--history", action="store_true", help=say("show the updates so far"))
    parser.add_argument(
        "--resume", action="store_true", help=say("finish or take back an interrupted update")
    )
    parser.add_argument("--json", action="store_true", help=say("for programs: one JSON object"))
    parser.add_argument("--fresh", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--root", type=Path, default=None, help=argparse.SUPPRESS)
    add_config_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Do one of the three. Returns 0 when the new version is in, 1 when it is not, 2 when the question makes no sense."""
    files = UpdateFiles(args.root or Path("/"))
    if sum((args.file is not None, args.history, args.resume)) != 1:
        return words.refuse(words.Refusal.ONE_OF, USAGE, args.json)
    if args.history:
        return words.print_history(files.history(), args.json)
    try:
        lock = files.lock()
    except OSError:
        return words.refuse(words.Refusal.NOT_ROOT, NOT_DONE, args.json)
    if lock is None:
        return words.refuse(words.Refusal.UNDER_WAY, NOT_DONE, args.json)
    with lock:
        try:
            state = files.load()
        except UnreadableState as error:
            return words.refuse(words.Refusal.STATE_UNREADABLE, NOT_DONE, args.json, why=str(error))
        if args.resume:
            return _resume(args, files, state)
        if state is not None:
            return words.refuse(words.Refusal.INTERRUPTED, NOT_DONE, args.json, wants=state.wants)
        return _begin(args, files)


def _begin(args: argparse.Namespace, files: UpdateFiles) -> int:
    """Check the file, ask, make the copies, then go on from the copy of the old version."""
    packages, service = DebianPackages(args.root), ServiceManager(UNIT)
    found = packages.read(args.file)
    if isinstance(found, NotAPackage):
        return words.refuse(words.Refusal(found.value), NOT_DONE, args.json, file=str(args.file))
    here = packages.installed(PACKAGE)
    signature = packages.signature(args.file, found)
    if refusal := _unfit(args, packages, found, here, signature):
        facts = {"name": found.name, "version": found.version, "architecture": found.architecture}
        have = {"have": here.version, "machine": here.architecture} if here else {}
        return words.refuse(refusal, NOT_DONE, args.json, file=str(args.file), **facts, **have)
    assert here is not None
    data = _data_folder(args)
    needed = files.room_needed(INSTALLED_BYTES, data)
    files.scratch.parent.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(files.scratch.parent).free < needed:
        return words.refuse(words.Refusal.NO_ROOM, NOT_DONE, args.json, megabytes=needed // 1_000_000)
    before = look(service, data) if data else None
    words.print_plan(found, here, signature, before, args.watch_minutes, files=sys.stderr)
    if not args.yes and not words.agreed():
        return words.refuse(words.Refusal.NOT_WANTED, NOT_DONE, args.json)
    state = UpdateState(
        step=Step.PREPARING,
        began_ms=RealTime().wall_ms(),
        by=os.environ.get("SUDO_USER") or _own_name(),
        package=PACKAGE,
        was=here.version,
        wants=found.version,
        architecture=here.architecture,
        sha256=found.sha256,
        signed=signature is Signature.GOOD,
        data=str(data) if data else "",
        watch_s=args.watch_minutes * 60,
        before=before if before and before.answers else None,
    )
    return _prepare(args, files, packages, state, found)


def _prepare(
    args: argparse.Namespace,
    files: UpdateFiles,
    packages: DebianPackages,
    state: UpdateState,
    checked: Package,
) -> int:
    tools = Tools(packages, ServiceManager(UNIT), files, words.progress(args.json))
    try:
        prepare(tools, state, args.file)
        # The copy, where nobody else writes, must be the very file whose signature was looked at.
        if packages.read(files.package_new) != checked:
            raise OSError(say("the file changed while it was copied"))
    except (PackageFailed, OSError) as error:
        files.finish(state)
        return words.refuse(words.Refusal.NO_COPY, NOT_DONE, args.json, why=str(error))
    except KeyboardInterrupt:
        files.finish(state)
        return words.refuse(words.Refusal.NOT_WANTED, NOT_DONE, args.json)
    old = interpreter_before(files)
    if old is None:
        return _walk(args, files, state, fresh=True)
    # From here on by the copy: the files that this process would still import are being replaced.
    own = ["update", "--resume", "--fresh", "--config", str(args.config.absolute()), "--lang", language()]
    own += ["--json"] if args.json else []
    own += ["--root", str(args.root)] if args.root else []
    sys.stdout.flush()
    # The lock goes with this process's image, and is taken again.
    return os.execv(old, [str(old), "-P", "-m", "gateway", *own])  # noqa: S606  (our own copy, no shell)


def _resume(args: argparse.Namespace, files: UpdateFiles, state: UpdateState | None) -> int:
    if state is None:
        return words.refuse(words.Refusal.NOTHING_TO_RESUME, DONE, args.json)
    return _walk(args, files, state, fresh=args.fresh)


def _walk(args: argparse.Namespace, files: UpdateFiles, state: UpdateState, *, fresh: bool) -> int:
    """Go on to the end. A closed terminal doesn't stop it; Ctrl-C while it is watched goes back."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    tools = Tools(DebianPackages(args.root), ServiceManager(UNIT), files, words.progress(args.json))
    try:
        end = _end_of(tools, state, fresh)
    except (PackageFailed, OSError) as error:
        # A building runs better on whatever is there than on nothing; the state stays for another try.
        if state.data:
            tools.service.start()
        words.refuse(
            words.Refusal.CANT_GO_BACK, NOT_DONE, args.json, why=" ".join(str(error).split()), was=state.was
        )
        return NOT_DONE
    code = words.print_end(end, args.json)
    files.finish(end)
    return code


def _end_of(tools: Tools, state: UpdateState, fresh: bool) -> UpdateState:
    try:
        return go_on(tools, state, fresh)
    except KeyboardInterrupt:
        # dpkg has a session of its own: what it does, it finishes. A second Ctrl-C must not stop the way back.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        return stop_by_hand(tools, tools.files.load() or state)


def _unfit(
    args: argparse.Namespace,
    packages: DebianPackages,
    found: Package,
    here: Package | None,
    signature: Signature,
) -> words.Refusal | None:
    """Why this file is not taken."""
    if here is None:
        return words.Refusal.NOT_INSTALLED
    if found.name != PACKAGE:
        return words.Refusal.OTHER_PACKAGE
    if found.architecture not in (here.architecture, "all"):
        return words.Refusal.OTHER_ARCHITECTURE
    if found.version == here.version:
        return words.Refusal.SAME_VERSION
    if not args.downgrade and not packages.is_newer(found.version, here.version):
        return words.Refusal.OLDER
    if signature is Signature.WRONG:
        return words.Refusal.SIGNATURE_WRONG
    if signature is Signature.MISSING and not args.unsigned:
        return words.Refusal.SIGNATURE_MISSING
    return None


def _data_folder(args: argparse.Namespace) -> Path | None:
    """The daemon's folder; None where no gateway is set up: then there is nothing to watch."""
    loaded = load_config(args.config)
    if isinstance(loaded, GatewayConfig):
        return loaded.gateway.data
    # A full disk keeps the daemon's folder from being written, not from being there.
    only = loaded[0] if len(loaded) == 1 else None
    return Path(str(only.facts["found"])) if only and only.code == "not-writable" else None


def _own_name() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid-{os.getuid()}"


def _minutes(text: str) -> float:
    try:
        minutes = float(text)
    except ValueError:
        minutes = 0.0
    if not 0 < minutes <= LONGEST_WATCH_MIN:
        raise argparse.ArgumentTypeError(say("a number of minutes, at most {most}", most=LONGEST_WATCH_MIN))
    return minutes
