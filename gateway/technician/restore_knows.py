"""What a machine knows of itself before a backup is looked at; on a fresh Pi next to nothing."""

from dataclasses import dataclass
from pathlib import Path

from gateway.adapters.journal_store import JOURNAL_NAME
from gateway.adapters.journal_store.snapshot import CantLook, look_at
from gateway.adapters.key_file import KEY_NAME, load_key, public_key_hex
from gateway.adapters.system_clock import SystemClock
from gateway.config import GatewayConfig, load_config
from gateway.contract.envelope import KeySigner
from gateway.contract.facts import Instant
from gateway.contract.recovery_key import NoKeyYet
from gateway.technician.backup_steps import backups_in
from gateway.technician.looking import USUAL_OFFSET_MINUTES, now_for
from gateway.technician.recovery_paper import public_half
from gateway.technician.rehearse import Known


@dataclass(frozen=True, slots=True)
class Here:
    """The gateway that this machine is; empty and None where it is none yet."""

    gateway: str
    data: Path | None
    known: Known


def known_here(config: Path) -> Here:
    """Gather what is known without asking anybody. Whatever can't be read is not known."""
    loaded = load_config(config)
    if not isinstance(loaded, GatewayConfig):
        now = SystemClock().now()
        return Here("", None, Known(None, None, now.wall_ms, now.trusted, USUAL_OFFSET_MINUTES))
    data = loaded.gateway.data
    signer, now = load_key(data / KEY_NAME), _now(data)
    try:
        recipient = public_half(data)
    except OSError:
        recipient = NoKeyYet()
    known = Known(
        signer=public_key_hex(signer) if isinstance(signer, KeySigner) else None,
        recipient=None if isinstance(recipient, NoKeyYet) else recipient,
        now_ms=now.wall_ms,
        is_time_trusted=now.trusted,
        utc_offset_minutes=loaded.clock.utc_offset_minutes,
    )
    return Here(loaded.gateway.id, data, known)


def _now(data: Path) -> Instant:
    for beside_writer in (False, True):
        found = look_at(data / JOURNAL_NAME, now_for, beside_writer=beside_writer)
        if not isinstance(found, CantLook):
            return found
    return SystemClock().now()


def newest_of(folder: Path, gateway: str) -> Path | None:
    """Find the newest backup in a folder, of this gateway where it is one. Raises OSError where there is no such folder."""
    if not folder.is_dir():
        raise NotADirectoryError(20, "there is no such folder", str(folder))
    found = [(head.made_ms, path) for path, head in backups_in(folder) if gateway in ("", head.gateway)]
    return max(found)[1] if found else _unreadable(folder)


def _unreadable(folder: Path) -> Path | None:
    """Better a damaged one named than none found."""
    return max(folder.glob("*.backup"), default=None)
