"""The report form without scripts: from the first field to the number."""

from dataclasses import replace
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from shapely.geometry import box
from sqlalchemy import Connection, text

from open311.actions.addresses import address_list
from open311.actions.reporting import drafts
from open311.core import Core
from open311.model.catalogue import ServiceType
from open311.model.intake.drafts import KEPT_FOR
from tests.builders import a_catalogue, a_jurisdiction, a_service, a_vehicle_service, words
from tests.client import client_of
from tests.pictures import SECRET, a_photo, opened
from tests.serving import Clock, MakeCore, first_city
from tests.site.visitor import Visitor, a_file

CSV = """strasse;hausnummer;plz;ort;lat;lon
Ludwigstraße;12;67059;Ludwigshafen;49,4811;8,4464
Ludwigstraße;14;67059;Ludwigshafen;49,4813;8,4466
Bismarckstraße;3;67059;Ludwigshafen;49,4800;8,4450
"""


@pytest.fixture
def visitor(client: FlaskClient) -> Visitor:
    """Somebody at the first step."""
    return Visitor(client).open("/report")


def at_category(visitor: Visitor, address: str = "Ebertpark, am Nordeingang") -> Visitor:
    """The first step is done."""
    return visitor.fill(address=address).press("Weiter")


def at_details(visitor: Visitor, service_code: str = "MUELL_WILD") -> Visitor:
    """The first two steps are done."""
    return at_category(visitor).fill(service_code=service_code).press("Weiter")


def at_check(visitor: Visitor, clock: Clock, description: str = "Drei Matratzen") -> Visitor:
    """Everything is filled in."""
    at_details(visitor).fill(description=description).press("Weiter").press("Weiter")
    clock.forward(seconds=30)
    return visitor


def stored(conn: Connection) -> list[dict[str, object]]:
    """All reports."""
    rows = conn.execute(
        text(
            "select id, service_code, description, address, channel, attributes, ST_X(geom) long from service_requests"
        )
    )
    return [dict(row._mapping) for row in rows]


def test_leads_from_place_to_number_without_scripts_or_map(
    visitor: Visitor, conn: Connection, clock: Clock
) -> None:
    assert visitor.heading == "Wo ist der Mangel?"
    at_category(visitor)
    assert visitor.heading == "Worum geht es?"
    visitor.fill(service_code="MUELL_WILD").press("Weiter")
    assert visitor.heading == "Wilde Müllablagerung"
    visitor.fill(description="Drei Matratzen").press("Weiter")
    visitor.fill(email="kim@example.org", first_name="Kim").press("Weiter")
    assert visitor.heading == "Stimmt alles?"
    assert "Drei Matratzen" in visitor.text
    assert "Kim, kim@example.org" in visitor.text
    clock.forward(seconds=30)
    visitor.press("Meldung absenden")
    assert visitor.heading == "Danke, Ihre Meldung ist angekommen"
    [report] = stored(conn)
    assert str(report["id"]) in visitor.text
    assert report["channel"] == "web"
    assert report["address"] == "Ebertpark, am Nordeingang"
    assert conn.execute(text("select email, first_name from reporters")).one() == ("kim@example.org", "Kim")


def test_speaks_english(client: FlaskClient, clock: Clock) -> None:
    visitor = Visitor(client, "en").open("/report")
    assert visitor.heading == "Where is the problem?"
    visitor.fill(address="Ludwigstraße 12").press("Continue")
    visitor.fill(service_code="MUELL_WILD").press("Continue").press("Continue").press("Continue")
    clock.forward(seconds=30)
    assert visitor.press("Send report").heading == "Thank you, your report has arrived"


def test_sets_no_cookie(visitor: Visitor, clock: Clock) -> None:
    at_check(visitor, clock).press("Meldung absenden")
    assert "Set-Cookie" not in visitor.response.headers


def test_pages_of_a_draft_are_kept_by_nobody(visitor: Visitor) -> None:
    assert at_category(visitor).response.headers["Cache-Control"] == "private, no-store"


