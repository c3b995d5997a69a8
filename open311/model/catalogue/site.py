"""What a city adds to its public pages: name, colours, logo, and the texts that the law demands."""

from dataclasses import dataclass

from open311.base.text import NO_TEXT, Text

# Of a city that names none.
COLOUR = "#0a5a8c"
COLOUR_DARK = "#8cc8f0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The look and the words of one city's pages; what is missing has a default.

    `colour` is for links and buttons on white, `colour_dark` for the same on black. `logo` is the name of a file
    beside the catalogue; `map` likewise, of a PMTiles file, or the address of a style. `address_example` is a place as
    people of the city would write it. The five long texts are Markdown.
    """

    name: Text = NO_TEXT
    intro: Text = NO_TEXT
    heading: Text = NO_TEXT
    address_example: Text = NO_TEXT
    colour: str | None = None
    colour_dark: str | None = None
    logo: str | None = None
    map: str | None = None
    imprint: Text = NO_TEXT
    privacy: Text = NO_TEXT
    accessibility: Text = NO_TEXT
    help: Text = NO_TEXT
    easy: Text = NO_TEXT


PLAIN_SITE = Site()
