"""The front door of the staff: pages of the desk, for signed-in staff."""

from flask import Flask

from open311.http.urls import STAFF
from open311.staff import api, news
from open311.staff import blueprint as door
from open311.staff.administration import (
    accounts,
    audit_log,
    figures,
    privacy,
    satisfaction,
    state,
    text_templates,
    units,
)
from open311.staff.case import case_page, outside, photos, routing
from open311.staff.checking import corrections, objections, queue
from open311.staff.field import paper, planning, rounds
from open311.staff.intake import blocked_senders, callers, mailbox, telephone
from open311.staff.lists import bulk, case_list, case_map, exports, home, saved_views, walk
from open311.staff.rendering import error_page
from open311.staff.signing_in import access_tokens, login, own_account, passkeys, sso

# Importing these adds their views to the blueprint.
ROOMS = (
    (login, own_account, passkeys, access_tokens, sso),
    (home, case_list, walk, case_map, saved_views, bulk, exports),
    (case_page, outside, photos, routing),
    (queue, corrections, objections),
    (telephone, mailbox, callers, blocked_senders),
    (rounds, planning, paper),
    (accounts, units, state, text_templates, audit_log, privacy, figures, satisfaction),
)

# How errors below these addresses are told.
ERROR_RENDERERS = {STAFF: error_page, api.ROOT: api.problem_answer}


def install(app: Flask) -> None:
    app.url_map.converters |= {"id": door.IdConverter, "number": door.NumberConverter}
    app.register_blueprint(door.blueprint)
    api.install(app)
    news.install(app)
