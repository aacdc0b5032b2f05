"""Where a gateway's files lie: two folders and the language's file, under `/` or under another root for a rehearsal."""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path

from gateway.adapters.key_file import KEY_NAME
from gateway.adapters.tls_files import CA_NAME, CERTIFICATE_NAME
from gateway.adapters.tls_files import KEY_NAME as TLS_KEY_NAME

USER = "cardroom"
BUILDING_NAME = "building"
"""In the data folder: the building's name as central has it, for the papers."""
FOLDER_MODE = 0o750


@dataclass(frozen=True, slots=True)
class Places:
    """The paths of one gateway."""

    root: Path = Path("/")

    @property
    def is_machine(self) -> bool:
        """Whether this is the machine's own gateway, with its service and its clock."""
        return self.root == Path("/")

    @property
    def settings(self) -> Path:
        return self.root / "etc/cardroom"

    @property
    def data(self) -> Path:
        return self.root / "var/lib/cardroom"

    @property
    def config(self) -> Path:
        return self.settings / "gateway.toml"

    @property
    def language(self) -> Path:
        return self.settings / "language"

    @property
    def building(self) -> Path:
        return self.data / BUILDING_NAME

    @property
    def key(self) -> Path:
        return self.data / KEY_NAME

    @property
    def tls_key(self) -> Path:
        return self.data / TLS_KEY_NAME

    @property
    def certificate(self) -> Path:
        return self.data / CERTIFICATE_NAME

    @property
    def authority(self) -> Path:
        return self.data / CA_NAME

    def make(self) -> None:
        """Make the folders that are missing, the daemon's user their owner. Raises OSError."""
        for folder in (self.settings, self.data):
            if not folder.is_dir():
                folder.mkdir(parents=True)
                folder.chmod(FOLDER_MODE)  # whatever root's umask leaves of it
                _give_to_daemon(folder)


def _give_to_daemon(folder: Path) -> None:
    if os.geteuid() != 0:
        return
    try:
        user = pwd.getpwnam(USER)
    except KeyError:  # a bench without the package: root's own
        return
    os.chown(folder, user.pw_uid, user.pw_gid)
