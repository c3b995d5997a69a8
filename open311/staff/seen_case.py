"""The case that a page is about: whether somebody may see it, and what they may do with it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import request
from flask.typing import ResponseReturnValue

from open311.base.errors import Conflict, Invalid, NotFound, problem
from open311.http import current
from open311.http.errors import in_words
from open311.model.actor import Actor, Right, staff_actor
from open311.model.casework.ownership import Owner, Part, owner_of
from open311.model.catalogue import Catalogue
from open311.model.staff import rights
from open311.staff.blueprint import staff
from open311.staff.forms import posted_revision
from open311.storage.desk import case_page
from open311.storage.desk.case_page import WholeCase


@dataclass(frozen=True, slots=True)
class SeenCase:
    """A case with the catalogue of its city, and who looks at it with the rights that are good for this very case."""

    whole: WholeCase
    catalogue: Catalogue
    actor: Actor

    @property
    def owner(self) -> Owner | None:
        """The other system that owns parts of the report, if one does."""
        return owner_of(self.catalogue, self.whole.request.service_code, self.whole.case.flags)

    def may(self, right: Right) -> bool:
        """Whether the right is good for this case; nobody has one to what another system owns."""
        owner = self.owner if right is Right.SET_STATUS else None
        return right in self.actor.rights and not (owner and owner.forbids(Part.STATUS, self.actor))


Act = Callable[[SeenCase, Mapping[str, str], int | None], object]


def attempt(
    seen: SeenCase, act: str, acts: Mapping[str, Act], show: Callable[..., ResponseReturnValue]
) -> ResponseReturnValue | None:
    """Do one act with what the form holds; None once it is done, else the page that `show` makes of the refusal."""
    form = request.form
    try:
        if act not in acts:
            raise Invalid(problem("error.path"))
        acts[act](seen, form, posted_revision())
    except Conflict as conflict:
        return show(find_case(seen.whole.request.service_request_id), form, act=act, conflict=conflict)
    except Invalid as refused:
        return show(seen, form, act=act, problems=[in_words(fault) for fault in refused.problems])
    return None


def find_case(number: int) -> SeenCase:
    """The case with this number. What somebody may not see is as if it were not there: raises `NotFound`."""
    core, somebody = current.core(), staff()
    with core.database.read() as conn:
        whole = case_page.find(conn, number)
    unknown = NotFound(problem("error.service_request.unknown", service_request_id=number))
    if whole is None:
        raise unknown
    case, visibility = whole.case, whole.request.visibility
    allowed = {right for right in somebody.rights if rights.may(somebody, right, case, visibility)}
    if Right.SEE_REPORTS not in allowed:
        raise unknown
    actor = staff_actor(somebody.account_id, allowed, [case.jurisdiction_id])
    return SeenCase(whole, core.catalogues.owner(case.jurisdiction_id), actor)
