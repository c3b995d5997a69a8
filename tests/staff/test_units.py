"""The units' pages: take up, decline, hand over, give to a person, plan, mention; each in one form and few presses."""

import io
import re
from typing import Any

import pytest
from lxml import html
from sqlalchemy import Connection

from open311.actions import casework
from open311.actions.desk import templates
from open311.actions.desk.templates import TemplateContents
from open311.model.access.actor import WORKER
from open311.model.casework.cases import Case, Flag, Stage
from open311.model.events.event_kinds import EventKind
from open311.model.media import MediaVisibility
from open311.model.service_request import Visibility
from open311.model.staff.roles import Role
from open311.storage import media
from tests.actors import CLARA
from tests.pictures import a_photo
from tests.serving import Api, Clock, an_api
from tests.staff.desk import Desk, Employee, membership

SWING = {
    "service_code": "SPIELGERAET",
    "attribute[SPIELPLATZ]": "Ebertpark",
    "attribute[GEFAHR]": "ja",
}


def case_of(desk: Desk, number: str) -> Case:
    return casework.show(desk.core, int(number), CLARA).case


def someone(desk: Desk, name: str, role: Role, *units: str) -> Employee:
    """An employee of these units, called by their name and `Beispiel`."""
    scope = {"units": units} if units else {}
    email = f"{name.lower()}@stadt.example"
    return desk.employee(membership(role, **scope), email=email, name=f"{name} Beispiel")


@pytest.fixture
def number(desk: Desk) -> str:
    """A broken swing that a rule gives to GRUENFLAECHEN; published."""
    reported: str = an_api(desk.core).report(**SWING)
    casework.publish(desk.core, int(reported), CLARA)
    return reported


def act(employee: Employee, number: str, name: str, status: int = 303, /, **fields: Any) -> None:
    """Send the form of an act as its page at hand offers it, from the revision it shows."""
    page = html.fromstring(employee.get(f"/staff/reports/{number}").text)
    [form] = page.xpath(f"//*[@id='act-{name}']/form")
    assert set(fields) <= set(form.xpath(".//@name"))
    [revision] = form.xpath("./input[@name='revision']/@value")
    employee.post(f"/staff/reports/{number}/{name}", status, revision=revision, **fields)


def test_a_wrong_unit_comes_back(desk: Desk, number: str) -> None:
    """Journey 5: declined without a proposal it is with the checkers; declined again it goes to no third unit."""
    rita, bea = someone(desk, "Rita", Role.WORKER, "GRUENFLAECHEN"), someone(desk, "Bea", Role.CHECKER)
    act(rita, number, "decline", reason="Gehört zur Bahn", unit="")
    case = case_of(desk, number)
    assert (case.stage, case.unit, case.former_units) == (Stage.CHECK, "BUERGERBERATUNG", ("GRUENFLAECHEN",))
    assert case.flags == {Flag.DECLINED}
    assert number in bea.get("/staff/check").text
    bea.get(f"/staff/reports/{number}")
    assert "Bereich Grünflächen hat abgelehnt" in bea.text
    assert "Gehört zur Bahn" in bea.text
    assert "Nicht zuständig: Bereich Grünflächen → Prüfung" in bea.text
    # Who may not decide it is not asked to.
    asked = "Bitte sagen Sie, wer zuständig ist."
    assert asked in bea.text
    assert asked not in rita.get(f"/staff/reports/{number}").text
    act(bea, number, "assign", unit="TIEFBAU", reason="Gleis der Parkbahn")
    tom = someone(desk, "Tom", Role.WORKER, "TIEFBAU")
    act(tom, number, "decline", reason="Kein Gleis von uns", unit="NAHVERKEHR")
    case = case_of(desk, number)
    assert (case.stage, case.unit, case.declined) == (Stage.CHECK, "BUERGERBERATUNG", 2)
    assert case.former_units == ("GRUENFLAECHEN", "BUERGERBERATUNG", "TIEFBAU")
    assert rita.get(f"/staff/reports/{number}").status_code == 200
    assert 'id="act-accept"' not in rita.response.text
    assert case.stage is not Stage.DONE


