"""The layout of voucher files: the standard one, or that of a file which was exported from the user's own K/3 (docs/k3.md)."""

from hashlib import sha256

from django.db import transaction

from central.domain.campus_rows import Problem
from central.domain.k3_layout import (
    Layout,
    LayoutFault,
    LayoutFinding,
    layout_from_json,
    layout_to_json,
    recognise,
    standard_layout,
)
from central.ledger.operations import record_audit
from central.office.models import User
from central.reports.k3.files import OLE_START, raw_sheets
from central.reports.k3.models import K3Template


def template_in_use() -> K3Template | None:
    """Give the newest template; None before any was taken."""
    return K3Template.objects.select_related("by").order_by("-pk").first()


def layout_in_use() -> tuple[Layout, str, str]:
    """Give the layout in use, the form of its file, and the template's name ("" for the standard one)."""
    kept = template_in_use()
    if kept is None:
        return standard_layout(), K3Template.Form.XLS.value, ""
    return layout_from_json(kept.layout), kept.form, kept.file_name


def read_template(content: bytes) -> Layout | list[LayoutFinding]:
    """Read the layout of a voucher file that K/3 exported."""
    sheets = raw_sheets(content)
    if isinstance(sheets, Problem):
        return [LayoutFinding(LayoutFault.UNREADABLE, sheets.found)]
    return recognise(sheets)


@transaction.atomic
def use_template(content: bytes, name: str, *, actor: User, now_ms: int) -> K3Template | list[LayoutFinding]:
    """Take a file's layout for the next exports, or name what keeps it from being one."""
    layout = read_template(content)
    if not isinstance(layout, Layout):
        return layout
    form = K3Template.Form.XLS if content.startswith(OLE_START) else K3Template.Form.XLSX
    return _use(layout, form, name[:200], sha256(content).hexdigest(), actor, now_ms)


@transaction.atomic
def use_standard(with_rate_type: bool, *, actor: User, now_ms: int) -> K3Template:
    """Go back to the standard layout, with 36 or 37 columns."""
    return _use(standard_layout(with_rate_type), K3Template.Form.XLS, "", "", actor, now_ms)


def _use(layout: Layout, form: str, name: str, digest: str, actor: User, now_ms: int) -> K3Template:
    kept = K3Template.objects.create(
        file_name=name, digest=digest, form=form, layout=layout_to_json(layout), by=actor, at_ms=now_ms
    )
    record_audit(
        actor=actor.get_username(),
        action="k3-template",
        subject=f"k3 template {kept.pk}",
        detail=f"{name or 'standard'}: {len(layout.columns)} columns, {form} {digest[:16]}",
        now_ms=now_ms,
    )
    return kept
