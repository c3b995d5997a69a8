"""Reports with photos, sent just now by the way that real ones go: what the staff find waiting at the desk."""

import random
from io import BytesIO

from open311.actions.reporting import report
from open311.core import Core
from open311.dev.demo.lives import Life, Lives
from open311.dev.demo.photos import photo_of
from open311.model.access.actor import cli_actor
from open311.model.intake.submission import Submission

# Of lives, to find some of different services among them.
TRIES = 200


def send(core: Core, count: int, number: int) -> None:
    """Send up to `count` reports, each of another service; they hold their photos and who is said to have sent them."""
    city = next(
        catalogue for catalogue in core.catalogues.in_force if not catalogue.jurisdiction.harvested_from
    )
    lives = Lives(city, core.now(), random.Random(number))
    drawn = (lives.begin(core.now()) for _ in range(TRIES))
    by_service = {life.request.service_code: life for life in drawn}
    for life in [*by_service.values()][:count]:
        report.submit(core, city, _submission(life), cli_actor())


def _submission(life: Life) -> Submission:
    request = life.request
    return Submission(
        service_code=request.service_code,
        location=request.location,
        address=request.address or "",
        description=request.description or "",
        photos=(BytesIO(photo_of(request.service_code)),),
        answers={**request.attributes, **life.answers},
        reporter=life.reporter,
    )
