"""Registers the app with Django, and what it adds to the rooms below it."""

from django.apps import AppConfig


class WorkshopConfig(AppConfig):
    """The app's name and label."""

    name = "central.workshop"
    label = "workshop"

    def ready(self) -> None:
        from central.workshop.claims import notices as claim_notices
        from central.workshop.faults import notices as fault_notices
        from central.workshop.faults.excuses import add_excuse
        from central.workshop.replacements import acts, departing, paper
        from central.workshop.replacements import notices as replacement_notices
        from central.workshop.stock import minimum
        from central.workshop.work_orders import at_the_desk, overriding, reading, register
        from central.workshop.work_orders import notices as work_notices

        for notices in (claim_notices, fault_notices, minimum, work_notices, replacement_notices):
            notices.register_notices()
        overriding.register_act()
        register.add_register()
        at_the_desk.tell_the_desk()
        add_excuse(reading.meters_at_work)
        acts.register_acts()
        departing.tell_departures()
        paper.add_paper()
