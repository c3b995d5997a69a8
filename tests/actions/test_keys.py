"""API keys."""

import random
import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from sqlalchemy import Connection, select, text

from open311.actions import keys
from open311.base.errors import ConfigurationError, Forbidden
from open311.core import Core
from open311.model.access.actor import ALL_RIGHTS, Right, staff_actor
from open311.model.access.keys import Scope
from open311.storage import keys as stored
from open311.storage import senders
from open311.storage.tables import audit
from tests.actors import CLARA
from tests.builders import a_catalogue, a_jurisdiction
from tests.opendata.live import a_live_core
from tests.serving import Clock, MakeCore, an_api, first_city


def test_key_is_found_by_its_secret_only(core: Core) -> None:
    """R-049."""
    secret = keys.add_key(core, "Annas App", [Scope.REPORT], actor=CLARA)
    found = keys.find_key(core, secret)
    assert found
    assert (found.name, found.scopes) == ("Annas App", {Scope.REPORT})
    for guess in (None, "", secret[:-1], secret + "x", secret.upper(), "Annas App", "%", "\ud800"):
        assert keys.find_key(core, guess) is None


def test_keys_are_long_and_unlike(core: Core) -> None:
    """R-049."""
    secrets = {keys.add_key(core, f"App {number}", [Scope.REPORT], actor=CLARA) for number in range(5)}
    assert len(secrets) == 5
    assert min(map(len, secrets)) >= 40


def test_secret_is_not_stored(core: Core, conn: Connection) -> None:
    """R-056: only its hash is."""
    secret = keys.add_key(core, "Annas App", [Scope.REPORT], actor=CLARA)
    row = conn.execute(text("select k::text from keys k where name = 'Annas App'")).scalar_one()
    assert secret not in row
    assert secret.removeprefix("o311_") not in row


def test_revoking_takes_force_at_once(core: Core) -> None:
    """R-049."""
    api = an_api(core)
    api.report()
    keys.revoke_key(core, keys.list_keys(core)[0].name, actor=CLARA)
    [error] = api.post(status=403)
    assert error["code"] == 403


@pytest.fixture
def listening(fresh_database_url: str) -> Iterator[Core]:
    """A server that hears of changes made elsewhere, so that it may keep in memory what it has read."""
    core = a_live_core(fresh_database_url)
    core.database.freshness.listening = True
    yield core
    core.database.close()


