"""Orders go out by mail, come back by their link alone, and change nothing before staff have confirmed them."""

import re
from io import BytesIO

import pytest
from sqlalchemy import Connection, text

from open311.actions import casework
from open311.base.errors import Forbidden, Invalid
from open311.core import Core
from open311.model.access.actor import ALL_RIGHTS, Actor, ActorKind, Right
from open311.model.casework.cases import Flag, Stage
from open311.model.service_request import Visibility
from open311.model.staff.roles import Role
from open311.model.task_names import TaskName
from open311.storage.upkeep import unpublished
from open311.webhooks import storage as subscriptions
from tests.actors import CLARA
from tests.client import client_of
from tests.jobs import work
from tests.mailbox import Mailbox, a_mail_server
from tests.pictures import a_photo
from tests.serving import MakeCore, an_api
from tests.staff.desk import CITY, HERE, Desk, Employee

LAMP = {"service_code": "STRASSENLATERNE", "attribute[DEFEKT]": "flackert"}
LINK = re.compile(r"/order/[A-Za-z0-9_-]+")


class Firm:
    """A contractor with a mailbox and a browser."""

    def __init__(self, core: Core, conn: Connection, mailbox: Mailbox, desk: Desk) -> None:
        self.core, self.conn, self.mailbox, self.client = core, conn, mailbox, client_of(core)
        self.worker: Employee = desk.employee(Role.CHECKER, Role.WORKER)
        self.api = an_api(core)
        self.number = int(
            self.api.report(
                **LAMP,
                description="Lampe 4711 flackert",
                email="kim@example.org",
                first_name="Kimberley",
            )
        )
        casework.publish(core, self.number, CLARA)

    @property
    def revision(self) -> int:
        return casework.show(self.core, self.number, CLARA).case.revision

    @property
    def flags(self) -> frozenset[str]:
        return casework.show(self.core, self.number, CLARA).case.flags

    @property
    def stage(self) -> Stage:
        return casework.show(self.core, self.number, CLARA).case.stage

    def kinds(self) -> list[str]:
        return [event.kind for event in casework.show(self.core, self.number, CLARA).history]

    def press(self, act: str, expected: int = 303, **fields: object) -> None:
        path = f"/staff/reports/{self.number}/outside/{act}"
        sent = {"form_token": self.worker.token, "revision": self.revision} | fields
        response = self.worker.client.post(path, data=sent, headers=HERE)
        assert response.status_code == expected, response.text

    def order(self, **fields: object) -> str:
        """An order on its way; the path of its link."""
        self.press("order", contractor="LAMPEN", text="Leuchtmittel tauschen", **fields)
        return self.link()

    def link(self) -> str:
        self.core.now.forward(minutes=2)
        work(self.core, self.conn, TaskName.WRITE_TO_CONTRACTOR)
        return LINK.findall(self.mailbox.last)[0]

    def answer(self, link: str, act: str, status: int = 303, **fields: object) -> str:
        page = self.client.get(link).text
        answers = re.findall(r'name="answers" value="(\d+)"', page)
        response = self.client.post(
            link, data={"act": act, "answers": answers[0] if answers else "0"} | fields
        )
        assert response.status_code == status, response.text
        return response.text


@pytest.fixture
def firm(make_core: MakeCore, conn: Connection):  # type: ignore[no-untyped-def]
    with a_mail_server() as (mailbox, smtp_url):
        core = make_core(OPEN311_SMTP_URL=smtp_url, OPEN311_MAIL_FROM="stadt@example.org")
        yield Firm(core, conn, mailbox, Desk(core))


def order_id(firm: Firm) -> int:
    return int(firm.conn.execute(text("select max(id) from orders")).scalar_one())


