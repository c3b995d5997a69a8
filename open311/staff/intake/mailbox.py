"""The mailbox: mails that came in and belong to nothing yet, to become reports, to join one, or to be put aside."""

from collections.abc import Callable, Mapping
from io import BytesIO

from flask import Response, request, send_file
from flask.typing import ResponseReturnValue

from open311.actions.desk import inbox_decisions as decisions
from open311.base.errors import Invalid, NotFound, problem
from open311.base.text import whole_number
from open311.http import current
from open311.http.errors import in_words
from open311.model.access.actor import Right
from open311.model.inbox import InboxMail, InboxState
from open311.model.intake.channels import Channel
from open311.site.report_numbers import report_number
from open311.site.words import degrees
from open311.staff.blueprint import page, redirect_to, signed_in, staff
from open311.staff.intake import telephone, telephone_form
from open311.staff.rendering import NOT_KEPT, render
from open311.storage.mails import inbox as storage

Act = Callable[[InboxMail], ResponseReturnValue]


def owners() -> tuple[str, ...]:
    """The cities whose mail somebody reads."""
    return staff().jurisdictions(Right.CHECK)


@page("/inbox", Right.CHECK)
def inbox() -> ResponseReturnValue:
    """Mails that wait, the oldest first; or those of another state, the newest first."""
    word, after = request.args.get("state", ""), request.args.get("after", "")
    state = InboxState(word) if word in set(InboxState) else InboxState.NEW
    behind = whole_number(after, 15)
    with current.core().database.read() as conn:
        mails = storage.page(conn, owners(), state, behind, storage.PAGE + 1)
        skipped = storage.skipped(conn, _mailboxes())
    more = len(mails) > storage.PAGE
    return render(
        "intake/mailbox.html",
        mails=mails[: storage.PAGE],
        state=state,
        states=list(InboxState),
        after=mails[storage.PAGE - 1].id if more else None,
        several=len(owners()) > 1,
        reads=bool(current.core().settings.imap_url),
        skipped=skipped,
    )


def _mailboxes() -> list[str]:
    """Those by which mail for the own cities comes in."""
    # A mailbox without a city takes mail for each of them.
    mailboxes = current.core().settings.imap_url
    return [mailbox.name for mailbox in mailboxes if mailbox.jurisdiction_id in (None, *owners())]


@page("/inbox/<number:mail_id>", Right.CHECK, methods=("GET", "POST"))
def inbox_mail(mail_id: int) -> ResponseReturnValue:
    mail = decisions.find(current.core(), mail_id, owners())
    if request.method == "GET":
        return _page(mail)
    act = ACTS.get(request.form.get("act", ""))
    if act is None:
        raise Invalid(problem("error.path"))
    try:
        return act(mail)
    except Invalid as refused:
        words = [in_words(fault) for fault in refused.problems]
        return _page(mail, {"number": " ".join(words)})


def _page(mail: InboxMail, errors: Mapping[str, str] | None = None) -> Response:
    return render(
        "intake/mail.html",
        status=400 if errors else 200,
        mail=mail,
        errors=errors or {},
        degrees=degrees,
        number=request.form.get("number", mail.about_id or ""),
        may_report=Right.INTAKE in staff().rights_in(mail.jurisdiction_id),
    )


@page("/inbox/<number:mail_id>/photos/<number:position>", Right.CHECK)
def inbox_photo(mail_id: int, position: int) -> ResponseReturnValue:
    mail = decisions.find(current.core(), mail_id, owners())
    kept = mail.photos[position - 1 : position] if position else ()
    data = current.core().media_store.get(kept[0].key) if kept else None
    if data is None:
        raise NotFound(problem("error.path"))
    response = send_file(BytesIO(data), mimetype="image/jpeg")
    response.headers["Cache-Control"] = NOT_KEPT
    # Nobody has looked at it yet: opened by itself it may do nothing.
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def _report(mail: InboxMail) -> ResponseReturnValue:
    """The page that takes in reports, with what is in the mail."""
    if mail.state is not InboxState.NEW:
        raise Invalid(problem("error.mail.decided"))
    catalogue = next(
        (city for city in telephone.cities() if city.jurisdiction.jurisdiction_id == mail.jurisdiction_id),
        None,
    )
    if catalogue is None:
        raise NotFound(problem("error.path"))
    state = {
        "desk": str(signed_in().account.id),
        "mail": mail.id,
        "channel": Channel.MAIL.value,
        "about": mail.subject,
        "description": mail.text or mail.subject,
        "email": mail.from_address,
        "last_name": mail.from_name,
        "follow": "1",
    }
    if mail.lat is not None:
        state |= {"lat": f"{mail.lat}", "long": f"{mail.long}"}
    draft = telephone.begin(catalogue, telephone_form.prefilled(catalogue, state))
    return redirect_to("taken_in", token=draft.token)


def _link(mail: InboxMail) -> ResponseReturnValue:
    number = report_number(request.form.get("number", ""))
    if number is None:
        raise Invalid(problem("desk.inbox.error.number"))
    actor = staff().actor(mail.jurisdiction_id)
    decisions.link(current.core(), mail.id, number, actor, mail.jurisdiction_id)
    return redirect_to("inbox", done="linked")


def _discard(mail: InboxMail) -> ResponseReturnValue:
    decisions.discard(current.core(), mail.id, staff().actor(mail.jurisdiction_id), mail.jurisdiction_id)
    return redirect_to("inbox", done="discarded")


def _take_back(mail: InboxMail) -> ResponseReturnValue:
    decisions.take_back(current.core(), mail.id, staff().actor(mail.jurisdiction_id), mail.jurisdiction_id)
    return redirect_to("inbox_mail", done="saved", mail_id=mail.id)


ACTS: Mapping[str, Act] = {
    "report": _report,
    "link": _link,
    "discard": _discard,
    "take_back": _take_back,
}