def test_a_missing_place_is_told_at_its_field_and_on_top(visitor: Visitor) -> None:
    visitor.press("Weiter")
    assert visitor.response.status_code == 400
    assert visitor.errors == {"address": "Bitte angeben, wo der Mangel ist."}
    field = visitor.page.get_element_by_id("address")
    assert field.get("aria-invalid") == "true"
    described = field.get("aria-describedby").split()
    assert "Bitte angeben" in " ".join(
        visitor.page.get_element_by_id(entry).text_content() for entry in described
    )
    assert visitor.page.get_element_by_id("wrong").get("autofocus") is not None
    assert visitor.page.findtext(".//title").startswith("Fehler:")


def test_a_wrong_email_keeps_everything_that_was_typed(visitor: Visitor) -> None:
    at_details(visitor).press("Weiter").fill(email="kim@", phone="0621 1", last_name="Ö <b>").press("Weiter")
    assert visitor.errors == {"email": "Bitte eine E-Mail-Adresse wie name@example.org angeben."}
    assert [visitor.value(name) for name in ("email", "phone", "last_name")] == ["kim@", "0621 1", "Ö <b>"]
    visitor.fill(email="", phone="Etwas").press("Weiter")
    assert visitor.errors == {"phone": "Bitte eine Telefonnummer angeben oder das Feld leer lassen."}
    assert visitor.value("phone") == "Etwas"
    assert "Stimmt alles?" in visitor.fill(phone="115").press("Weiter").text


def test_a_text_that_is_too_long_is_kept_to_be_shortened(visitor: Visitor) -> None:
    at_details(visitor).fill(description="ä" * 4001).press("Weiter")
    assert "4000" in visitor.errors["description"]
    assert visitor.value("description") == "ä" * 4001


def test_required_questions_are_asked_for(visitor: Visitor, clock: Clock, conn: Connection) -> None:
    at_details(visitor, "FAHRZEUG_ALT").press("Weiter")
    assert list(visitor.errors) == ["attribute-FARBE"]
    visitor.fill(**{"attribute[FARBE]": "rot", "attribute[ZUSTAND]": ["reifen", "glas"]}).press("Weiter")
    visitor.press("Weiter")
    clock.forward(seconds=30)
    visitor.press("Meldung absenden")
    assert stored(conn)[0]["attributes"] == {"FARBE": ["rot"], "ZUSTAND": ["reifen", "glas"]}


def test_a_number_is_read_as_the_reader_writes_it(visitor: Visitor, clock: Clock, conn: Connection) -> None:
    at_details(visitor, "STRASSENSCHADEN").fill(
        **{"attribute[TIEFE_CM]": "2,5", "attribute[WO]": "fahrbahn"}
    ).press("Weiter").press("Weiter")
    assert "2,5" in visitor.text
    clock.forward(seconds=30)
    visitor.press("Meldung absenden")
    assert stored(conn)[0]["attributes"]["TIEFE_CM"] == ["2.5"]


@pytest.mark.parametrize("typed", ["1e999999999", "1,2,3", "1.2.3", "zwei", "-", ",", "9" * 400])
def test_what_is_no_number_is_told_as_typed(visitor: Visitor, typed: str) -> None:
    at_details(visitor, "STRASSENSCHADEN").fill(
        **{"attribute[TIEFE_CM]": typed, "attribute[WO]": "fahrbahn"}
    ).press("Weiter")
    assert list(visitor.errors) == ["attribute-TIEFE_CM"]
    assert visitor.value("attribute[TIEFE_CM]") == typed
    visitor.open(visitor.path.replace("/details", "/check"))
    assert visitor.response.status_code == 200


def test_an_answer_may_lead_to_a_further_question(visitor: Visitor) -> None:
    at_details(visitor, "STRASSENLATERNE").press("Nein, keine Gefahr")
    shown = visitor.page.get_element_by_id("attribute-SCHADEN-question")
    assert shown.get("hidden") is not None
    visitor.fill(**{"attribute[DEFEKT]": "mast"}).press("Weiter")
    assert visitor.errors == {}
    assert "Zu Ihrer Antwort gibt es noch eine Frage" in visitor.text
    assert visitor.page.get_element_by_id("attribute-SCHADEN-question").get("hidden") is None
    visitor.press("Weiter")
    assert list(visitor.errors) == ["attribute-SCHADEN"]
    assert (
        visitor.fill(**{"attribute[SCHADEN]": "Mast krumm"}).press("Weiter").heading
        == "Wie erreichen wir Sie?"
    )