def test_a_decline_names_the_right_unit_and_a_reason(desk: Desk, number: str) -> None:
    rita = someone(desk, "Rita", Role.WORKER, "GRUENFLAECHEN")
    act(rita, number, "decline", 400, reason=" ", unit="TIEFBAU")
    # By keyboard and screen reader one is at what is wrong, not at the top of the page.
    assert html.fromstring(rita.response.text).xpath("//*[@role='alert' and @autofocus]//a/@href") == [
        "#act-decline"
    ]
    assert case_of(desk, number).unit == "GRUENFLAECHEN"
    act(rita, number, "decline", reason="Weg, nicht Platz", unit="TIEFBAU")
    assert (case_of(desk, number).unit, case_of(desk, number).stage) == ("TIEFBAU", Stage.ACCEPT)


def test_what_was_accepted_is_given_back_while_it_is_open(desk: Desk, number: str) -> None:
    rita = someone(desk, "Rita", Role.WORKER, "GRUENFLAECHEN")
    act(rita, number, "accept")
    assert 'id="act-accept"' not in rita.get(f"/staff/reports/{number}").text
    act(rita, number, "decline", reason="Gehört zur Bahn", unit="TIEFBAU")
    case = case_of(desk, number)
    assert (case.stage, case.unit, case.accepted_datetime) == (Stage.ACCEPT, "TIEFBAU", None)
    # Who only reads it any more is offered nothing, nor is anybody once it is done.
    assert 'id="act-decline"' not in rita.get(f"/staff/reports/{number}").text
    tom = someone(desk, "Tom", Role.WORKER, "TIEFBAU")
    assert 'id="act-decline"' in tom.get(f"/staff/reports/{number}").text
    casework.set_status(desk.core, int(number), "GELOEST", CLARA)
    assert 'id="act-decline"' not in tom.get(f"/staff/reports/{number}").text


def test_a_case_is_taken_up_by_one_press_before_all_other_acts(desk: Desk, number: str) -> None:
    rita = someone(desk, "Rita", Role.WORKER, "GRUENFLAECHEN")
    page = rita.get(f"/staff/reports/{number}").text
    form = re.search(
        r'id="act-accept"><form[^>]*action="([^"]+)".*?value="(\d+)"><button [^>]*data-key="y"', page
    )
    assert form
    assert page.index('id="acts"') < form.start() < page.index('id="act-status"') < page.index('id="state"')
    rita.post(form[1].replace("&amp;", "&"), 303, revision=form[2])
    assert case_of(desk, number).stage is Stage.WORK


def test_the_menu_has_what_is_daily_first_and_the_rest_once_more_at_the_foot(desk: Desk) -> None:
    lutz = someone(desk, "Lutz", Role.LEAD, "GRUENFLAECHEN")
    page = lutz.get("/staff").text
    daily, rest = page.index('href="/staff/field"'), page.index('class="menu__rest"')
    assert page.index('<nav class="menu"') < daily < page.index('href="#rest"') < rest
    foot = page[page.index('id="rest"') :]
    assert 'href="/staff/figures"' in page[rest : page.index("</nav>", rest)]
    assert 'href="/staff/figures"' in foot
    assert 'href="/staff/field"' not in foot


def test_my_day_takes_up_by_one_press(desk: Desk, number: str) -> None:
    rita = someone(desk, "Rita", Role.WORKER, "GRUENFLAECHEN")
    page = rita.get("/staff").text
    assert "Anzunehmen" in page
    form = re.search(rf'action="(/staff/reports/{number}/accept)".*?</form>', page, re.DOTALL)
    assert form
    fields = dict(re.findall(r'name="(revision|back)" value="(\w+)"', form[0]))
    rita.post(form[1], 303, **fields)
    assert rita.response.location == "/staff?done=saved"
    assert case_of(desk, number).stage is Stage.WORK
    assert "Anzunehmen" not in rita.get("/staff").text


def test_my_day_keeps_a_follow_up_until_somebody_acts(desk: Desk, number: str, clock: Clock) -> None:
    """Of nobody it is the unit's, of a person it is theirs; the worker's step on that day takes it from neither."""
    rita = someone(desk, "Rita", Role.WORKER, "GRUENFLAECHEN")
    act(rita, number, "accept")
    act(rita, number, "defer", day="2026-03-04")
    assert "zur Wiedervorlage" not in rita.get("/staff?done=saved").text
    clock.forward(days=3)
    casework.resume_due(desk.core)
    # The session of the first has ended meanwhile.
    resi = someone(desk, "Resi", Role.WORKER, "GRUENFLAECHEN")
    page = html.fromstring(resi.get("/staff").text)
    [link] = page.xpath("//a[contains(., 'Ein Fall ohne Person ist zur Wiedervorlage fällig')]/@href")
    assert number in resi.get(link).text
    assert "(fällig)" in resi.get(f"/staff/reports/{number}").text
    casework.assign_person(desk.core, int(number), resi.account_id, WORKER)
    page = html.fromstring(resi.get("/staff?done=saved").text)
    [link] = page.xpath("//a[contains(., 'Ein Fall ist zur Wiedervorlage fällig')]/@href")
    assert number in resi.get(link).text
    act(resi, number, "note", text="Die Schrauben sind da")
    assert "zur Wiedervorlage" not in resi.get("/staff?done=saved").text
    assert "(fällig)" not in resi.get(f"/staff/reports/{number}").text


