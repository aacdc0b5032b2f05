"""What `cardroom-gateway update` says: refusals, the plan, progress, the end, the record. It decides nothing."""

import json
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from typing import TextIO

import msgspec

from gateway.adapters.debian_package import Package, Signature
from gateway.adapters.update_files import Recorded, Step, UpdateState
from gateway.domain.software_update import Gate, Sight
from gateway.technician import agreement
from gateway.technician.answer import print_json
from gateway.technician.findings import Finding, Level, lines_of
from gateway.technician.table import table
from gateway.technician.update_walk import Tell
from gateway.words import mark, say


class Refusal(StrEnum):
    """Why an update is not begun, or not ended; a stable word for programs."""

    ONE_OF = "one-of"
    NOT_ROOT = "not-root"
    UNDER_WAY = "under-way"
    INTERRUPTED = "interrupted"
    STATE_UNREADABLE = "state-unreadable"
    NOTHING_TO_RESUME = "nothing-to-resume"
    MISSING = "missing"
    UNREADABLE = "unreadable"
    NO_PACKAGE = "no-package"
    NOT_INSTALLED = "not-installed"
    OTHER_PACKAGE = "other-package"
    OTHER_ARCHITECTURE = "other-architecture"
    SAME_VERSION = "same-version"
    OLDER = "older"
    SIGNATURE_WRONG = "signature-wrong"
    SIGNATURE_MISSING = "signature-missing"
    NO_ROOM = "no-room"
    NO_COPY = "no-copy"
    NOT_WANTED = "not-wanted"
    CANT_GO_BACK = "cant-go-back"


SENTENCES = {
    Refusal.ONE_OF: (
        mark("Give one of: FILE.deb, --history, --resume."),
        mark("cardroom-gateway update cardroom-gateway_0.2.0_arm64.deb"),
    ),
    Refusal.NOT_ROOT: (mark("Only root may update."), mark("sudo cardroom-gateway update ...")),
    Refusal.UNDER_WAY: (
        mark("Another update is at work."),
        mark("Wait for its end; `cardroom-gateway update --history` shows it then."),
    ),
    Refusal.INTERRUPTED: (
        mark("An update to {wants} was interrupted and is not ended."),
        mark("sudo cardroom-gateway update --resume"),
    ),
    Refusal.STATE_UNREADABLE: (
        mark("What the last update left can't be read ({why})."),
        mark("Put a package in by hand (sudo dpkg -i FILE.deb), then remove that file."),
    ),
    Refusal.NOTHING_TO_RESUME: (mark("No update was interrupted; there is nothing to do."), ""),
    Refusal.MISSING: (mark("There is no file {file}."), mark("Check its name and folder.")),
    Refusal.UNREADABLE: (mark("{file} can't be read."), mark("Check its rights, or use sudo.")),
    Refusal.NO_PACKAGE: (
        mark("{file} is no Debian package, or only a part of one."),
        mark("Copy it once more and compare its SHA-256."),
    ),
    Refusal.NOT_INSTALLED: (
        mark("This gateway was not installed as a package: there is nothing to go back to."),
        mark("sudo dpkg -i {file}"),
    ),
    Refusal.OTHER_PACKAGE: (
        mark("{file} is {name}, not the gateway."),
        mark("Take cardroom-gateway_VERSION_{machine}.deb."),
    ),
    Refusal.OTHER_ARCHITECTURE: (
        mark("{file} is made for {architecture}; this machine is {machine}."),
        mark("Take cardroom-gateway_VERSION_{machine}.deb."),
    ),
    Refusal.SAME_VERSION: (mark("{version} is installed already."), ""),
    Refusal.OLDER: (
        mark("{version} is older than {have}, which is installed."),
        mark(
            "If that is wanted: --downgrade. An older version may refuse the newer books; then it comes back by itself."
        ),
    ),
    Refusal.SIGNATURE_WRONG: (
        mark(
            "The signature beside {file} is not one of this gateway's release keys, or the file was changed."
        ),
        mark("Don't install it. Get package and .sig again from where releases are published."),
    ),
    Refusal.SIGNATURE_MISSING: (
        mark("There is no signature {file}.sig, and this gateway takes signed releases."),
        mark("Copy the .sig file beside the package. If you built it yourself: --unsigned."),
    ),
    Refusal.NO_ROOM: (
        mark("There is not room enough to keep the version and books of now: {megabytes} MB are needed."),
        mark("Free some: `sudo apt clean`, `sudo journalctl --vacuum-size=50M`."),
    ),
    Refusal.NO_COPY: (
        mark("What is installed could not be kept ({why}); nothing was changed."),
        mark("Mend that and try again; without a way back nothing is installed."),
    ),
    Refusal.NOT_WANTED: (mark("Nothing was done."), ""),
    Refusal.CANT_GO_BACK: (
        mark("dpkg could not put {was} back ({why}). The daemon was started with what is there."),
        mark("Mend that (disk full? apt at work?), then: sudo cardroom-gateway update --resume"),
    ),
}
"""What happened, and what to do next."""
GATES = {
    Gate.INSTALL: mark("it could not be installed"),
    Gate.READY: mark("it did not come up"),
    Gate.RESTARTS: mark("it ended by itself and was restarted"),
    Gate.VERSION: mark("another version runs than the one installed"),
    Gate.METERS: mark("fewer meters answer than before"),
    Gate.OUTBOX: mark("what is reported to central no longer gets there"),
    Gate.QUARANTINE: mark("accounts came in doubt that were not before"),
    Gate.STALLED: mark("a part of it stands still"),
    Gate.STOPPED_BY_HAND: mark("it was stopped by hand"),
}
STEPS = {
    Step.PREPARING: mark("Keeping what is installed now ..."),
    Step.INSTALLING: mark("Stopping the gateway, keeping its books, installing {wants} ..."),
    Step.WATCHING: mark("Watching {wants} for {minutes} min. Ctrl-C goes back to {was}."),
    Step.GOING_BACK: mark("Going back to {was}: {gate} ({detail}) ..."),
}
SIGNATURES = {
    Signature.GOOD: mark("signed by a release key"),
    Signature.MISSING: mark("NOT SIGNED"),
    Signature.WRONG: mark("WRONG SIGNATURE"),
    Signature.NO_KEYS: mark("not checked: the installed version carries no release key"),
}
OUTCOMES = {"done": mark("installed"), "back": mark("gone back"), "nothing-changed": mark("nothing changed")}
SHOWN_EVERY_S = 30.0
_open_line: list[bool] = []
"""Not empty while the terminal's last line is one that is rewritten."""


