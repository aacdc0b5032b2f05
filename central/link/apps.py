"""Registers the app with Django."""

from django.apps import AppConfig


class LinkConfig(AppConfig):
    """The app's name and label, and the acts that people must sign."""

    name = "central.link"
    label = "link"

    def ready(self) -> None:
        from central.link import balance_act, policy_act
        from central.office.acts import register

        for act in (policy_act.act(), *balance_act.acts()):
            register(act)
