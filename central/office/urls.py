"""Addresses of the office's pages."""

from django.urls import path

from central.office import (
    approval_views,
    channel_views,
    list_views,
    notice_views,
    people_views,
    published_views,
    setting_views,
    sign_in_views,
)
from central.office.import_views import campus_import, campus_import_confirm

app_name = "office"
urlpatterns = [
    path("sign-in/", sign_in_views.SignIn.as_view(), name="sign-in"),
    path("sign-out/", sign_in_views.SignOut.as_view(), name="sign-out"),
    path("second-factor/", sign_in_views.second_factor, name="second-factor"),
    path("password/", sign_in_views.password, name="password"),
    path("people/", people_views.people_list, name="people"),
    path("people/<int:user_id>/", people_views.person, name="person"),
    path("people/<int:user_id>/open/", people_views.person_open, name="person-open"),
    path("people/<int:user_id>/reset/", people_views.person_reset, name="person-reset"),
    path("delegations/", people_views.delegations, name="delegations"),
    path("delegations/<int:delegation_id>/end/", people_views.delegation_end, name="delegation-end"),
    path("approvals/", approval_views.inbox, name="approvals"),
    path("approvals/<int:number>/", approval_views.approval, name="approval"),
    path("approvals/<int:number>/sign/", approval_views.approval_sign, name="approval-sign"),
    path("approvals/<int:number>/withdraw/", approval_views.approval_withdraw, name="approval-withdraw"),
    path("approvals/<int:number>/file/", approval_views.approval_file, name="approval-file"),
    path("settings/", setting_views.settings_list, name="settings"),
    path("settings/<str:setting_code>/", setting_views.setting, name="setting"),
    path("settings/<str:setting_code>/ask/", setting_views.setting_ask, name="setting-ask"),
    path("notices/", notice_views.notices, name="notices"),
    path("notices/<int:delivery_id>/retry/", notice_views.notice_retry, name="notice-retry"),
    path("by-hand/", notice_views.by_hand, name="by-hand"),
    path(
        "by-hand/<int:delivery_id>/<int:page>.png", notice_views.by_hand_picture, name="by-hand-picture"
    ),
    path("by-hand/<int:delivery_id>/told/", notice_views.by_hand_told, name="by-hand-told"),
    path("own-mail/", notice_views.own_mail, name="own-mail"),
    path("channels/", channel_views.channel_list, name="channels"),
    path("channels/<int:channel_id>/", channel_views.channel, name="channel"),
    path("channels/<int:channel_id>/test/", channel_views.channel_test, name="channel-test"),
    path("channels/<int:channel_id>/open/", channel_views.channel_open, name="channel-open"),
    path("mail-server/", channel_views.mail_server, name="mail-server"),
    path("prices/", published_views.prices, name="prices"),
    path("prices/<int:number>/", published_views.price_list, name="price-list"),
    path("repairs/", published_views.repairs, name="repairs"),
    path("repairs/<int:number>/", published_views.repair_list, name="repair-list"),
    path("lists/new/", list_views.start, name="list-new"),
    path("lists/<int:draft_id>/", list_views.draft, name="list-draft"),
    path("lists/<int:draft_id>/table/", list_views.take_table, name="list-table"),
    path("lists/<int:draft_id>/compare/", list_views.compare, name="list-compare"),
    path("lists/<int:draft_id>/ask/", list_views.ask, name="list-ask"),
    path("lists/<int:draft_id>/throw-away/", list_views.throw_away, name="list-throw-away"),
    path("import/", campus_import, name="import"),
    path("import/confirm/", campus_import_confirm, name="import-confirm"),
]