def refuse(refusal: Refusal, code: int, as_json: bool, **facts: str | int) -> int:
    """Say why not and what to do; give the code."""
    known = {"file": "FILE.deb", "machine": "ARCH", **facts}
    what, next_step = (say(text, **known) if text else "" for text in SENTENCES[refusal])
    if as_json:
        answer = {"ok": code == 0, "error": refusal.value, "message": what, "next": next_step, **facts}
        print_json(answer)
    else:
        unwanted = refusal is Refusal.NOT_WANTED
        level = Level.GOOD if code == 0 else Level.ASK if unwanted else Level.BAD
        finding = Finding("update", level, refusal.value, what, next_step=next_step)
        print("\n".join(lines_of([finding])), file=sys.stdout if code == 0 else sys.stderr)
    return code


def print_plan(
    found: Package, here: Package, signature: Signature, before: Sight | None, minutes: float, files: TextIO
) -> None:
    """Show what would be done, before it is asked for."""
    print(say("cardroom-gateway {was} -> {wants}", was=here.version, wants=found.version), file=files)
    print(say("  SHA-256  {digest}", digest=found.sha256), file=files)
    print(say("  signature: {signature}", signature=say(SIGNATURES[signature])), file=files)
    if before is None:
        print(say("  No gateway is set up here: the package is put in, nothing is watched."), file=files)
        return
    print(say("  now: {seen}", seen=seen(before)), file=files)
    if not before.answers:
        print(say("  The daemon does not answer now: the new version can't be compared with it."), file=files)
    text = say(
        "  Polling stands still for about half a minute; then it is watched for {minutes} min.",
        minutes=f"{minutes:g}",
    )
    print(text, file=files)


def agreed() -> bool:
    """Ask the person at the terminal."""
    try:
        return agreement.agreed(say("Do it? [y/N] "))
    except KeyboardInterrupt:
        return False


def seen(sight: Sight | None) -> str:
    """One look in words."""
    if sight is None or not sight.answers:
        return say("the daemon does not answer (yet)")
    link = say("link up") if sight.linked else say("link down")
    return say(
        "{answering} of {meters} meters answer, {rows} rows wait for central, {link}",
        answering=sight.answering,
        meters=sight.meters,
        rows=sight.outbox_rows,
        link=link,
    )


