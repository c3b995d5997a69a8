"""A changed catalogue file comes into force as a whole or not at all, and its changeset tells of it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import insert, select, text
from structlog.testing import capture_logs

from open311.actions import catalogue_publication
from open311.base.errors import Unavailable
from open311.catalogue_file import CatalogueError
from open311.core import Core
from open311.federation import harvest
from open311.federation.catalogues import HARVESTED
from open311.federation.storage import sources
from open311.model.service_request import Visibility
from open311.model.task_names import TaskName
from open311.storage.database import Database
from open311.storage.tables import case_notes, service_requests
from tests.actors import CLARA
from tests.checker.broken import Little, serving
from tests.jobs import work
from tests.serving import ROOT, START, Api, Clock, MakeCore, an_api
from tests.stored import store

KEPT = ("MUELL_WILD", "FAHRZEUG_ALT", "KANAL")
Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def a_small_city() -> str:
    """The first city's file with three services, without its boundary and what its desk says of other services."""
    data = yaml.load((ROOT / "categories.yaml").read_text(encoding="utf-8"), Loader)
    data["services"] = [service for service in data["services"] if service["service_code"] in KEPT]
    del data["boundary"], data["desk"]
    return dump(data)


def dump(data: Any) -> str:
    written: str = yaml.dump(data, Dumper=Dumper, allow_unicode=True, sort_keys=False)
    return written


CITY = a_small_city()
Change = Callable[[dict[str, Any]], object]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "categories.yaml"
    path.write_text(CITY, encoding="utf-8")
    return path


@pytest.fixture
def core(make_core: MakeCore, file: Path) -> Core:
    """A server on that file, which has just come into force for the first time."""
    return started(make_core, file)


def started(make_core: MakeCore, path: Path) -> Core:
    core = make_core(OPEN311_CATALOGUE=str(path))
    catalogue_publication.publish(core)
    return core


def a_service(data: dict[str, Any], code: str = "FAHRZEUG_ALT") -> dict[str, Any]:
    [found] = [service for service in data["services"] if service["service_code"] == code]
    assert isinstance(found, dict)
    return found


def change(file: Path, by: Change) -> None:
    """Write the first city's file with one change."""
    data = yaml.load(CITY, Loader)
    by(data)
    file.write_text(dump(data), encoding="utf-8")


def changesets(api: Api) -> set[str]:
    """The changeset of the document and those of its endpoints; all are the same with one city."""
    found = api.get("/discovery")
    return {found["changeset"], *(endpoint["changeset"] for endpoint in found["endpoints"])}


CHANGES: dict[str, Change] = {
    "service added": lambda data: data["services"].append(
        a_service(data) | {"service_code": "NEU", "service_name": {"de": "Neues"}}
    ),
    "service removed": lambda data: data["services"].remove(a_service(data)),
    "service ended": lambda data: a_service(data).update(active=False),
    "name changed": lambda data: a_service(data)["service_name"].update(de="Altes Auto"),
    "translation changed": lambda data: a_service(data)["service_name"].update(en="Old car"),
    "type changed": lambda data: a_service(data).update(type="batch"),
    "keyword added": lambda data: a_service(data)["keywords"]["de"].append("rostlaube"),
    "attribute removed": lambda data: a_service(data)["attributes"].pop(),
    "attribute changed": lambda data: a_service(data)["attributes"][2].update(required=False),
    "value added": lambda data: a_service(data)["attributes"][2]["values"].append(
        {"key": "gelb", "name": "Gelb"}
    ),
    "attributes in another order": lambda data: a_service(data)["attributes"].insert(
        1, a_service(data)["attributes"].pop(0)
    ),
    "contact changed": lambda data: data["jurisdiction"]["contact"].update(de="Rathaus"),
}


@pytest.mark.parametrize("by", CHANGES.values(), ids=CHANGES)
def test_any_change_moves_the_changeset_forward(core: Core, clock: Clock, file: Path, by: Change) -> None:
    """R-067: of the document and of every endpoint; as texts they sort like the moments."""
    api = an_api(core)
    [before] = changesets(api)
    clock.forward(minutes=10)
    change(file, by)
    catalogue_publication.publish_change(core)
    assert core.catalogues.problem is None
    [after] = changesets(api)
    assert after > before
    assert after == "2026-03-02T08:40:00Z"


