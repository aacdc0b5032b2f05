"""Registers the app with Django."""

from django.apps import AppConfig


class LossesConfig(AppConfig):
    """The app's name and label."""

    name = "central.losses"
    label = "losses"

    def ready(self) -> None:
        from central.losses import case_notices
        from central.losses.checks import missing_checks

        case_notices.register_notices()
        missing_checks.register_notices()
