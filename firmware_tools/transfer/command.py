"""`cardroom-firmware flash`: a signed image into a module, safely: checked first, resumed always, read back at the end."""

import argparse
import sys
from pathlib import Path

from firmware_tools.devices.finding import Open, add_line_arguments, open_found, port_paths, wanted_of
from firmware_tools.devices.modbus_port import SerialModbusPort
from firmware_tools.devices.module_identity import ModuleIdentity
from firmware_tools.devices.search import MODULE_SPEEDS, Speed, Wanted
from firmware_tools.devices.words import device_line, speed_text
from firmware_tools.image.inspect_command import add_key
from firmware_tools.image.key_files import load_publics
from firmware_tools.image.reading import read_signed
from firmware_tools.image.refusal_words import refused, version_named
from firmware_tools.image.signed_image import SignedImage, signed_by
from firmware_tools.image.versions import Version, typed_version
from firmware_tools.terminal.agreement import agreed, not_agreed
from firmware_tools.terminal.arguments import add_json, arguments_of
from firmware_tools.terminal.progress import Progress
from firmware_tools.terminal.trouble import DONE, Trouble, print_json, report
from firmware_tools.terminal.wall_clock import utc_ms
from firmware_tools.transfer import history, state_file
from firmware_tools.transfer.blocks import Plan, plan_of
from firmware_tools.transfer.bootloader import digest_of
from firmware_tools.transfer.checks import Known, refusal
from firmware_tools.transfer.outcome_words import found_line, read_back_line, stopped_words
from firmware_tools.transfer.session import Done, Session, Stopped
from firmware_tools.transfer.state_file import Begun
from gateway.words import say


def run(arguments: list[str]) -> int:
    """Flash one module. Returns 0, 1 when it was not done, 2 when the question makes no sense."""
    options = _parser().parse_args(arguments)
    image = _checked_image(options)
    if isinstance(image, Trouble):
        return report(image, options.json)
    running = None if options.running is None else version_named(options.running)
    if isinstance(running, Trouble):
        return report(running, options.json)
    opened = _opened(options)
    if isinstance(opened, Trouble):
        return report(opened, options.json)
    try:
        return _Flashing(options, image, running, opened).run()
    finally:
        opened.line.use(*opened.found.speed)
        opened.line.close()


def _parser() -> argparse.ArgumentParser:
    parser = arguments_of(
        "flash", say("Put a signed image into a module; refused on any mismatch before a byte is sent.")
    )
    parser.add_argument("file", type=Path, metavar="FILE", help=say("signed image, from sign"))
    add_line_arguments(parser)
    add_key(parser)
    parser.add_argument(
        "--hardware",
        type=int,
        metavar="R",
        help=say("hardware revision on the board, where the module doesn't tell it"),
    )
    parser.add_argument(
        "--running", metavar="V", help=say("version that was in the module, where it can't tell it any more")
    )
    parser.add_argument(
        "--allow-downgrade", action="store_true", help=say("take an older version than the module has")
    )
    parser.add_argument(
        "--again", action="store_true", help=say("send the image even where the module has it already")
    )
    parser.add_argument("--yes", action="store_true", help=say("don't ask"))
    parser.add_argument("--dry-run", action="store_true", help=say("check everything and send nothing"))
    parser.add_argument(
        "--state", type=Path, metavar="DIR", help=say("where broken transfers are remembered")
    )
    add_json(parser)
    return parser


def _checked_image(options: argparse.Namespace) -> SignedImage | Trouble:
    keys = load_publics(options.key)
    if isinstance(keys, Trouble):
        return keys
    image = read_signed(options.file)
    if isinstance(image, Trouble):
        return image
    bad = signed_by(image, keys)
    return image if bad is None else refused(options.file, bad)


def _opened(options: argparse.Namespace) -> Open | Trouble:
    wanted = wanted_of(options, modules_only=True)
    if isinstance(wanted, Trouble):
        return wanted
    paths = port_paths(options.port)
    return paths if isinstance(paths, Trouble) else open_found(paths, wanted)


