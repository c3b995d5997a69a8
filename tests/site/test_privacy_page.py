"""The privacy page says what is kept, why and how long, as the settings and the catalogue have it."""

import pytest

from open311.base.i18n import translate
from open311.notifications.privacy.personal_data import PERSONAL
from tests.builders import a_catalogue, a_service, a_vehicle_service
from tests.client import client_of
from tests.serving import MakeCore
from tests.site.visitor import tidy


@pytest.mark.parametrize("language", ["de", "en"])
def test_names_each_kind_of_data_with_its_term(make_core: MakeCore, language: str) -> None:
    core = make_core(OPEN311_RETENTION_DAYS="77", OPEN311_RETENTION_OPEN_DAYS="888")
    text = tidy(client_of(core).get(f"/privacy?locale={language}").text)
    for kind in PERSONAL:
        assert translate(kind.what, language) in text
    for days in ("77", "888"):
        assert days in text
    assert "privacy." not in text
    assert "{kept}" not in text


def test_names_services_with_a_term_of_their_own(make_core: MakeCore) -> None:
    core = make_core(a_catalogue(a_service(), a_vehicle_service(retention_days=33)))
    assert "33 Tage" in client_of(core).get("/privacy").text
