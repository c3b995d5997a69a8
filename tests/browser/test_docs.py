"""A developer tries the interface out, on the page that describes it."""

from playwright.sync_api import expect

from open311.actions import keys
from open311.model.access.keys import Scope
from tests.actors import CLARA
from tests.browser.conftest import Visit
from tests.browser.town import Town


def test_the_example_of_a_report_is_accepted_as_the_form_holds_it(visit: Visit, town: Town) -> None:
    key = keys.add_key(town.core, "developer", [Scope.REPORT], actor=CLARA)
    visitor = visit("en-GB", drawing=False, base=town.base)
    visitor.opens("/open311/v2/docs")
    page = visitor.page
    page.get_by_role("button", name="Authorize", exact=True).click()
    page.get_by_label("auth-bearer-value").fill(key)
    page.get_by_role("button", name="Apply credentials").last.click()
    page.get_by_role("button", name="Close", exact=True).last.click()
    method = page.locator("#operations-requests-post_service_request_json")
    method.locator(".opblock-summary-control").click()
    method.get_by_role("button", name="Try it out").click()
    expect(method.get_by_placeholder("service_code")).to_have_value("FAHRZEUG_ALT")
    expect(method.get_by_placeholder("title")).to_have_value("")
    before = town.stored("select count(*) from service_requests")[0][0]
    method.get_by_role("button", name="Execute").click()
    expect(method.locator(".live-responses-table .response-col_status").last).to_have_text("200")
    assert town.stored("select count(*) from service_requests")[0][0] == before + 1