def test_a_slip_at_a_case_is_taken_back_by_who_made_it_within_a_minute(
    desk: Desk, number: str, clock: Clock
) -> None:
    rita = someone(desk, "Rita", Role.WORKER, "GRUENFLAECHEN")
    assert 'class="undo"' not in rita.get(f"/staff/reports/{number}").text
    before = casework.show(desk.core, int(number), CLARA)
    act(rita, number, "status", status="GELOEST", status_notes="Schrauben ersetzt.")
    page = html.fromstring(rita.get(f"/staff/reports/{number}").text)
    [form] = page.xpath("//form[@class='undo']")
    other = someone(desk, "Uwe", Role.WORKER, "GRUENFLAECHEN")
    assert 'class="undo"' not in other.get(f"/staff/reports/{number}").text
    other.post(form.get("action"), 400)
    rita.post(form.get("action"), 303)
    assert "done=taken_back" in rita.response.location
    whole = casework.show(desk.core, int(number), CLARA)
    assert (whole.request.detailed_status, whole.case.stage) == (before.request.detailed_status, Stage.ACCEPT)
    assert whole.history[-2].data["taken_back"]
    assert 'class="undo"' not in rita.get(f"/staff/reports/{number}").text
    act(rita, number, "accept")
    clock.forward(seconds=61)
    assert 'class="undo"' not in rita.get(f"/staff/reports/{number}").text


def test_whoever_closes_says_why_with_photos_and_sees_who_is_told(
    desk: Desk, number: str, conn: Connection
) -> None:
    rita = someone(desk, "Rita", Role.WORKER, "GRUENFLAECHEN")
    form = html.fromstring(rita.get(f"/staff/reports/{number}").text).get_element_by_id("act-status")
    assert "keine Adresse hinterlassen" in form.text_content()
    act(rita, number, "status", 400, status="GELOEST", status_notes="  ")
    assert "Schreiben Sie dazu, was geschehen ist" in rita.text
    act(rita, number, "note", text="Vorher", photos=(io.BytesIO(a_photo()), "vorher.jpg"))
    [before] = media.of_request(conn, int(number))
    assert before.visibility is MediaVisibility.INTERNAL
    act(
        rita,
        number,
        "status",
        status="GELOEST",
        status_notes="Neue Ketten.",
        photos=(io.BytesIO(a_photo()), "nachher.jpg"),
        shown="1",
        published=str(before.id),
        without_mail="1",
    )
    whole = casework.show(desk.core, int(number), CLARA)
    told = whole.history[-1]
    photos = media.of_request(conn, int(number))
    assert [photo.visibility for photo in photos] == [MediaVisibility.PUBLIC] * 2
    assert {photo.update_id for photo in photos} == {told.id}
    assert (told.kind, told.data["quiet"]) == (EventKind.STATUS_CHANGED, True)
    assert told.data["photos"] == [f"/media/{photo.key}" for photo in photos]
    # What was a slip is seen by nobody outside any more.
    rita.post(f"/staff/reports/{number}/take_back", 303)
    taken_back = media.of_request(conn, int(number))
    assert [photo.visibility for photo in taken_back] == [MediaVisibility.INTERNAL] * 2
    act(rita, number, "status", status="GELOEST", status_notes="Neue Ketten.", published=str(photos[1].id))
    assert [photo.visibility for photo in media.of_request(conn, int(number))] == ["internal", "public"]


