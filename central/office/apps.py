"""Registers the app with Django."""

from django.apps import AppConfig


class OfficeConfig(AppConfig):
    """The app's name and label."""

    name = "central.office"
    label = "office"

    def ready(self) -> None:
        from central.office import list_acts, setting_changes

        setting_changes.register_act()
        list_acts.register_acts()
