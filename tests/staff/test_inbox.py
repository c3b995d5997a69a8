"""The mailbox of the desk: a mail becomes a report, is put to one, or is put aside."""

from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
from lxml import html
from sqlalchemy import Connection, text

from open311.actions.photos import media
from open311.core import Core
from open311.inbox import reading, threads
from open311.model.staff.roles import Role
from tests.inbox.server import a_mail
from tests.pictures import a_large_photo
from tests.serving import an_api
from tests.staff.desk import Desk, Employee, membership


@pytest.fixture
def bea(desk: Desk) -> Employee:
    """A checker."""
    return desk.employee(Role.CHECKER)


def arrived(
    core: Core,
    conn: Connection,
    photo: bool = False,
    place: tuple[float, float] | None = None,
    **fields: Any,
) -> int:
    """A mail that came in and waits; its id."""
    message = a_mail(**fields)
    if photo:
        message.add_attachment(a_large_photo(), maintype="image", subtype="jpeg", filename="foto.jpg")
    letter = replace(reading.read(message.as_bytes(), is_whole=True, most_pictures=5), place=place)
    pictures, _ = media.read(core, [BytesIO(picture) for picture in letter.pictures])
    with media.in_store(core, pictures) as files, core.database.begin() as inner:
        threads.settle(core, inner, core.catalogues.in_force[0], letter, files)
    return int(conn.execute(text("select max(id) from inbox")).scalar_one())


def state(conn: Connection, mail_id: int) -> str:
    return str(conn.execute(text("select state from inbox where id = :n"), {"n": mail_id}).scalar_one())


def test_what_waits_is_listed_and_counted(bea: Employee, core: Core, conn: Connection) -> None:
    first = arrived(core, conn, subject="Erste")
    second = arrived(core, conn, subject="Zweite")
    core.now.forward(minutes=1)
    assert "2 E-Mails warten im Postfach" in bea.get("/staff").text
    page = bea.get("/staff/inbox").text
    assert page.index(f"/staff/inbox/{first}") < page.index(f"/staff/inbox/{second}")
    assert "An der Ecke liegen Matratzen." in page


def test_a_mail_becomes_a_report_with_its_photos(bea: Employee, core: Core, conn: Connection) -> None:
    mail_id = arrived(core, conn, photo=True, subject="Müll am Ufer")
    bea.get(f"/staff/inbox/{mail_id}")
    assert bea.get(f"/staff/inbox/{mail_id}/photos/1").mimetype == "image/jpeg"
    draft = str(bea.post(f"/staff/inbox/{mail_id}", 303, act="report").headers["Location"])
    page = bea.get(draft).text
    [form] = html.fromstring(page).xpath("//form[@data-intake]")
    fields = {name: value for name, value in form.fields.items() if value is not None and name != "action"}
    # A line break at the beginning belongs to the HTML.
    fields["description"] = fields["description"].removeprefix("\n")
    assert (fields["about"], fields["description"]) == ("Müll am Ufer", "An der Ecke liegen Matratzen.")
    assert (fields["email"], fields["channel"]) == ("kim@example.org", "mail")
    assert "Ein Foto liegt bei." in bea.text
    bea.post(draft, 303, **fields | {"lat": "49.48", "long": "8.44", "action": "save"})
    report = conn.execute(text("select id, channel, description from service_requests")).one()
    assert tuple(report)[1:] == ("mail", "An der Ecke liegen Matratzen.")
    assert state(conn, mail_id) == "reported"
    assert conn.execute(text("select service_request_id from media")).scalars().all() == [report.id]
    assert conn.execute(text("select count(*) from inbox_photos")).scalar_one() == 0
    bea.get(f"/staff/reports/{report.id}")
    assert "E-Mail" in bea.text


def test_the_place_of_a_photo_is_proposed_and_forgotten_with_the_decision(
    bea: Employee, core: Core, conn: Connection
) -> None:
    mails = [arrived(core, conn, place=(49.481111, 8.446389), subject=f"Müll {place}") for place in (1, 2)]
    bea.get(f"/staff/inbox/{mails[0]}")
    assert "49,48111" in bea.text
    draft = str(bea.post(f"/staff/inbox/{mails[0]}", 303, act="report").headers["Location"])
    [form] = html.fromstring(bea.get(draft).text).xpath("//form[@data-intake]")
    assert (form.fields["lat"], form.fields["long"]) == ("49.481111", "8.446389")
    fields = {name: value for name, value in form.fields.items() if value is not None and name != "action"}
    bea.post(draft, 303, **fields | {"action": "save"})
    bea.post(f"/staff/inbox/{mails[1]}", 303, act="discard")
    places = text("select count(*) filter (where lat is not null or long is not null), count(*) from inbox")
    assert conn.execute(places).one() == (0, 2)
    assert conn.execute(
        text("select round(st_x(geom)::numeric, 6)::text from service_requests")
    ).scalar_one() == ("8.446389")


