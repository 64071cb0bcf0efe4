"""Every URL of the product, on one page."""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.contrib import admin
from django.urls import URLPattern, URLResolver, path

from tutorai.api import api
from tutorai.web import (
    asked_files,
    asked_for,
    assets,
    columns,
    connect,
    drafts,
    events,
    files,
    grading,
    health,
    joining,
    lti,
    metrics,
    notices,
    oauth,
    placed,
    placing,
    programs,
    publishing,
    quizzes,
    registering,
    rollover,
    shell,
    skills,
    student,
    studying,
    teacher,
    tutor,
)
from tutorai.web.institution import (
    audit,
    care,
    changing,
    choices,
    connections,
    courses,
    deployments,
    diagnose,
    filling,
    guides,
    models,
    moving,
    people,
    platforms,
    sign_in,
    spending,
)
from tutorai.web.institution import home as institution
from tutorai.web.institution import programs as of_school
from tutorai.web.signin import invited
from tutorai.web.signin import school_views as school
from tutorai.web.signin import views as signin

# Courses that are made here, and their way into an LMS.
COURSES = "institution/<slug:slug>/courses/"
COURSE = f"{COURSES}<uuid:course>/"
own = [
    path(COURSES, courses.listed, name="institution_courses"),
    path(f"{COURSES}new", courses.new, name="course_new"),
    path(f"{COURSES}moves/", moving.listed, name="institution_moves"),
    path(f"{COURSES}moves/look", moving.look, name="moves_look"),
    path(COURSE, courses.one, name="institution_course"),
    path(f"{COURSE}change", courses.change, name="course_change"),
    path(f"{COURSE}enter", courses.enter, name="course_enter"),
    path(f"{COURSE}export", courses.export, name="course_export"),
    path(f"{COURSE}join", courses.join_open, name="course_join"),
    path(f"{COURSE}join/close", courses.join_close, name="course_join_close"),
    path(f"{COURSE}files", filling.files, name="course_files"),
    path(f"{COURSE}link", filling.link, name="course_link"),
    path(f"{COURSE}package", filling.package, name="course_package"),
    path(f"{COURSE}items/<uuid:item>/again", filling.again, name="course_again"),
    path(f"{COURSE}items/<uuid:item>/remove", filling.take_out, name="course_take_out"),
    path(f"{COURSE}move/", moving.one, name="institution_move"),
    path(f"{COURSE}move/decide", moving.decide, name="move_decide"),
    path(f"{COURSE}move/plan", moving.plan, name="move_plan"),
    path(f"{COURSE}move/begin", moving.begin, name="move_begin"),
    path(f"{COURSE}move/undo", moving.undo, name="move_undo"),
    path(f"{COURSE}move/items/<uuid:item>/", moving.compare, name="move_compare"),
    path(f"{COURSE}move/items/<uuid:item>/choose", moving.choose, name="move_choose"),
]
urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.alive),
    path("readyz", health.ready),
    path("metrics", metrics.metrics),
    path("static/<path:path>", assets.asset),
    path("v1/", api.urls),
    # Programs that work for people: /mcp itself stands beside Django (tutorai.asgi).
    path(".well-known/oauth-protected-resource", oauth.resource),
    path(".well-known/oauth-protected-resource/mcp", oauth.resource),
    path(".well-known/oauth-authorization-server", oauth.server),
    path("oauth/authorize", oauth.authorize),
    path("oauth/token", oauth.token),
    path("oauth/register", oauth.register),
    path("oauth/revoke", oauth.revoke),
    path("lti/login", lti.login),
    path("lti/login/<slug:slug>", lti.login),
    path("lti/launch", lti.arrive),
    path("lti/launch/confirm", lti.confirm),
    path("lti/jwks", lti.jwks),
    path("lti/register/<str:secret>", registering.register, name="lti_register"),
    path("lti/canvas.json", registering.canvas, name="lti_canvas"),
    path("lti/notices", notices.take),
    path("connect/canvas/events", events.canvas),
    # An LMS's page of consent, in a window of its own.
    path("connect/<slug:lms>/start", connect.start, name="connect_start"),
    path("connect/<slug:lms>/go", connect.go, name="connect_go"),
    path("connect/<slug:lms>/callback", connect.callback, name="connect_callback"),
    # Pages: a shell without data, and the fragments its script asks for with a bearer token.
    path("join/<str:secret>", joining.join, name="join"),
    path("app/<uuid:launch>/", shell.shell, name="shell"),
    path("pages/home", student.home, name="page_home"),
    path("pages/chat", student.chat, name="page_chat"),
    path("pages/place", placing.place, name="page_place"),
    path("pages/place/cancel", placing.cancel, name="page_place_cancel"),
    path("pages/practice", placed.practice, name="page_practice"),
    path("pages/practice/check", studying.check, name="page_practice_check"),
    path("pages/practice/hint", studying.hint, name="page_practice_hint"),
    path("pages/mine", studying.mine, name="page_mine"),
    path("pages/mine/forget", studying.forget, name="page_mine_forget"),
    path("pages/plan", studying.plan_page, name="page_plan"),
    path("pages/plan/file", studying.plan_link, name="page_plan_file"),
    path("files/plan/<str:named>", studying.plan_file),
    path("pages/skills", skills.listed, name="page_skills"),
    path("pages/skills/add", skills.add, name="page_skill_add"),
    path("pages/skills/helped", skills.helped, name="page_helped"),
    path("pages/skills/<uuid:skill>/pages", skills.pages, name="page_skill_pages"),
    path("pages/skills/<uuid:skill>/<slug:act>", skills.act, name="page_skill_act"),
    path("pages/course", teacher.course, name="page_course"),
    path("pages/setup/<int:step>", teacher.setup, name="page_setup"),
    path("pages/progress", teacher.progress, name="page_progress"),
    path("pages/items", teacher.items, name="page_items"),
    path("pages/items/<uuid:item>/remove", teacher.remove, name="page_remove"),
    path("pages/items/<uuid:item>/link", files.link),
    path("files/<str:named>", files.file),
    path("pages/connect", teacher.connect, name="page_connect"),
    path("pages/connect/school", teacher.connect_school, name="page_connect_school"),
    path("pages/connect/done", teacher.connected, name="page_connected"),
    path("pages/disconnect", teacher.disconnect, name="page_disconnect"),
    path("pages/sync", teacher.sync, name="page_sync"),
    path("pages/upload", teacher.upload, name="page_upload"),
    path("pages/open", teacher.open_course, name="page_open"),
    path("pages/close", teacher.close_course, name="page_close"),
    path("pages/publish", publishing.drafts, name="page_publish"),
    path("pages/publish/import", publishing.take_in, name="page_publish_import"),
    path("pages/publish/new/<slug:kind>", publishing.write, name="page_publish_new"),
    path("pages/publish/<uuid:proposal>", publishing.draft, name="page_draft"),
    path("pages/publish/<uuid:proposal>/send", publishing.send, name="page_draft_send"),
    path("pages/publish/<uuid:proposal>/approve", publishing.approve, name="page_draft_approve"),
    path("pages/publish/<uuid:proposal>/quiz", quizzes.change, name="page_quiz"),
    path(
        "pages/publish/<uuid:proposal>/questions/<int:at>", quizzes.question, name="page_question"
    ),
    path("pages/publish/<uuid:proposal>/file/<slug:form>", drafts.link, name="page_draft_file"),
    path("pages/publish/<uuid:proposal>/<slug:act>", publishing.act, name="page_draft_act"),
    path("files/drafts/<str:named>", drafts.file),
    path("files/asked/<str:named>", asked_files.file),
    path("pages/asked", asked_for.listed, name="page_asked"),
    path("pages/asked/<uuid:plea>", asked_for.one, name="page_asked_one"),
    path("pages/asked/<uuid:plea>/talk", asked_for.talk, name="page_asked_talk"),
    path("pages/asked/<uuid:plea>/reply", asked_for.reply, name="page_asked_reply"),
    path("pages/asked/<uuid:plea>/close", asked_for.close, name="page_asked_close"),
    path("pages/tutor", tutor.show, name="page_tutor"),
    path("pages/tutor/guide", tutor.guide, name="page_tutor_guide"),
    path("pages/tutor/switch", tutor.switch, name="page_tutor_switch"),
    path("pages/tutor/add", tutor.add, name="page_tutor_add"),
    path("pages/tutor/locked", tutor.locked, name="page_tutor_locked"),
    path("pages/tutor/locked/<uuid:activity>/out", tutor.let_out, name="page_tutor_out"),
    path("pages/tutor/locked/<uuid:activity>/again", tutor.lock_again, name="page_tutor_again"),
    path("pages/tutor/<slug:about>/<uuid:about_id>", tutor.edit, name="page_tutor_line"),
    path("pages/tutor/<slug:about>/<uuid:about_id>/decide", tutor.decide, name="page_tutor_decide"),
    path(
        "pages/tutor/<slug:about>/<uuid:about_id>/switch",
        tutor.switch_one,
        name="page_tutor_switch_one",
    ),
    path("pages/programs", programs.show, name="page_programs"),
    path("pages/programs/code", programs.code, name="page_programs_code"),
    path("pages/programs/make", programs.make, name="page_programs_make"),
    path("pages/programs/<uuid:program>/end", programs.end, name="page_program_end"),
    path("pages/rollover", rollover.show, name="page_rollover"),
    path("pages/rollover/copy", rollover.copy, name="page_rollover_copy"),
    path("pages/rollover/<uuid:placement>", rollover.mend, name="page_mend"),
    path("pages/grades", columns.listed, name="page_grades"),
    path("pages/grades/hold", columns.usual, name="page_hold"),
    path("pages/grades/columns", columns.make, name="page_column_make"),
    path(
        "pages/grades/columns/<uuid:assignment>/change", columns.change, name="page_column_change"
    ),
    path(
        "pages/grades/columns/<uuid:assignment>/delete", columns.delete, name="page_column_delete"
    ),
    path("pages/grades/<uuid:assignment>", grading.column, name="page_column"),
    path("pages/grades/<uuid:assignment>/standing", grading.standing, name="page_standing"),
    path("pages/grades/<uuid:assignment>/approve", grading.approve, name="page_approve"),
    path("pages/grades/<uuid:assignment>/<slug:act>", grading.act, name="page_grade_act"),
    # Institutions' own people, signed in with an account.
    path("institution/", institution.mine, name="institutions"),
    path("institution/programs/allow", of_school.allow, name="programs_allow"),
    path("institution/<slug:slug>/", institution.home, name="institution_home"),
    path("institution/<slug:slug>/programs/", of_school.listed, name="institution_programs"),
    path("institution/<slug:slug>/programs/<uuid:program>/end", of_school.end, name="program_end"),
    *own,
    path("institution/<slug:slug>/platforms/", platforms.listed, name="institution_platforms"),
    path(
        "institution/<slug:slug>/platforms/guide/<slug:family>", guides.guide, name="platform_guide"
    ),
    path("institution/<slug:slug>/platforms/new/<slug:family>", changing.new, name="platform_new"),
    path(
        "institution/<slug:slug>/platforms/invites/<uuid:invite>/withdraw",
        platforms.withdraw,
        name="invite_withdraw",
    ),
    path("institution/<slug:slug>/platforms/<uuid:platform>/", platforms.one, name="platform"),
    path(
        "institution/<slug:slug>/platforms/<uuid:platform>/change",
        changing.change,
        name="platform_change",
    ),
    path(
        "institution/<slug:slug>/platforms/<uuid:platform>/roles",
        changing.roles,
        name="platform_roles",
    ),
    path(
        "institution/<slug:slug>/platforms/<uuid:platform>/renew",
        guides.renew,
        name="platform_renew",
    ),
    path(
        "institution/<slug:slug>/platforms/<uuid:platform>/replace",
        platforms.replace,
        name="platform_replace",
    ),
    path(
        "institution/<slug:slug>/platforms/<uuid:platform>/disable",
        platforms.disable,
        name="platform_disable",
    ),
    path(
        "institution/<slug:slug>/platforms/<uuid:platform>/enable",
        platforms.enable,
        name="platform_enable",
    ),
    path(
        "institution/<slug:slug>/platforms/<uuid:platform>/key/own",
        platforms.key_own,
        name="platform_key_own",
    ),
    path(
        "institution/<slug:slug>/platforms/<uuid:platform>/key/pasted",
        platforms.key_pasted,
        name="platform_key_pasted",
    ),
    path(
        "institution/<slug:slug>/platforms/<uuid:platform>/key/shared",
        platforms.key_shared,
        name="platform_key_shared",
    ),
    path(
        "institution/<slug:slug>/connections/", connections.listed, name="institution_connections"
    ),
    path(
        "institution/<slug:slug>/connections/add/<slug:lms>/<slug:way>",
        connections.add,
        name="connection_add",
    ),
    path(
        "institution/<slug:slug>/connections/<uuid:connection>/test",
        connections.test,
        name="connection_test",
    ),
    path(
        "institution/<slug:slug>/connections/<uuid:connection>/disconnect",
        connections.disconnect,
        name="connection_disconnect",
    ),
    path(
        "institution/<slug:slug>/applications/<uuid:application>/connect",
        connections.own,
        name="application_connect",
    ),
    path(
        "institution/<slug:slug>/applications/<uuid:application>/consent",
        connections.consent,
        name="application_consent",
    ),
    path(
        "institution/<slug:slug>/applications/<uuid:application>/remove",
        connections.remove,
        name="application_remove",
    ),
    path("institution/<slug:slug>/care/", care.edit, name="institution_care"),
    path("institution/<slug:slug>/care/<uuid:plea>/read", care.read, name="care_read"),
    path("institution/<slug:slug>/care/<uuid:plea>/close", care.close, name="care_close"),
    path("institution/<slug:slug>/models/", models.listed, name="institution_models"),
    path("institution/<slug:slug>/models/add", models.add, name="model_add"),
    path(
        "institution/<slug:slug>/models/<uuid:endpoint>/change", models.change, name="model_change"
    ),
    path("institution/<slug:slug>/models/<uuid:endpoint>/test", models.test, name="model_test"),
    path(
        "institution/<slug:slug>/models/<uuid:endpoint>/switch", models.switch, name="model_switch"
    ),
    path(
        "institution/<slug:slug>/models/<uuid:endpoint>/sooner", models.sooner, name="model_sooner"
    ),
    path(
        "institution/<slug:slug>/models/<uuid:endpoint>/remove", models.remove, name="model_remove"
    ),
    path("institution/<slug:slug>/spending/", spending.listed, name="institution_spending"),
    path(
        "institution/<slug:slug>/spending/caps/<uuid:cap>/remove", spending.uncap, name="cap_remove"
    ),
    path("institution/<slug:slug>/spending/switch", spending.switch, name="institution_switch"),
    path("institution/<slug:slug>/people/", people.listed, name="institution_people"),
    path("institution/<slug:slug>/people/invite", people.invite, name="people_invite"),
    path("institution/<slug:slug>/people/<int:office>/role", people.change, name="people_change"),
    path("institution/<slug:slug>/people/<int:office>/remove", people.remove, name="people_remove"),
    path(
        "institution/<slug:slug>/invitations/<uuid:invitation>/again",
        people.again,
        name="people_again",
    ),
    path(
        "institution/<slug:slug>/invitations/<uuid:invitation>/revoke",
        people.revoke,
        name="people_revoke",
    ),
    path("institution/<slug:slug>/settings/", choices.edit, name="institution_settings"),
    path("institution/<slug:slug>/sign-in/", sign_in.edit, name="institution_sign_in"),
    path("institution/<slug:slug>/sign-in/remove", sign_in.remove, name="sign_in_remove"),
    path("institution/<slug:slug>/diagnose/", diagnose.diagnose, name="institution_diagnose"),
    path("institution/<slug:slug>/inbox/", deployments.inbox_page, name="institution_inbox"),
    path("institution/<slug:slug>/inbox/claim", deployments.claim, name="deployment_claim"),
    path(
        "institution/<slug:slug>/inbox/<uuid:deployment>/approve",
        deployments.approve,
        name="deployment_approve",
    ),
    path(
        "institution/<slug:slug>/inbox/<uuid:deployment>/refuse",
        deployments.refuse,
        name="deployment_refuse",
    ),
    path("institution/<slug:slug>/audit/", audit.listed, name="institution_audit"),
    # Signing in with an account; the names are those that django-allauth asks for.
    path("sign-in/", signin.sign_in, name="account_login"),
    path("sign-in/out/", account.logout, name="account_logout"),
    path("sign-in/inactive/", account.account_inactive, name="account_inactive"),
    path("sign-in/again/", account.reauthenticate, name="account_reauthenticate"),
    path("sign-in/password/", signin.change_password, name="account_change_password"),
    path("sign-in/forgotten/", account.password_reset, name="account_reset_password"),
    path(
        "sign-in/forgotten/code/",
        account.confirm_password_reset_code,
        name="account_confirm_password_reset_code",
    ),
    path(
        "sign-in/forgotten/new/",
        account.complete_password_reset,
        name="account_complete_password_reset",
    ),
    path(
        "sign-in/forgotten/done/",
        account.password_reset_from_key_done,
        name="account_password_reset_completed",
    ),
    path("sign-in/code/", mfa.authenticate, name="mfa_authenticate"),
    path("sign-in/code/again/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("sign-in/passkey/", webauthn.login_webauthn, name="mfa_login_webauthn"),
    path(
        "sign-in/passkey/again/",
        webauthn.reauthenticate_webauthn,
        name="mfa_reauthenticate_webauthn",
    ),
    path("sign-in/second-factor/", signin.second_factor, name="second_factor"),
    path("sign-in/second-factor/done/", signin.second_factor_done, name="second_factor_done"),
    path("sign-in/security/", signin.security, name="mfa_index"),
    path("sign-in/security/app/", totp.activate_totp, name="mfa_activate_totp"),
    path("sign-in/security/app/off/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("sign-in/security/codes/", signin.codes, name="mfa_view_recovery_codes"),
    path(
        "sign-in/security/codes/new/",
        recovery_codes.generate_recovery_codes,
        name="mfa_generate_recovery_codes",
    ),
    path(
        "sign-in/security/codes/file/",
        recovery_codes.download_recovery_codes,
        name="mfa_download_recovery_codes",
    ),
    path("sign-in/security/passkey/", signin.add_passkey, name="mfa_add_webauthn"),
    path(
        "sign-in/security/passkey/<int:pk>/remove/",
        signin.remove_passkey,
        name="mfa_remove_webauthn",
    ),
    path("sign-in/school/<uuid:provider_id>/", school.begin, name="openid_connect_login"),
    path("sign-in/school/<uuid:provider_id>/link/", school.link, name="school_link"),
    path("sign-in/school/<uuid:provider_id>/unlink/", signin.unlink, name="school_unlink"),
    path("sign-in/school/<uuid:provider_id>/back/", school.back, name="openid_connect_callback"),
    path("sign-in/school/cancelled/", school.cancelled, name="socialaccount_login_cancelled"),
    path("sign-in/invitation/", invited.show, name="invitation"),
    path("sign-in/invitation/accept/", invited.accept, name="invitation_accept"),
    path("admin/", admin.site.urls),
]
handler400 = "tutorai.web.errors.bad_request"
handler403 = "tutorai.web.errors.forbidden"
handler404 = "tutorai.web.errors.not_found"
handler500 = "tutorai.web.errors.broken"
