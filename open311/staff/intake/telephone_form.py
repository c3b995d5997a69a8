"""What somebody at the desk types while they take in a report, and what the page makes of it each time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from open311.actions.addresses import geocoding
from open311.actions.reporting import report
from open311.base.errors import Problem
from open311.http import current
from open311.model.access.actor import Right
from open311.model.catalogue import Catalogue, Service
from open311.model.intake.channels import CHOSEN, Channel
from open311.model.intake.drafts import Draft
from open311.model.intake.submission import Submission
from open311.model.maps.place import Place
from open311.model.service_request import Location, Visibility
from open311.site.form import form_input, questions
from open311.site.form.category_search import matching_services
from open311.site.form.form_input import FieldProblem
from open311.site.form.questions import Question
from open311.site.words import degrees
from open311.staff.blueprint import staff
from open311.storage.desk.case import neighbours
from open311.storage.desk.case.neighbours import Neighbour
from open311.storage.desk.scope import intake_scope

FIELDS = (
    *("about", "service_code", "automatic_service", "address", "lat", "long", "placed", "places_for"),
    *("email", "phone", "first_name", "last_name", "follow", "caller_language", "channel"),
)
LONGEST = 1000
MOST_WORDS = 200
FEW_SERVICES, FEW_NEIGHBOURS = 5, 5
State = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What follows from what was typed so far: the parts of the page that change while somebody types."""

    state: Mapping[str, Any]
    services: Sequence[Service]
    service: Service | None
    places: Sequence[Place]
    position: str
    outside: bool
    alike: Sequence[Neighbour]
    sees_held: bool
    questions: Sequence[Question]

    @property
    def phone(self) -> str:
        """The number to call back, in pairs as it is read aloud."""
        typed = str(self.state.get("phone") or "").strip()
        digits = "".join(letter for letter in typed if letter in "0123456789")
        first = len(digits) % 2
        pairs = [digits[:first], *(digits[at : at + 2] for at in range(first, len(digits), 2))]
        return ("+" if typed.startswith("+") else "") + " ".join(filter(None, pairs))

    def is_whole(self, neighbour: Neighbour) -> bool:
        """Whether its words may be read here; of others that wait for their check, kind and age."""
        return self.sees_held or neighbour.visibility == Visibility.PUBLISHED


def offered(catalogue: Catalogue) -> Sequence[Service]:
    """The services that this person may take in reports for."""
    own = staff().services(Right.INTAKE, catalogue.jurisdiction.jurisdiction_id)
    return [service for service in catalogue.active_services() if own is None or service.service_code in own]


def read(catalogue: Catalogue, before: Mapping[str, Any]) -> State:
    """What is known after this request: fields as they were typed, the service and the place that they mean."""
    state = dict(before) | {name: form_input.posted(name)[:LONGEST] for name in FIELDS}
    if state["channel"] not in CHOSEN:
        state["channel"] = before.get("channel") or Channel.PHONE.value
    state = _with_service(catalogue, state, form_input.posted("any_service"))
    state = _with_place(catalogue, state, form_input.posted("choice"))
    return form_input.read("details", state)


def prefilled(catalogue: Catalogue, state: Mapping[str, Any]) -> State:
    """What is known before anybody has typed a word."""
    empty = dict.fromkeys(FIELDS, "")
    return _with_service(catalogue, empty | dict(state), "")


def _with_service(catalogue: Catalogue, state: State, chosen: str) -> State:
    """The service that was chosen; else the one that the words fit best, which changes with them."""
    known = {service.service_code for service in offered(catalogue)}
    # What the words had picked was nobody's decision: with other words it is another.
    picked = chosen or (state["service_code"] if state["service_code"] != state["automatic_service"] else "")
    if picked in known:
        return state | {"service_code": picked, "automatic_service": ""}
    fitting = _fitting(catalogue, state)
    best = fitting[0].service_code if fitting else ""
    return state | {"service_code": best, "automatic_service": best}


def _fitting(catalogue: Catalogue, state: Mapping[str, Any]) -> list[Service]:
    words = str(state.get("about") or "")[:MOST_WORDS]
    if not words.strip():
        return []
    own = {service.service_code for service in offered(catalogue)}
    services = [service for service in matching_services(catalogue, words) if service.service_code in own]
    return services[:FEW_SERVICES]


