"""A developer tries the interface out, on the page that describes it."""

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
    assert method.get_by_placeholder("service_code").input_value() == "FAHRZEUG_ALT"
    assert method.get_by_placeholder("title").input_value() == ""
    before = town.stored("select count(*) from service_requests")[0][0]
    method.get_by_role("button", name="Execute").click()
    assert method.locator(".live-responses-table .response-col_status").last.inner_text().strip() == "200"
    assert town.stored("select count(*) from service_requests")[0][0] == before + 1
