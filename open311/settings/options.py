"""The table of settings: how each is read, and what it means. A test holds `docs/settings.md` equal to it."""

from pathlib import Path

from open311.settings import values
from open311.settings.mail_options import MAIL_OPTIONS
from open311.settings.option import Option
from open311.settings.staff_options import STAFF_OPTIONS


def shipped(name: str) -> Path:
    """A file or folder that belongs to the program: beside the package in a checkout, inside it once installed."""
    package = Path(__file__).parent.parent
    installed = package / "shipped" / name
    return installed if installed.exists() else package.parent / name


def _data_dir() -> str:
    # In a checkout every command finds the same data, wherever it is called.
    checkout = Path(__file__).parent.parent.parent
    return str(checkout / "var") if (checkout / "pyproject.toml").exists() else "var"


OPTIONS = (
    Option(
        "DATABASE_URL",
        values.postgres_url,
        None,
        "The PostGIS database. `open311 dev` starts one of its own when unset.",
        secret=True,
    ),
    Option(
        "OPEN311_POOLER_URL",
        values.postgres_url,
        None,
        "The same database through PgBouncer in transaction mode; `DATABASE_URL` stays the direct way.",
        secret=True,
    ),
    Option(
        "OPEN311_REPLICA_URL",
        values.postgres_url,
        None,
        "A streaming replica that public reads are answered from.",
        secret=True,
    ),
    Option(
        "OPEN311_BASE_URL",
        values.web_address,
        None,
        "The public address of the server; from the request when unset.",
    ),
    Option(
        "OPEN311_ALLOWED_HOSTS",
        values.hosts,
        "",
        "Names that requests may be sent to while `OPEN311_BASE_URL` is unset; any when empty.",
    ),
    Option(
        "OPEN311_CATALOGUE",
        values.path,
        str(shipped("categories.yaml")),
        "A catalogue file, or a folder with one per jurisdiction.",
    ),
    Option(
        "OPEN311_DATA_DIR",
        values.path,
        _data_dir(),
        "Where `open311 dev` keeps its database, and where photos are kept; `var` in the current folder when there is "
        "no checkout.",
    ),
    Option(
        "OPEN311_OPERATOR_TOKEN",
        values.text,
        None,
        "Whoever sends it as `Authorization: Bearer …` sees `/metrics` and the details of `/readyz`; without one "
        "only this machine does.",
        secret=True,
    ),
    Option("OPEN311_HOST", values.text, "127.0.0.1", "The address to listen on."),
    Option("PORT", values.number(1, 65535), "8311", "The port to listen on."),
    Option("OPEN311_WORKERS", values.number(1, 64), "2", "Server processes; about one per core."),
    Option(
        "OPEN311_THREADS",
        values.number(1, 64),
        "4",
        "Reads, and as many writes, that a server process works on at once, when some take long; otherwise one read "
        "and two writes.",
    ),
    Option("OPEN311_POOL_SIZE", values.number(1, 64), "4", "Database connections per server process."),
    Option(
        "OPEN311_MAX_SPAN_DAYS",
        values.number(0, 36500),
        "90",
        "Longest span of dates in one plain query; 0 lifts the rule.",
    ),
    Option("OPEN311_MAX_BODY_MB", values.number(1, 1024), "64", "Largest body of a request, in MiB."),
    Option(
        "OPEN311_CHECK_BOUNDARY",
        values.switch,
        "on",
        "Refuse reports outside the boundary of the jurisdiction.",
    ),
    Option(
        "OPEN311_TEST_ENDPOINT",
        values.switch,
        "on",
        "Serve `/open311/test/v2`, whose reports are kept apart.",
    ),
    Option("OPEN311_MAX_PHOTOS", values.number(0, 100), "5", "Most photos of one report."),
    Option("OPEN311_MAX_PHOTO_MB", values.number(1, 100), "10", "Largest photo that is taken in, in MiB."),
    Option(
        "OPEN311_MEDIA_STORE",
        values.store,
        "folder",
        "Where photos are kept: `folder`, `s3`, or a class of yours as `package.module:Class`.",
    ),
    Option(
        "OPEN311_MEDIA_FOLDER",
        values.path,
        None,
        "The folder for photos; `media` in `OPEN311_DATA_DIR` when unset.",
    ),
    Option("OPEN311_MEDIA_BUCKET", values.text, None, "The bucket for photos; nothing else may be in it."),
    Option(
        "OPEN311_MEDIA_ENDPOINT",
        values.web_address,
        None,
        "The address of S3-compatible storage; Amazon's when unset.",
    ),
    Option("OPEN311_MEDIA_REGION", values.text, "eu-central-1", "The region of the bucket."),
    Option(
        "OPEN311_MEDIA_ACCESS_KEY",
        values.text,
        None,
        "Access key for the bucket; from the machine's role when unset.",
    ),
    Option("OPEN311_MEDIA_SECRET_KEY", values.text, None, "Secret key for the bucket."),
    Option(
        "OPEN311_MEDIA_REDIRECT",
        values.switch,
        "off",
        "Send readers of photos to signed addresses of the bucket instead of handing the photos through.",
    ),
    Option(
        "OPEN311_MEDIA_FETCH_HOSTS",
        values.hosts,
        "",
        "Hosts whose pictures, sent as `media_url`, are fetched and kept; none when empty.",
    ),
    Option(
        "OPEN311_WEBHOOK_ALLOW_PRIVATE",
        values.switch,
        "off",
        "Send webhooks to addresses within your own network too.",
    ),
    Option(
        "OPEN311_FORWARD_KEYS",
        values.named_keys,
        "",
        "API keys for servers that reports are handed on to, by the names that the catalogue has for them.",
        secret=True,
    ),
    Option(
        "OPEN311_MAP_STYLE_URL",
        values.map_style,
        None,
        "A MapLibre style for the map below the reports, whose server browsers then ask too; `none` for none, whatever"
        " the catalogue says.",
        secret=True,
    ),
    Option(
        "OPEN311_MAP_FILE",
        values.file,
        None,
        "A PMTiles file with streets, instead of a map that was read in.",
    ),
    Option(
        "OPEN311_MAP_CLOSED_DAYS",
        values.number(0, 36500),
        "90",
        "So many days after it was closed a report leaves the map; 0 keeps all.",
    ),
    Option(
        "OPEN311_GEOCODER",
        values.geocoder,
        "table",
        "Where the form searches addresses; see docs/reporting.md.",
    ),
    Option(
        "OPEN311_DETECTOR",
        values.detector,
        "faces",
        "What is looked for on photos, to suggest what to blacken; see docs/photos.md.",
    ),
    *MAIL_OPTIONS,
    Option(
        "OPEN311_RETENTION_DAYS",
        values.number(0, 36500),
        "180",
        "So many days after a report was closed or hidden, who sent it and who followed it is forgotten, unless its "
        "service says otherwise; 0 keeps it.",
    ),
    Option(
        "OPEN311_RETENTION_OPEN_DAYS",
        values.number(0, 36500),
        "730",
        "So many days after its last change the same is forgotten of a report that nobody has closed; 0 keeps it.",
    ),
    Option(
        "OPEN311_REPORTS_PER_HOUR",
        values.number(1, 100_000),
        "30",
        "Reports an hour by the form per address; a third of them without proof of work.",
    ),
    Option(
        "OPEN311_PROOF_OF_WORK",
        values.number(0, 10_000_000),
        "50000",
        "How much browsers compute before the form is sent, in hashes at most; 0 asks for none.",
    ),
    *STAFF_OPTIONS,
    Option(
        "OPEN311_REQUIRE_HTTPS",
        values.switch,
        "off",
        "Redirect plain-http reads, refuse plain-http writes, send HSTS.",
    ),
    Option(
        "OPEN311_HSTS_SUBDOMAINS",
        values.switch,
        "off",
        "Let HSTS hold for all names below this one, too; every one of them must speak https.",
    ),
    Option(
        "OPEN311_TRUSTED_PROXIES",
        values.number(0, 10),
        "0",
        "Proxies in front whose `X-Forwarded-*` headers are believed.",
    ),
    Option("OPEN311_RATE_LIMITS", values.switch, "on", "Limit requests per address and per key."),
    Option(
        "OPEN311_RATE_LIMIT_GET",
        values.number(1, 1_000_000),
        "600",
        "Reads a minute per address without a key; of tiles, photos and scripts ten times as many.",
    ),
    Option(
        "OPEN311_RATE_LIMIT_POST",
        values.number(1, 1_000_000),
        "60",
        "Writes a minute per address without a valid key.",
    ),
    Option("OPEN311_RATE_LIMIT_KEY", values.number(1, 1_000_000), "6000", "Requests a minute per valid key."),
    Option(
        "OPEN311_TRACES_URL",
        values.web_address,
        None,
        "Where OpenTelemetry's spans go, by OTLP over http, as `http://127.0.0.1:4318/v1/traces`; nowhere when unset.",
    ),
    Option("OPEN311_LOG_FORMAT", values.one_of("json", "console"), "json", "How log lines are written."),
    Option(
        "OPEN311_LOG_LEVEL",
        values.one_of("debug", "info", "warning", "error"),
        "info",
        "The least important line to log.",
    ),
)
