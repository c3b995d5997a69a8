"""What another system owns of a report: asked before anything of it is changed."""

from collections.abc import Mapping

from open311.actions.casework.work import Work
from open311.base.errors import Invalid, problem
from open311.model.casework.ownership import Part, owner_of

WORDS: Mapping[Part, str] = {
    Part.TEXTS: "error.owned.texts",
    Part.PLACE: "error.owned.place",
    Part.SERVICE: "error.owned.service",
    Part.STATUS: "error.owned.status",
}


def require_ours(work: Work, part: Part) -> None:
    """Raise `Invalid` for what another system owns, unless the actor speaks for it."""
    owner = owner_of(work.catalogue, work.request.service_code, work.case.flags)
    if owner and owner.forbids(part, work.actor):
        raise Invalid(problem(WORDS[part], owner=owner.host))
