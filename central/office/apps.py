"""Registers the app with Django."""

from django.apps import AppConfig


class OfficeConfig(AppConfig):
    """The app's name and label."""

    name = "central.office"
    label = "office"

    def ready(self) -> None:
        from central.office import setting_changes

        setting_changes.register_act()
