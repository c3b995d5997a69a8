"""A case beside each report, whichever way it came in, at the stage that the one function says."""

from collections.abc import Sequence

from sqlalchemy import Connection, select, text

from open311.core import Core
from open311.dev import demo
from open311.federation import upsert
from open311.federation.references import Arrival
from open311.model.access.actor import ActorKind, source_actor
from open311.model.casework.cases import Case, stage
from open311.model.service_request import Visibility
from open311.storage.requests import cases, service_requests
from open311.storage.tables import cases as cases_table
from tests.serving import START, Api

CITY = "ludwigshafen.de"


def arrivals(*statuses: str) -> Sequence[Arrival]:
    return [
        Arrival(
            foreign_id=f"F{number}",
            values={
                "service_code": "MUELL_WILD",
                "status": status,
                "detailed_status": "GELOEST" if status == "closed" else "IN_BEARBEITUNG",
                "requested_datetime": START,
                "updated_datetime": START,
                "closed_datetime": START if status == "closed" else None,
                "agency_responsible": "STADTREINIGUNG",
            },
        )
        for number, status in enumerate(statuses)
    ]


def take(core: Core, *statuses: str, visibility: Visibility = Visibility.PUBLISHED) -> None:
    """What a harvest or an import does."""
    actor = source_actor(ActorKind.IMPORT, "file", CITY)
    with core.database.begin() as conn:
        upsert.upsert(
            core,
            conn,
            core.catalogues.in_force[0],
            "file",
            arrivals(*statuses),
            actor=actor,
            visibility=visibility,
        )


def test_each_report_has_a_case_at_the_right_stage(core: Core, conn: Connection, api: Api) -> None:
    """API, demo by COPY, import by COPY; and a change at the source is followed."""
    api.report()
    api.report(service_code="STRASSENSCHADEN", **{"attribute[WO]": "fahrbahn"})
    demo.seed(core, 300)
    take(core, "open", "closed", "open")
    take(core, "closed", "open", "open")
    numbers = list(conn.execute(text("select id from service_requests")).scalars())
    stored = {
        row.service_request_id: Case.from_row(dict(row._mapping)) for row in conn.execute(select(cases_table))
    }
    assert {*stored} == {*numbers}
    for number in numbers:
        request, case = service_requests.find_any(conn, number), stored[number]
        assert request is not None
        assert case.stage is stage(request.visibility, request.status, case, START.date())
        assert case.service_code == request.service_code
    assert len({case.stage for case in stored.values()}) >= 4


def test_what_comes_from_elsewhere_need_not_be_taken_up_again(core: Core, conn: Connection) -> None:
    take(core, "open")
    take(core, "open", visibility=Visibility.HELD)
    [case] = [Case.from_row(dict(row._mapping)) for row in conn.execute(select(cases_table))]
    assert (case.stage.value, case.accept_by, case.unit) == ("work", None, "STADTREINIGUNG")
    assert cases.find(conn, 1) is None
