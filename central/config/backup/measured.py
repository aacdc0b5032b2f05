"""A stream whose size and digest are known when it has been read: what the manifest says of a member that is never held whole."""

from hashlib import sha256
from pathlib import Path

from gateway.contract.backup_file.layout import ManifestRow
from gateway.contract.backup_file.writing import Readable


class Measured:
    """Reads on from another stream."""

    def __init__(self, content: Readable) -> None:
        self._content, self._digest, self._bytes = content, sha256(), 0

    def read(self, count: int, /) -> bytes:
        """Give the next bytes, and count them."""
        piece = self._content.read(count)
        self._digest.update(piece)
        self._bytes += len(piece)
        return piece

    def row(self, name: str, place: Path | str, mode: int) -> ManifestRow:
        """Say what was read, as the manifest does."""
        return ManifestRow(name, self._bytes, self._digest.hexdigest(), str(place), mode)
