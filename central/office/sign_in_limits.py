"""How many wrong passwords are taken: of one name from one address, of one name from anywhere, from one address for all names.

The first is axes' own. The second stops who has many addresses, the third who tries one password on every name. A computer at which
the person has signed in lately goes by the first alone: a stranger elsewhere can't lock a cashier out of her own desk.
"""

from axes.attempts import get_cool_off_threshold
from axes.handlers.database import AxesDatabaseHandler
from axes.helpers import get_client_username, get_failure_limit
from axes.models import AccessAttempt
from django.db.models import QuerySet, Sum
from django.http import HttpRequest

from central.office.known_here import known_here

OF_NAME, OF_ADDRESS = 25, 40
"""Within the cool-off, which begins anew with each try that is counted: at most 100 tries of one name in an hour (ASVS 2.2.1)."""


class SignInLimits(AxesDatabaseHandler):
    """Counts as axes does; one of the two wider limits reached is as good as its own."""

    def get_failures(self, request: HttpRequest, credentials: dict[str, str] | None = None) -> int:
        """Give the failures that count for this try."""
        failures: int = super().get_failures(request, credentials)
        limit: int = get_failure_limit(request, credentials)
        return limit if failures < limit and _is_beset(request, credentials) else failures


def _is_beset(request: HttpRequest, credentials: dict[str, str] | None) -> bool:
    lately = AccessAttempt.objects.filter(attempt_time__gte=get_cool_off_threshold(request))
    where, name = request.axes_ip_address, get_client_username(request, credentials)
    if name in known_here(request):
        return False
    if where and _sum(lately.filter(ip_address=where)) >= OF_ADDRESS:
        return True
    return _sum(lately.filter(username=name)) >= OF_NAME


def _sum(attempts: QuerySet[AccessAttempt]) -> int:
    return attempts.aggregate(all=Sum("failures_since_start"))["all"] or 0