def test_photos_of_others_are_not_shown_with_a_status(desk: Desk, number: str, conn: Connection) -> None:
    rita = someone(desk, "Rita", Role.WORKER, "GRUENFLAECHEN")
    report = {"status": "GELOEST", "status_notes": "Neue Ketten.", "published": "4711"}
    rita.post(f"/staff/reports/{number}/status", 400, **report)
    assert casework.show(desk.core, int(number), CLARA).request.detailed_status != "GELOEST"
    rita.post(
        f"/staff/reports/{number}/status",
        400,
        **report | {"published": "", "photos": (io.BytesIO(b"no"), "x")},
    )
    assert media.of_request(conn, int(number)) == []


def test_taking_a_report_off_gives_a_reason(desk: Desk, number: str) -> None:
    bea = someone(desk, "Bea", Role.CHECKER)
    act(bea, number, "withhold", 400, **{"reason-withhold": "NIEMALS"})
    form = html.fromstring(bea.response.text).get_element_by_id("act-withhold")
    # Those of other decisions are not among them.
    assert form.xpath(".//select/option/@value") == ["", "PRIVATGRUND", "PERSONEN"]
    assert "Der Ort liegt auf privatem Grund." in form.text_content()
    act(bea, number, "withhold", **{"reason-withhold": "PRIVATGRUND"})
    whole = casework.show(desk.core, int(number), CLARA)
    assert whole.request.visibility == Visibility.WITHHELD
    assert (whole.history[-1].kind, whole.history[-1].data["reason"]) == (EventKind.WITHHELD, "PRIVATGRUND")


def test_a_case_is_given_to_a_colleague_and_stands_on_their_day(desk: Desk, number: str) -> None:
    lutz = someone(desk, "Lutz", Role.LEAD, "GRUENFLAECHEN")
    rita = someone(desk, "Rita", Role.WORKER, "GRUENFLAECHEN")
    stranger = someone(desk, "Tom", Role.WORKER, "TIEFBAU")
    assert "Sie können diesen Fall ansehen" in stranger.get(f"/staff/reports/{number}").text
    assert "Sie können diesen Fall ansehen" not in rita.get(f"/staff/reports/{number}").text
    act(lutz, number, "person", person=str(rita.account_id))
    assert case_of(desk, number).assignee_id == rita.account_id
    # To others a person of the unit is the unit, and that stands there already.
    bea = someone(desk, "Bea", Role.CHECKER)
    for reader, words in ((rita, "Bereich GrünflächenRita Beispiel"), (bea, "Bereich Grünflächen")):
        cells = html.fromstring(reader.get("/staff/reports").text).xpath("//td[@data-name='Zuständig']")
        assert [cell.text_content() for cell in cells] == [words]
    assert "Ihre Fälle" in rita.get("/staff").text
    lutz.get(f"/staff/reports/{number}")
    assert "Rita Beispiel" in lutz.text
    assert "Tom Beispiel" not in lutz.text
    lutz.post(f"/staff/reports/{number}/person", 400, person=str(stranger.account_id))
    assert "Diese Person kann den Fall nicht übernehmen." in lutz.text
    act(lutz, number, "person", person="")
    assert case_of(desk, number).assignee_id is None


def test_whom_a_note_mentions_sees_it_until_they_have_read_it(desk: Desk, number: str) -> None:
    lutz = someone(desk, "Lutz", Role.LEAD, "GRUENFLAECHEN")
    rita = someone(desk, "Rita", Role.WORKER, "GRUENFLAECHEN")
    tom = someone(desk, "Tom", Role.WORKER, "TIEFBAU")
    act(
        lutz,
        number,
        "note",
        text="@rita Hast du die Schrauben? Mit @Lutz bin ich selbst gemeint, @niemand keiner.",
    )
    assert "Sie wurden angesprochen" in rita.get("/staff").text
    assert "Hast du die Schrauben?" in rita.text
    assert "Sie wurden angesprochen" not in tom.get("/staff").text
    assert "Sie wurden angesprochen" not in lutz.get("/staff").text
    assert "Eine Notiz spricht Sie an." in rita.get(f"/staff/reports/{number}").text
    rita.post(f"/staff/reports/{number}/mentions", 303, back="home")
    assert "Sie wurden angesprochen" not in rita.get("/staff").text


