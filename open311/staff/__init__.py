"""The front door of the staff: pages of the desk, for whoever is signed in."""

from flask import Flask

from open311.staff import accounts as accounts
from open311.staff import blueprint as door
from open311.staff import bulk as bulk
from open311.staff import case as case
from open311.staff import case_list as case_list
from open311.staff import case_map as case_map
from open311.staff import check as check
from open311.staff import exports as exports
from open311.staff import field as field
from open311.staff import field_paper as field_paper
from open311.staff import home as home
from open311.staff import inbox as inbox
from open311.staff import intake as intake
from open311.staff import log as log
from open311.staff import login as login
from open311.staff import me as me
from open311.staff import objections as objections
from open311.staff import outside as outside
from open311.staff import passkeys as passkeys
from open311.staff import people as people
from open311.staff import photos as photos
from open311.staff import routing as routing
from open311.staff import satisfaction as satisfaction
from open311.staff import saved_views as saved_views
from open311.staff import senders as senders
from open311.staff import sso as sso
from open311.staff import templates as templates


def install(app: Flask) -> None:
    """Mount the desk."""
    app.url_map.converters |= {"id": door.IdConverter, "number": door.NumberConverter}
    app.register_blueprint(door.blueprint)
