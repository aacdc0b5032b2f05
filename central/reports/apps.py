"""Registers the app with Django, and its reports with the catalogue."""

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    """The app's name and label."""

    name = "central.reports"
    label = "reports"

    def ready(self) -> None:
        from central.papers.catalogue import add_reports
        from central.reports.price_list import PRICE_LIST
        from central.reports.receipt_books import BOUND_VOLUMES, RECEIPT_GAPS
        from central.reports.takings import TAKINGS

        add_reports([TAKINGS, PRICE_LIST, BOUND_VOLUMES, RECEIPT_GAPS])