def test_the_first_time_in_force_is_the_first_changeset(core: Core) -> None:
    """R-066: the moment it came into force."""
    assert changesets(an_api(core)) == {"2026-03-02T08:30:00Z"}


@pytest.mark.parametrize(
    "rewrite",
    [
        pytest.param(lambda text: text, id="R-068 touched"),
        pytest.param(lambda text: f"# A remark\n{text}\n\n", id="R-068 remark"),
        pytest.param(lambda text: text.replace("\n", "\r\n"), id="R-068 line ends"),
        pytest.param(
            lambda text: yaml.safe_dump(yaml.safe_load(text), allow_unicode=False, width=60),
            id="R-068 layout",
        ),
    ],
)
def test_where_nothing_changed_the_changeset_stays(
    core: Core, clock: Clock, file: Path, rewrite: Callable[[str], str]
) -> None:
    """R-068: clients throw their caches away for nothing otherwise."""
    clock.forward(days=1)
    file.write_text(rewrite(CITY), encoding="utf-8", newline="")
    catalogue_publication.publish_change(core)
    assert core.catalogues.problem is None
    assert changesets(an_api(core)) == {"2026-03-02T08:30:00Z"}


def test_the_changeset_survives_a_restart(core: Core, make_core: MakeCore, clock: Clock, file: Path) -> None:
    """R-068: another process on the same database and file says the same."""
    clock.forward(days=1)
    assert changesets(an_api(started(make_core, file))) == {"2026-03-02T08:30:00Z"}


def test_going_back_to_an_earlier_version_is_a_change_too(core: Core, clock: Clock, file: Path) -> None:
    """R-067: clients have the version between in their caches."""
    api = an_api(core)
    clock.forward(hours=1)
    change(file, CHANGES["service removed"])
    catalogue_publication.publish_change(core)
    clock.forward(hours=1)
    file.write_text(CITY, encoding="utf-8")
    catalogue_publication.publish_change(core)
    assert changesets(api) == {"2026-03-02T10:30:00Z"}


def test_two_changes_within_one_second_have_different_changesets(core: Core, file: Path) -> None:
    """R-067: a changeset that stays would keep caches wrong for ever; so does a clock that was put back."""
    api = an_api(core)
    seen = changesets(api)
    for name in ("service removed", "name changed", "service added"):
        change(file, CHANGES[name])
        catalogue_publication.publish_change(core)
        [newest] = changesets(api)
        assert newest > max(seen)
        seen.add(newest)