def progress(as_json: bool) -> Tell:
    """Give what shows progress: one line rewritten on a terminal, a line each half minute elsewhere, nothing for programs."""
    shown_at: list[float] = []

    def tell(state: UpdateState, sight: Sight | None, passed_s: float) -> None:
        if as_json:
            return
        if sight is None:
            shown_at.clear()
            if state.step in STEPS:
                _write(_step(state) + "\n")
            return
        line = f"{span(passed_s)} / {span(state.watch_s)}  {seen(sight)}"
        if sys.stdout.isatty():
            _write(f"\r\x1b[K{line}", rewritten=True)
        elif not shown_at or passed_s - shown_at[-1] >= SHOWN_EVERY_S:
            shown_at.append(passed_s)
            _write(f"{line}\n")

    return tell


def _step(state: UpdateState) -> str:
    gate = say(GATES[Gate(state.failed)]) if state.failed in set(Gate) else state.failed
    minutes = f"{state.watch_s / 60:g}"
    return say(
        STEPS[state.step],
        was=state.was, wants=state.wants, minutes=minutes, gate=gate, detail=state.detail or state.failed,
    )  # fmt: skip


def _write(text: str, rewritten: bool = False) -> None:
    """To a terminal that may be gone: an update goes on without it. What comes after a rewritten line begins a new one."""
    start = "\n" if _open_line and not rewritten else ""
    _open_line[:] = [True] if rewritten else []
    try:
        sys.stdout.write(start + text)
        sys.stdout.flush()
    except OSError:
        return


def print_end(state: UpdateState, as_json: bool) -> int:
    """Say how it ended; 0 when the new version is in."""
    ok = state.step is Step.DONE
    if as_json:
        shown = msgspec.to_builtins(state) | {"ok": ok, "outcome": state.step.value}
        _write(json.dumps(shown, ensure_ascii=False) + "\n")
        return int(not ok)
    _write("".join(f"{line}\n" for line in lines_of(_end(state))))
    return int(not ok)


def _end(state: UpdateState) -> Iterable[Finding]:
    if state.step is Step.DONE:
        text = say("{wants} is installed and does its work.", wants=state.wants)
        yield Finding("update", Level.GOOD, "done", text)
        return
    if state.step is not Step.BACK:
        text = say("The update was interrupted before anything was changed; {was} is at work.", was=state.was)
        yield Finding("update", Level.BAD, "nothing-changed", text, next_step=say("Begin it again."))
        return
    if state.failed == Gate.STOPPED_BY_HAND:
        yield Finding("update", Level.ASK, "back", say("{was} is back, as you wanted.", was=state.was))
        return
    gate = say(GATES[Gate(state.failed)]) if state.failed in set(Gate) else state.failed
    yield Finding(
        "update",
        Level.BAD,
        "back",
        say("{was} is back: {wants} failed.", was=state.was, wants=state.wants),
        why=f"{gate} ({_record_of(state.failed, state.detail)})",
        next_step=say("Send `cardroom-gateway diag` to who made the release; {was} goes on.", was=state.was),
    )
    if state.store_put_back:
        text = say(
            "The books were put back as they were before the update: {was} can't read what {wants} made of them.",
            was=state.was, wants=state.wants,
        )  # fmt: skip
        yield Finding(
            "update",
            Level.ASK,
            "store-put-back",
            text,
            why=say(
                "Central sees that rows are missing and begins a new epoch by itself; meters tell what was used."
            ),
            next_step=say(
                "Look at `cardroom-gateway status` until the link is up and `store-behind` is gone."
            ),
        )


def print_history(history: list[Recorded], as_json: bool) -> int:
    """Show the record, the newest last."""
    if as_json:
        print_json([msgspec.to_builtins(line) for line in history])
        return 0
    if not history:
        print(say("No update was made on this machine."))
        return 0
    head = (say("when (UTC)"), say("from"), say("to"), say("outcome"), say("by"), say("why"))
    print("\n".join(table(head, (_row(line) for line in history))))
    return 0


def _row(line: Recorded) -> tuple[str, ...]:
    when = datetime.fromtimestamp(line.began_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M")
    why = _record_of(line.failed, line.detail)
    return when, line.was, line.wants, say(OUTCOMES.get(line.outcome, line.outcome)), line.by, why


def _record_of(failed: str, detail: str) -> str:
    return f"{failed}: {detail}" if detail else failed


def span(seconds: float) -> str:
    """Minutes and seconds: `2:05`."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"
