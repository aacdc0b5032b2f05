"""Registers the app with Django, its papers with the catalogue, and what it tells."""

from django.apps import AppConfig


class MeetingsConfig(AppConfig):
    """The app's name and label."""

    name = "central.reports.meetings"
    label = "meetings"

    def ready(self) -> None:
        from central.papers.catalogue import add_reports
        from central.reports.meetings.jobs import WEEKLY_PACK_JOB
        from central.reports.meetings.minutes import MEETING_MINUTES, QUALITY_REVIEW
        from central.reports.meetings.problems import register_own
        from central.reports.meetings.told import register_notices
        from central.reports.meetings.weekly_pack import WEEKLY_PACK
        from central.reports.schedule.jobs import add_jobs

        register_own()
        add_reports([WEEKLY_PACK, MEETING_MINUTES, QUALITY_REVIEW])
        add_jobs([WEEKLY_PACK_JOB])
        register_notices()