def test_an_order_goes_all_the_way_from_the_mail_to_the_public(firm: Firm) -> None:
    link = firm.order()
    assert (firm.flags, firm.stage) == ({Flag.ORDERED}, Stage.OUTSIDE)
    [to] = firm.mailbox.recipients[-1]
    assert to == "auftrag@lampen.example"
    page = firm.client.get(link)
    assert "Leuchtmittel tauschen" in page.text
    assert "noindex" in page.text
    # The way there is a press on a telephone, and figures are to a metre.
    assert "In der Karten-App öffnen</a>" in page.text
    assert re.search(r">\d\d,\d{5}° Nord, \d,\d{5}° Ost<", page.text)
    assert page.headers["Cache-Control"] == "private, no-store"
    firm.answer(link, "accept", planned="2026-03-04")
    firm.answer(link, "done", text_done="getauscht", media=(BytesIO(a_photo()), "nachher.jpg"))
    assert (firm.flags, firm.stage) == ({Flag.DONE_REPORTED}, Stage.WORK)
    shown = casework.show(firm.core, firm.number, CLARA)
    assert shown.request.status == "open"
    assert shown.request.detailed_status != "EINGEPLANT"
    public = client_of(firm.core).get(f"/reports/{firm.number}").text
    assert "getauscht" not in public
    page_of_case = firm.worker.get(f"/staff/reports/{firm.number}/outside").text
    assert "getauscht" in page_of_case
    [photo] = re.findall(r'id="done-(\d+)"', page_of_case)
    firm.press("confirm", order=order_id(firm), status="GELOEST", status_notes="Lampe leuchtet", photo=photo)
    public = client_of(firm.core).get(f"/reports/{firm.number}").text
    assert "Lampe leuchtet" in public
    assert public.count("/media/") > 0
    assert (firm.flags, firm.stage) == (frozenset(), Stage.DONE)


def test_each_field_of_several_orders_has_its_own_label(firm: Firm) -> None:
    for _ in range(2):
        firm.answer(firm.order(), "done")
    firm.order()
    # Opening a page looks for ids that stand twice.
    page = firm.worker.get(f"/staff/reports/{firm.number}/outside").text
    assert len(re.findall('<textarea [^>]*name="text"', page)) == 4


def test_a_scanner_that_opens_the_link_changes_nothing(firm: Firm) -> None:
    link = firm.order()
    before = firm.revision, firm.kinds()
    for method in ("GET", "HEAD", "GET"):
        assert firm.client.open(link, method=method).status_code == 200
    assert (firm.revision, firm.kinds()) == before


def test_the_page_tells_nothing_of_whoever_reported(firm: Firm) -> None:
    casework.add_note(firm.core, firm.number, "Nachbarin ist schwierig", CLARA)
    page = firm.client.get(firm.order()).text
    for word in ("Kimberley", "kim@example.org", "schwierig", "flackert"):
        assert word not in page, word
    assert "flackert" not in firm.mailbox.last


def test_the_token_stands_nowhere_in_the_database(firm: Firm) -> None:
    token = firm.order().rpartition("/")[2]
    tables = firm.conn.execute(
        text("select table_name from information_schema.tables where table_schema = 'public'")
    ).scalars()
    for table in tables:
        rows = firm.conn.execute(
            text(f'select count(*) from "{table}" t where t::text like :word'), {"word": f"%{token}%"}
        )
        assert (table, rows.scalar_one()) == (table, 0)


@pytest.mark.parametrize(("act", "word"), [("decline", "zu weit weg"), ("ask", "Welche Farbe?")])
def test_an_answer_that_needs_us_brings_the_case_back(firm: Firm, act: str, word: str) -> None:
    link = firm.order()
    firm.answer(link, act, 400, **{f"text_{act}": " "})
    firm.answer(link, act, **{f"text_{act}": word})
    assert Flag.RETURNED in firm.flags
    assert firm.stage is Stage.WORK
    assert word in firm.worker.get(f"/staff/reports/{firm.number}/outside").text
    assert "Sie sind am Zug" in firm.worker.get("/staff/outside").text
    firm.press("settle", order=order_id(firm))
    assert Flag.RETURNED not in firm.flags


def test_whoever_has_the_case_hears_at_once_that_it_is_back(firm: Firm) -> None:
    casework.assign_person(firm.core, firm.number, firm.worker.account_id, CLARA)
    link = firm.order()
    work(firm.core, firm.conn, TaskName.SEND_NOTICES)
    firm.answer(link, "decline", text_decline="zu weit weg")
    work(firm.core, firm.conn, TaskName.SEND_NOTICES)
    assert firm.mailbox.recipients[-1] == [firm.worker.email]
    assert f"{firm.number}, Defekte Straßenbeleuchtung, von der Firma zurück" in firm.mailbox.last
    assert "weit weg" not in firm.mailbox.last


