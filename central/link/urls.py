"""Addresses of the pages about policies and shared balances."""

from django.urls import path

from central.link import balance_views, policy_views, swap_views

app_name = "link"
urlpatterns = [
    path("balances/", balance_views.shared_balances, name="balances"),
    path("policies/", policy_views.policies, name="policies"),
    path("policies/classes/<str:code>/", policy_views.class_policy, name="policy-class"),
    path("policies/buildings/<str:code>/", policy_views.building_policy, name="policy-building"),
    path("policies/buildings/<str:code>/groups/", policy_views.building_groups, name="policy-groups"),
    path("policies/rooms/<int:room_id>/", policy_views.room_rules, name="room-rules"),
    path("policies/rooms/<int:room_id>/change/", policy_views.room_policy, name="policy-room"),
    path("policies/rooms/<int:room_id>/meter/", swap_views.meter_swap, name="meter-swap"),
]
