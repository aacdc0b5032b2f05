"""Addresses of the resident's page. None names a room: which one is shown, the browser's own pass says."""

from django.urls import path

from central.dashboard.my_room import fault_views, notice_views, views, work

app_name = "my-room"
urlpatterns = [
    path("", views.room, name="room"),
    path("leave/", views.leave, name="leave"),
    path("fault/", fault_views.fault, name="fault"),
    path("notice/", notice_views.notice, name="notice"),
    path("notice/confirm/", notice_views.notice_confirm, name="notice-confirm"),
    path("notice/end/", notice_views.notice_end, name="notice-end"),
    path("work/<int:number>/", work.work_answer, name="work-answer"),
    path("notice/stop/<str:token>/", notice_views.notice_stop, name="notice-stop"),
]
