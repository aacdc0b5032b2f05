"""What is in the way of a backup, and what is wrong with a file, in words with the next step."""

from pathlib import Path

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from central.config.backup.making import NoBackup, Why
from gateway.contract.backup_file.reading import Damage, Damaged

WHY = {
    Why.EXISTS: _("{path} is there already and is not written over. Give another name, or take it away."),
    Why.NO_FOLDER: _("There is no folder {folder}. Plug in the medium and mount it, or make the folder."),
    Why.NO_ROOM_FOR_COPY: _(
        "The database must be copied first, and there is no room: {folder} needs {needed} MB free and has {free}. "
        "Free some room there, or leave telemetry out (--without-telemetry)."
    ),
    Why.NO_ROOM: _(
        "There is no room for the backup: {folder} needs {needed} MB free and has {free}. Free some room, use another "
        "medium, or leave telemetry out (--without-telemetry)."
    ),
    Why.NOT_WRITABLE: _(
        "{path} can't be written or read: {why}. Is the medium plugged in, writable and not full?"
    ),
    Why.READ_BACK: _(
        "What was read back from {path} is not what was written: that medium is failing. Use another one."
    ),
    Why.DATABASE: _("The database could not be copied: {why}. Nothing was written."),
}
DAMAGES = {
    Damage.NOT_A_BACKUP: _("{path} is no backup of cardroom."),
    Damage.OTHER_VERSION: _("{path} was written by a newer software (format {part})."),
    Damage.HEAD: _("{path} is damaged at its beginning: whose it is can't be read."),
    Damage.CUT_SHORT: _("{path} is cut short at byte {at}: its end is missing, with the list of its parts."),
    Damage.INDEX: _("{path} is damaged at its end: the signed list of its parts is not what was signed."),
    Damage.CHUNK: _("{path} is damaged in {part}, at byte {at}."),
    Damage.CONTENT: _("{path}: {part} is not what the list inside says it is."),
}
NEXT = {
    Damage.NOT_A_BACKUP: _("Give the file that `cardroom-central backup` wrote: its name ends in .backup."),
    Damage.OTHER_VERSION: _("Install the newest cardroom-central, then restore."),
}
ALIVE = _(
    "A central is alive there: {processes}. Stop it first: sudo systemctl stop cardroom-central "
    "cardroom-ingest cardroom-notices"
)
OTHERWISE = _("Use an older backup, or another copy of this one.")


def refusal_text(refusal: NoBackup) -> str:
    """Say why there is no backup."""
    return gettext(WHY[refusal.why]).format(**refusal.facts)


def alive_text(processes: list[str]) -> str:
    """Say who must stop before databases are exchanged."""
    return gettext(ALIVE).format(processes="; ".join(processes[:5]))


def damage_text(error: Damaged, path: Path) -> str:
    """Say what is wrong with a file, where, and what to do."""
    what = gettext(DAMAGES[error.damage]).format(path=path, part=error.part, at=error.at)
    return f"{what} {gettext(NEXT.get(error.damage, OTHERWISE))}"
