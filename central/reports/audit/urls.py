"""Addresses of the audit log."""

from django.urls import path

from central.reports.audit.check_views import begin_check, check, check_step
from central.reports.audit.views import hash_of_sheet, log, take

app_name = "audit"
urlpatterns = [
    path("", log, name="log"),
    path("take/", take, name="take"),
    path("hash/", hash_of_sheet, name="hash"),
    path("checks/", begin_check, name="begin"),
    path("checks/<int:check_id>/", check, name="check"),
    path("checks/<int:check_id>/step/", check_step, name="check-step"),
]
