"""A real server process with reports in every state that a page can show."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx2

from open311 import core as core_module
from open311 import settings
from open311.actions import casework, catalogue_publication, keys
from open311.core import Core
from open311.model.access.keys import Scope
from tests.actors import CLARA
from tests.pictures import a_photo
from tests.ports import free_port
from tests.processes.running import answers, started, wait_for

PLACES = ("Ludwigstraße 12", "Bismarckstraße 40", "Prinzregentenstraße 7", "Rheinuferstraße 1")
LISTED = 45


@dataclass(frozen=True)
class Site:
    """A server, a Core on its database, and the numbers of reports by their state."""

    base: str
    core: Core
    key: str
    numbers: dict[str, str]

    def report(self, service_code: str, description: str, *photos: bytes, **fields: str) -> str:
        """Hand in a report as programs do; its number."""
        sent = {"api_key": self.key, "service_code": service_code, "description": description}
        sent |= {"lat": "49.4811", "long": "8.4464", "address_string": PLACES[0]} | fields
        files = [("media", (f"{number}.jpg", photo)) for number, photo in enumerate(photos)]
        # There are no certificates to check: to read those of all authorities takes longer than the answer.
        response = httpx2.post(
            f"{self.base}/open311/v2/requests.json", data=sent, files=files or None, timeout=60, verify=False
        )
        assert response.status_code == 200, response.text
        number: str = response.json()[0]["service_request_id"]
        return number


@contextmanager
def running(folder: Path, database_url: str) -> Iterator[Site]:
    """The server for as long as the block lasts."""
    variables = {
        "DATABASE_URL": database_url,
        "PORT": str(free_port()),
        "OPEN311_DATA_DIR": str(folder),
        "OPEN311_RATE_LIMITS": "off",
        # No browser of ours asks a server elsewhere.
        "OPEN311_MAP_STYLE_URL": "none",
    }
    core = core_module.build(replace(settings.load({}), database_url=database_url, data_dir=folder))
    catalogue_publication.publish(core)
    key = keys.add_key(core, "browser", [Scope.REPORT], actor=CLARA)
    with closing(core.database), started(folder / "log", "serve", **variables):
        assert wait_for(lambda: answers(int(variables["PORT"]))), (folder / "log").read_text()
        site = Site(f"http://127.0.0.1:{variables['PORT']}", core, key, {})
        _fill(site)
        yield site


def _fill(site: Site) -> None:
    """One report in each state, and enough others for several pages."""
    for number in range(LISTED):
        site.report("MUELL_WILD", f"Sperrmüll {number}", address_string=PLACES[number % len(PLACES)])
    numbers, core = site.numbers, site.core
    numbers["new"] = site.report(
        "MUELL_WILD", "Drei Matratzen und ein Sofa.\nSeit Montag.", a_photo(), a_photo()
    )
    numbers["held"] = site.report("FAHRZEUG_ALT", "Geheimes Kennzeichen", **{"attribute[FARBE]": "blau"})
    numbers["answers"] = site.report(
        "FAHRZEUG_ALT",
        "Ein alter Kombi ohne Räder.",
        **{"attribute[FARBE]": "rot", "attribute[ZUSTAND][]": "reifen", "attribute[MARKE]": "Kombi"},
    )
    numbers["fixed"] = site.report(
        "STRASSENLATERNE", "Laterne flackert.", **{"attribute[DEFEKT]": "flackert"}
    )
    for name in ("answers", "fixed"):
        casework.publish(core, int(numbers[name]), CLARA)
    casework.set_status(core, int(numbers["fixed"]), "GELOEST", CLARA, "Neues Leuchtmittel eingesetzt.")
    numbers["hidden"] = site.report("MUELL_WILD", "Gehört hier nicht hin")
    casework.hide(core, int(numbers["hidden"]), CLARA)
    numbers["merged"] = site.report("MUELL_WILD", "Schon wieder Matratzen")
    casework.merge(core, int(numbers["merged"]), int(numbers["new"]), CLARA)