def test_answers_to_questions_that_are_no_longer_asked_are_not_sent(
    visitor: Visitor, clock: Clock, conn: Connection
) -> None:
    at_details(visitor, "STRASSENLATERNE").press("Nein, keine Gefahr")
    visitor.fill(**{"attribute[DEFEKT]": "aus"}).press("Weiter")
    visitor.fill(**{"attribute[ANZAHL]": "3"}).press("Weiter").follow("Einzelheiten")
    visitor.fill(**{"attribute[DEFEKT]": "tags"}).press("Weiter").press("Weiter")
    clock.forward(seconds=30)
    visitor.press("Meldung absenden")
    assert stored(conn)[0]["attributes"] == {"DEFEKT": ["tags"]}


def test_danger_leads_to_the_telephone_and_not_to_a_report(visitor: Visitor) -> None:
    at_details(visitor, "SPIELGERAET")
    assert visitor.heading == "Besteht Gefahr?"
    assert visitor.page.xpath("//main//a[@href='tel:112']")
    visitor.press("Ja, es ist gefährlich")
    assert visitor.heading == "Rufen Sie jetzt an"
    assert visitor.link("112") == "tel:112"
    visitor.follow("Es besteht keine Gefahr mehr").press("Nein, keine Gefahr")
    assert visitor.heading == "Defektes Spielgerät"


def test_the_words_about_danger_cannot_be_passed_by(visitor: Visitor, clock: Clock, conn: Connection) -> None:
    at_details(visitor, "SPIELGERAET")
    visitor.open(f"/report/{visitor.word}/details")
    visitor.fill(**{"attribute[SPIELPLATZ]": "Nord", "attribute[GEFAHR]": "nein"}).press("Weiter").press(
        "Weiter"
    )
    clock.forward(seconds=30)
    assert visitor.press("Meldung absenden").heading == "Besteht Gefahr?"
    assert stored(conn) == []


def test_categories_are_found_by_words(visitor: Visitor) -> None:
    at_category(visitor).fill(words="schaukel").press("Suchen")
    assert visitor.page.xpath("//input[@name='service_code']/@value") == ["SPIELGERAET"]
    visitor.fill(words="gibtesnicht").press("Suchen")
    assert "keine Kategorie" in visitor.text


def test_addresses_of_the_city_are_offered(
    core: Core, visitor: Visitor, conn: Connection, clock: Clock
) -> None:
    assert address_list.replace_list(core, first_city(), iter(CSV.splitlines())).addresses == 3
    visitor.fill(address="Ludwigstrase 12").press("Weiter")
    assert "Welchen Ort meinen Sie?" in visitor.text
    assert "Ludwigstraße 12, 67059 Ludwigshafen" in visitor.text
    visitor.press("Weiter")
    assert visitor.heading == "Worum geht es?"
    visitor.fill(service_code="MUELL_WILD").press("Weiter").press("Weiter").press("Weiter")
    clock.forward(seconds=30)
    visitor.press("Meldung absenden")
    [report] = stored(conn)
    assert (report["address"], report["long"]) == ("Ludwigstraße 12, 67059 Ludwigshafen", 8.4464)


def test_the_address_of_one_house_asks_nothing(core: Core, visitor: Visitor) -> None:
    address_list.replace_list(core, first_city(), iter(CSV.splitlines()))
    visitor.fill(address="Ludwigstr. 12").press("Weiter")
    assert visitor.heading == "Worum geht es?"
    visitor.follow("Ort")
    assert (visitor.value("address"), visitor.value("lat")) == (
        "Ludwigstraße 12, 67059 Ludwigshafen",
        "49.4811",
    )


def test_another_street_is_never_taken_for_the_one_that_was_written(core: Core, visitor: Visitor) -> None:
    address_list.replace_list(core, first_city(), iter(CSV.splitlines()))
    visitor.fill(address="Wismarstraße 3").press("Weiter")
    assert "Bismarckstraße 3, 67059 Ludwigshafen" in visitor.text
    visitor.press("Weiter").follow("Ort")
    assert (visitor.value("address"), visitor.value("lat")) == ("Wismarstraße 3", "")