def test_a_key_in_memory_ends_when_it_is_revoked(listening: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-049."""
    secret = keys.add_key(listening, "Annas App", [Scope.REPORT], actor=CLARA)
    known = keys.find_key(listening, secret)
    with monkeypatch.context() as patched:
        patched.setattr(stored, "find", None)
        assert keys.find_key(listening, secret) == known
    keys.revoke_key(listening, "Annas App", actor=CLARA)
    assert keys.find_key(listening, secret) is None


def test_a_key_in_memory_ends_when_another_host_tells_of_it_or_time_passes(
    listening: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-049."""
    secrets = [
        keys.add_key(listening, name, [Scope.REPORT], actor=CLARA) for name in ("Annas App", "Bens App")
    ]
    assert all(keys.find_key(listening, secret) for secret in secrets)
    with listening.database.begin() as conn:
        conn.execute(text("update keys set revoked_datetime = now()"))
    assert all(keys.find_key(listening, secret) for secret in secrets)
    # What a host has heard of outlives a test.
    listening.database.freshness.hear(f"senders {random.getrandbits(60)}")
    assert keys.find_key(listening, secrets[0]) is None

    third = keys.add_key(listening, "Cems App", [Scope.REPORT], actor=CLARA)
    assert keys.find_key(listening, third)
    with listening.database.begin() as conn:
        conn.execute(text("update keys set revoked_datetime = now()"))
    later = time.monotonic() + senders.KEPT_SECONDS + 1
    monkeypatch.setattr(senders, "time", SimpleNamespace(monotonic=lambda: later))
    assert keys.find_key(listening, third) is None


def test_revoked_key_reads_like_anybody(core: Core) -> None:
    """R-054."""
    api = an_api(core, Scope.READ_HELD)
    keys.revoke_key(core, keys.list_keys(core)[0].name, actor=CLARA)
    api.get("/requests", api_key=api.key)
    api.headers["Authorization"] = f"Bearer {api.key}"
    api.get("/requests")


@pytest.mark.parametrize("scope", [Scope.CHANGE_STATUS, Scope.READ_HELD])
def test_key_without_the_right_to_report_cannot(core: Core, scope: Scope) -> None:
    """R-049: and is told which right it lacks."""
    [error] = an_api(core, scope).post(status=403)
    assert "report" in error["description"]


def test_no_key_has_no_right(core: Core) -> None:
    """R-048."""
    with pytest.raises(Forbidden):
        keys.require(None, Scope.REPORT)


def test_revoked_keys_stay_listed(core: Core, clock: Clock) -> None:
    """R-049: who reported stays known."""
    keys.add_key(core, "Annas App", [Scope.REPORT], actor=CLARA)
    keys.add_key(core, "Bernds App", [Scope.READ_HELD, Scope.REPORT], actor=CLARA)
    revoked = clock.forward(days=1)
    keys.revoke_key(core, "Annas App", actor=CLARA)
    listed = keys.list_keys(core)
    assert [(key.name, key.revoked_datetime) for key in listed] == [
        ("Annas App", revoked),
        ("Bernds App", None),
    ]


def test_name_is_given_once(core: Core) -> None:
    """R-049: not even after it was revoked."""
    keys.add_key(core, "Annas App", [Scope.REPORT], actor=CLARA)
    keys.revoke_key(core, "Annas App", actor=CLARA)
    with pytest.raises(ConfigurationError, match="Annas App"):
        keys.add_key(core, "Annas App", [Scope.REPORT], actor=CLARA)


def test_unknown_name_cannot_be_revoked(core: Core) -> None:
    """R-049."""
    with pytest.raises(ConfigurationError, match="nobody"):
        keys.revoke_key(core, "nobody", actor=CLARA)


def two_cities(make_core: MakeCore) -> Core:
    other = a_catalogue(jurisdiction=a_jurisdiction(jurisdiction_id="speyer.de", aliases=("speyer",)))
    return make_core(first_city(), other)


def test_a_key_is_good_for_the_one_jurisdiction_there_is(core: Core) -> None:
    """For those of later catalogues only when that was asked for."""
    keys.add_key(core, "Annas App", [Scope.REPORT], actor=CLARA)
    keys.add_key(core, "Aggregator", [Scope.REPORT], None, actor=CLARA)
    listed = {key.name: key.jurisdictions for key in keys.list_keys(core)}
    assert listed == {"Annas App": {first_city().jurisdiction.jurisdiction_id}, "Aggregator": None}


def test_with_several_jurisdictions_a_key_must_name_its_own(make_core: MakeCore) -> None:
    core = two_cities(make_core)
    with pytest.raises(ConfigurationError, match=r"--jurisdiction.*speyer\.de"):
        keys.add_key(core, "Annas App", [Scope.REPORT], actor=CLARA)
    with pytest.raises(ConfigurationError, match=r"'worms\.de'"):
        keys.add_key(core, "Annas App", [Scope.REPORT], ["speyer.de", "worms.de"], actor=CLARA)
    assert keys.list_keys(core) == []


def test_a_jurisdiction_is_known_by_any_of_its_names(make_core: MakeCore) -> None:
    core = two_cities(make_core)
    keys.add_key(core, "Annas App", [Scope.REPORT], ["Speyer"], actor=CLARA)
    assert keys.list_keys(core)[0].jurisdictions == {"speyer.de"}


def test_only_whoever_runs_the_server_makes_and_revokes_keys(core: Core) -> None:
    keys.add_key(core, "Annas App", [Scope.REPORT], actor=CLARA)
    for rights in (ALL_RIGHTS - {Right.OPERATE}, ALL_RIGHTS):
        actor = staff_actor(17, rights, ["elsewhere.example"])
        with pytest.raises(Forbidden):
            keys.add_key(core, "Bens App", [Scope.REPORT], actor=actor)
        with pytest.raises(Forbidden):
            keys.revoke_key(core, "Annas App", actor=actor)
    assert [key.name for key in keys.list_keys(core) if not key.revoked_datetime] == ["Annas App"]


def test_a_key_for_all_jurisdictions_is_made_by_somebody_of_all(core: Core) -> None:
    actor = staff_actor(17, ALL_RIGHTS, ["ludwigshafen.de"])
    keys.add_key(core, "Annas App", [Scope.REPORT], actor=actor)
    with pytest.raises(Forbidden):
        keys.add_key(core, "Bens App", [Scope.REPORT], None, actor=actor)


def test_who_made_or_revoked_a_key_is_in_the_log(core: Core, conn: Connection) -> None:
    keys.add_key(core, "Annas App", [Scope.REPORT], actor=CLARA)
    keys.revoke_key(core, "Annas App", actor=CLARA)
    lines = conn.execute(select(audit.c.kind, audit.c.actor, audit.c.subject).order_by(audit.c.id)).all()
    assert [tuple(line) for line in lines] == [
        ("key_added", "cli:clara", "key:Annas App"),
        ("key_revoked", "cli:clara", "key:Annas App"),
    ]