def test_a_note_is_changed_and_removed_by_who_wrote_it(desk: Desk, number: str) -> None:
    lutz = someone(desk, "Lutz", Role.LEAD, "GRUENFLAECHEN")
    rita = someone(desk, "Rita", Role.WORKER, "GRUENFLAECHEN")
    act(lutz, number, "note", text="@Rita: Schlüssel liegt im Depott")
    page = html.fromstring(lutz.get(f"/staff/reports/{number}").text)
    [note_id] = page.xpath("//input[@name='note_id']/@value")
    # Others read it, and change nothing of it.
    assert "Notiz ändern" not in rita.get(f"/staff/reports/{number}").text
    for name in ("change_note", "remove_note"):
        rita.post(f"/staff/reports/{number}/{name}", 403, note_id=note_id, text="Meins")
    path = f"/staff/reports/{number}"
    lutz.post(f"{path}/change_note", 303, note_id=note_id, text="Der Schlüssel liegt im Depot")
    lutz.post(f"/staff/reports/{number}/change_note", 400, note_id=note_id, text=" ")
    rita.get(f"/staff/reports/{number}")
    assert "Der Schlüssel liegt im Depotgeändert 2. März 2026" in rita.text
    assert "Depott" not in rita.text
    # Whoever is not named any more is not asked to read it.
    assert "Sie wurden angesprochen" not in rita.get("/staff").text
    other = an_api(desk.core).report(**SWING)
    casework.publish(desk.core, int(other), CLARA)
    lutz.post(f"/staff/reports/{other}/remove_note", 404, note_id=note_id)
    lutz.post(f"{path}/remove_note", 303, note_id=note_id)
    assert "Notiz entfernt" in rita.get(f"/staff/reports/{number}").text
    assert "Depot" not in rita.text
    lutz.post(f"/staff/reports/{number}/remove_note", 404, note_id=note_id)


def test_a_unit_is_mentioned_as_a_whole_and_an_act_of_ones_own_says_that_it_is_read(
    desk: Desk, number: str
) -> None:
    bea = someone(desk, "Bea", Role.CHECKER)
    rita, uwe = (someone(desk, name, Role.WORKER, "GRUENFLAECHEN") for name in ("Rita", "Uwe"))
    act(bea, number, "note", text="Bitte zuerst, @Bereich Grünflächen!")
    assert all("Sie wurden angesprochen" in person.get("/staff").text for person in (rita, uwe))
    act(rita, number, "accept")
    assert "Sie wurden angesprochen" not in rita.get("/staff").text
    assert "Sie wurden angesprochen" in uwe.get("/staff").text


def test_nobody_hears_of_a_note_at_a_case_that_they_may_not_see(desk: Desk) -> None:
    held = an_api(desk.core).report(**SWING)
    bea, tom = someone(desk, "Bea", Role.CHECKER), someone(desk, "Tom", Role.WORKER, "TIEFBAU")
    act(bea, held, "note", text="Kennt das @Tom Beispiel oder @TIEFBAU?")
    assert "Sie wurden angesprochen" not in tom.get("/staff").text


def test_deadlines_are_told_in_words(desk: Desk, number: str, clock: Clock) -> None:
    rita = someone(desk, "Rita", Role.WORKER, "GRUENFLAECHEN")
    rita.get(f"/staff/reports/{number}")
    assert "Annehmen bis 4. März 2026" in rita.text
    assert "Überfällig" not in rita.text
    clock.forward(days=3)
    desk.sign_in(rita)
    assert "Annehmen bis 4. März 2026, 09:30 (überfällig)" in (
        rita.get(f"/staff/reports/{number}") and rita.text
    )
    act(rita, number, "accept")
    rita.get(f"/staff/reports/{number}")
    assert "Annehmen bis 4. März 2026, 09:30 (erledigt)" in rita.text


def test_a_deadline_is_changed_with_a_reason_until_the_end_of_a_working_day(desk: Desk, number: str) -> None:
    rita = someone(desk, "Rita", Role.WORKER, "GRUENFLAECHEN")
    act(rita, number, "deadline", 400, day="2026-03-20", reason="")
    act(rita, number, "deadline", 400, day="2026-03-01", reason="Frost")
    act(rita, number, "deadline", 400, day="bald", reason="Frost")
    act(rita, number, "deadline", 400, day="9999-12-31", reason="Frost")
    assert "Wählen Sie einen Tag bis zum 2036-03-" in rita.text
    act(rita, number, "defer", 400, day="2999-01-01")
    act(rita, number, "deadline", day="2026-03-20", reason="Ersatzteil bestellt")
    due = case_of(desk, number).due_datetime
    assert due is not None
    assert due.isoformat() == "2026-03-20T15:00:00+00:00"
    rita.get(f"/staff/reports/{number}")
    assert "20. März 2026, 16:00" in rita.text
    assert "Ersatzteil bestellt" in rita.text


