"""Registers the app with Django."""

from django.apps import AppConfig


class LossesConfig(AppConfig):
    """The app's name and label."""

    name = "central.losses"
    label = "losses"

    def ready(self) -> None:
        from central.losses.case_notices import register_notices
        from central.losses.readings import due
        from central.losses.readings.acts import register_acts

        register_notices()
        due.register_notices()
        register_acts()
