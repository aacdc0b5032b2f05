"""A virtual module on a real pty for a test's event loop, and the flasher's commands run beside it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from firmware_tools.__main__ import main
from firmware_tools.image.key_files import private_pem, public_line
from firmware_tools.image.signed_image import Manner, SignedImage, sign
from firmware_tools.image.versions import Version
from firmware_tools.virtual_meter import PtyEndpoint
from firmware_tools.virtual_meter.modbus_wire import ModbusRequest
from firmware_tools.virtual_module.flash_memory import Flash
from firmware_tools.virtual_module.line import ModuleLine, Powered, WireFaults
from firmware_tools.virtual_module.module import Module, ModuleSpec, Reply, install

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw().hex()
UNIT = 7
FAST_BAUD = 115_200


def image(version: str = "1.4.0", size: int = 900, minimum: str = "0.0.0", **fields: object) -> SignedImage:
    """Sign some bytes; `fields` are the header's."""
    known: dict[str, object] = {"product": "relay-6c", "hardware": 3, "manner": Manner.NUMBERED} | fields
    numbers = [Version(*map(int, text.split("."))) for text in (version, minimum)]
    payload = bytes(place * 7 % 251 for place in range(size))
    return sign(payload, KEY, version=numbers[0], minimum=numbers[1], **known)  # type: ignore[arg-type]


OLD = image("1.2.0", 300)


class Watched(Powered):
    """A module whose writes are noted."""

    def __init__(self, spec: ModuleSpec, flash: Flash, off_ms: int) -> None:
        super().__init__(spec, flash, off_ms)
        self.writes: list[ModbusRequest] = []

    def answer(self, request: ModbusRequest, at_ms: int) -> Reply | None:
        if request.function != 3:
            self.writes.append(request)
        return super().answer(request, at_ms)


@dataclass
class ModuleBench:
    """The module, its line, and files for the commands."""

    folder: Path
    module: Watched
    line: ModuleLine
    baud: int
    files: dict[bytes, Path] = field(default_factory=dict)

    def file(self, one: SignedImage) -> str:
        """Write an image to a file."""
        path = self.folder / f"{one.sha256.hex()[:8]}.crfw"
        path.write_bytes(one.raw)
        return str(path)

    @property
    def running(self) -> Module:
        return self.module.module

    async def run(self, tool: str, *arguments: str) -> int:
        """Run one command as a person does, in a thread."""
        where = ["--port", self.line.address, "--address", str(UNIT), "--baud", str(self.baud)]
        return await asyncio.to_thread(main, ["--lang", "en", tool, *where, *arguments])

    async def flash(self, one: SignedImage, *arguments: str) -> int:
        """Flash an image with the key that the module believes."""
        state = str(self.folder / "state")
        return await self.run("flash", self.file(one), "--key", PUBLIC, "--state", state, "--yes", *arguments)


@asynccontextmanager
async def module_bench(
    folder: Path,
    *,
    baud: int = FAST_BAUD,
    faults: WireFaults | None = None,
    off_ms: int = 300,
    **spec: object,
) -> AsyncIterator[ModuleBench]:
    """Plug a module with the old image in."""
    built = ModuleSpec(key=bytes.fromhex(PUBLIC), capacity=8192, **spec)  # type: ignore[arg-type]
    flash = Flash(built.flash_bytes)
    install(built, flash, OLD.raw)
    module = Watched(built, flash, off_ms)
    line = ModuleLine({UNIT: module}, PtyEndpoint(), baud=baud, faults=faults, seed="test")
    await line.start()
    try:
        yield ModuleBench(folder, module, line, baud)
    finally:
        await line.stop()


def key_files(folder: Path) -> tuple[str, str]:
    """Write the key pair to files."""
    private, public = folder / "signer.key", folder / "signer.key.pub"
    private.write_bytes(private_pem(KEY))
    private.chmod(0o600)
    public.write_bytes(public_line(KEY.public_key()))
    return str(private), str(public)


def told(text: str) -> dict:
    """Read the one JSON object that a command printed."""
    found: dict = json.loads(text.strip().splitlines()[-1])
    return found
