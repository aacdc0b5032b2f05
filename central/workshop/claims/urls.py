"""Addresses of claims, below /workshop/."""

from django.urls import path

from central.workshop.claims import views

urlpatterns = [
    path("claims/", views.claims, name="claims"),
    path("claims/list/<str:form>/", views.claims_file, name="claims-file"),
    path("claims/new/", views.new_claim, name="claim-new"),
    path("claims/<int:number>/", views.claim, name="claim"),
    path("claims/<int:number>/act/", views.act, name="claim-act"),
    path("claims/<int:number>/paper/<str:form>/", views.claim_file, name="claim-file"),
]
