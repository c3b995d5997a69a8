"""Names in the history: colleagues see them, others see the unit, half a year later nobody does."""

from flask import g

from open311.actions.staff_accounts import accounts, staff_retention
from open311.app import application
from open311.core import Core
from open311.http.current import CORE
from open311.model.access.actor import cli_actor
from open311.model.staff.accounts import Account, AccountState, Session, SignedIn, Stage
from open311.model.staff.rights import Membership, Staff
from open311.model.staff.roles import Role
from open311.staff import actor_names
from tests.serving import Clock, MakeCore
from tests.staff.desk import Desk, membership


def seen_by(core: Core, viewer: int, roles: tuple[Membership, ...], *actors: str) -> list[str]:
    """How somebody with these roles reads these actors."""
    with application().test_request_context("/staff", environ_overrides={CORE: core}):
        now = core.now()
        account = Account(
            id=viewer,
            name="Vera",
            email="vera@stadt.example",
            language="de",
            state=AccountState.ACTIVE,
            ends_datetime=None,
            created_datetime=now,
        )
        session = Session(
            id=1,
            stage=Stage.FULL,
            client="",
            created_datetime=now,
            seen_datetime=now,
            ends_datetime=now,
            confirmed_datetime=None,
        )
        g.signed_in = SignedIn(account, Staff(viewer, roles, now), session)
        g.language = "de"
        shown = actor_names.of_actors(actors)
        return [shown[actor] for actor in actors]


def test_are_for_the_own_unit_and_the_unit_for_others(desk: Desk, core: Core) -> None:
    cleaning, parks = ("STADTREINIGUNG",), ("GRUENFLAECHEN",)
    rita = desk.account(membership(Role.WORKER, units=cleaning), email="rita@stadt.example", name="Rita")
    bea = desk.account(membership(Role.CHECKER), email="bea@stadt.example", name="Bea")
    actors = (
        f"staff:{rita}",
        f"staff:{bea}",
        "cli:root",
        "worker",
        "key:app",
        "staff:999999",
        "staff:x",
        "demo",
    )
    colleague = seen_by(core, 77, (membership(Role.LEAD, units=cleaning),), *actors)
    assert colleague == [
        "Rita",
        "Prüfung",
        "Befehlszeile (root)",
        "automatisch",
        "Programm „app“",
        "jemand aus der Verwaltung",
        "staff:x",
        "demo",
    ]
    assert seen_by(core, 77, (membership(Role.WORKER, units=parks),), *actors)[:2] == [
        "Stadtreinigung",
        "Prüfung",
    ]
    assert seen_by(core, 77, (membership(Role.CHECKER),), *actors)[:2] == ["Stadtreinigung", "Bea"]
    assert seen_by(core, 77, (membership(Role.ADMIN),), *actors)[:2] == ["Rita", "Bea"]
    assert seen_by(core, rita, (), *actors)[:2] == ["Rita", "Prüfung"]


def test_go_half_a_year_after_somebody_left(desk: Desk, core: Core, clock: Clock) -> None:
    rita = desk.account(membership(Role.WORKER), email="rita@stadt.example", name="Rita")
    accounts.end(core, cli_actor(), rita)
    admin = (membership(Role.ADMIN),)
    assert seen_by(core, 77, admin, f"staff:{rita}") == ["Rita"]
    clock.forward(days=183)
    staff_retention.tidy(core)
    assert seen_by(core, 77, admin, f"staff:{rita}") == ["jemand aus der Verwaltung"]


def test_are_for_everybody_where_the_city_says_so(make_core: MakeCore) -> None:
    core = make_core(OPEN311_STAFF_NAMES="name")
    rita = Desk(core).account(membership(Role.WORKER, units=("STADTREINIGUNG",)), name="Rita")
    stranger = (membership(Role.WORKER, units=("GRUENFLAECHEN",)),)
    assert seen_by(core, 77, stranger, f"staff:{rita}", "staff:999999") == [
        "Rita",
        "jemand aus der Verwaltung",
    ]
