"""Registers the app with Django."""

from django.apps import AppConfig


class PapersConfig(AppConfig):
    """The app's name and label."""

    name = "central.papers"
    label = "papers"

    def ready(self) -> None:
        from central.papers import signing

        signing.register_act()
