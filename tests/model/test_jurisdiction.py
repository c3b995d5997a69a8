"""What a jurisdiction says of places."""

import pytest

from tests.builders import a_jurisdiction


@pytest.mark.parametrize(
    ("pattern", "address", "zipcode"),
    [
        ("67[0-9]{3}", "Ludwigstraße 12, 67059 Ludwigshafen", "67059"),
        ("67[0-9]{3}", "12345 Main Street", None),
        ("67[0-9]{3}", "67059 oder 67061", "67061"),
        ("67[0-9]{3}", "Flur 670591", None),
        ("[0-9]{2}-[0-9]{3}", "ul. Długa 5, 31-147 Kraków", "31-147"),
        ("787[0-9]{2}(-[0-9]{4})?", "301 W 2nd St, Austin, TX 78701-4652", "78701-4652"),
        (None, "Ludwigstraße 12, 67059 Ludwigshafen", None),
    ],
)
def test_a_zip_code_is_found_as_the_city_writes_it(
    pattern: str | None, address: str, zipcode: str | None
) -> None:
    """C8, E19."""
    assert a_jurisdiction(zipcode_pattern=pattern).zipcode_in(address) == zipcode
