"""Tokens for programs of the staff: made and voided by their owners, and asked by the interface of the desk."""

from collections.abc import Collection
from datetime import timedelta

from open311.actions.staff_mail import staff_mails
from open311.base.errors import Forbidden, Invalid, NotFound, Problem, problem
from open311.core import Core
from open311.model.access.actor import Right, lacking
from open311.model.access.secret_tokens import digest
from open311.model.staff import access_tokens as model
from open311.model.staff.access_tokens import AccessToken
from open311.model.staff.accounts import Caller, SignedIn
from open311.model.staff.audit import AuditKind
from open311.model.staff.rights import Staff
from open311.storage.staff_accounts import access_tokens, audit


def offered(signed_in: SignedIn) -> tuple[Right, ...]:
    """The rights that somebody may give to a token: their own, as far as the interface asks for them."""
    return tuple(right for right in model.RIGHTS if right in signed_in.staff.rights)


def add(core: Core, signed_in: SignedIn, name: str, rights: Collection[Right], days: int | None) -> str:
    """Make a token, and return it; it cannot be shown again, since only its digest is kept.

    Raises `Invalid` with all that is wrong, `Forbidden` for people who may have none.
    """
    account = signed_in.account
    if Right.API_TOKENS not in signed_in.staff.rights:
        raise Forbidden(lacking(Right.API_TOKENS))
    longest = model.longest(of_sso=account.issuer is not None)
    words = " ".join(name.split())
    problems: list[Problem] = []
    if not words or len(words) > model.LONGEST_NAME or not words.isprintable():
        problems.append(problem("desk.token.name", most=model.LONGEST_NAME))
    # A token can do less than its owner, never more; what its owner loses later it loses too (`find_holder`).
    if not rights or not {*rights} <= {*offered(signed_in)}:
        problems.append(problem("desk.token.rights"))
    if days is None or not 1 <= days <= longest.days:
        problems.append(problem("desk.token.days", most=longest.days))
    Invalid.unless_empty(problems)
    secret, now = model.new_secret(), core.now()
    with core.database.begin() as conn:
        if access_tokens.count(conn, account.id) >= model.MOST_TOKENS:
            raise Invalid(problem("desk.token.too_many", most=model.MOST_TOKENS))
        ends = now + timedelta(days=days or 1)
        access_tokens.add(
            conn,
            account.id,
            digest(secret),
            name=words,
            rights=rights,
            created_datetime=now,
            ends_datetime=ends,
        )
        data = {"name": words, "rights": sorted(rights), "ends": ends.isoformat()}
        audit.append(conn, now, f"staff:{account.id}", AuditKind.TOKEN_ADDED, f"account:{account.id}", data)
        staff_mails.tell(core, conn, account.id, "token_added")
    return secret


def of_account(core: Core, signed_in: SignedIn) -> list[AccessToken]:
    """One's own tokens that are good still."""
    with core.database.read() as conn:
        return list(access_tokens.of_account(conn, signed_in.account.id, core.now()))


def remove(core: Core, signed_in: SignedIn, token_id: int) -> None:
    """Void a token of one's own at once; raises `NotFound`."""
    account_id = signed_in.account.id
    with core.database.begin() as conn:
        name = access_tokens.remove(conn, account_id, token_id)
        if name is None:
            raise NotFound(problem("desk.token.unknown"))
        subject = f"account:{account_id}"
        audit.append(
            conn, core.now(), f"staff:{account_id}", AuditKind.TOKEN_REMOVED, subject, {"name": name}
        )


def find_holder(core: Core, secret: str) -> Caller | None:
    """Who acts by this token, with the rights that it has and its owner still has; None when it opens nothing."""
    now = core.now()
    with core.database.read() as conn:
        holder = access_tokens.find(conn, digest(secret), core.catalogues.rights_of_role, now)
    if holder is None or not holder.account.in_force(now):
        return None
    staff = Staff(holder.account.id, holder.memberships, now)
    return Caller(holder.account, staff.limited_to(holder.token.rights))
