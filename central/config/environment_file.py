"""The services' settings, for commands that a person types: `/etc/cardroom/central.env`, in the form that systemd reads.

Without it a command typed on a server whose books lie in PostgreSQL would work on empty ones beside them, and a password on the
command line is everybody's to read.
"""

import os
from collections.abc import MutableMapping
from pathlib import Path

from central.config import data_folder

FILE = Path("/etc/cardroom/central.env")


class Unreadable(Exception):
    """The file is there, and this user may not read it; the text says what to do."""


def read_settings(environment: MutableMapping[str, str] = os.environ) -> int:
    """Take over what isn't set, where the server's own data folder is meant; give how many. Raises Unreadable.

    Services have it from systemd, and name their folder; so does whoever works on another folder.
    """
    if environment.get(data_folder.VARIABLE):
        return 0
    try:
        text = FILE.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return 0
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no UTF-8"
        raise Unreadable(
            f"{FILE}, which says where the books lie, can't be read by this user: {why}. Type sudo -u cardroom before the command; "
            f"if that is so already: sudo chown root:cardroom {FILE} && sudo chmod 640 {FILE}"
        ) from error
    found = {
        name: value for name, value in map(_setting, text.splitlines()) if name and name not in environment
    }
    environment.update(found)
    return len(found)


def _setting(line: str) -> tuple[str, str]:
    """Read a line; a comment or an empty one has no name."""
    name, equals, value = line.strip().partition("=")
    if not equals or name[:1] in ("#", ";"):
        return "", ""
    value = value.strip()
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return name.strip(), value[1:-1] if quoted else value
