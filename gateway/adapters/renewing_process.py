"""Renews the certificate in a process of its own: what it needs (X.509, HTTP) would stay in the daemon's memory for months."""

import asyncio
import contextlib
from collections.abc import Sequence

import msgspec

PATIENCE_S = 120.0


class Told(msgspec.Struct, frozen=True):
    """The last line of what `cardroom-gateway renew --json` prints."""

    code: str
    what: str = ""


async def run_renewal(command: Sequence[str]) -> Told:
    """Run the command and give what it tells; one that tells nothing is told of by its exit code."""
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except OSError as error:
        return Told("not-run", str(error))
    try:
        async with asyncio.timeout(PATIENCE_S):
            said, _ = await process.communicate()
    except TimeoutError:
        return Told("no-answer", f"nothing came in {PATIENCE_S:.0f} s")
    finally:
        with contextlib.suppress(ProcessLookupError):
            if process.returncode is None:
                process.kill()
    lines = said.splitlines()
    try:
        return msgspec.json.decode(lines[-1] if lines else b"", type=Told)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Told("not-run", f"it ended with {process.returncode}")