def _with_place(catalogue: Catalogue, state: State, choice: str) -> State:
    """The position that belongs to the words: chosen of those that they may mean, or pointed at on the map."""
    same_words = state["places_for"] == state["address"]
    if same_words and choice == "words":
        return state | {"lat": "", "long": "", "placed": "", "only_words": state["address"]}
    if same_words and choice.count("|") >= 2:
        # The label is free text, and may have a bar in it.
        lat, long, label = choice.split("|", 2)
        return state | {"lat": lat, "long": long, "placed": label, "only_words": ""}
    if state["lat"] and (not state["placed"] or same_words):
        return state | {"places_for": state["address"]}
    places_found = places(catalogue, state)
    first = places_found[0] if places_found else None
    position = {"lat": f"{first.lat}", "long": f"{first.long}", "placed": first.address} if first else {}
    return state | {"lat": "", "long": "", "placed": ""} | position


def places(catalogue: Catalogue, state: Mapping[str, Any]) -> list[Place]:
    """The places that the words may mean."""
    words = str(state.get("address") or "")
    return geocoding.search(current.core(), catalogue, words, current.language()) if words else []


def is_settled(state: Mapping[str, Any]) -> bool:
    """Whether the employee has seen which place their words are taken for."""
    seen = state.get("places_for") == state.get("address") or state.get("placed") == state.get("address")
    return bool(seen or not state.get("placed"))


def parts(catalogue: Catalogue, state: Mapping[str, Any], errors: Mapping[str, str]) -> Parts:
    """What the page shows beside the fields."""
    service = form_input.service(catalogue, state)
    place, _ = form_input.position(state)
    fitting = _fitting(catalogue, state)
    if service and service not in fitting:
        fitting = [service, *fitting[: FEW_SERVICES - 1]]
    jurisdiction = catalogue.jurisdiction
    return Parts(
        state=state,
        services=fitting,
        service=service,
        places=places(catalogue, state),
        position=degrees(place.lat, place.long) if place else "",
        outside=bool(place and not jurisdiction.contains(place.lat, place.long)),
        alike=alike(catalogue, service, place, state) if service and place else (),
        sees_held=Right.SEE_HELD_NEARBY in staff().rights_in(jurisdiction.jurisdiction_id),
        questions=questions.questions(service, state.get("answers") or {}, errors) if service else (),
    )


def alike(
    catalogue: Catalogue, service: Service, place: Location, state: Mapping[str, Any]
) -> list[Neighbour]:
    """What is known already and may be the same: the page shows it before anything is stored."""
    core, code = current.core(), service.service_code
    with core.database.read() as conn:
        return neighbours.find(
            conn,
            intake_scope(staff(), catalogue.jurisdiction.jurisdiction_id),
            place,
            metres=catalogue.desk.radius(code),
            closed_since=core.now() - catalogue.desk.closed_lately,
            words=str(state.get("about") or ""),
            services=catalogue.desk.alike(code),
            limit=FEW_NEIGHBOURS,
        )


def submission(catalogue: Catalogue, draft: Draft) -> tuple[Submission, tuple[Problem, ...]]:
    """The report that was said, and what could not be read."""
    state = draft.state
    address = state.get("placed") or state.get("address") or _nearest(catalogue, state)
    words = {"address": address, "description": state.get("description") or state.get("about")}
    read_as, problems_found = form_input.submission(catalogue, replace(draft, state={**state, **words}))
    return replace(read_as, channel=draft.text("channel")), problems_found


def _nearest(catalogue: Catalogue, state: Mapping[str, Any]) -> str:
    place, _ = form_input.position(state)
    if place is None:
        return ""
    return geocoding.nearest(current.core(), catalogue, place.lat, place.long, current.language())


def field_problems(catalogue: Catalogue, draft: Draft) -> list[FieldProblem]:
    """Everything that keeps it from being stored."""
    sent, unread = submission(catalogue, draft)
    return [form_input.at_field(problem) for problem in report.check(current.core(), catalogue, sent, unread)]
