"""The page of bench records: what was tested, what came of it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from central.office.access import roles
from central.office.roles import SEE_BENCH_RECORDS
from central.workshop.bench.models import BenchRecord
from central.workshop.bench.queries import NEWEST, newest


@roles(*SEE_BENCH_RECORDS)
@require_safe
def bench_records(request: HttpRequest) -> HttpResponse:
    """Show the records imported last, all or those of one verdict."""
    verdict = request.GET.get("verdict", "")
    context = {
        "rows": newest(verdict),
        "verdict": verdict if verdict in BenchRecord.Verdict.values else "",
        "verdicts": BenchRecord.Verdict.choices,
        "most": NEWEST,
    }
    return render(request, "workshop/bench_records.html", context)