def test_what_others_did_meanwhile_is_told_and_what_was_typed_is_kept(desk: Desk, number: str) -> None:
    rita = someone(desk, "Rita", Role.WORKER, "GRUENFLAECHEN")
    revision = str(case_of(desk, number).revision)
    casework.assign_person(desk.core, int(number), rita.account_id, CLARA)
    rita.post(
        f"/staff/reports/{number}/decline", 409, revision=revision, reason="Nicht unseres", unit="TIEFBAU"
    )
    assert "Nicht unseres" in rita.text
    assert case_of(desk, number).unit == "GRUENFLAECHEN"
    # The button beside what happened sends the form as it stands, from the revision of now.
    page = html.fromstring(rita.response.text)
    [again] = page.xpath("//section[@role='alert']//button/@form")
    form = next(form for form in page.forms if form.get("id") == again)
    rita.post(form.action, 303, **form.fields)
    assert case_of(desk, number).unit == "TIEFBAU"


def test_templates_stand_at_the_forms_of_a_case_and_no_gap_of_them_is_sent(desk: Desk, api: Api) -> None:
    sent = {"service_code": "MUELL_WILD", "email": "kim@example.org"}
    number = int(api.report(**sent))
    city = desk.core.catalogues.in_force[0]
    text = {"de": "Zu {number}: fertig bis {due}."}
    templates.add(desk.core, city, TemplateContents(title="Termin", page_text=text, mail_text=text), CLARA)
    bea = someone(desk, "Bea", Role.CHECKER)
    casework.set_deadline(desk.core, number, None, "offen", CLARA)
    page = bea.get(f"/staff/reports/{number}").text
    assert page.count(f"Zu {number}: fertig bis {{due}}.") == 4
    assert "Noch auszufüllen: {due}" in bea.text
    for name, field in (
        ("status", "status_notes"),
        ("answer", "text"),
        ("ask", "text"),
    ):
        act(bea, str(number), name, 400, **{field: "Fertig bis {due}."})
        assert "Der Text hat noch Lücken: {due}." in bea.text


def test_an_address_that_was_sent_by_its_id_is_told_as_unchecked(desk: Desk, api: Api) -> None:
    """At the case and where it is checked (georeport.md 2.3)."""
    number = api.report(lat=None, long=None, address_id="0731400012")
    bea = someone(desk, "Bea", Role.CHECKER)
    for page in (f"/staff/reports/{number}", f"/staff/check/{number}"):
        assert "0731400012 (nicht geprüft)" in bea.get(page).text


def test_a_case_says_where_it_is_and_what_else_was_reported_there(desk: Desk, api: Api) -> None:
    """Without a map as well: address and figures, ways to maps, and what is near, settled long ago or withheld."""
    number, same, settled = (api.report(description=f"Matratze {n}") for n in range(3))
    other = api.report(service_code="STRASSENSCHADEN", **{"attribute[WO]": "fahrbahn"})
    api.report(lat="49.49")
    casework.set_status(desk.core, int(settled), "GELOEST", CLARA)
    casework.withhold(desk.core, int(other), CLARA)
    bea = someone(desk, "Bea", Role.CHECKER)
    page = html.fromstring(bea.get(f"/staff/reports/{number}").text)
    lines = page.xpath("//ol[@class='near']/li")
    near = {
        line.xpath(".//a/text()")[0][: len(number)]: " ".join(line.text_content().split()) for line in lines
    }
    assert set(near) == {same, settled, other}
    assert "nicht öffentlich" in near[other]
    assert "gelöst" in near[settled]
    assert "Ist dieselbe" in near[same]
    assert "Ist dieselbe" not in near[other]
    links = {link.text_content(): link.get("href") for link in page.xpath("//ul[@class='links']//a")}
    assert links["In der Karten-App öffnen"].startswith("geo:49.4")
    assert number in bea.get(links["Alle Fälle hier auf der Karte"]).text
    assert bea.client.get(links["Öffentliche Seite der Meldung"]).status_code == 200
    [joins] = [link for link in page.xpath("//ol[@class='near']//a/@href") if f"parent={same}" in link]
    form = html.fromstring(bea.get(joins).text).get_element_by_id("decision")
    assert (form.fields["outcome"], form.fields["parent_number"]) == ("duplicate", same)
