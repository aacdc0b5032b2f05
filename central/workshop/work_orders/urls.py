"""Addresses of this room, below /workshop/."""

from django.urls import URLPattern, path

from central.workshop.work_orders import deed_views, paper_views, views

ONE = "work-orders/<int:number>/"
urlpatterns: list[URLPattern] = [
    path("work-orders/", views.work_orders, name="work-orders"),
    path("work-orders/new/", views.work_order_new, name="work-order-new"),
    path(ONE, views.work_order, name="work-order"),
    path(f"{ONE}now/", views.work_order_now, name="work-order-now"),
    path(f"{ONE}rooms/", deed_views.rooms, name="work-order-rooms"),
    path(f"{ONE}window/", deed_views.window, name="work-order-window"),
    path(f"{ONE}person/", deed_views.person, name="work-order-person"),
    path(f"{ONE}tell/", deed_views.tell, name="work-order-tell"),
    path(f"{ONE}answer/", deed_views.answered, name="work-order-answer"),
    path(f"{ONE}override/", deed_views.override, name="work-order-override"),
    path(f"{ONE}start/", deed_views.start, name="work-order-start"),
    path(f"{ONE}isolated/", deed_views.isolated, name="work-order-isolated"),
    path(f"{ONE}end/", deed_views.end, name="work-order-end"),
    path(f"{ONE}explain/", deed_views.explain, name="work-order-explain"),
    path(f"{ONE}again/", deed_views.again, name="work-order-again"),
    path(f"{ONE}close/", deed_views.close, name="work-order-close"),
    path(f"{ONE}cancel/", deed_views.cancel, name="work-order-cancel"),
    path(f"{ONE}notice.pdf", paper_views.notice, name="work-order-notice"),
    path(f"{ONE}permit.pdf", paper_views.permit_paper, name="work-order-permit"),
]
