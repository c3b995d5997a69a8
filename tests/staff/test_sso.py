"""Signing in by the city's identity provider."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from open311.actions.staff_accounts import accounts
from open311.base.errors import Invalid
from open311.model.access.actor import cli_actor
from open311.model.desk.desk_catalogue import GroupRole
from open311.model.staff.accounts import Account, AccountState
from open311.model.staff.roles import Role
from open311.storage.staff_accounts import accounts as storage
from open311.storage.staff_accounts import audit, memberships
from tests.serving import Clock, MakeCore, first_city
from tests.staff.desk import HERE, PASSWORD, Desk, Employee, membership
from tests.staff.identity_provider import CLIENT_ID, CLIENT_SECRET, Provider, a_provider

RITA = {
    "sub": "7f3a",
    "email": "rita@stadt.example",
    "name": "Rita Muster",
    "groups": ["/mm-reinigung", "alle"],
}
GROUPS = {
    "mm-reinigung": GroupRole(role=Role.WORKER, units=("STADTREINIGUNG",), areas=("NORD",)),
    "mm-buergerberatung": GroupRole(role=Role.CHECKER),
}


@pytest.fixture(scope="module")
def server() -> Iterator[Provider]:
    """The provider of this module."""
    with a_provider() as found:
        yield found


@pytest.fixture
def provider(server: Provider, clock: Clock) -> Provider:
    """The provider as it is at first."""
    server.now, server.claims, server.metadata, server.token = clock, dict(RITA), {}, None
    return server


@pytest.fixture
def make_desk(make_core: MakeCore, provider: Provider) -> Any:
    """A function that makes a desk which knows the provider."""

    def make(**environ: str) -> Desk:
        city = replace(first_city(), desk=replace(first_city().desk, groups=GROUPS))
        named = {"ISSUER": provider.issuer, "CLIENT_ID": CLIENT_ID, "CLIENT_SECRET": CLIENT_SECRET}
        settings = {f"OPEN311_SSO_{name}": value for name, value in named.items()}
        return Desk(make_core(city, **settings, **environ))

    return make


@pytest.fixture
def desk(make_desk: Any) -> Desk:
    """A desk that knows the provider."""
    return make_desk()


def arrives(visitor: Employee, provider: Provider, path: str = "/staff/login/sso") -> int:
    """Go to the provider, sign in there, come back; the status of the last step."""
    departed = visitor.get(path)
    assert departed.status_code == 303, visitor.text
    back = provider.login(departed.location)
    return visitor.get(back.partition("//")[2].partition("/")[2].join(["/", ""])).status_code


def found(desk: Desk, email: str = "rita@stadt.example") -> Account:
    """An account by its address."""
    with desk.core.database.read() as conn:
        account = storage.by_email(conn, email)
    assert account is not None
    return account


def roles(desk: Desk) -> set[tuple[str, tuple[str, ...] | None, str]]:
    """What Rita may do, and from where."""
    with desk.core.database.read() as conn:
        return {
            (x.role, x.units, x.source)
            for x in memberships.of_account(conn, found(desk).id, desk.core.catalogues.rights_of_role)
        }


def test_makes_an_account_with_the_roles_of_its_groups(desk: Desk, provider: Provider) -> None:
    visitor = desk.visitor()
    assert "Konto der Stadtverwaltung" in visitor.get("/staff/login").text
    assert arrives(visitor, provider, "/staff/login/sso?next=/staff/me") == 303
    assert visitor.response.location == "/staff/me"
    assert visitor.get("/staff/me").status_code == 200
    assert "Rita Muster" in visitor.text
    assert roles(desk) == {("worker", ("STADTREINIGUNG",), "sso")}
    with desk.core.database.read() as conn:
        [role] = memberships.of_account(conn, found(desk).id, desk.core.catalogues.rights_of_role)
    assert role.areas == ("NORD",)


def test_follows_the_groups_at_each_sign_in_and_keeps_what_was_given_here(
    desk: Desk, provider: Provider
) -> None:
    arrives(desk.visitor(), provider)
    accounts.give_role(desk.core, cli_actor(), found(desk).id, membership(Role.READER))
    provider.claims["groups"] = ["mm-buergerberatung"]
    arrives(desk.visitor(), provider)
    assert roles(desk) == {("checker", None, "sso"), ("reader", None, "local")}
    provider.claims["groups"] = []
    arrives(desk.visitor(), provider)
    assert roles(desk) == {("reader", None, "local")}
    with desk.core.database.read() as conn:
        taken = [line for line in audit.every_line(conn) if line.kind == "role_taken"]
    assert [line.actor for line in taken] == ["sso", "sso"]


@pytest.mark.parametrize(
    "groups", [[], ["alle"], None, "mm-buergerberatung", {"mm-buergerberatung": 1}, [7, None]]
)
def test_whoever_is_in_no_group_that_works_here_stays_out(
    desk: Desk, provider: Provider, groups: Any
) -> None:
    provider.claims["groups"] = groups
    visitor = desk.visitor()
    assert arrives(visitor, provider) == 403
    assert "keiner Gruppe" in visitor.text
    assert not visitor.signed_in


def test_an_account_is_its_subjects_whatever_the_address_says(desk: Desk, provider: Provider) -> None:
    """Two who swap their addresses at the provider swap nothing here."""
    arrives(desk.visitor(), provider)
    rita = found(desk).id
    provider.claims = RITA | {"sub": "other", "name": "Eve"}
    eve = desk.visitor()
    assert arrives(eve, provider) == 403
    assert "gibt es hier schon ein Konto" in eve.text
    provider.claims = RITA | {"email": "new@stadt.example"}
    assert arrives(desk.visitor(), provider) == 303
    assert found(desk).id == rita


def test_an_address_does_not_open_an_account_with_a_password(desk: Desk, provider: Provider) -> None:
    desk.account(membership(Role.ADMIN), email="rita@stadt.example", name="Rita")
    invited = accounts.add(desk.core, cli_actor(), "Cem", "cem@stadt.example", "de", [membership(Role.ADMIN)])
    assert arrives(desk.visitor(), provider) == 403
    provider.claims["email"] = "cem@stadt.example"
    assert arrives(desk.visitor(), provider) == 403
    with desk.core.database.read() as conn:
        account = storage.find(conn, invited)
    assert account is not None
    assert account.state is AccountState.INVITED


def test_whoever_was_ended_here_does_not_come_back_that_way(desk: Desk, provider: Provider) -> None:
    visitor = desk.visitor()
    arrives(visitor, provider)
    accounts.end(desk.core, cli_actor(), found(desk).id)
    assert not visitor.signed_in
    assert arrives(visitor, provider) == 403
    assert "beendet" in visitor.text


def test_has_no_password_here_that_could_be_reset(desk: Desk, provider: Provider) -> None:
    arrives(desk.visitor(), provider)
    with pytest.raises(Invalid):
        accounts.reset(desk.core, cli_actor(), found(desk).id, factor=False, by_mail=False)


def test_the_session_is_over_after_four_hours(desk: Desk, provider: Provider, clock: Clock) -> None:
    visitor = desk.visitor()
    arrives(visitor, provider)
    for _ in range(5):
        clock.forward(minutes=45)
        assert visitor.signed_in
    clock.forward(minutes=16)
    assert not visitor.signed_in


def test_a_code_comes_back_to_the_browser_that_left_for_it(desk: Desk, provider: Provider) -> None:
    visitor, victim = desk.visitor(), desk.visitor()
    back = provider.login(visitor.get("/staff/login/sso").location)
    path = back.partition("//")[2].partition("/")[2].join(["/", ""])
    assert victim.get(path).status_code == 400
    assert not victim.signed_in
    victim.get("/staff/login/sso")
    assert victim.get(path).status_code == 400
    assert visitor.get(path).status_code == 303
    assert visitor.get(path).status_code == 400


@pytest.mark.parametrize(
    "query", ["", "?state=x", "?code=x", "?error=access_denied&state=x", "?state=%00&code=%ff"]
)
def test_takes_odd_returns(desk: Desk, query: str) -> None:
    assert desk.visitor().get(f"/staff/login/sso/back{query}").status_code == 400


WRONG: dict[str, dict[str, Any]] = {
    "issuer": {"iss": "https://elsewhere.example"},
    "audience": {"aud": "another client"},
    "nonce": {"nonce": "of another sign-in"},
    "old": {"exp": 1},
    "no subject": {"sub": ""},
    "odd subject": {"sub": ["a"]},
}


@pytest.mark.parametrize("name", WRONG)
def test_a_token_for_something_else_is_not_taken(desk: Desk, provider: Provider, name: str) -> None:
    provider.claims |= WRONG[name]
    visitor = desk.visitor()
    assert arrives(visitor, provider) == 400
    assert not visitor.signed_in


def test_a_token_that_somebody_else_signed_is_not_taken(desk: Desk, provider: Provider) -> None:
    other = RSAKey.generate_key(2048, {"kid": "one"})
    public = provider.key.as_pem(private=False)
    forgeries = (
        lambda claims: jwt.encode({"alg": "RS256", "kid": "one"}, claims, other),
        lambda claims: jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(CLIENT_SECRET)),
        lambda claims: jwt.encode({"alg": "HS256", "kid": "one"}, claims, OctKey.import_key(public)),
        lambda claims: provider.signed(claims)[:-8] + "AAAAAAAA",
        lambda claims: ".".join([*provider.signed(claims).split(".")[:2], ""]),
        lambda claims: "nonsense",
        lambda claims: "",
    )
    for forgery in forgeries:
        provider.token = forgery
        visitor = desk.visitor()
        assert arrives(visitor, provider) == 400
        assert not visitor.signed_in


ODD: dict[str, dict[str, Any]] = {
    "issuer": {"issuer": "https://elsewhere.example"},
    "scheme": {"token_endpoint": "file:///etc/passwd"},
    "missing": {"jwks_uri": None},
    "type": {"authorization_endpoint": 7},
}


@pytest.mark.parametrize("name", ODD)
def test_a_provider_that_says_odd_things_is_not_followed(desk: Desk, provider: Provider, name: str) -> None:
    provider.metadata = ODD[name]
    visitor = desk.visitor()
    assert visitor.get("/staff/login/sso").status_code == 503
    assert "nicht erreichbar" in visitor.text


def test_a_provider_that_is_away_is_told(make_core: MakeCore) -> None:
    core = make_core(OPEN311_SSO_ISSUER="http://127.0.0.1:1/realms/x", OPEN311_SSO_CLIENT_ID="x")
    visitor = Desk(core).visitor()
    assert visitor.get("/staff/login/sso").status_code == 503
    assert visitor.get("/staff/login").status_code == 200


def test_without_a_provider_there_is_no_such_way(core: Any) -> None:
    visitor = Desk(core).visitor()
    assert visitor.get("/staff/login/sso").status_code == 404
    assert visitor.get("/staff/login/sso/back").status_code == 404
    assert "Stadtverwaltung" not in visitor.get("/staff/login").text


@pytest.mark.parametrize(
    ("allowed", "admin", "reader"), [("on", 303, 303), ("admins", 303, 400), ("off", 400, 400)]
)
def test_passwords_of_our_own_count_as_far_as_the_operator_says(
    make_desk: Any, allowed: str, admin: int, reader: int
) -> None:
    desk: Desk = make_desk(OPEN311_SSO_LOCAL=allowed, OPEN311_SECOND_FACTOR="off")
    desk.account(membership(Role.ADMIN), email="ada@stadt.example", name="Ada")
    desk.account(membership(Role.READER), email="lena@stadt.example", name="Lena")
    for email, status in (("ada@stadt.example", admin), ("lena@stadt.example", reader)):
        assert desk.visitor().post("/staff/login", email=email, password=PASSWORD).status_code == status
    assert ('name="password"' in desk.visitor().client.get("/staff/login").text) is (allowed != "off")


def test_risky_acts_ask_the_provider_to_ask_again(desk: Desk, provider: Provider, clock: Clock) -> None:
    visitor = desk.visitor()
    arrives(visitor, provider)
    clock.forward(minutes=11)
    page = visitor.get(visitor.get("/staff/me/factor").location).text
    assert "/staff/login/sso?again=1&amp;next=/staff/me/factor" in page
    provider.claims["auth_time"] = int(clock().timestamp()) - 3600
    assert arrives(visitor, provider, "/staff/login/sso?again=1&next=/staff/me/factor") == 400
    del provider.claims["auth_time"]
    assert arrives(visitor, provider, "/staff/login/sso?again=1&next=/staff/me/factor") == 303
    assert visitor.response.location == "/staff/me/factor"
    assert visitor.get("/staff/me/factor").status_code == 200


def test_what_was_typed_stays_in_its_window_until_its_writer_is_signed_in_again(
    desk: Desk, provider: Provider, clock: Clock
) -> None:
    visitor = desk.visitor()
    arrives(visitor, provider)
    sent = {"form_token": visitor.token, "language": "de", "note": "three sentences that took a while"}
    clock.forward(hours=5)
    asked = visitor.client.post("/staff/me", data=sent, headers=HERE)
    assert asked.status_code == 403
    kept = {
        "kept": '["/staff/me", [["language", "de"], ["note", "three sentences that took a while"]], false]'
    }
    assert 'target="_blank"' in asked.text
    assert visitor.client.post("/staff/login/resume", data=kept, headers=HERE).status_code == 403
    arrives(visitor, provider)
    offered = visitor.client.post("/staff/login/resume", data=kept, headers=HERE)
    assert offered.status_code == 200
    assert "three sentences that took a while" in offered.text
