"""How a fault's page says signs, causes and whom a notice named."""

from django import template

from central.office.models import User
from central.office.roles import Role
from central.workshop.faults.models import Fault
from central.workshop.faults.signs import sign_words

register = template.Library()


@register.filter
def sign_said(sign: str) -> str:
    """Say by what it was seen."""
    return str(sign_words(sign))


@register.filter
def cause_said(cause: str) -> str:
    """Say what it was; nothing of an empty one."""
    return str(Fault.Cause(cause).label) if cause in Fault.Cause.values else ""


@register.filter
def told_office(name: str) -> str:
    """Name an office in the reader's language, a person as he is called."""
    if name in Role.values:
        return str(Role(name).label)
    person = User.objects.filter(username=name).first()
    return f"{person.spoken_name} ({person.get_role_display()})" if person else name
