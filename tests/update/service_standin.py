"""A small real stand-in for systemd where none can run: it starts one unit's ExecStart, waits for READY=1, restarts it, and counts.

    python service_standin.py serve FOLDER ROOT     runs until it is ended; the unit is ROOT's own, read anew at each start
    python service_standin.py ask FOLDER WORDS...   what `systemctl WORDS...` does: start, stop, restart, show; nods at all else

Needs nothing but Python, so that it runs in a bare Debian too. Restart= and the times are the unit's, but for RestartSec and
TimeoutStartSec, which the environment may shorten (STANDIN_RESTART_S, STANDIN_START_S).
"""

import contextlib
import os
import pwd
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

UNIT = "cardroom-gateway.service"
STOP_S = 30.0


class Service:
    """The unit's process, and who looks after it."""

    def __init__(self, folder: Path, root: Path) -> None:
        self.folder = folder
        self.root = root
        self.state = "inactive"
        self.restarts = 0
        self.process: subprocess.Popen[bytes] | None = None
        self.wanted = threading.Event()
        self.changed = threading.Condition()
        threading.Thread(target=self._look_after, daemon=True).start()

    def start(self) -> None:
        if not self.wanted.is_set():
            self.restarts = 0
            self._become("activating")
            self.wanted.set()

    def stop(self) -> None:
        self.wanted.clear()
        process = self.process
        if process is not None and process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
        with self.changed:
            self.changed.wait_for(lambda: self.process is None, STOP_S)
        self._become("inactive")

    def _become(self, state: str) -> None:
        with self.changed:
            self.state = state
            self.changed.notify_all()

    def _look_after(self) -> None:
        while True:
            self.wanted.wait()
            self._live()
            with self.changed:
                self.process = None
                self.changed.notify_all()
            if self.wanted.is_set():
                self._become("activating")
                time.sleep(float(os.environ.get("STANDIN_RESTART_S", "5")))
                self.restarts += self.wanted.is_set()

    def _live(self) -> None:
        """One life of the process."""
        unit = (self.root / "usr/lib/systemd/system" / UNIT).read_text()
        found = dict(re.findall(r"(?m)^(\w+)=(.*)$", unit))
        notify = self.folder / "notify"
        notify.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
            channel.bind(str(notify))
            notify.chmod(0o777)
            channel.settimeout(0.1)
            user = found.get("User", "")
            as_user = {"user": user, "group": user, "extra_groups": ["dialout"]} if _can_be(user) else {}
            environment = {**os.environ, "NOTIFY_SOCKET": str(notify), "PYTHONDONTWRITEBYTECODE": "1"}
            with (self.folder / "service.log").open("ab") as log:
                for before in re.findall(r"(?m)^ExecStartPre=(.*)$", unit):
                    command = self._command(before)
                    if subprocess.run(command, stdout=log, stderr=log, env=environment, **as_user).returncode:
                        return
                self.process = subprocess.Popen(
                    self._command(found["ExecStart"]), stdout=log, stderr=log, env=environment, **as_user
                )
            self._listen(channel, self.process)

    def _listen(self, channel: socket.socket, process: "subprocess.Popen[bytes]") -> None:
        give_up = time.monotonic() + float(os.environ.get("STANDIN_START_S", "120"))
        while process.poll() is None:
            with contextlib.suppress(TimeoutError):
                if b"READY=1" in channel.recv(4096):
                    self._become("active")
            if self.state == "activating" and time.monotonic() > give_up:
                process.kill()

    def _command(self, line: str) -> list[str]:
        program, *words = line.split()
        return [str(self.root / program.lstrip("/")), *words]


def _can_be(user: str) -> bool:
    try:
        return os.geteuid() == 0 and bool(pwd.getpwnam(user))
    except KeyError:
        return False


def serve(folder: Path, root: Path) -> None:
    """Answer orders, one at a time, until ended; the service ends with it."""
    service = Service(folder, root)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    path = folder / "systemd.sock"
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(path))
        listener.listen()
        try:
            while True:
                connection, _ = listener.accept()
                with connection:
                    words = connection.recv(4096).decode().split("\n")
                    connection.sendall(_perform(service, words).encode())
        finally:
            service.stop()


def _perform(service: Service, words: list[str]) -> str:
    orders = [word for word in words if not word.startswith("-")]
    if UNIT not in orders:
        return ""
    if orders[0] in ("stop", "restart", "try-restart"):
        service.stop()
    if orders[0] in ("start", "restart", "try-restart"):
        service.start()
    if orders[0] == "show":
        return f"ActiveState={service.state}\nNRestarts={service.restarts}\n"
    return ""


def ask(folder: Path, words: list[str]) -> None:
    """Hand the words over and print the answer."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.connect(str(folder / "systemd.sock"))
        connection.sendall("\n".join(words).encode())
        connection.shutdown(socket.SHUT_WR)
        while part := connection.recv(4096):
            sys.stdout.write(part.decode())


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        ask(Path(sys.argv[2]), sys.argv[3:])
