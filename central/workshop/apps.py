"""Registers the app with Django."""

from django.apps import AppConfig


class WorkshopConfig(AppConfig):
    """The app's name and label."""

    name = "central.workshop"
    label = "workshop"

    def ready(self) -> None:
        from central.workshop.claims import notices as claim_notices
        from central.workshop.faults import notices as fault_notices
        from central.workshop.stock import minimum

        for notices in (claim_notices, fault_notices, minimum):
            notices.register_notices()
