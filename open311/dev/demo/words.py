"""Made-up words for made-up reports: streets, remarks, names."""

STREETS = (
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
)
# What people write about a service; about any other they write its name.
SEEN = {
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
}
REMARKS = (
    "Seit einer Woche, bitte ansehen.",
    "Direkt neben der Haltestelle.",
    "Gefährlich für Kinder auf dem Schulweg.",
    "Auf dem Gehweg, man kommt mit dem Kinderwagen nicht vorbei.",
    "War letzten Monat schon einmal gemeldet.",
    "Gegenüber dem Spielplatz, gut zu sehen.",
    "Vor dem Eingang.",
    "Danke fürs Kümmern!",
)
NOTES = ("Wird geprüft.", "An den Bereich weitergegeben.", "Termin ist vereinbart.")
DONE = ("Wurde behoben.", "Erledigt, vielen Dank für den Hinweis.", "Der Bereich hat sich darum gekümmert.")
NOT_DONE = (
    "Liegt auf privatem Grund.",
    "Vor Ort war nichts mehr zu finden.",
    "Dafür ist die Stadt nicht zuständig.",
)
NAMES = (("Anna", "Beispiel"), ("Bernd", "Muster"), ("Clara", "Probe"), ("Deniz", "Vorlage"))
CHANNELS = ("api", "api", "web", "phone")
# The shares the city counted in its first days: litter, vehicles, lights; the rest shares what is left.
USUAL = {"MUELL_WILD": 64, "FAHRZEUG_ALT": 29, "STRASSENLATERNE": 7}
REST = 2.5
