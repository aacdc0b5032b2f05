"""People of the buildings and a power case, for pages that work without a network."""

from central import clock
from central.campus.models import Building
from central.losses.case_models import Case
from central.losses.cases import Matter, open_case
from central.office.models import User
from central.office.roles import Role
from tests.browser.own_site import PASSWORD


def offline() -> None:
    """Make two electricians of all buildings, a warden of building 1, and a case that stands."""
    for name, role in (
        ("electrician", Role.ELECTRICIAN),
        ("second", Role.ELECTRICIAN),
        ("warden", Role.WARDEN),
    ):
        user = User.objects.create_user(name, password=PASSWORD, role=role)
        if role == Role.WARDEN:
            user.buildings.set(Building.objects.filter(code="1"))
    matter = Matter(Case.Kind.LOSS, "loss:1:g-1", Building.objects.get(code="1"), "g-1", text="5.1 %")
    open_case(matter, "seed", actor=None, now_ms=clock.now_ms())
