"""Registers the app with Django."""

from django.apps import AppConfig


class LinkConfig(AppConfig):
    """The app's name and label, and the acts that people must sign."""

    name = "central.link"
    label = "link"

    def ready(self) -> None:
        from central.link import balance_act, policy_act
        from central.link.typical_month import typical_month
        from central.office.acts import register
        from central.office.typical_use import tell_typical_use

        tell_typical_use(typical_month)
        for act in (policy_act.act(), *balance_act.acts()):
            register(act)
