"""Registers the app with Django, and its job."""

from django.apps import AppConfig


class ArchiveConfig(AppConfig):
    """The app's name and label."""

    name = "central.reports.archive"
    label = "archive"

    def ready(self) -> None:
        from central.reports.archive.jobs import ARCHIVE_JOB
        from central.reports.schedule.jobs import add_jobs

        add_jobs([ARCHIVE_JOB])