def test_words_alone_are_enough(core: Core, visitor: Visitor) -> None:
    address_list.replace_list(core, first_city(), iter(CSV.splitlines()))
    visitor.fill(address="Ludwigstraße").press("Weiter").fill(choice="words").press("Weiter")
    assert visitor.heading == "Worum geht es?"


def test_a_new_address_forgets_the_position_of_the_old_one(core: Core, visitor: Visitor) -> None:
    address_list.replace_list(core, first_city(), iter(CSV.splitlines()))
    visitor.fill(address="Ludwigstraße 12").press("Weiter").follow("Ort")
    assert visitor.value("lat") == "49.4811"
    visitor.fill(address="Hinter dem Bahnhof").press("Weiter")
    assert visitor.value("lat") == ""


def test_words_that_no_list_knows_are_asked_about_once(core: Core, visitor: Visitor) -> None:
    address_list.replace_list(core, first_city(), iter(CSV.splitlines()))
    visitor.fill(address="Mannheim, Paradeplatz 1").press("Weiter")
    assert "„Mannheim, Paradeplatz 1“ finden wir in Ludwigshafen am Rhein nicht" in visitor.text
    assert "finden wir" in visitor.press("Weiter").text
    visitor.fill(choice="words").press("Weiter")
    assert visitor.heading == "Worum geht es?"
    assert visitor.follow("Ort").press("Weiter").heading == "Worum geht es?"


def test_a_letter_is_no_place(visitor: Visitor) -> None:
    visitor.fill(address="x").press("Weiter")
    assert "Daran finden wir den Ort nicht" in visitor.errors["address"]


def test_an_address_apart_from_its_position_is_asked_about(
    core: Core, visitor: Visitor, conn: Connection, clock: Clock
) -> None:
    address_list.replace_list(core, first_city(), iter(CSV.splitlines()))
    visitor.fill(address="Ludwigstr. 12", lat="49.53", long="8.41").press("Weiter")
    assert (
        "„Ludwigstraße 12, 67059 Ludwigshafen“ und die gezeigte Stelle liegen 6 km auseinander"
        in visitor.text
    )
    visitor.fill(choice="both").press("Weiter").follow("Ort").press("Weiter")
    assert visitor.heading == "Worum geht es?"
    visitor.follow("Ort").fill(lat="49.54").press("Weiter")
    assert "auseinander" in visitor.text
    visitor.fill(choice="position").press("Weiter").follow("Ort")
    assert (visitor.value("lat"), visitor.value("address")) == ("49.54", "")
    visitor.fill(address="Ludwigstraße 12").press("Weiter")
    visitor.fill(choice="49.4811|8.4464|Ludwigstraße 12, 67059 Ludwigshafen").press("Weiter").follow("Ort")
    assert (visitor.value("lat"), visitor.value("long")) == ("49.4811", "8.4464")


@pytest.mark.parametrize(
    "address", ["Ludwigstr. 12 Ludwigshafen", "Ludwigstraße 999", "Ludwigstr. 12 b 67059 Ludwigshafen"]
)
def test_nobody_needs_a_comma_or_a_number_that_is_listed(core: Core, visitor: Visitor, address: str) -> None:
    """And what was typed is what the pin is moved to."""
    address_list.replace_list(core, first_city(), iter(CSV.splitlines()))
    visitor.fill(address=address, lat="49.53", long="8.41").press("Weiter")
    assert "liegen 6 km auseinander" in visitor.text


@pytest.mark.parametrize(
    ("address", "lat", "long"),
    [
        ("Ludwigstraße 12", "49.4820", "8.4470"),
        ("Ludwigstraße 12 Mannheim", "49.53", "8.41"),
        ("Ludwigstraße 999", "49.4890", "8.4470"),
        ("Ludwigstraße", "49.4890", "8.4470"),
        ("Am Kiosk", "49.53", "8.41"),
    ],
)
def test_an_address_near_its_position_goes_on(
    core: Core, visitor: Visitor, address: str, lat: str, long: str
) -> None:
    address_list.replace_list(core, first_city(), iter(CSV.splitlines()))
    visitor.fill(address=address, lat=lat, long=long).press("Weiter")
    assert visitor.heading == "Worum geht es?"


