"""All jobs that there are: those that apps have added, and one for each report that is made by itself."""

from central.reports.schedule.jobs import Job, added_jobs
from central.reports.schedule.report_jobs import scheduled_report_jobs


def every_job(now_ms: int) -> list[Job]:
    """Give the reports' jobs in the order of the setting, then those that were added."""
    return [*scheduled_report_jobs(now_ms), *added_jobs()]


def job_of(code: str, now_ms: int) -> Job | None:
    """Give a job by its code."""
    return next((job for job in every_job(now_ms) if job.code == code), None)
