"""Registers the app with Django."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    """The app's name and label."""

    name = "central.desk"
    label = "desk"

    def ready(self) -> None:
        from central.desk.go_live.acts import register_acts

        register_acts()
