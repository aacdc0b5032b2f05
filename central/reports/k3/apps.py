"""Registers the app with Django, and the act that people sign before an account map holds."""

from django.apps import AppConfig


class K3Config(AppConfig):
    """The app's name and label."""

    name = "central.reports.k3"
    label = "k3"

    def ready(self) -> None:
        from central.office.acts import register
        from central.reports.k3.map_act import K3_MAP_ACT

        register(K3_MAP_ACT)
