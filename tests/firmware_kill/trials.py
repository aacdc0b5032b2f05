"""One module, one image, one place to kill: did the module end with exactly the image, and did anything else ever run in it?"""

import hashlib
import random
from dataclasses import dataclass, field, replace
from functools import cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from firmware_tools.devices.module_identity import ModuleIdentity, read_identity
from firmware_tools.image.signed_image import Header, SignedImage, sign
from firmware_tools.image.versions import ANY, Version
from firmware_tools.transfer.blocks import plan_of
from firmware_tools.transfer.session import Done, Session, Stopped
from firmware_tools.virtual_module.flash_memory import Flash, Power
from firmware_tools.virtual_module.line import Powered
from firmware_tools.virtual_module.module import ModuleSpec, install
from tests.firmware_kill.simulated_port import FlasherKilled, SimulatedPort

UNIT = 7
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
STRANGER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
OLD, NEW = Version(1, 2, 0), Version(1, 4, 0)
CAPACITY = 8 * 1024


class Unmoved:
    """Watches a transfer and says nothing."""

    def blocks_done(self, count: int) -> None: ...

    def resumed(self, block: int) -> None: ...

    def waiting(self) -> None: ...

    def checking(self) -> None: ...


@dataclass(frozen=True)
class Case:
    """A module and what is put into it."""

    spec: ModuleSpec
    old: SignedImage
    new: SignedImage

    def powered(self) -> Powered:
        flash = Flash(self.spec.flash_bytes)
        install(self.spec, flash, self.old.raw)
        return Powered(self.spec, flash)


@dataclass
class Result:
    """What one kill led to."""

    resumed: bool = False
    bricked: bool = False
    """The module doesn't answer any more, or doesn't end with the image."""
    ran_wrong: bool = False
    breaks: int = 0
    notes: list[str] = field(default_factory=list)


def image_of(size: int, version: Version, dice: random.Random, key: Ed25519PrivateKey = KEY) -> SignedImage:
    """Sign random bytes."""
    return sign(dice.randbytes(size), key, product="relay-6c", hardware=3, version=version, minimum=ANY)


def cases(count: int, seed: int) -> list[Case]:
    """Modules of all kinds with images of any size; the first sizes fill their last block to the byte, or spill over by one."""
    dice = random.Random(seed)
    public = KEY.public_key().public_bytes_raw()
    sizes = [128 * 9 - 192, 128 * 9 - 191, 1]
    found = []
    for number in range(count):
        size = sizes[number] if number < len(sizes) else dice.randrange(1, 3000)
        spec = ModuleSpec(
            key=public,
            capacity=CAPACITY,
            slots=1 + number % 2,
            keeps_settings=number % 3 != 1,
            tells_progress=number % 4 != 3,
            erase_ms=1500 if number % 5 == 4 else None,
        )
        found.append(Case(spec, image_of(700, OLD, dice), image_of(size, NEW, dice)))
    return found


@cache
def units_of(case: Case) -> int:
    """How many writes to flash a whole transfer needs: a power cut can come before each, and after the last."""
    powered = case.powered()
    power = powered.flash.power = Power()
    assert isinstance(_flash(case, SimulatedPort(powered, UNIT)), Done)
    return power.spent


@cache
def requests_of(case: Case) -> int:
    """How many requests a whole transfer needs."""
    port = SimulatedPort(case.powered(), UNIT)
    _flash(case, port)
    return port.requests


def cut_power(case: Case, cuts: list[int], loss: float = 0.0) -> Result:
    """Cut the power after so many writes, again after so many more. One cut: the same transfer goes on. Several: it may give up,
    and another one that knows nothing goes on."""
    powered = case.powered()
    left = list(cuts)
    powered.flash.power = Power(left.pop(0))
    port = SimulatedPort(powered, UNIT, loss=loss, seed=str(cuts))
    ended: Done | Stopped | None = None
    for _ in range(1 if len(cuts) == 1 else 2 * len(cuts) + 4):
        before = powered.cuts
        ended = _flash(case, port)
        if isinstance(ended, Done):
            break
        if powered.cuts > before and left:
            powered.flash.power = Power(left.pop(0))
    return judged(case, powered, ended)


def kill_flasher(case: Case, request: int, after: bool) -> Result:
    """Kill the flasher at a request, before or after the module has acted; another one, that knows nothing, goes on."""
    powered = case.powered()
    port = SimulatedPort(powered, UNIT)
    port.kill_at = (request, after)
    killed = False
    try:
        _flash(case, port)
    except FlasherKilled:
        killed = True
    ended = _flash(case, SimulatedPort(powered, UNIT))
    result = judged(case, powered, ended)
    result.resumed = result.resumed and killed
    return result


def offer_wrong(case: Case, wrong: bytes) -> Result:
    """Send an image past the flasher's checks; the bootloader must not run it, and must still take the right one."""
    powered = case.powered()
    port = SimulatedPort(powered, UNIT)
    wrong_file = _File(case.new.header, wrong, hashlib.sha256(wrong).digest())
    Session(port, _known(), plan_of(wrong_file), wrong_file.sha256, "9.9.9", Unmoved()).run()  # type: ignore[arg-type]
    ended = _flash(case, SimulatedPort(powered, UNIT))
    return judged(case, powered, ended)


@dataclass(frozen=True)
class _File:
    """A file of any bytes, sent as if it were an image."""

    header: Header
    raw: bytes
    sha256: bytes


def wrong_images(case: Case, dice: random.Random) -> list[bytes]:
    """Images that must never run: changed, cut, foreign, signed by a stranger, noise."""
    raw = bytearray(case.new.raw)
    at = dice.randrange(len(raw))
    flipped = bytes(raw[:at]) + bytes([raw[at] ^ 1 << dice.randrange(8)]) + bytes(raw[at + 1 :])
    payload = case.new.payload
    other = {"hardware": 3, "version": NEW, "minimum": ANY}
    return [
        flipped,
        case.new.raw[:-1],
        case.new.raw + b"\0",
        sign(payload, STRANGER, product="relay-6c", **other).raw,  # type: ignore[arg-type]
        sign(payload, KEY, product="relay-8c", **other).raw,  # type: ignore[arg-type]
        sign(payload, KEY, product="relay-6c", hardware=4, version=NEW, minimum=ANY).raw,
        dice.randbytes(dice.randrange(1, 2000)),
    ]


def _flash(case: Case, port: SimulatedPort) -> Done | Stopped:
    image = case.new
    return Session(port, _known(), plan_of(image), image.sha256, str(NEW), Unmoved()).run()


def _known() -> ModuleIdentity:
    return ModuleIdentity(UNIT, "relay-6c", False, str(OLD), hardware=3)


def judged(case: Case, powered: Powered, ended: Done | Stopped | None) -> Result:
    """Look at the module itself, not at what the flasher says."""
    result = Result()
    allowed = {case.old.sha256, case.new.sha256}
    result.ran_wrong = bool(set(powered.runs) - allowed)
    fresh = Powered(case.spec, powered.flash)
    found = read_identity(SimulatedPort(fresh, UNIT), UNIT)
    holds = fresh.runs[-1:] == [case.new.sha256]
    answers = isinstance(found, ModuleIdentity) and found.version == NEW
    result.resumed = isinstance(ended, Done) and holds and answers
    result.bricked = not (holds and answers)
    result.breaks = len(ended.resumed_at) if isinstance(ended, Done) else 0
    if not result.resumed:
        result.notes.append(f"{replace(case.spec, key=b'')}: {ended}")
    return result
