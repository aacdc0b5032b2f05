"""systemd as an update needs it: stop and start the daemon's unit, and see how it does. Speaks to systemctl only."""

import subprocess
from dataclasses import dataclass

PROPERTIES = ("ActiveState", "NRestarts")


@dataclass(frozen=True, slots=True)
class UnitState:
    """How a unit does: `active`, `activating`, `failed`, `inactive`; empty where systemd can't be asked."""

    active: str = ""
    restarts: int = 0
    """By systemd itself, since it was last started by an order."""


class ServiceManager:
    """One unit."""

    def __init__(self, unit: str) -> None:
        self._unit = unit

    def state(self) -> UnitState:
        """Ask how it does."""
        done = _systemctl("show", f"--property={','.join(PROPERTIES)}", self._unit)
        found = dict(line.partition("=")[::2] for line in done.stdout.splitlines())
        restarts = found.get("NRestarts", "")
        return UnitState(found.get("ActiveState", ""), int(restarts) if restarts.isdigit() else 0)

    def stop(self) -> bool:
        """Stop it and wait; False when systemd would not."""
        return _systemctl("stop", self._unit).returncode == 0

    def start(self) -> bool:
        """Order its start without waiting: whether it comes up is watched. Units are read anew before."""
        _systemctl("daemon-reload")
        _systemctl("reset-failed", self._unit)
        return _systemctl("start", "--no-block", self._unit).returncode == 0


def _systemctl(*words: str) -> "subprocess.CompletedProcess[str]":
    command = ["systemctl", *words]
    try:
        return subprocess.run(  # noqa: S603  (a list of words, no shell)
            command,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
            start_new_session=True,
        )
    except FileNotFoundError:
        return subprocess.CompletedProcess(command, 127, "", "")
