"""The settings of the desk: who may come in, from where, for how long."""

from open311.settings import values
from open311.settings.option import Option

STAFF_OPTIONS = (
    Option("OPEN311_STAFF", values.switch, "on", "Serve the desk of the staff under `/staff`."),
    Option(
        "OPEN311_STAFF_SECRET",
        values.secrets,
        None,
        "Seals the secrets of second factors; a file in `OPEN311_DATA_DIR` when unset. With several, commas between, "
        "the first seals and all open. Every server and worker needs the same.",
        secret=True,
    ),
    Option(
        "OPEN311_STAFF_NETWORKS",
        values.networks,
        "",
        "Networks from which `/staff` can be reached; from everywhere when empty.",
    ),
    Option(
        "OPEN311_SECOND_FACTOR",
        values.one_of("all", "personal", "off"),
        "personal",
        "Who of the staff needs a second factor: all, who sees personal data or gives rights, or nobody.",
    ),
    Option(
        "OPEN311_STAFF_NAMES",
        values.one_of("unit", "name"),
        "unit",
        "What people of other units read of who did something: the unit, or the name.",
    ),
    Option(
        "OPEN311_SSO_ISSUER",
        values.web_address,
        None,
        "The city's identity provider (OpenID Connect), such as https://login.stadt.example/realms/stadt.",
    ),
    Option("OPEN311_SSO_CLIENT_ID", values.text, None, "What the identity provider calls this server."),
    Option(
        "OPEN311_SSO_CLIENT_SECRET",
        values.text,
        None,
        "The secret of this server there, if any.",
        secret=True,
    ),
    Option("OPEN311_SSO_GROUPS_CLAIM", values.text, "groups", "The claim of the ID token that lists groups."),
    Option(
        "OPEN311_SSO_LOCAL",
        values.one_of("on", "admins", "off"),
        "on",
        "With an identity provider: whose passwords of our own count besides; all, administrators', nobody's.",
    ),
    Option(
        "OPEN311_SSO_HOURS",
        values.number(1, 24),
        "4",
        "A session that began at the identity provider ends after so many hours; who left there is out by then.",
    ),
    Option(
        "OPEN311_SESSION_HOURS",
        values.number(1, 24),
        "12",
        "A session of the staff ends after so many hours.",
    ),
    Option(
        "OPEN311_SESSION_IDLE_MINUTES",
        values.number(5, 720),
        "60",
        "A session of the staff ends after so many minutes without a click.",
    ),
    Option(
        "OPEN311_AUDIT_DAYS",
        values.number(30, 3650),
        "365",
        "So many days the log of roles, resets and look-ups is kept; sign-ins 30 days.",
    ),
)
