"""Registers the app with Django."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    """The app's name and label."""

    name = "central.desk"
    label = "desk"

    def ready(self) -> None:
        from central.desk.cash_differences import CASH_DIFFERENCE
        from central.desk.corrections.acts import ADJUSTMENT
        from central.desk.debts import acts as debt_acts
        from central.desk.departures import acts as departure_acts
        from central.desk.go_live.acts import register_acts
        from central.desk.merchants.bill_acts import register_acts as register_bills
        from central.desk.missing_pages import MISSING_PAGES
        from central.desk.outage.acts import DESTROY_ACT, MAKE_ACT
        from central.desk.subsidies.acts import SUBSIDY_ACT
        from central.office.acts import register

        register_acts()
        register_bills()
        departure_acts.register_acts()
        debt_acts.register_acts()
        register(CASH_DIFFERENCE)
        register(MISSING_PAGES)
        register(ADJUSTMENT)
        register(SUBSIDY_ACT)
        register(MAKE_ACT)
        register(DESTROY_ACT)
