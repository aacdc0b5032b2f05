"""systemd: stop and start the daemon's unit, and see how it does. Speaks to systemctl only."""

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
        found = properties(self._unit, *PROPERTIES)
        restarts = found.get("NRestarts", "")
        return UnitState(found.get("ActiveState", ""), int(restarts) if restarts.isdigit() else 0)

    def stop(self) -> bool:
        """Stop it and wait; False when systemd would not."""
        return systemctl("stop", self._unit).returncode == 0

    def start(self) -> bool:
        """Order its start without waiting: whether it comes up is watched. Units are read anew before."""
        systemctl("daemon-reload")
        systemctl("reset-failed", self._unit)
        return systemctl("start", "--no-block", self._unit).returncode == 0


def systemctl(*words: str, within_s: float | None = None) -> "subprocess.CompletedProcess[str]":
    """Run systemctl; code 127, the reason on stderr, where it is not there or does not end in time."""
    command = ["systemctl", *words]
    try:
        # A session of its own: Ctrl-C is the person's, not systemd's.
        return subprocess.run(  # noqa: S603  (a list of words, no shell)
            command,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
            timeout=within_s,
            start_new_session=True,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess(command, 127, "", str(error))


def properties(unit: str, *names: str, within_s: float | None = None) -> dict[str, str]:
    """Give systemd's properties of a unit; none where it can't be asked."""
    done = systemctl("show", f"--property={','.join(names)}", unit, within_s=within_s)
    return dict(line.partition("=")[::2] for line in done.stdout.splitlines())
