"""Addresses of this room, below /workshop/."""

from django.urls import path

from central.workshop.replacements import control_views, true_up_views, views

urlpatterns = [
    path("replacements/", views.replacement_list, name="replacements"),
    path("replacements/new/", views.replacement_new, name="replacement-new"),
    path("replacements/<int:number>/", views.replacement, name="replacement"),
    path("replacements/<int:number>/say/", views.replacement_say, name="replacement-say"),
    path("replacements/<int:number>/devices/", views.replacement_devices, name="replacement-devices"),
    path("controls/", control_views.controls, name="controls"),
    path("controls/new/", control_views.software_control, name="software-control"),
    path("controls/end/", control_views.control_end, name="control-end"),
    path("true-ups/", true_up_views.true_up_list, name="true-ups"),
    path("true-ups/miscount/", true_up_views.true_up_miscount, name="true-up-miscount"),
    path("true-ups/<int:number>/", true_up_views.true_up, name="true-up"),
    path("true-ups/<int:number>/check/", true_up_views.true_up_check, name="true-up-check"),
    path("true-ups/<int:number>/tell/", true_up_views.true_up_tell, name="true-up-tell"),
    path("true-ups/<int:number>/dispute/", true_up_views.true_up_dispute, name="true-up-dispute"),
    path("true-ups/<int:number>/reverse/", true_up_views.true_up_reverse, name="true-up-reverse"),
    path("true-ups/<int:number>/slip/", true_up_views.true_up_slip, name="true-up-slip"),
]
