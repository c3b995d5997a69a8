"""Why this unit: the rules in their order, which of them decides, and why the others do not."""

from open311.model.staff.roles import Role
from tests.serving import an_api
from tests.staff.desk import Desk, membership

SWING = {
    "service_code": "SPIELGERAET",
    "attribute[SPIELPLATZ]": "Ebertpark",
    "attribute[GEFAHR]": "ja",
}


def test_explains_the_unit_of_a_report(desk: Desk) -> None:
    number = an_api(desk.core).report(**SWING)
    bea = desk.employee(Role.CHECKER)
    assert f'href="/staff/reports/{number}/routing"' in bea.get(f"/staff/reports/{number}").text
    assert "Regel „Verletzungsgefahr am Spielgerät“" in bea.text
    bea.get(f"/staff/reports/{number}/routing")
    for words in (
        "Zuständig ist Bereich Grünflächen. Regel „Verletzungsgefahr am Spielgerät“",
        "Dringlichkeit: dringend.",
        "Frist ab Eingang: ein Arbeitstag.",
        "Der Ort liegt in: Südliche Innenstadt",
        "Kategorie: Defektes Spielgerät; Kann sich jemand verletzen? Ja",
        "passt und entscheidet",
        "nicht mehr geprüft",
    ):
        assert words in bea.text, words


def test_explains_a_report_that_might_come(desk: Desk) -> None:
    bea = desk.employee(Role.CHECKER)
    bea.get("/staff/routing?service=MUELL_WILD&lat=49,53&long=8,40")
    assert "Stadtreinigung, Revier Nord: Regel „Müll und Schmutz im Norden“" in bea.text
    assert "passt nicht: andere Kategorie" in bea.text
    bea.get("/staff/routing?service=MUELL_WILD&lat=49.4811&long=8.4464")
    assert "Stadtreinigung: Es ist die Einheit der Kategorie." in bea.text
    bea.get("/staff/routing?service=SPIELGERAET&answer-GEFAHR=nein")
    assert "passt nicht: andere Antworten" in bea.text
    assert "Kann sich jemand verletzen?" in bea.text


def test_what_is_typed_wrongly_is_told(desk: Desk) -> None:
    bea = desk.employee(Role.CHECKER)
    assert bea.get("/staff/routing?service=MUELL_WILD&lat=neunundvierzig").status_code == 400
    assert "Ein Ort braucht Breite und Länge" in bea.text
    for odd in ("service=FEHLT", "lat=nan&long=1e999", "jurisdiction=b.example", "number=x", ""):
        assert bea.get(f"/staff/routing?{odd}").status_code in (200, 400), odd


def test_a_report_that_is_not_theirs_is_unknown(desk: Desk) -> None:
    number = an_api(desk.core).report(**SWING)
    stranger = desk.employee(membership(Role.WORKER, units=("TIEFBAU",)))
    assert stranger.get(f"/staff/reports/{number}/routing").status_code == 404
    assert stranger.get(f"/staff/routing?number={number}").status_code == 303
