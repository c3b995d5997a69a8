"""What was typed is not lost by asking for the page in another language, on any page with a form."""

from tests.client import client_of
from tests.pictures import a_photo
from tests.serving import Api, MakeCore
from tests.site.test_form import at_details
from tests.site.visitor import Visitor, a_file


def in_english(visitor: Visitor) -> Visitor:
    """Press the button that shows the form in English."""
    [button] = visitor.page.xpath("//nav[@class='tongues']//button[@lang]")
    form = visitor.page.get_element_by_id(button.get("form"))
    form.set("action", button.get("formaction"))
    button.getparent().remove(button)
    form.append(button)
    return visitor.submit(button)


def test_the_first_step_goes_on_in_the_other_language(api: Api) -> None:
    visitor = in_english(Visitor(api.client).open("/report").fill(address="Bismarck"))
    assert visitor.value("address") == "Bismarck"
    assert visitor.heading == "Where is the problem?"
    assert "locale=en" in visitor.path


def test_a_later_step_keeps_words_and_photos(api: Api) -> None:
    visitor = at_details(Visitor(api.client).open("/report"))
    visitor.fill(description="Drei Matratzen", media=a_file(a_photo()))
    in_english(visitor)
    assert visitor.value("description") == "Drei Matratzen"
    assert len(visitor.page.xpath("//ul[@class='photos']/li/img")) == 1
    assert visitor.errors == {}


def test_what_is_not_yet_right_is_not_told_before_it_is_sent(api: Api) -> None:
    visitor = in_english(at_details(Visitor(api.client).open("/report")).press("Weiter").fill(email="kim@"))
    assert (visitor.value("email"), visitor.errors) == ("kim@", {})


def test_forms_that_stand_alone_keep_it_too(make_core: MakeCore, mailing: dict[str, str]) -> None:
    client = client_of(make_core(**mailing))
    visitor = in_english(Visitor(client).open("/my-data").fill(email="kim@"))
    assert (visitor.response.status_code, visitor.value("email")) == (200, "kim@")
    assert visitor.page.get("lang") == "en"


def test_the_enter_key_goes_on_and_does_not_change_the_language(api: Api) -> None:
    page = Visitor(api.client).open("/report").page
    first = page.xpath("//button[@form='typed' or ancestor::form[@id='typed']]")[0]
    assert (first.get("value"), first.get("hidden") is not None) == ("next", True)


def test_a_page_without_a_form_has_a_link(api: Api) -> None:
    page = Visitor(api.client).open("/imprint").page
    assert page.xpath("//nav[@class='tongues']//a/@href") == ["/imprint?locale=en"]
