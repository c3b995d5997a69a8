"""Which rule decides about a stored report."""

from sqlalchemy import Connection

from open311.model.catalogue import Catalogue
from open311.model.desk.routing import Route
from open311.model.service_request import ServiceRequest
from open311.storage.requests import service_requests


def find(conn: Connection, catalogue: Catalogue, request: ServiceRequest) -> Route:
    """The unit that the catalogue names for a report as it is now, and why."""
    # Answers that are not public are in other tables; most cities have no rule that asks for one.
    asks = any(rule.answers for rule in catalogue.desk.rules)
    answers = service_requests.all_answers(conn, request) if asks else request.attributes
    return catalogue.route(request.service_code, request.requested_datetime, request.location, answers)
