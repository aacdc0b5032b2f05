"""Registers the app with Django."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    """The app's name and label."""

    name = "central.desk"
    label = "desk"

    def ready(self) -> None:
        from central.desk.cash_differences import CASH_DIFFERENCE
        from central.office.acts import register

        register(CASH_DIFFERENCE)
