"""Registers the app with Django, its notice, its job and its reports."""

from django.apps import AppConfig


class LowBalanceConfig(AppConfig):
    """The app's name and label."""

    name = "central.reports.low_balance"
    label = "low_balance"

    def ready(self) -> None:
        from central.papers.catalogue import add_reports
        from central.reports.low_balance.jobs import JOB
        from central.reports.low_balance.notices import register_notices
        from central.reports.low_balance.papers import BUILDING_CHECK, LOW_BALANCES
        from central.reports.schedule.jobs import add_jobs

        register_notices()
        add_reports([BUILDING_CHECK, LOW_BALANCES])
        add_jobs([JOB])
