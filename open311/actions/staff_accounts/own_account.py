"""What somebody does about their own account: takes it up by a link, chooses a password, sets preferences."""

from open311.actions.staff_accounts import sign_in
from open311.actions.staff_accounts.sign_in import Sender
from open311.actions.staff_mail import staff_mails
from open311.adapters.signing_in import passwords
from open311.base.errors import Invalid, NotFound, Problem, problem
from open311.base.i18n import LANGUAGES
from open311.core import Core
from open311.model.access.secret_tokens import digest
from open311.model.mailbox import mailbox
from open311.model.staff import accounts as model
from open311.model.staff.accounts import Account, AccountState, LinkKind, MailChoice, SignedIn
from open311.model.staff.audit import AuditKind
from open311.storage.database import Connection
from open311.storage.staff_accounts import accounts, audit, sessions


def checked(name: str, email: str, language: str) -> tuple[str, str, str]:
    """Name, address and language as they may be stored; raises `Invalid` with all that is wrong."""
    name, address = " ".join(name.split()), mailbox(email)
    problems: list[Problem] = []
    if not name or len(name) > model.LONGEST_NAME or not name.isprintable():
        problems.append(problem("desk.account.name", most=model.LONGEST_NAME))
    if address is None or len(address) > model.LONGEST_EMAIL:
        problems.append(problem("desk.account.email"))
    if language not in LANGUAGES:
        problems.append(problem("desk.account.language", known=", ".join(LANGUAGES)))
    Invalid.unless_empty(problems)
    return name, str(address), language


def account_of_link(core: Core, token: str) -> tuple[Account, LinkKind]:
    """Whose one-time link this is; raises `NotFound` when it was used, replaced or has ended."""
    with core.database.read() as conn:
        return _account_of_link(core, conn, token)


def _account_of_link(core: Core, conn: Connection, token: str) -> tuple[Account, LinkKind]:
    link = accounts.link(conn, digest(token), core.now())
    account = accounts.find(conn, link[0]) if link else None
    if link is None or account is None or account.state is AccountState.LEFT:
        raise NotFound(problem("desk.welcome.unknown"))
    return account, link[1]


def take_up(core: Core, token: str, name: str, password: str, sender: Sender) -> str:
    """Take up an account by its link with a password of one's own; the token of the session that begins."""
    # Read first without a lock, so that a link that is void costs no hashing.
    account, kind = account_of_link(core, token)
    name, _, _ = checked(name, account.email, account.language)
    # Hashed before the transaction: it takes a tenth of a second by design, and would hold a connection meanwhile.
    Invalid.unless_empty(passwords.problems(password, _guessable_words(core, account)))
    password_hash = passwords.hashed(password)
    with core.database.begin() as conn:
        # Of two that press at once, one finds the link used.
        account, kind = _account_of_link(core, conn, token)
        if not accounts.remove_link(conn, account.id, digest(token)):
            raise NotFound(problem("desk.welcome.unknown"))
        state = AccountState.ACTIVE.value
        accounts.change(conn, account.id, name=name, password_hash=password_hash, state=state)
        sessions.end_all(conn, account.id)
        done = AuditKind.WELCOMED if kind is LinkKind.INVITE else AuditKind.PASSWORD_CHANGED
        audit.append(conn, core.now(), f"staff:{account.id}", done)
        if kind is LinkKind.RESET:
            staff_mails.tell(core, conn, account.id, "password_changed")
        return sign_in.begin(core, conn, account, sender)


def _guessable_words(core: Core, account: Account) -> tuple[str, ...]:
    """What everybody can find out about somebody, and would try first."""
    cities = [catalogue.jurisdiction for catalogue in core.catalogues.in_force]
    places = [part for city in cities for part in (city.jurisdiction_id, *city.name.by_language.values())]
    return (account.name, *account.name.split(), account.email, *account.email.split("@"), *places)


def change_password(core: Core, signed_in: SignedIn, old: str, new: str, sender: Sender) -> str:
    """Change one's own password; every session ends, and the token of a new one is returned."""
    account = signed_in.account
    sign_in.require_password(core, account, old)
    if new == old:
        raise Invalid(problem("desk.password.same"))
    Invalid.unless_empty(passwords.problems(new, _guessable_words(core, account)))
    password_hash = passwords.hashed(new)
    with core.database.begin() as conn:
        accounts.change(conn, account.id, password_hash=password_hash)
        accounts.remove_link(conn, account.id)
        sessions.end_all(conn, account.id)
        audit.append(conn, core.now(), f"staff:{account.id}", AuditKind.PASSWORD_CHANGED)
        staff_mails.tell(core, conn, account.id, "password_changed")
        return sign_in.full_session(core, conn, account.id, sender)


def set_preferences(
    core: Core, signed_in: SignedIn, *, language: str, keys: bool, mails: str, mail_hour: int | None = None
) -> None:
    """Keep the language somebody reads, whether single keys are shortcuts, and when mails about cases come."""
    if language not in LANGUAGES:
        raise Invalid(problem("desk.account.language", known=", ".join(LANGUAGES)))
    if mails not in set(MailChoice):
        raise Invalid(problem("desk.account.mails", known=", ".join(MailChoice)))
    hour = signed_in.account.mail_hour if mail_hour is None else mail_hour
    if not model.FIRST_HOUR <= hour <= model.LAST_HOUR:
        raise Invalid(problem("desk.account.mail_hour", first=model.FIRST_HOUR, last=model.LAST_HOUR))
    prefs = {**signed_in.account.prefs, "keys": keys, "mails": mails, "mail_hour": hour}
    with core.database.begin() as conn:
        accounts.change(conn, signed_in.account.id, language=language, prefs=prefs)
