"""A small city with one service of each kind of receipt, and every address that can be read there."""

from open311.model.catalogue import Catalogue, ServiceType
from tests.builders import a_catalogue, a_service, a_vehicle_service, words
from tests.serving import Api

FORMATS = (".json", ".xml")


def a_city() -> Catalogue:
    """A service published at once, one with attributes, one that answers with a token."""
    sewer = a_service(service_code="KANAL", service_name=words("Kanal"), type=ServiceType.BATCH)
    return a_catalogue(a_service(moderated=False), a_vehicle_service(), sewer)


def reads(api: Api) -> list[str]:
    """The address of each GET, without suffix, with something to be found there."""
    service_request_id = api.report()
    token = api.post(service_code="KANAL")[0]["token"]
    return [
        "/discovery",
        "/services",
        "/services/FAHRZEUG_ALT",
        "/requests",
        f"/requests/{service_request_id}",
        f"/tokens/{token}",
    ]