class _Flashing:
    """One run of the command; also the Watch of its session."""

    def __init__(
        self, options: argparse.Namespace, image: SignedImage, running: Version | None, opened: Open
    ) -> None:
        self._options = options
        self._image = image
        self._running = running
        self._opened = opened
        self._port = SerialModbusPort(opened.line)
        self._plan: Plan = plan_of(image)
        self._folder: Path = options.state or state_file.state_folder()
        self._progress = Progress(self._plan.total_bytes, quiet=options.json)
        self._blocks = 0

    def run(self) -> int:
        module = self._opened.found.device
        if not isinstance(module, ModuleIdentity):
            return report(_no_module(self._opened), self._options.json)
        self._tell(
            f"{self._opened.found.port}  {speed_text(self._opened.found.speed)}  {device_line(module)}"
        )
        begun = state_file.recall(self._folder, _device(module), self._image.sha256.hex())
        if begun is not None and None not in (begun.serial, module.serial) and begun.serial != module.serial:
            begun = None
        trouble = refusal(self._image.header, module, self._known(begun))
        if trouble is not None:
            return report(trouble, self._options.json)
        if not self._options.again and self._has_it(module):
            return self._finish(
                say("The module has this very image already; nothing was sent."), already=True
            )
        if self._options.dry_run:
            return self._finish(self._dry_words())
        if not self._options.yes and not agreed(self._question(module)):
            return report(not_agreed(), self._options.json)
        if line := found_line(module, begun.blocks if begun else None, len(self._plan.blocks)):
            self._tell(line)
        return self._send(module, begun)

    def _known(self, begun: Begun | None) -> Known:
        before = typed_version(begun.version_before) if begun else None
        return Known(self._options.hardware, self._running or before, self._options.allow_downgrade)

    def _has_it(self, module: ModuleIdentity) -> bool:
        return not module.in_bootloader and digest_of(self._port, module.unit) == self._image.sha256

    def _send(self, module: ModuleIdentity, begun: Begun | None) -> int:
        before = str(module.version or (begun.version_before if begun else ""))
        if trouble := self._remember(module, before):
            return report(trouble, self._options.json)
        header = self._image.header
        session = Session(
            self._port, module, self._plan, self._image.sha256, str(header.version), self, self._speeds()
        )
        try:
            ended = session.run()
        except KeyboardInterrupt:
            self._progress.close()
            self._remember(module, before)
            self._note(module, before, "stopped")
            return report(_interrupted(self._blocks, len(self._plan.blocks)), self._options.json)
        self._progress.close()
        self._note(module, before, ended.fault.value if isinstance(ended, Stopped) else "done")
        if isinstance(ended, Stopped):
            self._remember(module, before)
            return report(stopped_words(ended, self._plan), self._options.json)
        state_file.forget(self._folder, _device(module), self._image.sha256.hex())
        return self._finish(self._done_words(ended), ended)

    def _speeds(self) -> tuple[Speed, ...]:
        wanted = wanted_of(self._options, modules_only=True)
        named = wanted.speed if isinstance(wanted, Wanted) else None
        return (named,) if named else MODULE_SPEEDS

    def _remember(self, module: ModuleIdentity, before: str) -> Trouble | None:
        begun = Begun(
            _device(module),
            module.serial,
            self._image.sha256.hex(),
            before,
            self._blocks,
            len(self._plan.blocks),
        )
        return state_file.remember(self._folder, begun)

    def _note(self, module: ModuleIdentity, before: str, result: str) -> None:
        header = self._image.header
        kept = history.note(
            self._folder,
            at_ms=utc_ms(),
            port=self._opened.found.port,
            unit=module.unit,
            serial=module.serial,
            product=header.product,
            before=before,
            version=str(header.version),
            image=self._image.sha256.hex(),
            blocks=self._blocks,
            result=result,
        )
        if not kept:
            print(say("This transfer could not be noted in {folder}.", folder=self._folder), file=sys.stderr)

    # -- words ----------

    def _question(self, module: ModuleIdentity) -> str:
        header = self._image.header
        return say(
            "Put {product} {version} into unit {unit} on {port}? It measures and switches nothing meanwhile.",
            product=header.product,
            version=header.version,
            unit=module.unit,
            port=self._opened.found.port,
        )

    def _dry_words(self) -> str:
        return say(
            "All fits. {blocks} blocks would be sent ({bytes} bytes); nothing was (--dry-run).",
            blocks=len(self._plan.blocks),
            bytes=self._plan.total_bytes,
        )

    def _done_words(self, done: Done) -> str:
        header = self._image.header
        return "\n".join(
            (
                say(
                    "Done: {product} runs {version}, {blocks} blocks, {breaks} breaks.",
                    product=header.product,
                    version=header.version,
                    blocks=len(self._plan.blocks),
                    breaks=len(done.resumed_at),
                ),
                read_back_line(done),
            )
        )

    def _finish(self, words: str, done: Done | None = None, already: bool = False) -> int:
        if self._options.json:
            facts = {"read_back": "digest" if done.digest_read else "version"} if done else {}
            resumed = {"resumed_at": list(done.resumed_at)} if done else {}
            sent = len(self._plan.blocks) if done else 0
            print_json({"ok": True, "sent_blocks": sent, "already": already, **facts, **resumed})
        else:
            print(words)
        return DONE

    def _tell(self, sentence: str) -> None:
        if not self._options.json:
            print(sentence, flush=True)

    # -- the session's watch ----------

    def blocks_done(self, count: int) -> None:
        """Show the progress."""
        self._blocks = count
        self._progress.show(sum(len(block) for block in self._plan.blocks[:count]))

    def resumed(self, block: int) -> None:
        """Say that it goes on."""
        self._progress.say(say("Goes on at block {block}.", block=block) if block else say("Begins anew."))

    def waiting(self) -> None:
        """Say that the module is looked for."""
        self._progress.say(say("No answer; waiting for the module to come back (power, plug) ..."))

    def checking(self) -> None:
        """Say that all is sent."""
        self._progress.say(say("All blocks are sent; the module checks them and restarts ..."))


def _device(module: ModuleIdentity) -> str:
    return f"{module.product}-unit{module.unit}"


def _no_module(opened: Open) -> Trouble:
    return Trouble(
        "no-module",
        say("What answers on {port} is no module that takes firmware.", port=opened.found.port),
        device_line(opened.found.device),
        say("Name the module's own unit with --address."),
    )


def _interrupted(block: int, blocks: int) -> Trouble:
    return Trouble(
        "stopped",
        say("Stopped at block {block} of {blocks}.", block=block, blocks=blocks),
        say("The module is safe: its bootloader stays, and nothing incomplete is run."),
        say("Give the same command again: it goes on where it stopped."),
        facts={"block": block, "blocks": blocks},
    )
