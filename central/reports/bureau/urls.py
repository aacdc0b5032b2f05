"""Addresses of the power bureau's bills."""

from django.urls import path

from central.reports.bureau import views

app_name = "bureau"
urlpatterns = [
    path("", views.bills, name="bills"),
    path("enter/", views.enter, name="enter"),
    path("<int:number>/", views.bill, name="bill"),
    path("<int:number>/correct/", views.correct, name="correct"),
]
