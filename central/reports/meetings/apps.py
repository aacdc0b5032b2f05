"""Registers the app with Django, its papers with the catalogue, and what it tells."""

from django.apps import AppConfig


class MeetingsConfig(AppConfig):
    """The app's name and label."""

    name = "central.reports.meetings"
    label = "meetings"

    def ready(self) -> None:
        from central.papers.catalogue import add_reports
        from central.reports.meetings.minutes import MEETING_MINUTES, QUALITY_REVIEW
        from central.reports.meetings.problems import register_own
        from central.reports.meetings.told import register_notices
        from central.reports.meetings.weekly_pack import WEEKLY_PACK

        register_own()
        add_reports([WEEKLY_PACK, MEETING_MINUTES, QUALITY_REVIEW])
        register_notices()
