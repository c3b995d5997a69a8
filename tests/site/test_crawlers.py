"""What search engines and browsers ask for at fixed addresses, and what pages say about themselves."""

from io import BytesIO
from xml.etree import ElementTree

import pytest
from PIL import Image

from open311.core import Core
from open311.http import urls
from tests.client import client_of
from tests.serving import Api

CITY = "https://maengel.example.org"


def test_robots_are_kept_from_forms_and_personal_links(core: Core) -> None:
    text = client_of(core).get("/robots.txt").text
    assert "Disallow: /report/" in text.splitlines()
    assert "Disallow: /my-data/" in text.splitlines()
    assert {f"Disallow: {path}" for path in urls.NOT_SEARCHED} <= set(text.splitlines())
    assert {"/staff", "/order/"} <= set(urls.NOT_SEARCHED)
    assert "/sitemap.xml" in text


def test_the_sitemap_names_public_reports_alone(api: Api) -> None:
    public, held = api.report(), api.report(service_code="STRASSENLATERNE", **{"attribute[DEFEKT]": "aus"})
    root = ElementTree.fromstring(api.client.get("/sitemap.xml").data)
    addresses = [
        element.text or "" for element in root.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")
    ]
    assert any(address.endswith(f"/reports/{public}") for address in addresses)
    assert not any(address.endswith(f"/reports/{held}") for address in addresses)
    assert any(address.endswith("/imprint") for address in addresses)


def test_the_icon_is_one_that_every_browser_reads(core: Core) -> None:
    answer = client_of(core).get("/favicon.ico")
    picture = Image.open(BytesIO(answer.data))
    assert (picture.format, picture.size) == ("ICO", (48, 48))


def test_a_report_describes_itself_to_whoever_shares_it(api: Api) -> None:
    """E18: title with the name of the service, description, OpenGraph, canonical, hreflang."""
    number = api.report(description="Drei alte Matratzen", address_string="Ludwigstraße 12")
    page = api.client.get(f"/reports/{number}?locale=de").text
    title = "Wilde Müllablagerung, Ludwigstraße 12 \N{EN DASH} Mängelmelder Ludwigshafen am Rhein"
    assert f"<title>{title}</title>" in page
    assert '<meta name="description" content="Wilde Müllablagerung, Ludwigstraße 12: gemeldet' in page
    assert f'<link rel="canonical" href="http://localhost/reports/{number}?locale=de">' in page
    assert f'hreflang="en" href="http://localhost/reports/{number}?locale=en"' in page
    assert '<meta property="og:image"' in page
    assert "noindex" not in page


@pytest.mark.parametrize("path", ["/?q=Laub", "/report/x/place", "/my-data", "/nowhere"])
def test_what_is_for_nobody_else_is_not_indexed(core: Core, path: str) -> None:
    page = client_of(core).get(path).text
    assert '<meta name="robots" content="noindex">' in page
    assert "canonical" not in page
