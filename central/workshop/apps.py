"""Registers the app with Django."""

from django.apps import AppConfig


class WorkshopConfig(AppConfig):
    """The app's name and label."""

    name = "central.workshop"
    label = "workshop"

    def ready(self) -> None:
        from central.workshop.faults.notices import register_notices as register_fault_notices

        register_fault_notices()
