"""Mails are taken in once each, whatever breaks in between."""

from dataclasses import replace

import pytest
from PIL import Image
from sqlalchemy import Connection, text

from open311.actions.photos import media
from open311.actions.upkeep import housekeeping
from open311.adapters.mail import imap as adapter
from open311.base.errors import ConfigurationError, StoreUnavailable, Unavailable, problem
from open311.core import Core
from open311.inbox import fetching, threads
from open311.model.task_names import TaskName
from open311.notifications.model.mail_links import Purpose
from open311.notifications.privacy import own_data
from open311.notifications.storage import mail_links, people
from open311.settings.mailboxes import imap_mailboxes
from open311.tasks import EVERY_MINUTE, TASKS
from tests.client import client_of
from tests.inbox.server import ImapServer, a_mail
from tests.pictures import GPS_IFD, a_large_photo, exif
from tests.serving import Clock, MakeCore
from tests.staff.desk import CITY


def mails(conn: Connection) -> list[tuple[str, str]]:
    """State and subject of all mails that were taken in."""
    return [(row[0], row[1]) for row in conn.execute(text("select state, subject from inbox order by id"))]


def test_each_mail_is_taken_in_once(core: Core, imap: ImapServer, conn: Connection) -> None:
    imap.gets(a_mail(subject="eins"))
    imap.gets(a_mail(subject="zwei"))
    assert fetching.fetch_all(core) == 2
    assert fetching.fetch_all(core) == 0
    imap.gets(a_mail(subject="drei"))
    assert fetching.fetch_all(core) == 1
    assert mails(conn) == [("new", "eins"), ("new", "zwei"), ("new", "drei")]


def test_nothing_in_the_mailbox_is_changed(core: Core, imap: ImapServer) -> None:
    imap.gets(a_mail())
    fetching.fetch_all(core)
    imap.client.select(imap.folder, readonly=True)
    assert imap.client.uid("SEARCH", "UNSEEN")[1] != [b""]


def test_a_mailbox_that_was_made_anew_brings_nothing_twice(
    core: Core, imap: ImapServer, conn: Connection
) -> None:
    imap.gets(a_mail(subject="eins"))
    fetching.fetch_all(core)
    imap.loses_its_numbers()
    imap.gets(a_mail(subject="zwei"))
    fetching.fetch_all(core)
    assert mails(conn) == [("new", "eins"), ("new", "zwei")]


def test_a_mail_that_came_by_two_ways_is_one(core: Core, imap: ImapServer, conn: Connection) -> None:
    mail = a_mail().as_bytes()
    imap.gets(b"Delivered-To: a\r\n" + mail)
    imap.gets(b"Delivered-To: b\r\n" + mail)
    fetching.fetch_all(core)
    assert len(mails(conn)) == 1


