"""Registers the app with Django, and its reports with the catalogue."""

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    """The app's name and label."""

    name = "central.reports"
    label = "reports"

    def ready(self) -> None:
        from central.papers.catalogue import add_reports
        from central.reports.approvals import APPROVALS
        from central.reports.arrears import ARREARS
        from central.reports.arrears_told import register_notices
        from central.reports.bureau.statement import BUREAU_STATEMENT
        from central.reports.departures import DEPARTURES
        from central.reports.device_stock import DEVICE_STOCK
        from central.reports.duty_meals import DUTY_MEALS
        from central.reports.faults import FAULTS
        from central.reports.forgetting_job import JOB
        from central.reports.go_live import GO_LIVE
        from central.reports.hand_readings import HAND_READINGS
        from central.reports.health.told import register_notices as register_health_notices
        from central.reports.household_detail import HOUSEHOLD_DETAIL
        from central.reports.losses import LOSSES
        from central.reports.merchants import MERCHANTS
        from central.reports.monthly_charges import MONTHLY_CHARGES
        from central.reports.outage_pages import OUTAGE_PAGES
        from central.reports.price_list import PRICE_LIST
        from central.reports.receipt_books import BOUND_VOLUMES, RECEIPT_GAPS
        from central.reports.repair_list import REPAIR_LIST
        from central.reports.room_usage import ROOM_USAGE
        from central.reports.schedule.jobs import add_jobs
        from central.reports.subsidies import SUBSIDIES
        from central.reports.takings import TAKINGS

        add_reports([MONTHLY_CHARGES, HOUSEHOLD_DETAIL, ROOM_USAGE, BUREAU_STATEMENT, FAULTS, APPROVALS])
        add_reports(
            [TAKINGS, MERCHANTS, DUTY_MEALS, PRICE_LIST, REPAIR_LIST, GO_LIVE, BOUND_VOLUMES, RECEIPT_GAPS]
        )
        add_reports([SUBSIDIES, OUTAGE_PAGES, DEPARTURES, ARREARS, LOSSES, HAND_READINGS, DEVICE_STOCK])
        register_notices()
        register_health_notices()
        add_jobs([JOB])
