"""Words that staff keep, and people that are looked up."""

import json

import pytest
from sqlalchemy import Connection, text

from open311.actions import casework
from open311.actions.addresses import look_ups
from open311.actions.desk import template_files, templates
from open311.actions.desk.templates import TemplateContents
from open311.base.errors import Conflict, Forbidden, Invalid, NotFound
from open311.core import Core
from open311.model.access.actor import ALL_RIGHTS, Actor, ActorKind, Right
from open311.model.casework import gaps
from open311.storage.desk import templates as storage
from open311.storage.desk.scope import Scope
from tests.actors import CLARA
from tests.serving import Api

CITY = "ludwigshafen.de"
BEA = Actor(ActorKind.STAFF, "17", ALL_RIGHTS)


def add(core: Core, title: str = "Termin", **fields: object) -> int:
    contents = TemplateContents(**{"title": title, "page_text": {"de": "Wir kommen am {due}."}} | fields)
    return templates.add(core, core.catalogues.in_force[0], contents, BEA)


def test_templates_are_offered_where_they_fit(core: Core, conn: Connection) -> None:
    anywhere = add(core)
    lamps = add(core, "Lampe", services=["STRASSENLATERNE"], status="EINGEPLANT", unit="BELEUCHTUNG")

    def offered(**fields: str) -> list[int]:
        return [template.id for template in storage.offered(conn, CITY, **fields)]

    assert sorted(offered()) == sorted([anywhere, lamps])
    assert offered(service_code="MUELL_WILD") == [anywhere]
    assert sorted(offered(service_code="STRASSENLATERNE", status="EINGEPLANT")) == sorted([anywhere, lamps])
    assert offered(status="GELOEST") == [anywhere]
    assert offered(unit="TIEFBAU") == [anywhere]
    assert storage.offered(conn, "speyer.de") == []


def test_no_two_templates_have_one_title(core: Core, conn: Connection) -> None:
    """A form that is sent twice makes one template, as a button without scripts does when it is pressed twice."""
    first = add(core, services=["STRASSENLATERNE"])
    assert add(core, services=["STRASSENLATERNE"]) == first
    with pytest.raises(Invalid) as refused:
        add(core, page_text={"de": "Etwas anderes."})
    assert [fault.key for fault in refused.value.problems] == ["error.template.title"]
    other, thanks = add(core, "Danke"), {"de": "Vielen Dank!"}
    templates.change(core, other, 1, TemplateContents(title="Danke", page_text=thanks), BEA)
    with pytest.raises(Invalid) as refused:
        templates.change(core, other, 2, TemplateContents(title="Termin", page_text=thanks), BEA)
    assert [fault.key for fault in refused.value.problems] == ["error.template.title"]
    assert [template.title for template in storage.of_jurisdiction(conn, CITY)] == ["Danke", "Termin"]


def test_who_changes_an_old_version_is_told(core: Core, conn: Connection) -> None:
    template_id = add(core)
    text_now = {"de": "Wir kommen morgen."}
    new = TemplateContents(title="Termin", page_text=text_now)
    templates.change(core, template_id, 1, new, BEA, active=False)
    with pytest.raises(Conflict):
        templates.change(core, template_id, 1, TemplateContents(title="Anders", page_text=text_now), BEA)
    stored = storage.find(conn, template_id)
    assert stored is not None
    assert (stored.title, stored.page_text, stored.active, stored.version) == ("Termin", text_now, False, 2)
    assert storage.offered(conn, CITY) == []
    with pytest.raises(NotFound):
        templates.change(core, 10**6, 1, new, BEA)