def test_what_broke_before_it_was_stored_is_fetched_again(
    core: Core, imap: ImapServer, conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stored, and remembered as fetched, all at once or not at all."""
    imap.gets(a_mail())

    def breaks(*_: object, **__: object) -> None:
        raise Unavailable(problem("error.unavailable"))

    with monkeypatch.context() as broken:
        broken.setattr(threads, "settle", breaks)
        with pytest.raises(Unavailable):
            fetching.fetch_all(core)
    assert mails(conn) == []
    assert fetching.fetch_all(core) == 1
    assert len(mails(conn)) == 1


def test_a_mail_that_cannot_be_settled_waits_for_staff_and_stops_none_behind_it(
    core: Core, imap: ImapServer, conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    imap.gets(a_mail(subject="schlimm"))
    imap.gets(a_mail(subject="gut"))
    usual = threads.settle

    def breaks(*given: object) -> None:
        usual(*given)
        if given[3].subject == "schlimm":
            raise KeyError("schlimm")

    monkeypatch.setattr(threads, "settle", breaks)
    fetching.fetch_all(core)
    assert mails(conn) == [("new", "schlimm"), ("new", "gut")]
    problems = conn.execute(text("select problem from inbox order by id")).scalars().all()
    assert problems == ["desk.inbox.problem.unsettled", None]


def test_pictures_lie_in_the_store_and_are_known(core: Core, imap: ImapServer, conn: Connection) -> None:
    mail = a_mail()
    mail.add_attachment(a_large_photo(), maintype="image", subtype="jpeg", filename="foto.jpg")
    mail.add_attachment(b"x" * 9000, maintype="image", subtype="jpeg", filename="kaputt.jpg")
    imap.gets(mail)
    fetching.fetch_all(core)
    [key] = conn.execute(text("select key from inbox_photos")).scalars()
    assert core.media_store.get(key)
    core.now.forward(days=2)
    media.sweep(core)
    assert core.media_store.get(key)


@pytest.mark.parametrize(("north", "place"), [(49.0, (49.481111, 8.446389)), (50.0, (None, None))])
def test_where_a_photo_was_taken_is_offered_if_it_is_in_the_city(
    core: Core, imap: ImapServer, conn: Connection, north: float, place: tuple[float | None, float | None]
) -> None:
    where = exif()
    where.get_ifd(GPS_IFD).update({2: (north, 28.0, 52.0)})
    mail = a_mail()
    for metadata in (Image.Exif(), where):
        photo = a_large_photo(exif=metadata.tobytes())
        mail.add_attachment(photo, maintype="image", subtype="jpeg", filename="foto.jpg")
    imap.gets(mail)
    fetching.fetch_all(core)
    assert conn.execute(text("select lat, long from inbox")).one() == place
    for key in conn.execute(text("select key from inbox_photos")).scalars():
        assert b"Telephone of Kim" not in (core.media_store.get(key) or b"")


def test_a_store_that_is_away_keeps_a_mail_waiting(
    core: Core, imap: ImapServer, conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail = a_mail()
    mail.add_attachment(a_large_photo(), maintype="image", subtype="jpeg", filename="foto.jpg")
    imap.gets(mail)

    def away(*_: object) -> None:
        raise StoreUnavailable(problem("error.unavailable"))

    with monkeypatch.context() as broken:
        broken.setattr(media, "_put", away)
        with pytest.raises(StoreUnavailable):
            fetching.fetch_all(core)
    assert fetching.fetch_all(core) == 1
    assert conn.execute(text("select count(*) from inbox_photos")).scalar_one() == 1


def test_a_mailbox_that_is_away_keeps_no_other_waiting(
    core: Core, imap: ImapServer, conn: Connection
) -> None:
    away = "imap://stadt:geheim@127.0.0.1:9/INBOX#ludwigshafen.de"
    both = imap_mailboxes(f"{away} {imap.url}#ludwigshafen.de")
    core = replace(core, settings=replace(core.settings, imap_url=both))
    imap.gets(a_mail())
    assert fetching.fetch_all(core) == 1
    failing = conn.execute(text("select name from mailboxes where failing_since is not null")).scalars().all()
    assert failing == ["stadt@127.0.0.1:9/INBOX"]


@pytest.mark.parametrize("wrong", ["imap://stadt:falsch@", "imap://stadt:geheim@"])
def test_a_wrong_password_or_folder_is_noted(
    core: Core, imap: ImapServer, conn: Connection, wrong: str
) -> None:
    folder = "INBOX" if "falsch" in wrong else "Nirgends"
    [account] = imap_mailboxes(f"{wrong}127.0.0.1:{imap.port}/{folder}")
    core = replace(core, settings=replace(core.settings, imap_url=(account,)))
    assert fetching.fetch_all(core) == 0
    assert (
        conn.execute(text("select count(*) from mailboxes where failing_since is not null")).scalar_one() == 1
    )


def test_no_password_is_sent_in_the_clear_to_other_machines(
    imap: ImapServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapter, "THIS_MACHINE", ())
    [account] = imap_mailboxes(imap.url)
    with pytest.raises(ConfigurationError), adapter.opened(account):
        pass


def test_no_more_is_fetched_in_one_turn_than_is_bearable(
    core: Core, imap: ImapServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "MOST_MAILS", 2)
    for _ in range(3):
        imap.gets(a_mail())
    assert [fetching.fetch_all(core) for _ in range(3)] == [2, 1, 0]


def test_of_a_mail_that_is_too_large_the_beginning_is_kept(
    core: Core, imap: ImapServer, conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "MAIL_BYTES", 2000)
    mail = a_mail("Der Anfang")
    mail.add_attachment(a_large_photo(), maintype="image", subtype="jpeg", filename="foto.jpg")
    imap.gets(mail)
    fetching.fetch_all(core)
    assert conn.execute(text("select text, problem from inbox")).all() == [
        ("Der Anfang", "desk.inbox.problem.too_large")
    ]


def test_words_are_forgotten_a_month_after_the_decision_and_the_mail_is_not_fetched_again(
    core: Core, imap: ImapServer, conn: Connection, clock: Clock
) -> None:
    imap.gets(a_mail(List_Id="<x>"))
    fetching.fetch_all(core)
    clock.forward(days=31)
    housekeeping.forget_old(core)
    assert conn.execute(text("select from_address || text || subject from inbox")).scalars().all() == [""]
    clock.forward(days=60)
    housekeeping.forget_old(core)
    assert mails(conn) == []


def test_who_erases_their_data_is_found_in_no_mail(core: Core, imap: ImapServer, conn: Connection) -> None:
    imap.gets(a_mail("Kim war da", sender="KIM@example.org"))
    fetching.fetch_all(core)
    catalogue = core.catalogues.in_force[0]
    with core.database.begin() as inner:
        kept = own_data.of_mailbox(inner, catalogue, "kim@example.org")
    assert [row["text"] for row in kept.written] == ["Kim war da"]
    mail_links.add(conn, Purpose.OWN_DATA, CITY, "de", core.now(), email="kim@example.org", token="T" * 32)
    for path in ("", "/export"):
        assert "Kim war da" in client_of(core).get(f"/my-data/{'T' * 32}{path}").text
    with core.database.begin() as inner:
        people.forget(inner, [catalogue.jurisdiction.jurisdiction_id], "kim@example.org")
    left = conn.execute(text("select inbox::text from inbox")).scalars().all()
    assert len(left) == 1
    assert "im" not in left[0].lower().replace("timestamp", "")


def test_the_worker_looks_each_minute() -> None:
    assert TASKS[TaskName.FETCH_MAILS].cron == EVERY_MINUTE


def test_a_mailbox_of_several_cities_names_its_own(make_core: MakeCore) -> None:
    with pytest.raises(ConfigurationError, match="with several, each names its jurisdiction"):
        make_core(OPEN311_IMAP_URL="imaps://a:b@x.example/INBOX imaps://a:b@y.example/INBOX")
