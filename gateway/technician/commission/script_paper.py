"""The last step: report and labels as PDF files in the data folder, or where somebody says."""

from pathlib import Path

from gateway.technician.commission.acts import Finished
from gateway.technician.commission.job import Job
from gateway.technician.commission.stage import BACK, Key, Page, Question
from gateway.words import say

REPORT, LABELS = "r", "l"
REPORT_NAME, LABELS_NAME = "commissioning-report.pdf", "meter-labels.pdf"


async def paper_step(job: Job) -> None:
    """Say what is open, make the papers."""
    while True:
        choice = await job.stage.choose(_page(job))
        if choice.key == BACK:
            return
        if choice.key == REPORT:
            await _make(job, REPORT_NAME)
        elif choice.key == LABELS:
            await _make(job, LABELS_NAME)


def _page(job: Job) -> Page:
    standing = job.standing
    if not standing.meters:
        return Page(say("Report and labels"), [say("There is no meter yet: find the meters first.")])
    points = standing.open_points()
    lines = [
        say("Meters not proved yet: {count}. The report says so.", count=points)
        if points
        else say("Every meter is tied to a room and proved.")
    ]
    return Page(
        say("Report and labels"),
        lines,
        keys=[Key(REPORT, say("report")), Key(LABELS, say("labels"))],
        help=say(
            "The report has each meter with room, numbers, readings and ticks, and room for signatures. Labels are for the "
            "meters' cases. `cardroom-gateway commission report` and `commission labels` make them again at any time."
        ),
    )


async def _make(job: Job, name: str) -> None:
    from gateway.words.paper_font import (
        NoFont,
    )  # reportlab is heavy: only who prints loads it

    typed = await job.stage.ask(Question(say("PDF file"), say("File"), default=str(job.folder / name)))
    if typed is None:
        return
    try:
        write_paper(job, name, file_of(typed))
    except NoFont as error:
        await job.stage.tell(say("Not made"), [error.message])
    except OSError as error:
        await job.stage.tell(
            say("Not made"), [say("{file} can't be written: {why}.", file=typed, why=error.strerror)]
        )
    else:
        await job.stage.tell(say("Made"), [typed])


def file_of(typed: str) -> Path:
    """Give the file that somebody typed; `~` is his home."""
    return Path(typed).expanduser()


def write_paper(job: Job, name: str, file: Path) -> None:
    """Make one of the two papers. Raises NoFont, OSError."""
    from gateway.technician.commission.labels import labels_pdf
    from gateway.technician.commission.report import report_pdf

    notebook = job.notebook
    if name == LABELS_NAME:
        file.write_bytes(labels_pdf(job.standing))
        return
    file.write_bytes(report_pdf(job.standing, notebook.now_ms(), notebook.utc_offset_minutes))
    notebook.note(Finished, open_points=job.standing.open_points())
