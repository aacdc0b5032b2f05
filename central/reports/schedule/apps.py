"""Registers the app with Django, and what it tells people."""

from django.apps import AppConfig


class ScheduleConfig(AppConfig):
    """The app's name and label."""

    name = "central.reports.schedule"
    label = "schedule"

    def ready(self) -> None:
        from central.reports.schedule.told import register_notices

        register_notices()
