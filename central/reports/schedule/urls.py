"""Addresses of the pages of what is made by itself."""

from django.urls import path

from central.reports.schedule import paper_views, views

app_name = "schedule"
urlpatterns = [
    path("", views.jobs, name="jobs"),
    path("jobs/<slug:job>/", views.job_runs, name="job"),
    path("<int:number>/", views.run, name="run"),
    path("<int:number>/again/", views.again, name="again"),
    path("papers/", paper_views.papers, name="papers"),
    path("papers/<int:number>/", paper_views.paper, name="paper"),
]
