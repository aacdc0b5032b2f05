"""What is wrong with a backup file, and what to do about it."""

from pathlib import Path

from gateway.contract.backup_file.reading import Damage, Damaged
from gateway.words import mark, say

DAMAGES = {
    Damage.NOT_A_BACKUP: mark("{path} is no backup of cardroom-gateway."),
    Damage.OTHER_VERSION: mark("{path} was written by a newer software (format {part})."),
    Damage.HEAD: mark("{path} is damaged at its beginning: whose it is can't be read."),
    Damage.CUT_SHORT: mark("{path} is cut short: its end is missing, with the list of its parts."),
    Damage.INDEX: mark("{path} is damaged at its end: the signed list of its parts is not what was signed."),
    Damage.CHUNK: mark("{path} is damaged in {part}, at byte {at}."),
    Damage.CONTENT: mark("{path}: {part} is not what the list inside says it is."),
}
NEXT = {
    Damage.NOT_A_BACKUP: mark(
        "Give the file that `cardroom-gateway backup` wrote: its name ends in .backup."
    ),
    Damage.OTHER_VERSION: mark("Install the newest cardroom-gateway, then restore."),
}
OTHERWISE = mark(
    "Use an older backup, or another copy of this one. Without any: set the gateway up anew with the "
    "building's code; central gives it its balances."
)


def damage_text(error: Damaged, path: Path) -> tuple[str, str]:
    """Give what happened and what to do."""
    what = say(DAMAGES[error.damage], path=path, part=error.part, at=error.at)
    return what, say(NEXT.get(error.damage, OTHERWISE))