def test_a_place_outside_the_city_is_refused(visitor: Visitor) -> None:
    visitor.fill(lat="52.5", long="13.4").press("Weiter")
    assert visitor.errors == {"address": "Der Ort liegt außerhalb von Ludwigshafen am Rhein."}


def test_the_place_of_a_photo_is_offered_and_not_kept(visitor: Visitor, conn: Connection) -> None:
    visitor.fill(media=a_file(a_photo())).press("Fotos hochladen")
    assert "Ihr Foto verrät" in visitor.text
    assert not conn.execute(text("select state->>'lat' from drafts")).scalar_one()
    visitor.press("Weiter").follow("Ort")
    assert visitor.value("lat").startswith("49.4811")


def test_a_later_photo_offers_its_place_too(visitor: Visitor, clock: Clock, conn: Connection) -> None:
    at_details(visitor).fill(media=a_file(a_photo()), description="Text").press("Weiter")
    assert "Ihr Foto verrät" in visitor.text
    visitor.press("Diesen Ort eintragen").press("Weiter").press("Weiter")
    clock.forward(seconds=30)
    visitor.press("Meldung absenden")
    [report] = stored(conn)
    assert (report["description"], report["long"]) == ("Text", 8.446389)
    assert report["address"] == "Ebertpark, am Nordeingang"


def test_the_place_of_a_later_photo_can_be_left_alone(visitor: Visitor) -> None:
    at_details(visitor).fill(media=a_file(a_photo())).press("Weiter")
    assert visitor.press("Weiter").heading == "Wie erreichen wir Sie?"


def test_photos_are_shown_removed_and_sent(
    visitor: Visitor, conn: Connection, core: Core, clock: Clock
) -> None:
    at_details(visitor).fill(media=[a_file(a_photo()), a_file(a_photo("PNG"))]).press("Fotos hochladen")
    shown = visitor.page.xpath("//ul[@class='photos']//img/@src")
    assert len(shown) == 2
    picture = visitor.client.get(shown[0])
    assert picture.status_code == 200, (shown, picture.text)
    assert opened(picture.data).size == (64, 32)
    assert SECRET.encode() not in picture.data
    assert picture.headers["Cache-Control"] == "private, no-store"
    visitor.press("Foto 2 entfernen").press("Weiter").press("Weiter")
    clock.forward(seconds=30)
    visitor.press("Meldung absenden")
    assert conn.execute(text("select count(*) from media")).scalar_one() == 1
    assert conn.execute(text("select count(*) from draft_photos")).scalar_one() == 0
    assert len(list(core.media_store.stored())) == 1


def test_a_file_that_is_no_photo_is_refused_and_the_text_stays(visitor: Visitor) -> None:
    at_details(visitor).fill(media=a_file(b"MZ program"), description="Text").press("Weiter")
    assert list(visitor.errors) == ["photos"]
    assert visitor.value("description") == "Text"


def test_too_many_photos_are_refused(visitor: Visitor) -> None:
    at_details(visitor).fill(media=[a_file(a_photo("PNG", optimize=bool(n))) for n in range(6)]).press(
        "Weiter"
    )
    assert "5" in visitor.errors["photos"]


def test_sending_twice_is_one_report(visitor: Visitor, conn: Connection, clock: Clock) -> None:
    at_check(visitor, clock)
    path, data = visitor.path, {"action": "send"}
    for _ in range(3):
        answer = visitor.client.post(path, data=data)
        assert answer.headers["Location"].endswith("/sent")
    assert len(stored(conn)) == 1


def test_the_back_button_after_sending_shows_the_number_again(
    visitor: Visitor, clock: Clock, conn: Connection
) -> None:
    at_check(visitor, clock)
    check = visitor.path
    visitor.press("Meldung absenden")
    visitor.open(check)
    assert str(stored(conn)[0]["id"]) in visitor.text
    kept = str(conn.execute(text("select state from drafts")).scalar_one())
    assert "Matratzen" not in kept


def test_an_expired_draft_is_a_clear_word_and_keeps_what_is_typed_now(
    visitor: Visitor, core: Core, clock: Clock, conn: Connection
) -> None:
    at_details(visitor).fill(media=a_file(a_photo())).press("Fotos hochladen")
    clock.forward(hours=25)
    assert drafts.expire(core) == 1
    assert list(core.media_store.stored()) == []
    visitor.fill(description="Lange getippt").press("Weiter")
    assert visitor.heading == "Wo ist der Mangel?"
    assert "wurde nach einem Tag gelöscht" in visitor.text
    visitor.open(f"/report/{visitor.word}/check")
    assert "Lange getippt" in visitor.text
    assert visitor.open("/report/unknown/check").response.status_code == 404


