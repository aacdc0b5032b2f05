"""How a theft's page writes minutes, and whom a notice named."""

from django import template

from central.office.models import User
from central.office.notice_templates import name_of_template
from central.office.roles import Role

register = template.Library()


@register.filter
def minutes_seconds(seconds: int) -> str:
    """Write a time left: 9:05."""
    return f"{seconds // 60}:{seconds % 60:02d}"


@register.filter
def used_minutes(used_ms: int) -> str:
    """Write a time used: 12:30, 3:02:30."""
    seconds = used_ms // 1000
    hours = seconds // 3600
    return f"{hours}:{seconds // 60 % 60:02d}:{seconds % 60:02d}" if hours else minutes_seconds(seconds)


@register.filter
def told_name(name: str) -> str:
    """Name an office in the reader's language, a person as he is called."""
    if name in Role.values:
        return str(Role(name).label)
    person = User.objects.filter(username=name).first()
    return f"{person.spoken_name} ({person.get_role_display()})" if person else name


@register.filter
def notice_name(code: str) -> str:
    """Say what kind of notice it was."""
    return name_of_template(code)