def test_programs_that_take_nothing_are_named(firm: Firm) -> None:
    assert "nichts annehmen" not in firm.worker.get("/staff/outside").text
    target = {"url": "https://fach.example/hook?key=geheim", "secret": "s", "tag": "t"}
    everything: dict[str, list[str]] = {"service_codes": [], "kinds": []}
    hook = subscriptions.add(
        firm.conn,
        name="Fachverfahren",
        jurisdiction_id=CITY,
        created_datetime=firm.core.now(),
        **target,
        **everything,
    )
    subscriptions.change(firm.conn, hook.id, failing_since=firm.core.now(), failures=3)
    page = firm.worker.get("/staff/outside").text
    assert "Fachverfahren · fach.example · antwortet nicht" in firm.worker.text
    assert "geheim" not in page


def test_a_question_is_answered_by_mail_and_on_the_page(firm: Firm) -> None:
    link = firm.order()
    firm.answer(link, "ask", text_ask="Welche Farbe?")
    firm.press("write", order=order_id(firm), text="Warmweiß")
    second = firm.link()
    assert "Warmweiß" in firm.mailbox.last
    assert second != link
    assert "Warmweiß" in firm.client.get(link).text
    assert firm.flags == {Flag.ORDERED}


def test_what_is_not_finished_goes_back(firm: Firm) -> None:
    link = firm.order()
    firm.answer(link, "done", text_done="fertig")
    firm.press("return", order=order_id(firm), text="Sie flackert noch")
    firm.link()
    assert "flackert noch" in firm.mailbox.last
    firm.answer(link, "done", text_done="jetzt aber")
    firm.press("confirm", order=order_id(firm))
    assert firm.flags == frozenset()


def test_an_answer_sent_twice_is_taken_in_once(firm: Firm) -> None:
    link = firm.order()
    sent = {"act": "accept", "answers": "0", "planned": "2026-03-05"}
    assert [firm.client.post(link, data=sent).status_code for _ in range(2)] == [303, 303]
    assert firm.kinds().count("order_accepted") == 1
    other = firm.client.post(link, data={"act": "decline", "answers": "0", "text_decline": "doch nicht"})
    assert other.status_code == 400
    assert "doch nicht" in other.text


def test_a_revoked_order_ends_its_link_and_tells_the_contractor(firm: Firm) -> None:
    link = firm.order()
    firm.press("revoke", order=order_id(firm))
    firm.core.now.forward(minutes=2)
    work(firm.core, firm.conn, TaskName.WRITE_TO_CONTRACTOR)
    assert "zurückgezogen" in firm.mailbox.last
    assert firm.client.get(link).status_code == 410
    assert firm.client.post(link, data={"act": "accept"}).status_code == 410
    assert (firm.flags, firm.stage is Stage.OUTSIDE) == (frozenset(), False)


def test_an_order_revoked_before_it_left_is_never_sent(firm: Firm) -> None:
    firm.press("order", contractor="LAMPEN", text="Leuchtmittel tauschen")
    firm.press("revoke", order=order_id(firm))
    firm.core.now.forward(minutes=2)
    work(firm.core, firm.conn, TaskName.WRITE_TO_CONTRACTOR)
    assert firm.mailbox.mails == []


def test_an_order_is_due_within_years(firm: Firm) -> None:
    for day in ("9999-12-31", "2037-01-01", "0001-01-01"):
        firm.press("order", 400, contractor="LAMPEN", text="Leuchtmittel tauschen", due=day)
    assert "order_sent" not in firm.kinds()


def test_nothing_heard_is_reminded_of_once_and_comes_back_at_the_end(firm: Firm) -> None:
    link = firm.order(due="2026-04-01")
    clock = firm.core.now
    clock.forward(days=4)
    for _ in range(2):
        casework.attend_orders(firm.core)
    work(firm.core, firm.conn, TaskName.WRITE_TO_CONTRACTOR)
    assert firm.kinds().count("reminded") == 1
    assert "Erinnerung" in str(firm.mailbox.mails[-1]["Subject"])
    clock.forward(days=70)
    casework.attend_orders(firm.core)
    casework.attend_orders(firm.core)
    assert firm.kinds()[-1] == "order_expired"
    assert firm.flags == {Flag.RETURNED}
    assert firm.client.get(link).status_code == 410