def test_drafts_in_use_do_not_expire(visitor: Visitor, core: Core, clock: Clock) -> None:
    at_category(visitor)
    clock.forward(hours=KEPT_FOR / timedelta(hours=1) - 1)
    assert drafts.expire(core) == 0


def test_a_category_that_vanished_meanwhile_is_told(visitor: Visitor, core: Core, clock: Clock) -> None:
    at_check(visitor, clock)
    city = first_city()
    fewer = {code: service for code, service in city.services.items() if code != "MUELL_WILD"}
    core.catalogues.in_force = (replace(city, services=fewer),)
    visitor.press("Meldung absenden")
    assert visitor.response.status_code == 400
    assert "gibt es nicht mehr" in visitor.errors["service_code"]


def test_questions_that_changed_meanwhile_are_looked_at_again(
    make_core: MakeCore, clock: Clock, conn: Connection
) -> None:
    core = make_core(a_catalogue(a_service()))
    visitor = at_check(Visitor(client_of(core)).open("/report"), clock)
    renamed = a_service(service_name=words("Müll an der Straße"))
    core.catalogues.in_force = (a_catalogue(renamed),)
    visitor.press("Meldung absenden")
    assert visitor.response.status_code == 409
    assert "gerade geändert" in visitor.text
    assert stored(conn) == []
    visitor.press("Meldung absenden")
    assert len(stored(conn)) == 1


def test_similar_reports_are_shown_before_sending_and_can_be_joined(
    make_core: MakeCore, conn: Connection, clock: Clock
) -> None:
    core = make_core(OPEN311_SMTP_URL="file:///dev/null/none", OPEN311_MAIL_FROM="stadt@example.org")
    client = client_of(core)
    first = Visitor(client).open("/report").fill(lat="49.48", long="8.44").press("Weiter")
    first.fill(service_code="MUELL_WILD").press("Weiter").press("Weiter").press("Weiter")
    clock.forward(seconds=30)
    first.press("Meldung absenden")
    number = stored(conn)[0]["id"]
    second = Visitor(client).open("/report").fill(lat="49.4802", long="8.44").press("Weiter")
    second.fill(service_code="MUELL_WILD").press("Weiter")
    assert "Ist es vielleicht schon gemeldet?" in second.text
    second.press("Das ist es")
    assert second.heading == "Danke, Sie haben sich angeschlossen"
    assert conn.execute(text("select affected from service_requests")).scalar_one() == 1
    second.follow("verfolgen")
    clock.forward(seconds=5)
    second.fill(email="kim@example.org").press("Verfolgen")
    assert "sehen Sie in Ihr Postfach" in second.text
    assert conn.execute(text("select service_request_id, email from followers")).all() == [
        (number, "kim@example.org")
    ]
    assert len(stored(conn)) == 1


def test_reports_further_away_are_not_similar(visitor: Visitor, clock: Clock) -> None:
    at_check(visitor, clock).press("Meldung absenden")
    other = Visitor(visitor.client).open("/report").fill(lat="49.49", long="8.44").press("Weiter")
    other.fill(service_code="MUELL_WILD").press("Weiter")
    assert "schon gemeldet" not in other.text


def test_a_service_without_a_number_gives_none(make_core: MakeCore, clock: Clock, conn: Connection) -> None:
    core = make_core(a_catalogue(a_service(type=ServiceType.BLACKBOX)))
    visitor = at_check(Visitor(client_of(core)).open("/report"), clock)
    visitor.press("Meldung absenden")
    assert visitor.heading == "Danke, Ihre Meldung ist angekommen"
    assert str(stored(conn)[0]["id"]) not in visitor.text


def test_private_answers_are_said_to_be_private(make_core: MakeCore) -> None:
    core = make_core(a_catalogue(a_vehicle_service()))
    visitor = at_details(Visitor(client_of(core)).open("/report"), "FAHRZEUG_ALT")
    private = visitor.page.get_element_by_id("attribute-KENNZEICHEN-question").text_content()
    assert "wird nicht veröffentlicht" in private


