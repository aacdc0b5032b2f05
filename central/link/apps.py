"""Registers the app with Django."""

from django.apps import AppConfig


class LinkConfig(AppConfig):
    """The app's name and label."""

    name = "central.link"
    label = "link"

    def ready(self) -> None:
        from central.link.typical_month import typical_month
        from central.office.typical_use import tell_typical_use

        tell_typical_use(typical_month)
