"""Addresses of the pages about policies, shared balances and gateways."""

from django.urls import path

from central.link import balance_views, gateway_views, policy_views, restored_views

app_name = "link"
urlpatterns = [
    path("gateways/", gateway_views.gateways, name="gateways"),
    path("gateways/<str:code>/", gateway_views.gateway, name="gateway"),
    path("gateways/<str:code>/open/", gateway_views.code_open, name="code-open"),
    path("gateways/<str:code>/show/", gateway_views.code_show, name="code-show"),
    path("gateways/<str:code>/close/", gateway_views.code_close, name="code-close"),
    path("gateways/<str:code>/replace/", gateway_views.replacement, name="replacement"),
    path("gateways/<str:code>/revoke/", gateway_views.revoke, name="revoke"),
    path("restored/", restored_views.restored, name="restored"),
    path("restored/tick/", restored_views.restored_tick, name="restored-tick"),
    path("balances/", balance_views.shared_balances, name="balances"),
    path("policies/", policy_views.policies, name="policies"),
    path("policies/classes/<str:code>/", policy_views.class_policy, name="policy-class"),
    path("policies/buildings/<str:code>/", policy_views.building_policy, name="policy-building"),
    path("policies/buildings/<str:code>/groups/", policy_views.building_groups, name="policy-groups"),
    path("policies/rooms/<int:room_id>/", policy_views.room_rules, name="room-rules"),
    path("policies/rooms/<int:room_id>/change/", policy_views.room_policy, name="policy-room"),
]
