"""A site that sends mail, and people who ask it to."""

from flask.testing import FlaskClient

from tests.serving import Clock
from tests.site.test_form import at_details
from tests.site.visitor import Visitor

BASE = "https://melden.example"
SENDER = "Stadt Ludwigshafen <maengel@stadt.example>"


def reported(
    client: FlaskClient, clock: Clock, email: str = "kim@example.org", language: str = "de"
) -> Visitor:
    """Somebody who reported and wants to hear of it."""
    visitor = at_details(Visitor(client).open("/report"))
    visitor.press("Weiter").fill(email=email, follow="1", first_name="Kim").press("Weiter")
    clock.forward(seconds=30)
    visitor.language = language
    return visitor.press("Meldung absenden")


def asked(client: FlaskClient, clock: Clock, path: str, email: str, button: str = "Link schicken") -> Visitor:
    """Somebody who asks for a mail by a form, and takes the time to read it."""
    visitor = Visitor(client).open(path)
    clock.forward(seconds=5)
    return visitor.fill(email=email).press(button)