BROKEN: dict[str, bytes] = {
    "empty": b"",
    "no YAML": b"services: [}",
    "not UTF-8": CITY.encode("utf-16"),
    "Latin-1": CITY.encode("cp1252", "replace"),
    "binary": bytes(range(256)),
    "a list": b"- 1\n- 2\n",
    "a word": b"nothing",
    "half written": CITY[: CITY.index("service_code: FAHRZEUG_ALT") + 10].encode(),
    "unknown field": CITY.replace("icon: car", "icom: car").encode(),
    "code twice": CITY.replace("service_code: FAHRZEUG_ALT", "service_code: MUELL_WILD").encode(),
    "type unknown": CITY.replace("type: batch", "type: later").encode(),
    "nested": b"[" * 20_000,
    "billion laughs": b"a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nservices: *c\n",
    "python": b"!!python/object/apply:os.system ['true']",
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_a_broken_file_leaves_the_old_catalogue_in_force(
    make_core: MakeCore, clock: Clock, file: Path, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    """R-067, R-068: it is told in the log and in `/readyz`, and no reader notices."""
    core = started(make_core, file)
    api = an_api(core)
    in_force, services = core.catalogues.in_force, api.get("/services")
    clock.forward(hours=1)
    file.write_bytes(content)
    catalogue_publication.publish_change(core)
    assert core.catalogues.in_force is in_force
    assert api.get("/services") == services
    assert changesets(api) == {"2026-03-02T08:30:00Z"}
    ready = api.client.get("/readyz")
    assert ready.status_code == 200
    assert ready.get_json()["catalogue"]["problem"]
    assert "catalogue_refused" in capsys.readouterr().err


def test_a_file_that_is_gone_leaves_the_old_catalogue_in_force(core: Core, file: Path) -> None:
    """R-068: an editor may take it away for a moment."""
    file.unlink()
    catalogue_publication.publish_change(core)
    assert core.catalogues.problem
    assert an_api(core).get("/services")


def test_a_good_file_after_a_broken_one_comes_into_force(core: Core, clock: Clock, file: Path) -> None:
    """R-067: and the problem is gone from `/readyz`."""
    api = an_api(core)
    file.write_text("services: [}", encoding="utf-8")
    catalogue_publication.publish_change(core)
    clock.forward(hours=1)
    change(file, CHANGES["name changed"])
    catalogue_publication.publish_change(core)
    assert core.catalogues.problem is None
    assert api.get("/services/FAHRZEUG_ALT")
    assert "Altes Auto" in {service["service_name"] for service in api.get("/services")}
    assert changesets(api) == {"2026-03-02T09:30:00Z"}


def test_at_the_start_a_broken_file_is_an_error(make_core: MakeCore, file: Path) -> None:
    """R-068: there is no old catalogue to fall back to."""
    file.write_text("services: [}", encoding="utf-8")
    with pytest.raises(CatalogueError):
        started(make_core, file)


def test_a_change_that_cannot_be_recorded_does_not_come_into_force(core: Core, file: Path) -> None:
    """R-067, R-187: without the database nobody knows its changeset; the watch tries again."""
    cut_off = replace(core, database=Database("postgresql://nobody@127.0.0.1:1/none"))
    in_force = core.catalogues.in_force
    change(file, CHANGES["name changed"])
    with pytest.raises(Unavailable):
        catalogue_publication.publish_change(cut_off)
    assert core.catalogues.in_force is in_force


def test_a_removed_service_keeps_its_name_on_old_requests(core: Core, clock: Clock, file: Path) -> None:
    """R-079: it takes no report any more, but what was reported is still told by its name."""
    api = an_api(core)
    number = api.report()
    clock.forward(hours=1)
    change(file, lambda data: data["services"].remove(a_service(data, "MUELL_WILD")))
    catalogue_publication.publish_change(core)
    api.get("/services/MUELL_WILD", 404)
    api.post({}, 404)
    [found] = api.get(f"/requests/{number}")
    assert (found["service_code"], found["service_name"]) == ("MUELL_WILD", "Wilde Müllablagerung")


def test_another_default_language_stores_the_words_of_all_requests_anew(core: Core, file: Path) -> None:
    """Also of notes, and what is not public."""
    with core.database.begin() as conn:
        shown, held = (
            store(conn, description="It is leaking", visibility=visibility)
            for visibility in (Visibility.PUBLISHED, Visibility.HELD)
        )
        note = insert(case_notes).values(
            service_request_id=held, author="a", text="It is leaking", created_datetime=START
        )
        conn.execute(note)
    change(file, lambda data: data["jurisdiction"].update(languages=["en", "de"]))
    catalogue_publication.publish(core)
    with core.database.begin() as conn:
        assert work(core, conn, TaskName.STORE_WORDS) == 1
        stored = select(service_requests.c.id).where(
            service_requests.c.words.op("@@")(text("'leak'::tsquery"))
        )
        assert set(conn.execute(stored).scalars()) == {shown, held}
        assert conn.execute(select(case_notes.c.words)).scalar_one() == "'leak':3,6"
    catalogue_publication.publish(core)
    with core.database.begin() as conn:
        assert work(core, conn, TaskName.STORE_WORDS) == 0


def test_a_request_under_way_keeps_the_catalogue_it_began_with(core: Core, file: Path) -> None:
    """R-067: the cell is replaced, never what is in it."""
    held = core.catalogues.in_force
    names = {service.service_name.in_language("de") for service in held[0].active_services()}
    change(file, CHANGES["name changed"])
    catalogue_publication.publish_change(core)
    assert {service.service_name.in_language("de") for service in held[0].active_services()} == names
    assert core.catalogues.in_force is not held


def test_a_city_joins_and_each_keeps_its_own_changeset(
    make_core: MakeCore, clock: Clock, file: Path, tmp_path: Path
) -> None:
    """R-067, R-045: a folder of files; the document is as new as the newest of them."""
    core = started(make_core, tmp_path)
    assert len(core.catalogues.in_force) == 1
    clock.forward(hours=1)

    def elsewhere(data: dict[str, Any]) -> None:
        data["jurisdiction"] |= {"jurisdiction_id": "mannheim.de", "aliases": []}

    change(tmp_path / "mannheim.yaml", elsewhere)
    catalogue_publication.publish_change(core)
    assert core.catalogues.problem is None
    found = {
        catalogue.jurisdiction.jurisdiction_id: catalogue.changeset for catalogue in core.catalogues.in_force
    }
    assert (clock.now - found["ludwigshafen.de"]).total_seconds() == 3600
    assert found["mannheim.de"] == clock.now
    assert changesets(an_api(core)) == {"2026-03-02T09:30:00Z"}


def test_a_city_that_leaves_moves_the_document_forward(
    make_core: MakeCore, clock: Clock, file: Path, tmp_path: Path
) -> None:
    """R-067, R-068: also when it was the newest, after a restart, and when it comes back as it was."""
    core = started(make_core, tmp_path)
    clock.forward(hours=1)
    joining = tmp_path / "mannheim.yaml"
    change(joining, lambda data: data["jurisdiction"].update(jurisdiction_id="mannheim.de", aliases=[]))
    catalogue_publication.publish_change(core)
    as_it_was = joining.read_text(encoding="utf-8")
    joining.unlink()
    catalogue_publication.publish_change(core)
    assert changesets(an_api(core)) == {"2026-03-02T09:30:01Z"}
    clock.forward(hours=1)
    assert changesets(an_api(started(make_core, tmp_path))) == {"2026-03-02T09:30:01Z"}
    clock.forward(hours=1)
    joining.write_text(as_it_was, encoding="utf-8")
    catalogue_publication.publish_change(core)
    assert changesets(an_api(core)) == {"2026-03-02T11:30:00Z"}


def test_a_harvested_catalogue_that_changes_before_the_first_look_is_taken_up(core: Core) -> None:
    """The watch knows what there was before the catalogues were read."""
    little = Little()
    with serving(little) as url:
        source = harvest.add(core, url, "elsewhere.example", {"delay": 0}, actor=CLARA)
        watch = catalogue_publication.Watch(core, HARVESTED)
        catalogue_publication.publish(core, HARVESTED)
        in_force = core.catalogues.in_force
        watch.look()
        assert core.catalogues.in_force is in_force
        with core.database.begin() as conn:
            document = dict(sources.harvested(conn)[0].catalogue or {})
            document["services"] = document["services"][:1]
            sources.set_catalogue(conn, source, document, core.now() + timedelta(seconds=5))
        core.database.freshness.renew()
        watch.look()
    assert [len(catalogue.services) for catalogue in core.catalogues.in_force] == [3, 1]


def test_the_watch_outlives_a_fault_and_takes_the_mended_file_up(
    core: Core, clock: Clock, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """B1: whatever a file sets off, `/readyz` and the log tell it once, and the next file is looked at."""
    api, watch = an_api(core), catalogue_publication.Watch(core)
    with monkeypatch.context() as patched, capture_logs() as lines:
        patched.setattr(catalogue_publication.catalogue_file, "load_all", odd_fault)
        file.write_text(CITY + "\n# changed", encoding="utf-8")
        watch.look()
        watch.look()
    ready = api.client.get("/readyz").get_json()
    assert "IndexError: of an odd file" in ready["catalogue"]["problem"]
    assert [line["event"] for line in lines] == ["catalogue_not_taken_up"]
    clock.forward(hours=1)
    change(file, CHANGES["name changed"])
    watch.look()
    assert core.catalogues.problem is None
    assert "Altes Auto" in {service["service_name"] for service in api.get("/services")}


def odd_fault(path: Path) -> None:
    """A fault in the reader itself."""
    raise IndexError("of an odd file")


def test_a_harvested_catalogue_that_cannot_be_used_holds_up_no_other(core: Core, clock: Clock) -> None:
    with serving(Little()) as url:
        source = harvest.add(core, url, "elsewhere.example", {"delay": 0}, actor=CLARA)
    with core.database.begin() as conn:
        sources.set_catalogue(conn, source, {"jurisdiction": None}, core.now())
    catalogue_publication.publish(core, HARVESTED)
    assert [catalogue.jurisdiction.jurisdiction_id for catalogue in core.catalogues.in_force] == [
        "ludwigshafen.de"
    ]
    assert "elsewhere.example" in str(core.catalogues.problem)
