"""Addresses of corrections and adjustments, below the desk's."""

from django.urls import path

from central.desk.corrections import list_views, views

urlpatterns = [
    path("receipts/<int:number>/correct/", views.begin, name="correct"),
    path("receipts/<int:number>/correct/read-back/", views.read_back, name="correct-read-back"),
    path("receipts/<int:number>/correct/do/", views.do, name="correct-do"),
    path("receipts/<int:number>/adjust/", list_views.adjust, name="adjust"),
    path("corrections/", list_views.correction_list, name="corrections"),
    path("corrections/<int:number>/", views.done, name="correction"),
    path("corrections/again/<slug:reclaim>/", list_views.again, name="reclaim-again"),
]
