"""What browsers are told with every page, those of errors, of open data and of the interface included."""

import re

import pytest

from open311.app import build_application
from tests.client import client_of
from tests.faults import faulty
from tests.serving import Api, MakeCore, an_api
from tests.site import TEXTS
from tests.site.test_form import at_details
from tests.site.visitor import Visitor

OGC = "/ogc/collections/ludwigshafen.de"
PATHS = (
    *("/", "/?days=never", "/report", "/my-data", *TEXTS),
    *(
        "/reports/{number}",
        "/reports/{number}/follow",
        "/reports/cards?service_request_id={number}",
        "/reports/1",
    ),
    *("/report/{word}/category", "/report/{word}/details", "/report/{word}/contact", "/report/{word}/check"),
    *("/report/gone/check", "/follow/gone", "/my-data/gone", "/nothing"),
    *(f"/fault/{status}" for status in (400, 403, 405, 429, 500, 503)),
    *("/ogc?f=html", "/ogc/api?f=html", "/ogc/conformance?f=html", f"{OGC}?f=html", f"{OGC}/items?f=html"),
    *(f"{OGC}/items/{{number}}?f=html", f"{OGC}/items/1?f=html", f"{OGC}/queryables?f=html"),
    "/open311/v2/docs",
)
# Swagger UI sets the style of its elements by script; it may run no script that is not a file of ours.
STYLED_BY_SCRIPT = ("/open311/v2/docs",)
INLINE = re.compile(r"<script(?![^>]*\bsrc=)|<style|\son[a-z]+=[\"']|\sstyle=|href=[\"']javascript:")
LOADED = re.compile(
    r"<(?:script|img|iframe|source|use)[^>]+?(?:src|href)=\"([^\"]+)\"|<link[^>]+href=\"([^\"]+)\""
)


@pytest.fixture
def api(make_core: MakeCore) -> Api:
    """A server behind TLS that also fails when it is asked to."""
    core = make_core(
        OPEN311_REQUIRE_HTTPS="1",
        OPEN311_TRUSTED_PROXIES="1",
        OPEN311_SMTP_URL="file:///dev/null/none",
        OPEN311_MAIL_FROM="stadt@example.org",
    )
    api = an_api(core)
    api.client = client_of(core, faulty(build_application()))
    api.client.environ_base["HTTP_X_FORWARDED_PROTO"] = "https"
    return api


def test_every_page_lets_in_nothing_foreign_nothing_inline_and_leaves_no_cookie(api: Api) -> None:
    number = api.report(description="Drei Matratzen")
    word = at_details(Visitor(api.client).open("/report")).word
    for template in PATHS:
        path = template.format(number=number, word=word)
        response = api.client.get(path)
        assert response.mimetype == "text/html", (path, response.status_code)
        headers = response.headers
        policy = headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy, path
        assert "unsafe-eval" not in policy, path
        assert re.match(r"default-src '(none|self)'", policy), path
        scripts = re.findall(r"script-src ([^;]*)", policy)
        assert scripts in ([], ["'self'"]), path
        if path not in STYLED_BY_SCRIPT:
            assert "unsafe-inline" not in policy, path
        assert "http" not in policy, path
        assert headers["Strict-Transport-Security"].startswith("max-age="), path
        assert headers["X-Content-Type-Options"] == "nosniff", path
        assert headers["Referrer-Policy"] == "same-origin", path
        assert "Set-Cookie" not in headers, path
        assert not INLINE.search(response.text), path
        foreign = [url for found in LOADED.findall(response.text) for url in found if "//" in url]
        assert [url for url in foreign if "://localhost/" not in url] == [], path


def test_without_tls_nobody_is_bound_to_it(make_core: MakeCore) -> None:
    assert "Strict-Transport-Security" not in an_api(make_core()).client.get("/").headers


@pytest.mark.parametrize(("setting", "ending"), [("off", "max-age=31536000"), ("on", "; includeSubDomains")])
def test_hsts_holds_below_the_name_where_the_operator_says_so(
    make_core: MakeCore, setting: str, ending: str
) -> None:
    core = make_core(OPEN311_REQUIRE_HTTPS="on", OPEN311_HSTS_SUBDOMAINS=setting)
    answer = an_api(core).client.get("/", base_url="https://localhost")
    assert answer.headers["Strict-Transport-Security"].endswith(ending)
