"""Registers the app with Django."""

from django.apps import AppConfig


class LossesConfig(AppConfig):
    """The app's name and label."""

    name = "central.losses"
    label = "losses"

    def ready(self) -> None:
        from central.losses import case_notices
        from central.losses.balances import fixed_loss
        from central.losses.checks import missing_checks
        from central.losses.theft import appealing, charging
        from central.losses.theft import notices as theft_notices

        case_notices.register_notices()
        theft_notices.register_notices()
        missing_checks.register_notices()
        fixed_loss.register_act()
        charging.register_act()
        appealing.register_act()
