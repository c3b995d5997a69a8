"""Photos as they were sent: for who checks, and for the unit whose work needs them."""

from io import BytesIO

from sqlalchemy import Connection, text

from open311.actions import casework
from open311.core import Core
from open311.model.casework.decisions import Decision, PhotoEdit
from open311.model.photo_boxes import Box
from open311.model.staff.roles import Role
from tests.actors import CLARA
from tests.pictures import a_photo
from tests.serving import Api
from tests.staff.desk import Desk, membership

OFFICE, LIGHTS = "VOLLZUGSDIENST", "STRASSENVERKEHR"


def redacted(api: Api, core: Core, conn: Connection, **sent: str) -> tuple[int, int]:
    """A published report with a photo of which a part is black: its number, and the id of the photo."""
    number = int(api.post(sent | {"media": (BytesIO(a_photo()), "a.jpg")})[0]["service_request_id"])
    photo = text("select id from media where service_request_id = :n")
    media_id = conn.execute(photo, {"n": number}).scalar_one()
    casework.publish(core, number, CLARA)
    edit = PhotoEdit(media_id=media_id, boxes=[Box(0, 0, 0.5, 0.5)])
    casework.decide(core, number, Decision(photos=[edit]), CLARA)
    return number, media_id


def test_are_seen_by_the_unit_where_the_catalogue_says_so(
    desk: Desk, core: Core, api: Api, conn: Connection
) -> None:
    car = redacted(api, core, conn, service_code="FAHRZEUG_ALT", **{"attribute[FARBE]": "rot"})
    marking = redacted(api, core, conn, service_code="MARKIERUNG")
    people = {
        Role.CHECKER: (None, {car, marking}),
        Role.WORKER: ((OFFICE, LIGHTS), {car}),
        Role.LEAD: ((OFFICE, LIGHTS), {car}),
        # Neither has another unit business with them, nor one that had the case once.
        Role.FIELD: (("TIEFBAU",), set()),
        Role.SUPERVISOR: (None, set()),
    }
    for role, (units, seeing) in people.items():
        somebody = desk.employee(membership(role, units=units), email=f"{role}@stadt.example")
        for number, media_id in (car, marking):
            original = f"/staff/reports/{number}/originals/{media_id}"
            is_seen = (number, media_id) in seeing
            assert (somebody.get(original).status_code == 200) is is_seen, (role, number)
            if role is not Role.FIELD:
                assert (f'href="{original}"' in somebody.get(f"/staff/reports/{number}").text) is is_seen


def test_another_unit_does_not_see_them(desk: Desk, core: Core, api: Api, conn: Connection) -> None:
    number, media_id = redacted(api, core, conn, service_code="FAHRZEUG_ALT", **{"attribute[FARBE]": "rot"})
    other = desk.employee(membership(Role.WORKER, units=(LIGHTS,)))
    assert other.get(f"/staff/reports/{number}").status_code == 200
    assert other.get(f"/staff/reports/{number}/originals/{media_id}").status_code == 403


def test_to_look_at_one_is_written_down(desk: Desk, core: Core, api: Api, conn: Connection) -> None:
    number, media_id = redacted(api, core, conn, service_code="MARKIERUNG")
    untouched = int(
        api.post({"service_code": "MARKIERUNG", "media": (BytesIO(a_photo()), "a.jpg")})[0][
            "service_request_id"
        ]
    )
    photo = text("select id from media where service_request_id = :n")
    plain_id = conn.execute(photo, {"n": untouched}).scalar_one()
    bea = desk.employee(Role.CHECKER)
    other = desk.employee(membership(Role.WORKER, units=(LIGHTS,)), email="rita@stadt.example")
    assert other.get(f"/staff/reports/{number}/originals/{media_id}").status_code == 403
    # Of what nobody has made black the same photo stands on the check page.
    assert bea.get(f"/staff/reports/{untouched}/originals/{plain_id}").status_code == 200
    assert bea.get(f"/staff/reports/{number}/originals/{media_id}").status_code == 200
    lines = conn.execute(text("select actor, subject from audit where kind = 'original_seen'")).all()
    assert lines == [(f"staff:{bea.account_id}", f"request:{number}")]
