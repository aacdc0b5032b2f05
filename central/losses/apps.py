"""Registers the app with Django."""

from django.apps import AppConfig


class LossesConfig(AppConfig):
    """The app's name and label."""

    name = "central.losses"
    label = "losses"

    def ready(self) -> None:
        from central.losses.abnormal.paper import register_all as register_abnormal
        from central.losses.balances.fixed_loss import register_act
        from central.losses.case_notices import register_notices

        register_notices()
        register_abnormal()
        register_act()