def test_two_people_make_one_report_of_a_mail(
    bea: Employee, desk: Desk, core: Core, conn: Connection
) -> None:
    mail_id = arrived(core, conn, subject="Müll")
    cem = desk.employee(Role.CHECKER, email="cem@stadt.example", name="Cem")
    drafts = [
        str(somebody.post(f"/staff/inbox/{mail_id}", 303, act="report").headers["Location"])
        for somebody in (bea, cem)
    ]
    for somebody, draft, status in ((bea, drafts[0], 303), (cem, drafts[1], 409)):
        [form] = html.fromstring(somebody.get(draft).text).xpath("//form[@data-intake]")
        fields = {name: value for name, value in form.fields.items() if value is not None}
        somebody.post(draft, status, **fields | {"lat": "49.48", "long": "8.44", "action": "save"})
    assert conn.execute(text("select count(*) from service_requests")).scalar_one() == 1


def test_a_mail_is_put_to_a_report(bea: Employee, core: Core, conn: Connection) -> None:
    number = int(an_api(core).report())
    mail_id = arrived(core, conn, photo=True)
    bea.post(f"/staff/inbox/{mail_id}", 303, act="link", number=f"Nr. {number}")
    assert state(conn, mail_id) == "linked"
    bea.get(f"/staff/check/{number}")
    assert "An der Ecke liegen Matratzen." in bea.text
    assert conn.execute(text("select visibility from media")).scalars().all() == ["held"]


@pytest.mark.parametrize("number", ["", "abc", "999999", "99999999999999999999"])
def test_a_number_of_nothing_is_told(bea: Employee, core: Core, conn: Connection, number: str) -> None:
    mail_id = arrived(core, conn)
    bea.post(f"/staff/inbox/{mail_id}", 400, act="link", number=number)
    assert state(conn, mail_id) == "new"


def test_a_mail_is_put_aside_and_fetched_back(bea: Employee, core: Core, conn: Connection) -> None:
    mail_id = arrived(core, conn)
    bea.post(f"/staff/inbox/{mail_id}", 303, act="discard")
    assert state(conn, mail_id) == "spam"
    assert f"/staff/inbox/{mail_id}" in bea.get("/staff/inbox?state=spam").text
    assert bea.post(f"/staff/inbox/{mail_id}", act="discard").status_code == 409
    bea.post(f"/staff/inbox/{mail_id}", 303, act="take_back")
    assert state(conn, mail_id) == "new"


def test_nothing_of_a_mail_runs_in_the_page(bea: Employee, core: Core, conn: Connection) -> None:
    hostile = "<script>alert(1)</script>"
    mail_id = arrived(core, conn, text=hostile, subject=hostile, sender=f'"{hostile}" <x@example.org>')
    for path in ("/staff/inbox", f"/staff/inbox/{mail_id}"):
        assert "<script>alert" not in bea.get(path).text


@pytest.mark.parametrize(
    "role", [Role.READER, Role.OPERATOR, Role.WORKER, Role.FIELD, Role.SUPERVISOR, Role.ADMIN]
)
def test_only_checkers_read_mails(desk: Desk, core: Core, conn: Connection, role: Role) -> None:
    mail_id = arrived(core, conn)
    somebody = desk.employee(role)
    for path in ("/staff/inbox", f"/staff/inbox/{mail_id}", f"/staff/inbox/{mail_id}/photos/1"):
        assert somebody.get(path).status_code == 403
    assert somebody.post(f"/staff/inbox/{mail_id}", act="discard").status_code == 403


def test_mail_of_another_city_is_as_if_it_were_not_there(desk: Desk, core: Core, conn: Connection) -> None:
    mail_id = arrived(core, conn)
    conn.execute(text("update inbox set jurisdiction_id = 'elsewhere.de'"))
    somebody = desk.employee(membership(Role.CHECKER))
    assert somebody.get(f"/staff/inbox/{mail_id}").status_code == 404
    assert f"/staff/inbox/{mail_id}" not in somebody.get("/staff/inbox").text


@pytest.mark.parametrize(
    "path", ["?state=odd", "?after=abc", "?after=99999999999999999999", "/0", "/1/photos/0"]
)
def test_odd_addresses_are_answered(bea: Employee, path: str) -> None:
    assert bea.get(f"/staff/inbox{path}").status_code in (200, 404)
