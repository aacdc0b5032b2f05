"""Flash memory as chips have it: erased page by page to FF, written byte by byte, and a write only clears bits.

Every byte written and every page erased costs a unit of the power supply; when the supply is cut, what is done is done and the rest
is not. The content may live in a file, so that a killed process forgets nothing.
"""

import os
from pathlib import Path

PAGE = 1024
ERASED = 0xFF


class PowerCut(Exception):
    """The supply failed in the middle of a write. Whoever holds the module throws it away and starts another on its flash."""


class Power:
    """The supply of one module: it ends after `left` units, or never."""

    def __init__(self, left: int | None = None) -> None:
        self.left = left
        self.spent = 0

    def spend(self) -> None:
        """Use one unit; raise PowerCut when there is none."""
        if self.left is not None:
            if self.left <= 0:
                raise PowerCut
            self.left -= 1
        self.spent += 1


class Flash:
    """So many bytes. `file` keeps them across processes."""

    def __init__(self, size: int, file: Path | None = None) -> None:
        """Take the chip out of its file, or a fresh, erased one. Raises ValueError when the file is another chip's."""
        self.power = Power()
        self._file = file
        self._content = bytearray([ERASED]) * size
        if file is not None and file.exists():
            kept = file.read_bytes()
            if len(kept) != size:
                raise ValueError(f"{file} holds {len(kept)} bytes, this module has {size}: name another file")
            self._content[:] = kept
        self._descriptor = (
            os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644) if file is not None else None
        )
        if self._descriptor is not None:
            os.pwrite(self._descriptor, self._content, 0)

    def read(self, address: int, count: int) -> bytes:
        """Read; never fails."""
        return bytes(self._content[address : address + count])

    def write(self, address: int, data: bytes) -> None:
        """Clear bits byte by byte; what is not erased before keeps its zeros."""
        for offset, byte in enumerate(data, address):
            self.power.spend()
            self._content[offset] &= byte
            self._keep(offset, 1)

    def erase(self, address: int, count: int) -> None:
        """Erase whole pages."""
        for page in range(address, address + count, PAGE):
            self.power.spend()
            self._content[page : page + PAGE] = bytes([ERASED]) * PAGE
            self._keep(page, PAGE)

    def _keep(self, address: int, count: int) -> None:
        if self._descriptor is not None:
            os.pwrite(self._descriptor, self._content[address : address + count], address)
