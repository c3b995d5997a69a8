"""People of the desk with a browser."""

from itertools import count

from open311.actions.staff_accounts import accounts, own_account
from open311.adapters.signing_in import one_time_codes
from open311.core import Core
from open311.model.access.actor import cli_actor
from open311.model.staff.rights import Membership
from open311.model.staff.roles import Role
from open311.staff.session_cookie import PLAIN
from tests.browser.navigators import Visitor
from tests.staff.desk import PASSWORD, SENDER, Employee, membership

_numbers = count(1)


def an_account(core: Core, *roles: Role | Membership, language: str = "de", name: str = "Bea Muster") -> str:
    """The address of a new account that is in use."""
    email = f"staff{next(_numbers)}@stadt.example"
    chosen = [role if isinstance(role, Membership) else membership(role) for role in roles]
    account_id = accounts.add(core, cli_actor(), name, email, language, chosen)
    link = accounts.invite(core, cli_actor(), account_id)
    own_account.take_up(core, link.rpartition("/")[2], name, PASSWORD, SENDER)
    return email


def signs_in(visitor: Visitor, core: Core, *roles: Role | Membership, language: str = "de") -> str:
    """Sign in as somebody new with these roles, by the pages; the secret of their app, if they need one."""
    email = an_account(core, *roles, language=language)
    visitor.opens("/staff/login")
    visitor.types(email=email, password=PASSWORD)
    visitor.goes_on_by_key()
    return sets_up_an_app(visitor, core) if visitor.path.startswith("/staff/login/factor") else ""


def sets_up_an_app(visitor: Visitor, core: Core) -> str:
    """Give the code of a new app, and keep the recovery codes; the secret."""
    secret = visitor.page.locator("code.secret").inner_text().replace(" ", "")
    visitor.types(code=one_time_codes.code_at(secret, core.now()))
    visitor.page.locator("#code").press("Enter")
    visitor.page.locator("ul.codes").wait_for()
    visitor.page.locator("main a.kern-btn").click()
    visitor.page.wait_for_url("**/staff")
    return secret


def comes_in(visitor: Visitor, employee: Employee) -> Visitor:
    """Open the desk with the session that somebody has."""
    cookie = employee.client.get_cookie(PLAIN, path="/staff")
    assert cookie
    visitor.page.context.add_cookies([{"name": PLAIN, "value": cookie.value, "url": f"{visitor.base}/staff"}])
    return visitor
