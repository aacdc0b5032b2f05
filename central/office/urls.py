"""Addresses of the office's pages."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from central.office.views import SignIn

app_name = "office"
urlpatterns = [
    path("sign-in/", SignIn.as_view(), name="sign-in"),
    path("sign-out/", LogoutView.as_view(), name="sign-out"),
    path("prices/", SignIn.as_view(), name="prices"),
    path("import/", SignIn.as_view(), name="import"),
]
