"""What keeps the desk apart: cookies, caches, other sites, the log."""

import json
import re

import pytest

from open311.http.urls import discreet
from open311.model.staff.roles import Role
from tests.client import client_of
from tests.serving import MakeCore
from tests.staff.desk import HERE, PASSWORD, Desk, Employee, membership

PAGES = (
    "/staff",
    "/staff/me",
    "/staff/me/password",
    "/staff/me/factor",
    "/staff/admin/accounts",
    "/staff/admin/accounts/new",
    "/staff/admin/log",
    "/staff/nothing",
    "/staff/alive",
)
INLINE = re.compile(r"<script(?![^>]*\bsrc=)|<style|\son[a-z]+=|\sstyle=|javascript:", re.IGNORECASE)


@pytest.fixture
def admin(desk: Desk) -> Employee:
    """An administrator who is signed in."""
    return desk.employee(Role.ADMIN)


def test_no_page_is_kept_framed_indexed_or_read_by_another_site(desk: Desk, admin: Employee) -> None:
    strange = desk.visitor()
    for visitor in (admin, strange):
        for path in (*PAGES, "/staff/login", "/staff/login/code", "/staff/welcome/nobodys"):
            response = visitor.get(path, Origin="https://evil.example")
            headers = response.headers
            assert "Access-Control-Allow-Origin" not in headers, path
            assert headers["Referrer-Policy"] == "same-origin", path
            assert headers["X-Content-Type-Options"] == "nosniff", path
            if response.mimetype == "text/html" and response.status_code != 303:
                assert headers["Cache-Control"] == "private, no-store", path
                assert headers["X-Frame-Options"] == "DENY", path
                assert "noindex" in headers["X-Robots-Tag"], path
                policy = headers["Content-Security-Policy"]
                assert "default-src 'none'" in policy, path
                assert "frame-ancestors 'none'" in policy, path
                assert "unsafe" not in policy, path
                assert not INLINE.search(response.text), path


def test_no_other_site_is_told_what_it_may_send(desk: Desk) -> None:
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    response = desk.visitor().client.options("/staff/login", headers=asked)
    assert not [name for name, _ in response.headers if name.startswith("Access-Control")]


def test_the_cookie_is_for_the_desk_alone(desk: Desk) -> None:
    desk.account(membership(Role.READER))
    sent = {"email": "bea@stadt.example", "password": PASSWORD}
    plain = desk.visitor().client.post("/staff/login", data=sent, headers=HERE)
    assert re.fullmatch(
        r"open311-staff=[\w-]{32}; HttpOnly; Path=/staff; SameSite=Lax", plain.headers["Set-Cookie"]
    )


def test_by_tls_the_cookie_is_secure_and_no_other_counts(make_core: MakeCore) -> None:
    desk = Desk(make_core(OPEN311_BASE_URL="https://report.example/city"))
    desk.account(membership(Role.READER))
    client = desk.visitor().client
    sent = {"email": "bea@stadt.example", "password": PASSWORD}
    signed = client.post("/staff/login", data=sent, headers=HERE)
    cookie = signed.headers["Set-Cookie"]
    assert re.fullmatch(
        r"__Secure-open311-staff=[\w-]{32}; Secure; HttpOnly; Path=/city/staff; SameSite=Lax", cookie
    )
    assert signed.location == "/city/staff"
    token = cookie.partition("=")[2].partition(";")[0]
    for name, status in (("open311-staff", 303), ("__Secure-open311-staff", 200)):
        other = client_of(desk.core)
        other.set_cookie(name, token, path="/staff")
        assert other.get("/staff").status_code == status


def test_without_tls_nobody_signs_in_from_elsewhere(desk: Desk) -> None:
    visitor = desk.visitor()
    refused = visitor.get("/staff/login", Host="report.example")
    assert refused.status_code == 403
    assert "https" in visitor.text
    assert visitor.get("/staff/login", Host="127.0.0.1:8311").status_code == 200


def test_public_pages_are_the_same_for_staff_and_never_see_the_cookie(desk: Desk, admin: Employee) -> None:
    admin.get("/")
    assert "Set-Cookie" not in admin.response.headers
    assert admin.response.headers["Cache-Control"].startswith("public")
    assert admin.client.get_cookie("open311-staff", path="/") is None