@pytest.mark.parametrize(
    "wrong",
    [
        {"page_text": {"de": "Hallo {name}"}},
        {"page_text": {"de": "  "}},
        {"page_text": {}},
        {"page_text": {"de": "x" * 4001}},
        {"title": " "},
        {"title": "x" * 101},
        {"status": "GIBT_ES_NICHT"},
        {"unit": "NIEMAND"},
        {"services": ["GIBT_ES_NICHT"]},
    ],
)
def test_what_nobody_could_use_is_refused(core: Core, conn: Connection, wrong: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        add(core, **wrong)
    assert storage.of_jurisdiction(conn, CITY) == []


def test_gaps_are_filled_and_what_nobody_knows_stays_to_be_seen() -> None:
    assert gaps.filled("Nr. {number}: {due}", {"number": "102000"}) == "Nr. 102000: {due}"
    assert gaps.gaps("{a} {{b}} {} c") == {"a", "b", ""}


def test_looking_somebody_up_is_allowed_to_few_and_written_down_without_the_address(
    core: Core, conn: Connection, api: Api
) -> None:
    number = int(api.report(email="kim@example.org"))
    found = look_ups.people(core, Scope((CITY,)), "KIM@example.org", BEA)
    assert [request.service_request_id for request in found] == [number]
    line = conn.execute(text("select * from audit order by id desc limit 1")).one()
    assert (line.actor, line.kind, line.data) == ("staff:17", "people_searched", {"by": "mail", "found": 1})
    few = Actor(ActorKind.STAFF, "1", ALL_RIGHTS - {Right.SEE_REPORTER})
    with pytest.raises(Forbidden):
        look_ups.people(core, Scope((CITY,)), "kim@example.org", few)


def test_a_case_that_an_earlier_release_left_out_is_made(core: Core, conn: Connection, api: Api) -> None:
    numbers = [int(api.report()) for _ in range(3)]
    conn.execute(text("delete from cases where service_request_id = :number"), {"number": numbers[1]})
    assert casework.add_missing(core) == 1
    assert casework.add_missing(core) == 0
    assert casework.show(core, numbers[1], CLARA).case.revision == 1
    assert conn.execute(text("select count(*) from cases")).scalar_one() == 3


def test_templates_go_to_a_file_and_come_back(core: Core) -> None:
    city = core.catalogues.in_force[0]
    words = TemplateContents(
        title="Erledigt", page_text={"de": "Wir haben {service} erledigt."}, status="GELOEST"
    )
    templates.add(core, city, words, CLARA)
    retired = templates.add(core, city, TemplateContents(title="Alt", page_text={"de": "Alt"}), CLARA)
    templates.change(
        core, retired, 1, TemplateContents(title="Alt", page_text={"de": "Alt"}), CLARA, active=False
    )
    written = template_files.exported(core, city)
    assert [entry["title"] for entry in json.loads(written)] == ["Erledigt"]
    assert template_files.bring_in(core, city, written, CLARA) == (0, 0, 1)
    changed = written.replace("erledigt.", "behoben.")
    more = [
        *json.loads(changed),
        {"title": "Alt", "page_text": {"de": "Wieder da"}},
        {"title": "Neu", "page_text": {"de": "Neu"}},
    ]
    assert template_files.bring_in(core, city, json.dumps(more), CLARA) == (1, 2, 0)
    titles = {
        entry["title"]: entry["page_text"]["de"] for entry in json.loads(template_files.exported(core, city))
    }
    assert titles == {"Alt": "Wieder da", "Erledigt": "Wir haben {service} behoben.", "Neu": "Neu"}


@pytest.mark.parametrize(
    "sent",
    [
        "kein JSON",
        "[" * 100_000,
        '{"title": "A"}',
        "[1]",
        '[{"title": "A"}]',
        '[{"title": 1, "page_text": {"de": "x"}}]',
        '[{"title": "A", "page_text": {"de": 1}}]',
        '[{"title": "A", "page_text": {"de": "x"}, "services": "MUELL_WILD"}]',
        '[{"title": "A", "page_text": {"de": "x"}, "secret": 1}]',
        '[{"title": "A", "page_text": {"de": "{nothing}"}}]',
        '[{"title": "A", "page_text": {"de": "x"}, "status": "NIRGENDS"}]',
        '[{"title": "A", "page_text": {"de": "x"}}, {"title": "A", "page_text": {"de": "y"}}]',
    ],
)
def test_of_a_file_that_is_wrong_nothing_is_kept(core: Core, sent: str) -> None:
    city = core.catalogues.in_force[0]
    good = '{"title": "Gut", "page_text": {"de": "Gut"}}'
    file = f"[{good}, {sent[1:]}" if sent.startswith("[{") else sent
    with pytest.raises(Invalid):
        template_files.bring_in(core, city, file, CLARA)
    assert template_files.exported(core, city) == "[]"