def test_only_cleared_photos_leave(firm: Firm) -> None:
    number = int(firm.api.report(**LAMP, media=(BytesIO(a_photo()), "a.jpg")))
    casework.publish(firm.core, number, CLARA)
    shown = firm.conn.execute(
        text("select id, key from media where service_request_id = :n"), {"n": number}
    ).one()
    firm.number = number
    page = firm.worker.get(f"/staff/reports/{number}/outside").text
    assert f'id="photo-{shown.id}"' in page
    link = firm.order(photo=shown.id)
    picture = f"{link}/photos/{shown.id}"
    assert firm.client.get(picture).status_code == 200
    casework.hide_photo(firm.core, shown.id, CLARA)
    assert firm.client.get(picture).status_code == 404
    with pytest.raises(Invalid):
        casework.order(firm.core, number, "LAMPEN", "Lampe", CLARA, photos=[shown.id])


@pytest.mark.parametrize("visibility", [Visibility.HELD, Visibility.HIDDEN])
def test_what_is_not_checked_or_gone_cannot_be_ordered(firm: Firm, visibility: Visibility) -> None:
    number = int(firm.api.report(**LAMP))
    if visibility is Visibility.HIDDEN:
        casework.hide(firm.core, number, CLARA)
    with pytest.raises(Invalid):
        casework.order(firm.core, number, "LAMPEN", "Lampe", CLARA)


def test_an_order_of_another_case_is_out_of_reach(firm: Firm) -> None:
    firm.order()
    other = int(firm.api.report(**LAMP))
    casework.publish(firm.core, other, CLARA)
    path = f"/staff/reports/{other}/outside/revoke"
    assert firm.worker.post(path, order=order_id(firm)).status_code == 400
    assert "order_revoked" not in firm.kinds()


def test_two_people_who_order_at_once_are_told(firm: Firm) -> None:
    path, revision = f"/staff/reports/{firm.number}/outside/order", firm.revision
    sent = {"contractor": "LAMPEN", "text": "Lampe tauschen", "revision": revision}
    assert firm.worker.post(path, **sent).status_code == 303
    assert firm.worker.post(path, **sent).status_code == 409
    assert "Lampe tauschen" in firm.worker.response.text
    assert firm.kinds().count("order_sent") == 1


def test_whoever_may_not_order_is_refused(firm: Firm) -> None:
    firm.order()
    number = order_id(firm)
    reader = Actor(ActorKind.STAFF, "9", ALL_RIGHTS - {Right.ORDER})
    before = firm.kinds()
    for act in (
        lambda: casework.order(firm.core, firm.number, "LAMPEN", "Lampe", reader),
        lambda: casework.revoke_order(firm.core, number, reader),
        lambda: casework.settle_order(firm.core, number, reader),
        lambda: casework.answer_contractor(firm.core, number, "Hallo", reader),
        lambda: casework.return_order(firm.core, number, "Hallo", reader),
        lambda: casework.confirm_order(firm.core, number, reader),
    ):
        with pytest.raises(Forbidden):
            act()
    assert firm.kinds() == before


def test_forgetting_people_forgets_what_was_written_to_and_by_contractors(firm: Firm) -> None:
    link = firm.order()
    firm.answer(link, "done", text_done="bei Frau Kim geklingelt", media=(BytesIO(a_photo()), "a.jpg"))
    files = unpublished.forget_of_requests(firm.conn, [firm.number])
    assert len(files) >= 1
    left = firm.conn.execute(
        text(
            "select string_agg(o.text || e.data::text, ' ') from orders o join events e using (service_request_id)"
        )
    ).scalar_one()
    assert "Kim" not in left
    assert "Leuchtmittel" not in left


@pytest.mark.parametrize("token", ["x", "a" * 32, "%00", "ä" * 20])
def test_a_link_that_is_none_says_so(core: Core, token: str) -> None:
    answer = client_of(core).get(f"/order/{token}")
    assert answer.status_code == 404
    assert "noindex" in answer.text