def test_from_other_networks_there_is_no_desk(make_core: MakeCore) -> None:
    desk = Desk(make_core(OPEN311_STAFF_NETWORKS="10.20.0.0/16, 2001:db8::/32"))
    client = desk.visitor().client
    for address, status in (
        ("127.0.0.1", 404),
        ("10.20.3.4", 200),
        ("2001:db8::7", 200),
        ("::ffff:10.20.3.4", 200),
    ):
        client.environ_base["REMOTE_ADDR"] = address
        assert client.get("/staff/login").status_code == status
        assert client.get("/").status_code == 200


def test_switched_off_there_is_no_desk(make_core: MakeCore) -> None:
    client = client_of(make_core(OPEN311_STAFF="off"))
    assert client.get("/staff").status_code == 404
    assert client.get("/staff/login").status_code == 404


def test_no_city_can_be_called_staff(desk: Desk) -> None:
    client = desk.visitor().client
    assert client.get("/staff/imprint").status_code == 404
    assert client.get("/order/imprint").status_code == 404


def test_a_session_has_its_own_share_and_a_whole_town_hall_one_address(make_core: MakeCore) -> None:
    desk = Desk(
        make_core(OPEN311_RATE_LIMITS="on", OPEN311_RATE_LIMIT_GET="60", OPEN311_RATE_LIMIT_POST="60")
    )
    reader = desk.employee(Role.READER)
    strange = reader.client.another()
    statuses = [strange.get("/staff/login").status_code for _ in range(62)]
    assert statuses[-1] == 429
    assert reader.get("/staff").status_code == 200
    assert 429 in [reader.get("/staff").status_code for _ in range(62)]


def test_the_log_names_neither_links_nor_people() -> None:
    link = "/staff/welcome/0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"
    assert discreet(link) == "/staff/welcome/…"


def test_forms_of_a_page_from_before_the_last_sign_in_are_offered_again(desk: Desk) -> None:
    reader = desk.employee(Role.READER)
    stale = reader.token
    desk.sign_in(reader)
    sent = {"form_token": stale, "language": "en", "note": "three sentences that took a while"}
    response = reader.client.post("/staff/me", data=sent, headers=HERE)
    assert response.status_code == 409
    assert "three sentences that took a while" in response.text
    assert 'action="/staff/me"' in response.text


def test_what_was_typed_when_the_session_ended_is_offered_after_signing_in(
    desk: Desk, admin: Employee
) -> None:
    """Through password and second factor; secrets are left out, and so is the old token."""
    typed = {"name": "Cem <Muster>", "email": "cem@stadt.example", "language": "en", "old_password": "geheim"}
    token = admin.token
    admin.client.delete_cookie("open311-staff", path="/staff")
    asked = admin.client.post("/staff/admin/accounts/new", data=typed | {"form_token": token}, headers=HERE)
    assert asked.status_code == 403
    kept = re.search(r'name="kept" value="([^"]*)"', asked.text)
    assert kept
    import html

    packed = html.unescape(kept[1])
    assert "geheim" not in packed
    assert token not in packed
    assert json.loads(packed)[0] == "/staff/admin/accounts/new"
    signed = {"email": admin.email, "password": PASSWORD, "kept": packed}
    code_page = admin.client.post("/staff/login", data=signed, headers=HERE)
    assert code_page.status_code == 200
    assert 'name="kept"' in code_page.text
    from open311.adapters.signing_in import one_time_codes

    desk.core.now.forward(minutes=1)
    code = one_time_codes.code_at(admin.secret, desk.core.now())
    offered = admin.client.post("/staff/login/code", data={"code": code, "kept": packed}, headers=HERE)
    assert offered.status_code == 200
    assert "Cem &lt;Muster&gt;" in offered.text
    assert 'action="/staff/admin/accounts/new"' in offered.text


NO_FORMS = (
    "",
    "no",
    "[]",
    '["/staff/me"]',
    '["https://evil.example", [], false]',
    '["/staff/../x//y", [], 0]',
    "[1, [[1]], 2]",
    '{"a": 1}',
    "[" * 5000,
)


@pytest.mark.parametrize("packed", NO_FORMS, ids=lambda packed: packed[:20])
def test_what_is_no_kept_form_is_nothing(desk: Desk, packed: str) -> None:
    desk.account(membership(Role.READER))
    sent = {"email": "bea@stadt.example", "password": PASSWORD, "kept": packed}
    response = desk.visitor().client.post("/staff/login", data=sent, headers=HERE)
    assert (response.status_code, response.location) == (303, "/staff")
