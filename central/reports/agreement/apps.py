"""Registers the app with Django, its notice, and the act by which a building's period is signed and locked."""

from django.apps import AppConfig


class AgreementConfig(AppConfig):
    """The app's name and label."""

    name = "central.reports.agreement"
    label = "agreement"

    def ready(self) -> None:
        from central.papers.catalogue import add_reports
        from central.reports.agreement.act import register_act
        from central.reports.agreement.paper import AGREEMENT
        from central.reports.agreement.problems import register_problems
        from central.reports.agreement.telling import register_notices

        register_act()
        register_notices()
        register_problems()
        add_reports([AGREEMENT])
