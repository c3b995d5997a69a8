"""Made-up words for made-up reports, in the language of the city: streets, remarks, names."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What people and staff of one language write; without any, only names of the catalogue are written.

    `seen` is what people write about a service; about any other they write its name. Streets come with a zip code or
    with "".
    """

    streets: tuple[tuple[str, str], ...] = (("", ""),)
    seen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    remarks: tuple[str, ...] = ("",)
    notes: tuple[str, ...] = ("",)
    done: tuple[str, ...] = ("",)
    not_done: tuple[str, ...] = ("",)
    tried: str = "curl"


GERMAN = Words(
    streets=(
        ("Bismarckstraße", "67059"),
        ("Ludwigstraße", "67059"),
        ("Prinzregentenstraße", "67063"),
        ("Hohenzollernstraße", "67063"),
        ("Maudacher Straße", "67065"),
        ("Rheinuferstraße", "67061"),
        ("Saarlandstraße", "67061"),
        ("Mundenheimer Straße", "67061"),
        ("Bürgermeister-Grünzweig-Straße", "67059"),
        ("Kaiser-Wilhelm-Straße", "67059"),
        ("Hauptstraße", "67067"),
        ("Wollstraße", "67065"),
        ("Leuschnerstraße", "67063"),
        ("Rohrlachstraße", "67063"),
        ("Brunckstraße", "67063"),
        ("Londoner Ring", "67069"),
        ("Comeniusstraße", "67071"),
        ("Hoheloogstraße", "67065"),
    ),
    seen={
        "MUELL_WILD": (
            "Am Straßenrand liegen zwei Matratzen und ein altes Sofa.",
            "Mehrere blaue Säcke neben den Containern, einer ist aufgerissen.",
            "Jemand hat einen Kühlschrank abgestellt.",
            "Bauschutt und Farbeimer im Gebüsch.",
            "Sperrmüll ohne Anmeldung, schon durchwühlt.",
            "Autoreifen, mindestens acht Stück.",
        ),
        "FAHRZEUG_ALT": (
            "Das Auto steht hier ohne Kennzeichen.",
            "Transporter mit zwei platten Reifen, bewegt sich nicht mehr.",
            "Der Wagen verliert Öl, eine Scheibe ist eingeschlagen.",
        ),
        "STRASSENLATERNE": (
            "Die Laterne ist seit Tagen aus.",
            "Das Licht flackert die ganze Nacht.",
            "Drei Laternen hintereinander sind dunkel.",
        ),
        "SPIELGERAET": (
            "An der Schaukel ist eine Kette gerissen.",
            "Die Rutsche hat einen scharfen Riss.",
            "Am Klettergerüst fehlt ein Brett.",
        ),
        "SPIELPLATZ_SCHMUTZ": ("Scherben im Sandkasten.", "Überall Zigarettenkippen rund um die Bänke."),
        "STRASSENSCHADEN": (
            "Ein tiefes Schlagloch mitten in der Spur.",
            "Die Gehwegplatten stehen hoch, Stolpergefahr.",
        ),
        "VERKEHRSZEICHEN": ("Das Schild ist umgefahren.", "Das Vorfahrtsschild ist zugewachsen."),
        "AMPEL": ("Die Fußgängerampel wird nicht mehr grün.", "Ein rotes Licht ist ausgefallen."),
        "MUELLBEHAELTER": ("Der Abfallkorb läuft über.", "Der Behälter ist abgerissen."),
    },
    remarks=(
        "Seit einer Woche, bitte ansehen.",
        "Direkt neben der Haltestelle.",
        "Gefährlich für Kinder auf dem Schulweg.",
        "Auf dem Gehweg, man kommt mit dem Kinderwagen nicht vorbei.",
        "War letzten Monat schon einmal gemeldet.",
        "Gegenüber dem Spielplatz, gut zu sehen.",
        "Vor dem Eingang.",
        "Danke fürs Kümmern!",
    ),
    notes=("Wird geprüft.", "An den Bereich weitergegeben.", "Termin ist vereinbart."),
    done=(
        "Wurde behoben.",
        "Erledigt, vielen Dank für den Hinweis.",
        "Der Bereich hat sich darum gekümmert.",
    ),
    not_done=(
        "Liegt auf privatem Grund.",
        "Vor Ort war nichts mehr zu finden.",
        "Dafür ist die Stadt nicht zuständig.",
    ),
    tried="Ausprobiert mit curl",
)
ENGLISH = Words(
    streets=(
        ("High Street", ""),
        ("Station Road", ""),
        ("Church Lane", ""),
        ("Park Avenue", ""),
        ("Victoria Road", ""),
        ("Mill Lane", ""),
        ("King Street", ""),
        ("Market Place", ""),
        ("Queen's Road", ""),
        ("Bridge Street", ""),
        ("London Road", ""),
        ("The Crescent", ""),
    ),
    remarks=(
        "It has been like this for a week.",
        "Right beside the bus stop.",
        "Dangerous for children on their way to school.",
        "On the pavement; there is no way past with a pram.",
        "I reported this last month as well.",
        "Across from the playground, easy to see.",
        "In front of the entrance.",
        "Thank you for looking after it!",
    ),
    notes=("Being looked into.", "Passed on to the department.", "A date has been set."),
    done=("Mended.", "Done; thank you for telling us.", "The department has seen to it."),
    not_done=(
        "It is on private land.",
        "There was nothing to be found.",
        "The city does not look after this.",
    ),
    tried="Tried out with curl",
)
BY_LANGUAGE = {"de": GERMAN, "en": ENGLISH}
NAMES = (("Anna", "Beispiel"), ("Bernd", "Muster"), ("Clara", "Probe"), ("Deniz", "Vorlage"))
CHANNELS = ("api", "api", "web", "phone")
# The shares the city counted in its first days: litter, vehicles, lights; the rest shares what is left.
USUAL = {"MUELL_WILD": 64, "FAHRZEUG_ALT": 29, "STRASSENLATERNE": 7}
REST = 2.5


def in_language(language: str) -> Words:
    """The words of a language such as `de` or `en-GB`."""
    return BY_LANGUAGE.get(language.partition("-")[0], Words())
