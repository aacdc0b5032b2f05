"""One image into one module, through lost replies, a broken line and cut power: ask where the module is, go on from there.

A round begins with who answers and how far it is, and ends with the last block, or where nothing is said any more. As long as
rounds get anywhere, another follows. A bootloader that can't be asked begins anew after a break: it runs nothing incomplete, so
that costs time and no module. Exception 04 is a block that is in flash already. No clock but the line's.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from firmware_tools.devices.modbus_port import ModbusPort, Refused, Said
from firmware_tools.devices.module_identity import ModuleIdentity, NotAModule, read_identity
from firmware_tools.line.serial_line import LineGone, Silence
from firmware_tools.transfer import bootloader
from firmware_tools.transfer.blocks import Plan

TRIES = 3
FRUITLESS_ROUNDS = 3
RETURN_MS = 20_000
"""How long a silent module is waited for: power is switched back on, a plug is put in again."""
LOOK_AGAIN_MS = 500
ERASE_MS = 16_000
"""The longest that an erase is waited for."""
RESTART_MS = 20_000


class Fault(StrEnum):
    """Why a transfer ended without the image running."""

    SILENT = "silent"
    LINE_GONE = "port-lost"
    OTHER_MODULE = "other-module"
    """Another product answers now at this unit."""
    NO_BOOTLOADER = "no-bootloader"
    INFO_REFUSED = "info-refused"
    BLOCK_REFUSED = "block-refused"
    IMAGE_REFUSED = "image-refused"
    """The bootloader has all blocks and doesn't run them."""
    NOT_BACK = "not-back"
    """The application did not come back in time."""
    WRONG_AFTER = "wrong-after"
    """What came back is not what was sent."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """The transfer ended early. `blocks` are known to be in the module."""

    fault: Fault
    blocks: int = 0
    code: int = 0
    """A Modbus exception, or the bootloader's fault."""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """The image runs. `digest_read`: the module told the SHA-256 of what it holds, and it is the image's."""

    module: ModuleIdentity
    digest_read: bool
    resumed_at: tuple[int, ...] = ()
    """Blocks at which the transfer went on after a break."""


class Watch(Protocol):
    """Who is told how it goes."""

    def blocks_done(self, count: int) -> None: ...

    def resumed(self, block: int) -> None: ...

    def waiting(self) -> None:
        """The module is silent; it is looked for."""

    def checking(self) -> None:
        """All is sent; the module restarts."""


@dataclass(slots=True)
class Session:
    """A transfer. `expected` is the module as it was identified; `digest` the SHA-256 of the whole signed file."""

    port: ModbusPort
    expected: ModuleIdentity
    plan: Plan
    digest: bytes
    version: str
    watch: Watch
    speeds: tuple[tuple[int, str, int], ...] = ()
    """Where the application may listen when it comes back, besides the speed at which the module was found: a bootloader that lost
    its power was found at its own."""
    blocks: int = 0
    _resumed: list[int] = field(default_factory=list)
    _info_refusals: int = 0
    _refusals: dict[int, int] = field(default_factory=dict)
    _line: tuple[int, str, int] = (0, "", 0)
    _begun: bool = False

    def run(self) -> Done | Stopped:
        """Send it all. Never raises for the module's or the line's sake; the line's own speed is restored at the end."""
        self._line = self.port.speed
        fruitless = 0
        while True:
            before = self.blocks
            ended = self._round()
            if ended is not None:
                self.port.use(*self._line)
                return ended
            fruitless = 0 if self.blocks > before else fruitless + 1
            if fruitless >= FRUITLESS_ROUNDS:
                self.port.use(*self._line)
                return Stopped(Fault.SILENT, self.blocks)

    # -- a round ----------

    def _round(self) -> Done | Stopped | None:
        """Get as far as the line allows; None when another round may get further."""
        module = self._find()
        if isinstance(module, Stopped):
            return module
        if not module.in_bootloader:
            if self._begun and self._holds_image(module) is True:
                return Done(module, True, tuple(self._resumed))  # the break came at the very end
            if (stopped := self._enter(module)) is not None:
                return stopped
        start = self._where()
        return self._send(start) if isinstance(start, int) else start

    def _enter(self, module: ModuleIdentity) -> Stopped | None:
        gone = bootloader.enter(self.port, module)
        if gone is not None:
            return self._gone(gone)
        found = self._find()
        if isinstance(found, Stopped):
            return found
        return None if found.in_bootloader else Stopped(Fault.NO_BOOTLOADER, self.blocks)

    def _find(self) -> ModuleIdentity | Stopped:
        """Wait until the module answers, at the line's speed or at that of a bootloader which forgot it."""
        until_ms = self.port.now_ms() + RETURN_MS
        told = False
        while True:
            here = self.port.speed
            for speed in dict.fromkeys((here, self._line, bootloader.FACTORY_LINE, *self.speeds)):
                if (gone := self.port.use(*speed)) is not None:
                    return self._gone(gone)
                found = read_identity(self.port, self.expected.unit, TRIES if speed == here else 1)
                if isinstance(found, ModuleIdentity):
                    return (
                        found if self._is_same(found) else Stopped(Fault.OTHER_MODULE, detail=found.product)
                    )
                if isinstance(found, LineGone):
                    return self._gone(found)
                if isinstance(found, NotAModule):
                    return Stopped(Fault.OTHER_MODULE, self.blocks)
            if self.port.now_ms() >= until_ms:
                return Stopped(Fault.SILENT, self.blocks)
            if not told:
                self.watch.waiting()
                told = True
            self.port.pause_ms(LOOK_AGAIN_MS)

    def _is_same(self, found: ModuleIdentity) -> bool:
        same_serial = None in (found.serial, self.expected.serial) or found.serial == self.expected.serial
        return found.product == self.expected.product and same_serial

    def _where(self) -> int | Stopped | None:
        """Say from which block to go on; begin anew where the module has nothing of this image."""
        if self.plan.tag:
            told = bootloader.progress_of(self.port, self.expected.unit)
            if isinstance(told, LineGone):
                return self._gone(told)
            if isinstance(told, Silence):
                return None
            if isinstance(told, bootloader.Progress) and self._is_ours(told):
                self._begun = True
                return told.next_block
        return self._begin()

    def _is_ours(self, told: bootloader.Progress) -> bool:
        ours = told.state == bootloader.State.RECEIVING and told.tag == self.plan.tag
        return ours and told.next_block <= len(self.plan.blocks)

    def _begin(self) -> int | Stopped | None:
        """Send the info block, each time with twice the patience: a bare bootloader erases anew each time that it is asked."""
        patience_ms = bootloader.INFO_MS
        while patience_ms <= ERASE_MS:
            reply = bootloader.begin(self.port, self.expected.unit, self.plan.info, patience_ms)
            patience_ms *= 2
            if isinstance(reply, Said):
                self._begun = True
                return 0
            if isinstance(reply, Refused):
                return self._info_refused(reply)
            if isinstance(reply, LineGone):
                return self._gone(reply)
        return None

    def _info_refused(self, reply: Refused) -> Stopped | None:
        """Its power may have failed just now, and its application be back: look again, once."""
        self._info_refusals += 1
        return Stopped(Fault.INFO_REFUSED, 0, reply.code) if self._info_refusals > 1 else None

    def _send(self, start: int) -> Done | Stopped | None:
        if start or self.blocks:
            self._resumed.append(start)
            self.watch.resumed(start)
        self.blocks = start
        self.watch.blocks_done(start)
        for number in range(start, len(self.plan.blocks)):
            reply = bootloader.write_block(self.port, self.expected.unit, self.plan.blocks[number], TRIES)
            if isinstance(reply, LineGone):
                return self._gone(reply)
            if isinstance(reply, Silence):
                return None
            if isinstance(reply, Refused):
                return self._block_refused(reply, number)
            self.blocks = number + 1
            self.watch.blocks_done(self.blocks)
        return self._read_back()

    def _block_refused(self, reply: Refused, number: int) -> Stopped | None:
        """A block out of order, or a module that restarted: where it is now decides. Refused there again and again ends it."""
        self._refusals[number] = self._refusals.get(number, 0) + 1
        return Stopped(Fault.BLOCK_REFUSED, number, reply.code) if self._refusals[number] >= TRIES else None

    # -- read back ----------

    def _read_back(self) -> Done | Stopped | None:
        """Wait for the application, and ask what runs."""
        self.watch.checking()
        until_ms = self.port.now_ms() + RESTART_MS
        while self.port.now_ms() < until_ms:
            self.port.pause_ms(LOOK_AGAIN_MS)
            module = self._find()
            if isinstance(module, Stopped):
                return module
            if not module.in_bootloader:
                return self._compare(module)
            told = bootloader.progress_of(self.port, self.expected.unit)
            if isinstance(told, bootloader.Progress) and told.state == bootloader.State.REFUSED:
                return Stopped(Fault.IMAGE_REFUSED, self.blocks, told.fault)
            if isinstance(told, bootloader.Progress) and not self._is_ours(told):
                return None  # it forgot what it had; another round begins anew
        return Stopped(Fault.NOT_BACK, self.blocks)

    def _compare(self, module: ModuleIdentity) -> Done | Stopped:
        holds = self._holds_image(module)
        if holds is False or str(module.version) != self.version:
            return Stopped(Fault.WRONG_AFTER, self.blocks, detail=module.version_text)
        return Done(module, holds is True, tuple(self._resumed))

    def _holds_image(self, module: ModuleIdentity) -> bool | None:
        """Tell whether the module holds this very file; None when it doesn't tell."""
        if not self.plan.tag:
            return None
        told = bootloader.digest_of(self.port, module.unit)
        return told == self.digest if isinstance(told, bytes) else None

    def _gone(self, gone: LineGone) -> Stopped:
        return Stopped(Fault.LINE_GONE, self.blocks, detail=gone.why)
