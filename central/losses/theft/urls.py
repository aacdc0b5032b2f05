"""Addresses of thefts, below /losses/theft/."""

from django.urls import path

from central.losses.theft import evidence_views, money_views, report_views, views

urlpatterns = [
    path("", report_views.theft_list, name="thefts"),
    path("report/", report_views.report_theft, name="theft-report"),
    path("<int:number>/", views.theft, name="theft"),
    path("<int:number>/now/", views.theft_now, name="theft-now"),
    path("<int:number>/acknowledge/", views.acknowledge, name="theft-acknowledge"),
    path("<int:number>/arrive/", views.arrive, name="theft-arrive"),
    path("<int:number>/finding/", views.finding, name="theft-finding"),
    path("<int:number>/note/", views.add_note, name="theft-note"),
    path("<int:number>/close/", views.close_theft, name="theft-close"),
    path("<int:number>/penalty/", money_views.penalty, name="theft-penalty"),
    path("<int:number>/appeal/", money_views.take_appeal, name="theft-appeal"),
    path("<int:number>/decide/", money_views.decide, name="theft-decide"),
    path("<int:number>/evidence.<str:form>", evidence_views.evidence, name="theft-evidence"),
    path("<int:number>/pay-back/", money_views.pay_back, name="theft-pay-back"),
]
