"""The front door of the staff: without barriers, by keyboard, without scripts, and nothing typed is lost."""

from dataclasses import replace

import pytest
from playwright.sync_api import expect

from open311.actions.staff_accounts import accounts
from open311.adapters.signing_in import one_time_codes
from open311.app import create_app
from open311.model.access.actor import cli_actor
from open311.model.staff.roles import Role
from tests.browser.conftest import DESK, NARROW, Visit
from tests.browser.staff import an_account, sets_up_an_app, signs_in
from tests.browser.town import Town, served
from tests.staff.desk import PASSWORD, membership

LANGUAGES = pytest.mark.parametrize(("language", "size"), [("de", NARROW), ("en", DESK)], ids=["de", "en"])
OUTSIDE = ("/staff/login", "/staff/welcome/nobodys", "/staff/nothing")
INSIDE = (
    "/staff",
    "/staff/me",
    "/staff/me?done=saved",
    "/staff/me/password",
    "/staff/me/factor",
    "/staff/me/codes",
    "/staff/me/factor/remove",
    "/staff/me/passkeys",
    "/staff/confirm",
    "/staff/admin/accounts",
    "/staff/admin/accounts/new",
    "/staff/admin/templates",
    "/staff/admin/templates/new",
    "/staff/admin/log",
    "/staff/admin/log?kind=signed_in",
    "/staff/admin/privacy",
    "/staff/admin/units",
    "/staff/admin/units/STADTREINIGUNG",
    "/staff/admin/state",
    "/staff/nothing",
)


@LANGUAGES
def test_no_page_has_barriers(visit: Visit, town: Town, language: str, size: tuple[int, int]) -> None:
    visitor = visit(language, size, drawing=False, base=town.base)
    found = {}

    def look(name: str) -> None:
        found[name] = visitor.barriers_in(language)
        expect(visitor.page.locator("html")).to_have_attribute("lang", language)

    for path in OUTSIDE:
        visitor.opens(path)
        look(path)
    visitor.opens("/staff/login")
    visitor.types(email="nobody@stadt.example", password="wrong")
    visitor.goes_on_by_key()
    look("wrong password")
    both = (Role.ADMIN, Role.AUDITOR)
    visitor.types(email=an_account(town.core, *both, language=language), password=PASSWORD)
    visitor.goes_on_by_key()
    look("second factor")
    sets_up_an_app(visitor, town.core)
    stranger = accounts.add(
        town.core, cli_actor(), "Cem Muster", f"{language}@stadt.example", language, [membership(Role.WORKER)]
    )
    account = f"/staff/admin/accounts/{stranger}"
    for path in (*INSIDE, account, f"{account}/end"):
        visitor.opens(path)
        look(path)
    visitor.opens("/staff/admin/accounts/new")
    visitor.goes_by(visitor.page.locator("main form button[type=submit]"))
    look("every field wrong")
    visitor.opens(account)
    visitor.page.locator("summary").click()
    look("role")
    assert {name: barriers for name, barriers in found.items() if barriers} == {}


