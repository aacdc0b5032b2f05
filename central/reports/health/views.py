"""The health page: what is wrong with this server, the link and the gateways, since when, and what to do next."""

from collections import Counter
from importlib.metadata import version

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from central import clock
from central.domain.health_judgement import judge
from central.office.access import roles
from central.office.live import live_part
from central.office.roles import SEE_HEALTH
from central.reports.health.gathering import gather, limits
from central.reports.health.page import counts, gateway_lines, part_lines


@roles(*SEE_HEALTH)
@require_GET
@never_cache
def page(request: HttpRequest) -> HttpResponse:
    """Show every part; it refreshes itself."""
    now_ms = clock.now_ms()
    facts = gather(now_ms)
    found = judge(facts, limits(now_ms))
    bad, look = counts(found)
    context = {
        "parts": part_lines(found, facts, now_ms),
        "gateways": gateway_lines(found, facts),
        "bad": bad,
        "look": look,
        "central_version": version("cardroom"),
        "gateway_versions": sorted(Counter(one.software for one in facts.gateways if one.software).items()),
    }
    if request.htmx:
        return live_part(request, "health/health_now.html", context)
    return render(request, "health/health.html", context)
