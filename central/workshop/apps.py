"""Registers the app with Django, and what it adds to the rooms below it."""

from django.apps import AppConfig


class WorkshopConfig(AppConfig):
    """The app's name and label."""

    name = "central.workshop"
    label = "workshop"

    def ready(self) -> None:
        from central.workshop.work_orders import at_the_desk, notices, overriding, register

        notices.register_notices()
        overriding.register_act()
        register.add_register()
        at_the_desk.tell_the_desk()
