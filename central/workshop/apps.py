"""Registers the app with Django."""

from django.apps import AppConfig


class WorkshopConfig(AppConfig):
    """The app's name and label."""

    name = "central.workshop"
    label = "workshop"

    def ready(self) -> None:
        from central.workshop.replacements import acts, notices, paper

        acts.register_acts()
        notices.register_notices()
        paper.add_paper()
