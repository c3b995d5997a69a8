"""The case that a page is about: whether somebody may see it, and what they may do with it."""

from dataclasses import dataclass

from open311.base.errors import NotFound, problem
from open311.http import current
from open311.model import rights
from open311.model.actor import Actor, Right, staff_actor
from open311.model.catalogue import Catalogue
from open311.model.ownership import Owner, Part, owner_of
from open311.staff.blueprint import staff
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
