"""Refusals in the process's log, a line each: who was refused what, where from. What succeeded, and sign-ins, are in the audit
chain.

Nothing of a form is written. What a stranger can choose (address, name) is written in ASCII with escapes: no line break, no
other line.
"""

import logging

from django.http import HttpRequest

from central.office.client_address import client_address

LOG = logging.getLogger("central.security")
LONGEST = 200


def refused(request: HttpRequest, why: str) -> None:
    """Note a refusal: a role that doesn't include the page, an old form, a lock-out."""
    user = getattr(request, "user", None)
    who = user.get_username() if user is not None and user.is_authenticated else "stranger"
    what = f"{request.method} {request.path[:LONGEST]!a}"
    LOG.warning("refused (%s): %s by %s from %s", why, what, ascii(who), ascii(client_address(request)))
