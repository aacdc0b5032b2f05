"""The jobs that run by themselves. Apps of this floor add theirs when they start; `running.py` runs what is due."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from django.utils.functional import Promise

from central.domain.scheduled_runs import Due as Due
from central.domain.scheduled_runs import Late as Late


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a run: a sentence of `words.RUN_WORDS` with its parameters, and where what was made can be looked at.

    A parameter whose name ends in `_word` is an English msgid, and is put into the reader's language. `failed` has it tried again.
    """

    code: str
    params: Mapping[str, str | int] = field(default_factory=dict)
    link: str = ""
    failed: bool = False


@dataclass(frozen=True)
class Job:
    """Something that is done by itself. `dues` gives every due instant in (after, until] from the settings as they were then.

    `run` makes it and tells people; it opens its own transactions, and must be idempotent for each due: after a power cut in
    the middle it is run again. Whatever it raises is on record as a failure, and tried again.
    """

    code: str
    """Letters, digits and dashes."""
    title: str | Promise
    about: str | Promise
    roles: tuple[str, ...]
    """Who sees its runs."""
    dues: Callable[[int, int], Iterable[Due]]
    run: Callable[[Due, int], Done]
    late: Late = Late.CATCH_UP


_JOBS: dict[str, Job] = {}


def add_jobs(jobs: Iterable[Job]) -> None:
    """Add jobs, the same code again replaces the former; call it in `AppConfig.ready`."""
    _JOBS.update({job.code: job for job in jobs})


def added_jobs() -> list[Job]:
    """Give the jobs that were added, in their order."""
    return list(_JOBS.values())
