"""Registers the app with Django."""

from django.apps import AppConfig


class LossesConfig(AppConfig):
    """The app's name and label."""

    name = "central.losses"
    label = "losses"

    def ready(self) -> None:
        from central.losses.balances import fixed_loss
        from central.losses.case_notices import register_notices
        from central.losses.theft import appealing, charging, notices

        register_notices()
        notices.register_notices()
        fixed_loss.register_act()
        charging.register_act()
        appealing.register_act()
