"""Registers the app with Django."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    """The app's name and label."""

    name = "central.desk"
    label = "desk"

    def ready(self) -> None:
        from central.desk.cash_differences import CASH_DIFFERENCE
        from central.desk.go_live.acts import register_acts
        from central.desk.outage.acts import DESTROY_ACT, MAKE_ACT
        from central.desk.subsidies.acts import SUBSIDY_ACT
        from central.office.acts import register

        register_acts()
        register(CASH_DIFFERENCE)
        register(SUBSIDY_ACT)
        register(MAKE_ACT)
        register(DESTROY_ACT)