def test_one_signs_in_by_keyboard(visit: Visit, town: Town) -> None:
    visitor = visit(drawing=False, base=town.base)
    email = an_account(town.core, Role.READER)
    visitor.opens("/staff/login")
    for field, text in (("#email", email), ("#password", PASSWORD)):
        visitor.tabs_to(field)
        visitor.page.keyboard.type(text)
    visitor.goes_on_by_key()
    assert visitor.path == "/staff"
    visitor.tabs_to("header form button")
    visitor.goes_on_by_key()
    assert visitor.path == "/staff/login?done=signed_out"
    expect(visitor.page.locator("main")).to_contain_text("Sie sind abgemeldet.")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_an_invitation_leads_to_the_desk(visit: Visit, town: Town, scripts: bool) -> None:
    """Link, password, app, recovery codes; then the code at the next sign-in. On a telephone."""
    visitor = visit(drawing=False, base=town.base, scripts=scripts, size=NARROW)
    email = f"invited{scripts}@stadt.example"
    account_id = accounts.add(town.core, cli_actor(), "Cem", email, "de", [membership(Role.CHECKER)])
    visitor.page.goto(accounts.invite(town.core, cli_actor(), account_id))
    visitor.types(name="Cem Muster", password="kurz", again="kurz")
    visitor.goes_on_by_key()
    expect(visitor.page.locator("#password-error")).to_contain_text("mindestens 12 Zeichen")
    visitor.types(password=PASSWORD, again=PASSWORD)
    visitor.page.locator("#again").press("Enter")
    visitor.page.locator("code.secret").wait_for()
    secret = sets_up_an_app(visitor, town.core)
    assert visitor.heading == "Guten Tag, Cem Muster"
    visitor.presses("Abmelden")
    town.clock.forward(minutes=1)
    visitor.types(email=email, password=PASSWORD)
    visitor.page.locator("#password").press("Enter")
    visitor.types(code=one_time_codes.code_at(secret, town.clock()))
    visitor.page.locator("#code").press("Enter")
    visitor.page.wait_for_url("**/staff")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_what_was_typed_when_the_session_ended_is_sent_after_signing_in(
    visit: Visit, town: Town, scripts: bool
) -> None:
    visitor = visit(drawing=False, base=town.base, scripts=scripts)
    secret = signs_in(visitor, town.core, Role.ADMIN)
    [email] = town.stored("select email from accounts order by id desc limit 1")[0]
    visitor.opens("/staff/admin/accounts/new")
    visitor.types(name="Rita <Muster> & Söhne", email=f"rita{scripts}@stadt.example", units="STADTREINIGUNG")
    town.clock.forward(hours=13)
    visitor.goes_by(visitor.page.locator("main form button[type=submit]"))
    expect(visitor.page.locator("main")).to_contain_text("Was Sie geschrieben haben, ist nicht verloren")
    visitor.types(email=email, password=PASSWORD)
    visitor.page.locator("#password").press("Enter")
    visitor.types(code=one_time_codes.code_at(secret, town.clock()))
    visitor.page.locator("#code").press("Enter")
    expect(visitor.page.locator("blockquote").first).to_contain_text("Rita <Muster> & Söhne")
    made = "select 1 from accounts where email = %(email)s"
    assert not town.stored(made, email=f"rita{scripts}@stadt.example")
    visitor.presses("Jetzt absenden")
    assert visitor.heading == "Rita <Muster> & Söhne"


def test_a_warning_comes_before_a_session_ends(visit: Visit, town: Town) -> None:
    visitor = visit(drawing=False, base=town.base)
    visitor.page.clock.install()
    signs_in(visitor, town.core, Role.READER)
    box = visitor.page.locator(".ends")
    visitor.page.clock.run_for(54 * 60_000)
    expect(box).to_be_empty()
    visitor.page.clock.run_for(2 * 60_000)
    expect(box).to_contain_text("endet in wenigen Minuten")
    visitor.page.get_by_role("button", name="Angemeldet bleiben").click()
    expect(box).to_contain_text("Sie bleiben angemeldet.")
    visitor.page.clock.run_for(61 * 60_000)
    expect(box).to_contain_text("Ihre Sitzung ist beendet.")


def test_a_passkey_is_made_and_signs_in(visit: Visit, town: Town) -> None:
    # Browsers make no keys for sites that are an IP address.
    app = create_app(replace(town.core, settings=replace(town.core.settings, base_url=None)))
    with served(app) as base:
        visitor = visit(drawing=False, base=base.replace("127.0.0.1", "localhost"))
        devtools = visitor.page.context.new_cdp_session(visitor.page)
        devtools.send("WebAuthn.enable")
        unlocked = {"hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True}
        device = {"protocol": "ctap2", "transport": "internal", "automaticPresenceSimulation": True}
        devtools.send("WebAuthn.addVirtualAuthenticator", {"options": device | unlocked})
        signs_in(visitor, town.core, Role.READER)
        visitor.opens("/staff/me/passkeys")
        visitor.types(name="Diensttelefon")
        visitor.page.get_by_role("button", name="Passkey anlegen").click()
        expect(visitor.page.locator("main")).to_contain_text("Der Passkey gilt ab sofort.")
        visitor.presses("Abmelden")
        visitor.page.get_by_role("button", name="Mit Passkey anmelden").click()
        visitor.page.wait_for_url("**/staff")
        assert visitor.heading == "Guten Tag, Bea Muster"
