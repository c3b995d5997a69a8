"""What one machine tries beside holding connections: filling tables, flooding a mailbox, reading others' data.

Each function tries one kind over HTTP, as anybody could, and then looks at tables, files, mails and logs.
"""

import gzip
import http.client
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from io import BytesIO
from itertools import count
from pathlib import Path
from urllib.parse import urlencode

import psycopg
from PIL import Image
from psycopg import sql

from benchmarks.siege.probes import FIELDS, HOST, OTHER

KILOBYTE = 1024
MOST_STORED = 100 * KILOBYTE
MAILS_AN_HOUR = 5
MAILS_TRIED = 24
# No form is taken from whoever needs less for it.
PATIENCE_SECONDS = 5
WORKED_OFF_SECONDS = 15
CANARY = "kanarienvogel"
VICTIM = f"kim.{CANARY}@example.org"
REQUESTS = "/open311/v2/requests.json"
WORD = re.compile(r"/report/([\w-]{32,64})/")
TICKET = re.compile(r'name="ticket" value="([^"]+)"')


@dataclass(frozen=True)
class Verdict:
    """What came of one kind of abuse."""

    kind: str
    tried: str
    came: str
    held: bool


@dataclass(frozen=True)
class Answer:
    """An answer as its reader sees it."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """Its words."""
        return self.body.decode(errors="replace")


@dataclass(frozen=True)
class Place:
    """The server that is tried, and where what it keeps can be looked at."""

    port: int
    url: str
    key: str
    folder: Path
    settings: Mapping[str, str]
    behind_proxy: bool

    def ask(
        self,
        method: str,
        path: str,
        fields: Mapping[str, object] | None = None,
        address: str = OTHER,
        body: tuple[str, bytes] | None = None,
    ) -> Answer:
        """One request from an address of loopback."""
        kind, data = body or (
            "application/x-www-form-urlencoded",
            urlencode(fields or {}, doseq=True).encode(),
        )
        headers = {"Host": HOST, "Content-Type": kind} if method == "POST" else {"Host": HOST}
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.port, timeout=90, source_address=(address, 0)
        )
        with closing(connection):
            connection.request(method, path, data if method == "POST" else None, headers)
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.getheaders()), answer.read())

    def number(self, question: str) -> int:
        """What a query answers with."""
        with closing(psycopg.connect(self.url)) as conn:
            [(found,)] = conn.execute(question.encode()).fetchall()
        return int(found or 0)

    def command(self, *words: str) -> None:
        """One of `open311`."""
        run = [sys.executable, "-m", "open311.cli", *words]
        subprocess.run(run, env=dict(self.settings), check=True, capture_output=True)

    def mails(self) -> list[EmailMessage]:
        """All that were sent until now."""
        files = sorted((self.folder / "mail").glob("*.eml"), key=lambda file: file.stat().st_mtime)
        return [BytesParser(policy=default).parsebytes(file.read_bytes()) for file in files]

    def mails_to_victim(self, path: str) -> list[str]:
        """What the links of a kind in mails to the victim open, the newest last."""
        texts = [_plain(mail) for mail in self.mails() if CANARY in str(mail["To"]).casefold()]
        return [found for text in texts for found in re.findall(rf"{path}/([\w-]+)", text)]

    def wait(self, done: Callable[[], object], seconds: float = WORKED_OFF_SECONDS) -> None:
        """Until something is so, or for so long."""
        until = time.monotonic() + seconds
        while not done() and time.monotonic() < until:
            time.sleep(0.2)


def _plain(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    return str(body.get_content()) if body else ""


def _addresses() -> Iterator[str]:
    return (f"127.0.1.{number}" for number in count(1))


def _draft(place: Place, address: str, service_code: str = "FAHRZEUG_ALT") -> str:
    """The secret word of a form that was begun."""
    begun = place.ask("POST", "/report", {"lat": FIELDS["lat"], "long": FIELDS["long"]}, address)
    found = WORD.search(begun.headers.get("Location", "") + begun.text)
    assert found, begun
    word = found[1]
    place.ask("POST", f"/report/{word}/category", {"service_code": service_code}, address)
    return word


def drafts_full_of_fields(place: Place) -> Verdict:
    """A4: forms and reports with far more than a service asks for."""
    statuses = []
    for address, _ in zip(_addresses(), range(3), strict=False):
        fields = {f"attribute[C{number}][]": "x" * 28_000 for number in range(1990)}
        statuses.append(
            place.ask("POST", f"/report/{_draft(place, address)}/details", fields, address).status
        )
    report: dict[str, object] = {
        "attribute[KENNZEICHEN]": "x" * 1_000_000,
        "attribute[FARBE]": ["x" * 4000] * 900,
        "description": "x" * 1_000_000,
    }
    statuses.append(place.ask("POST", f"/report/{_draft(place, OTHER)}/details", report).status)
    many: dict[str, object] = {f"attribute[C{number}]": ["x" * 4000] * 100 for number in range(100)}
    statuses.append(place.ask("POST", REQUESTS, FIELDS | {"api_key": place.key} | many).status)
    largest = max(
        place.number("select max(octet_length(state::text)) from drafts"),
        place.number("select max(octet_length(t::text)) from submissions t"),
    )
    told = ", ".join(map(str, statuses))
    return Verdict(
        "A4 stored",
        "5 posts of 3 to 56 MB to forms and interface",
        f"largest row {largest / KILOBYTE:.1f} KB; answered {told}",
        largest <= MOST_STORED and max(statuses) < 500,
    )


def a_flooded_mailbox(place: Place, report: str) -> Verdict:
    """A5: mails to one person, by every way there is, from an address of its own each time."""
    addresses = _addresses()
    drafts = [
        (_draft(place, address, "MUELL_WILD"), address)
        for address, _ in zip(addresses, range(MAILS_TRIED), strict=False)
    ]
    spellings = (VICTIM, VICTIM.upper(), f" {VICTIM}", VICTIM.capitalize())
    pages = {
        path: TICKET.search(place.ask("GET", path).text) for path in ("/my-data", f"/reports/{report}/follow")
    }
    for number, (word, address) in enumerate(drafts):
        place.ask("POST", f"/report/{word}/contact", {"email": spellings[number % 4]}, address)
    time.sleep(PATIENCE_SECONDS)
    statuses: dict[int, int] = {}
    for number, (word, address) in enumerate(drafts):
        typed = {"email": spellings[number % 4]}
        answers = [place.ask("POST", f"/report/{word}/check", {"action": f"me_too:{report}"}, address)]
        for path, ticket in pages.items():
            answers.append(place.ask("POST", path, typed | {"ticket": ticket[1] if ticket else ""}, address))
        for answer in answers:
            statuses[answer.status] = statuses.get(answer.status, 0) + 1
    place.wait(lambda: len(place.mails()) > MAILS_AN_HOUR)
    came = sum(CANARY in str(mail["To"]).casefold() for mail in place.mails())
    return Verdict(
        "A5 mails",
        f"{MAILS_TRIED} times three ways to one mailbox, from {MAILS_TRIED} addresses",
        f"{came} mails; answered {', '.join(f'{many} x {status}' for status, many in sorted(statuses.items()))}",
        0 < came <= MAILS_AN_HOUR and max(statuses) < 500,
    )


def a_link_never_confirmed(place: Place) -> Verdict:
    """A6: what somebody sees who has a mail that its owner never confirmed."""
    tokens = place.mails_to_victim("/follow")
    secret = f"{CANARY}-phone"
    seen = (
        [place.ask("GET", f"/{door}/{tokens[-1]}") for door in ("follow", "my-data", "my-data")]
        if tokens
        else []
    )
    seen += [place.ask("POST", f"/my-data/{token}") for token in tokens[-1:]]
    shown = sum(secret in answer.text or VICTIM in answer.text for answer in seen)
    shared = sum("Access-Control-Allow-Origin" in answer.headers for answer in seen)
    kept = place.number(f"select count(*) from reporters where phone = '{secret}'")
    opened = [answer.status for answer in seen]
    return Verdict(
        "A6 links",
        "a follower's link at the doors of own data",
        f"answered {opened}; {shown} showed somebody, {shared} to other sites; {kept} of 1 reporter still there",
        bool(tokens) and not shown and not shared and kept == 1 and opened[1:] == [404] * 3,
    )


def a_person_who_erases(place: Place) -> Verdict:
    """A7: where somebody is still found whose data were deleted."""
    before = _canaries(place)
    ticket = TICKET.search(place.ask("GET", "/my-data").text)
    time.sleep(PATIENCE_SECONDS)
    # The flood has used up what a mailbox gets in an hour.
    with closing(psycopg.connect(place.url, autocommit=True)) as conn:
        conn.execute("delete from mail_requests")
    place.ask("POST", "/my-data", {"email": VICTIM, "ticket": ticket[1] if ticket else ""}, "127.0.2.1")
    place.wait(lambda: place.mails_to_victim("/my-data"))
    tokens = place.mails_to_victim("/my-data")
    erased = place.ask("POST", f"/my-data/{tokens[-1]}", address="127.0.2.1").status if tokens else 0
    waiting = "select count(*) from procrastinate_jobs where task_name = 'forget_media' and status in ('todo', 'doing')"
    place.wait(lambda: place.number(waiting) == 0)
    after = _canaries(place)
    return Verdict(
        "A7 erasure",
        f"whoever stands in {len(before)} tables and files has their data deleted by a link",
        f"link {erased}; found afterwards in: {', '.join(after) or 'nothing'}",
        erased == 200 and len(before) > 1 and not after,
    )


def report_of_the_victim(place: Place) -> str:
    """A report that says who sent it in every field there is, with a photo; its number."""
    person = {
        name: f"{CANARY}-{name}" for name in ("phone", "first_name", "last_name", "device_id", "account_id")
    }
    answers = {"attribute[FARBE]": "rot", "attribute[KENNZEICHEN]": f"LU {CANARY}", "attribute[uprn]": CANARY}
    fields = (
        FIELDS | person | answers | {"service_code": "FAHRZEUG_ALT", "email": VICTIM, "api_key": place.key}
    )
    parts = [
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = b'--x\r\nContent-Disposition: form-data; name="media"; filename="a.jpg"\r\n\r\n'
    sent = place.ask(
        "POST",
        REQUESTS,
        body=("multipart/form-data; boundary=x", b"".join([*parts, head, _photo(), b"\r\n--x--\r\n"])),
    )
    found = re.search(r'"service_request_id":\s*"(\d+)"', sent.text)
    assert found, sent.text
    return found[1]


def _photo() -> bytes:
    file = BytesIO()
    Image.effect_noise((600, 400), 40).convert("RGB").save(file, "JPEG")
    return file.getvalue()


def _canaries(place: Place) -> list[str]:
    """Tables and files in which the victim still stands; mails that were sent are not ours any more."""
    with closing(psycopg.connect(place.url)) as conn:
        tables = conn.execute(
            "select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace"
            " where n.nspname = 'public' and c.relkind in ('r', 'p') and c.relname <> 'spatial_ref_sys' order by 1"
        ).fetchall()
        found = []
        for (table,) in tables:
            question = sql.SQL("select count(*) from {} as t where t::text ilike {}")
            counted = conn.execute(
                question.format(sql.Identifier(table), sql.Literal(f"%{CANARY}%"))
            ).fetchone()
            found += [table] if counted and counted[0] else []
    files = [file for part in ("media", "server.log", "worker.log") for file in _files(place.folder / part)]
    return found + [file.name for file in files if CANARY.encode() in file.read_bytes().lower()]


def _files(path: Path) -> list[Path]:
    return [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]


def a_hidden_photo(place: Place) -> Verdict:
    """A8: a photo that was fetched and then hidden, and what the logs keep of secrets."""
    sent = report_of_the_victim(place)
    place.command("request", "publish", sent)
    place.wait(lambda: "media_url" in place.ask("GET", f"/open311/v2/requests/{sent}.json").text)
    pictures = re.findall(
        r'https?://[^"]+?(/media/[^"]+)"', place.ask("GET", f"/open311/v2/requests/{sent}.json").text
    )
    pages = [f"/reports/{sent}", *pictures]
    before = [place.ask("GET", path).status for path in pages for _ in range(2)]
    place.command("request", "hide", sent, "--reason", "Versuch")
    after = [place.ask("GET", path).status for path in pages]
    word = _draft(place, OTHER)
    place.ask("GET", f"{REQUESTS}?api_key={place.key}&q={CANARY}")
    place.ask("GET", f"/report/{word}/details")
    logs = b"".join(_read(file) for file in place.folder.glob("*.log*"))
    secrets = {
        "draft": word,
        "key": place.key,
        "words": CANARY,
        "links": (place.mails_to_victim("/follow") or ["-"])[-1],
    }
    told = [name for name, secret in secrets.items() if secret.encode() in logs]
    return Verdict(
        "A8 proxy files" if place.behind_proxy else "A8 hidden photos, logs",
        "a report and its photo twice, then hidden; a key, a draft, a search, a link in the logs",
        f"before {before}, after {after}; in the logs: {', '.join(told) or 'nothing'}",
        len(pages) > 1 and set(before) == {200} and set(after) == {404} and not told,
    )


def _read(file: Path) -> bytes:
    return gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()


def verdicts(place: Place, report: str) -> Iterator[Verdict]:
    """All kinds, one after another; later ones build on what the earlier ones have left."""
    report_of_the_victim(place)
    yield drafts_full_of_fields(place)
    yield a_flooded_mailbox(place, report)
    yield a_link_never_confirmed(place)
    yield a_hidden_photo(place)
    yield a_person_who_erases(place)