def test_two_cities_have_a_form_each(make_core: MakeCore, conn: Connection, clock: Clock) -> None:
    other = a_catalogue(jurisdiction=a_jurisdiction(jurisdiction_id="worms.de", aliases=()))
    core = make_core(first_city(), other)
    visitor = Visitor(client_of(core)).open("/worms.de/report")
    at_check(visitor, clock).press("Meldung absenden")
    assert visitor.path.startswith("/worms.de/report/")
    assert conn.execute(text("select jurisdiction_id from service_requests")).scalar_one() == "worms.de"
    assert visitor.open(visitor.path.replace("worms.de", "ludwigshafen.de")).response.status_code == 404


@pytest.fixture
def lamp(core: Core, conn: Connection) -> None:
    """Lamp 4711 stands beside Ludwigstraße 12."""
    address_list.replace_list(core, first_city(), iter(CSV.splitlines()))
    conn.execute(
        text(
            "insert into assets (jurisdiction_id, kind, number, geom) values"
            " ('ludwigshafen.de', 'street_lamp', 'L4711', ST_SetSRID(ST_MakePoint(8.44645, 49.48115), 4326))"
        )
    )


@pytest.mark.parametrize("typed", ["l4711", "Straßenlaterne Nr. L4711", "lampe L4711"])
def test_a_lamp_is_a_place_and_its_number_is_filled_in(lamp: None, visitor: Visitor, typed: str) -> None:
    visitor.fill(address=typed).press("Weiter")
    assert "Laterne L4711, Ludwigstraße 12, 67059 Ludwigshafen" in visitor.text
    visitor.press("Weiter").fill(service_code="STRASSENLATERNE").press("Weiter").press("Nein")
    assert visitor.value("attribute[LATERNE_NR]") == "L4711"


def test_a_number_of_a_lamp_tells_the_place(
    lamp: None, visitor: Visitor, conn: Connection, clock: Clock
) -> None:
    at_category(visitor).fill(choice="words").press("Weiter")
    visitor.fill(service_code="STRASSENLATERNE").press("Weiter").press("Nein")
    visitor.fill(**{"attribute[LATERNE_NR]": "L4711", "attribute[DEFEKT]": "tags"}).press("Weiter")
    assert visitor.heading == "Wie erreichen wir Sie?"
    visitor.press("Weiter")
    clock.forward(seconds=30)
    visitor.press("Meldung absenden")
    [report] = stored(conn)
    assert (report["long"], report["address"]) == (8.44645, "Ebertpark, am Nordeingang")


def test_a_number_of_a_lamp_elsewhere_is_asked_about_once(lamp: None, visitor: Visitor) -> None:
    visitor.fill(address="", lat="49.53", long="8.41").press("Weiter")
    visitor.fill(service_code="STRASSENLATERNE").press("Weiter").press("Nein")
    visitor.fill(**{"attribute[LATERNE_NR]": "L4711", "attribute[DEFEKT]": "tags"}).press("Weiter")
    assert "Diese Nummer steht an einer anderen Stelle" in visitor.text
    assert visitor.press("Weiter").heading == "Wie erreichen wir Sie?"


def test_a_place_in_another_city_names_it(make_core: MakeCore) -> None:
    worms = a_jurisdiction(
        jurisdiction_id="worms.de", name=words("Worms"), aliases=(), boundary=box(8.3, 49.6, 8.4, 49.7)
    )
    client = client_of(make_core(first_city(), a_catalogue(jurisdiction=worms)))
    visitor = Visitor(client).open("/ludwigshafen.de/report").fill(lat="49.65", long="8.35").press("Weiter")
    assert "in Worms. Dafür ist Worms zuständig" in visitor.errors["address"]
    near = client.get("/ludwigshafen.de/places/near?lat=49.65&long=8.35").get_json()
    assert near["elsewhere"]["href"] == "/worms.de/report"


def test_a_catalogue_without_services_takes_no_report(make_core: MakeCore) -> None:
    core = make_core(a_catalogue(a_service(active=False)))
    visitor = at_category(Visitor(client_of(core)).open("/report"))
    assert visitor.press("Weiter").response.status_code == 400
