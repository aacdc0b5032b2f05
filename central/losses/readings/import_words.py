"""Words for what is wrong with a table of readings: where, what, and what to do."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from central.domain.reading_rows import SheetFault, SheetFinding
from central.losses.readings.words import ENTRY
from central.office.words import Words

COLUMNS: dict[str, Words] = {
    "meter": lazy("Meter"),
    "reading": lazy("Reading, kWh"),
    "time": lazy("Read at"),
    "why": lazy("Why it can't be read"),
    "remark": lazy("Remarks"),
}
FAULTS: dict[SheetFault, Words] = {
    SheetFault.UNREADABLE: lazy("The file can't be read as a table. Save it as XLSX, or as CSV in UTF-8 or GBK."),
    SheetFault.TOO_LONG: lazy("The table has too many rows for one building's sheet."),
    SheetFault.NO_ROWS: lazy("No row has a reading."),
    SheetFault.NO_COLUMN: lazy("The column is missing. The first row names the columns, as on the printed sheet."),
    SheetFault.NO_METER: lazy("The meter's number is missing."),
    SheetFault.UNKNOWN_METER: lazy("This meter is not on the building's sheet. Compare the number with the meter."),
    SheetFault.TWICE: lazy("The meter stands twice in the table. Leave the right row."),
    SheetFault.NOT_A_TIME: lazy("Write day and time as 2026-11-26 09:30."),
    SheetFault.IN_FUTURE: lazy("This time is still to come."),
    SheetFault.FORMULA: lazy("The cell is a formula. Put its value in."),
    SheetFault.SHORTENED: lazy("A spreadsheet has shortened the number. Make the column text, and type it again."),
    SheetFault.UNKNOWN_WHY: lazy("Not a known reason. Write: dark, damaged, locked, not found."),
    SheetFault.BOTH: lazy("Either the figure, or why it can't be read: not both."),
    SheetFault.TOO_LONG_TEXT: lazy("The text is too long, or has characters that can't be printed."),
    SheetFault.CLOSED: lazy("The sheet is closed. The card room can give it back."),
}  # fmt: skip


def finding_words(one: SheetFinding) -> str:
    """Say what is wrong: column, what was found, what to do."""
    said = FAULTS[one.fault] if isinstance(one.fault, SheetFault) else ENTRY[one.fault]
    column = str(COLUMNS.get(one.column, ""))
    found = _("\u201c%(found)s\u201d") % {"found": one.found} if one.found else ""
    return " ".join(part for part in (column, found, str(said)) if part)
