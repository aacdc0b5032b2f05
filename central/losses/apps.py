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
        from central.losses.readings import acts as reading_acts
        from central.losses.readings import due
        from central.losses.theft import appealing, charging
        from central.losses.theft import notices as theft_notices

        for notices in (case_notices, theft_notices, missing_checks, due):
            notices.register_notices()
        for acts in (fixed_loss, charging, appealing):
            acts.register_act()
        reading_acts.register_acts()
