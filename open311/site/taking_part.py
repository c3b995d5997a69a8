"""What anybody can do about a public report: it affects them, is still there, is mended, should not be public."""

from dataclasses import dataclass, field
from typing import Any, cast

from flask import Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from open311.actions.photos import media
from open311.actions.reporting import affected, updates
from open311.base.errors import Invalid, Problem, TooManyRequests
from open311.http import current
from open311.http.errors import in_words
from open311.http.parsing.normalise import LenientRequest
from open311.model.access.actor import PUBLIC
from open311.model.casework.objections import Ground, Objection
from open311.model.intake.submission import DESCRIPTION_LENGTH
from open311.model.mailbox import mailbox
from open311.model.service_request import Reporter, ServiceRequest, Status
from open311.model.updates import UNCHANGED, UpdateSubmission
from open311.notifications import mail_subscriptions, objections
from open311.site import view_models
from open311.site.addresses import address
from open311.site.blueprint import blueprint, city
from open311.site.by_mail.following import guarded_page
from open311.site.form import abuse, form_input
from open311.site.form.abuse import HONEYPOT, GuardedForm
from open311.site.form.steps import FORM
from open311.site.words import words
from open311.web import photos, single_request

# In an hour, by one network.
AFFECTED, UPDATES, OBJECTIONS = 30, 20, 10
STILL_THERE, MENDED, MORE = "still_there", "mended", "more"
KINDS = (STILL_THERE, MENDED, MORE)
# What is said for whoever says no more.
SAID = {STILL_THERE: "page.update.still_there.words", MENDED: "page.update.mended.words"}
LONGEST_NAME = 200


@dataclass(slots=True)
class FormValues:
    """The values of a form, and its errors by field."""

    values: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    retry_after: int = 0

    def wrong(self, name: str, key: str, **more: Any) -> None:
        self.errors.setdefault(name, words(key, **more))

    def refuse(self, name: str, problems: tuple[Problem, ...]) -> None:
        """Tell what a deeper layer has found."""
        for problem in problems:
            at = form_input.at_field(problem)
            self.errors.setdefault(at.field if at.field in self.values else name, in_words(problem))


def _typed_fields(*names: str) -> FormValues:
    return FormValues({name: form_input.posted(name) for name in names})


@blueprint.page("/reports/<number>/affected", methods=("POST",), access=FORM)
def affected_too(number: str) -> AnyResponse:
    """Count one more whom a report affects."""
    # A mere button without a ticket: a page elsewhere could press it for all of its visitors.
    abuse.refuse_foreign()
    report = single_request.find(current.core(), city(), number).request
    abuse.count("affected", AFFECTED)
    # A bot in the honeypot is thanked like everybody, so that it does not learn what gave it away.
    counts = not form_input.posted(HONEYPOT) and affected.add(
        current.core(), city(), report.service_request_id, abuse.device(), abuse.network()
    )
    done = "affected" if counts else "affected_before"
    return redirect(address("report", number=number, done=done), 303)


@blueprint.page("/reports/<number>/update", methods=("GET", "POST"), access=FORM)
def update_report(number: str) -> AnyResponse:
    """Say that something is still there, or mended, or more about it; staff look at it first."""
    report = single_request.find(current.core(), city(), number).request
    if request.method == "GET":
        return _form("update", report, abuse.new_form("update"), FormValues())
    typed, form = _typed_fields("kind", "description", "email"), abuse.posted_form("update")
    if form_input.other_language():
        return _form("update", report, form, typed)
    sent = [file.stream for file in photos.media_parts(cast(LenientRequest, request), []).get("media", [])]
    # Before the rest, since of photos that were refused nothing is kept, and all faults are told at once.
    pictures, about_photos = media.read(current.core(), sent)
    typed.refuse("photos", tuple(about_photos))
    _check_update(typed, form, bool(sent))
    if typed.errors:
        return _form("update", report, form, typed)
    try:
        abuse.count("updates", UPDATES)
        updates.post(current.core(), city(), _update(report, form, typed.values), PUBLIC, pictures)
    except (Invalid, TooManyRequests) as refused:
        return _refused("update", report, form, typed, refused)
    return redirect(address("update_report", number=number, done="1"), 303)


def _check_update(typed: FormValues, form: GuardedForm, has_photo: bool) -> None:
    values = typed.values
    if values["kind"] not in KINDS:
        typed.wrong("kind", "page.update.error.kind")
    if values["kind"] == MORE and not (values["description"].strip() or has_photo):
        typed.wrong("description", "page.update.error.empty")
    if len(values["description"]) > DESCRIPTION_LENGTH:
        typed.wrong("description", "page.update.error.long", most=DESCRIPTION_LENGTH)
    _check_sender(typed, form)


def _check_sender(typed: FormValues, form: GuardedForm) -> None:
    if typed.values["email"] and mailbox(typed.values["email"]) is None:
        typed.wrong("email", "page.form.error.email")
    if fault := form.problem():
        typed.errors.setdefault("send", in_words(fault))


def _update(report: ServiceRequest, form: GuardedForm, values: dict[str, str]) -> UpdateSubmission:
    """The claim: of a closed report "still there" asks to take it up again."""
    again = "reopen" if report.status == Status.CLOSED else UNCHANGED
    update_status = {STILL_THERE: again, MENDED: "fixed"}.get(values["kind"], UNCHANGED)
    # In words as well: what a press means has to be read in mails and at other servers, which know no kinds.
    opening = words(SAID[values["kind"]]) if values["kind"] in SAID else ""
    return UpdateSubmission(
        service_request_id=report.service_request_id,
        # The ticket of the form is its number, so two presses of the button are one update.
        update_id=form.origin,
        update_status=update_status,
        sent_datetime=current.core().now(),
        description="\n".join(filter(None, [opening, values["description"].strip()])),
        updater=Reporter(email=mailbox(values["email"]) if values["email"] else None),
    )


@blueprint.page("/reports/<number>/objection", methods=("GET", "POST"), access=FORM)
def object_to_report(number: str) -> AnyResponse:
    """Say that a report should not be public (Digital Services Act, Article 16)."""
    report = single_request.find(current.core(), city(), number).request
    if request.method == "GET":
        return _form("objection", report, abuse.new_form("objection"), FormValues())
    typed, form = _typed_fields("ground", "text", "name", "email", "faith"), abuse.posted_form("objection")
    if form_input.other_language():
        return _form("objection", report, form, typed)
    _check_objection(typed, form)
    if typed.errors:
        return _form("objection", report, form, typed)
    try:
        abuse.count("objections", OBJECTIONS)
        objections.post(current.core(), city(), _objection(report, form, typed.values), form.mail_asker())
    except (Invalid, TooManyRequests) as refused:
        return _refused("objection", report, form, typed, refused)
    return redirect(address("object_to_report", number=number, done="1"), 303)


def _check_objection(typed: FormValues, form: GuardedForm) -> None:
    values = typed.values
    if values["ground"] not in set(Ground):
        typed.wrong("ground", "page.objection.error.ground")
    if not values["text"].strip():
        typed.wrong("text", "page.objection.error.text")
    if len(values["text"]) > DESCRIPTION_LENGTH:
        typed.wrong("text", "page.update.error.long", most=DESCRIPTION_LENGTH)
    # DSA, Article 16, 2 (d): a notice says that its sender believes it in good faith.
    if not values["faith"]:
        typed.wrong("faith", "page.objection.error.faith")
    _check_sender(typed, form)


def _objection(report: ServiceRequest, form: GuardedForm, values: dict[str, str]) -> Objection:
    return Objection(
        service_request_id=report.service_request_id,
        # As for updates: two presses of the button are one objection.
        sender_id=form.origin,
        ground=Ground(values["ground"]),
        text=values["text"].strip(),
        language=current.language(),
        name=values["name"].strip()[:LONGEST_NAME],
        # DSA, Article 16, 2 (c) has a name and an address in a notice. Without, it is looked at all the same.
        email=values["email"].strip() or None,
    )


def _refused(
    name: str,
    report: ServiceRequest,
    form: GuardedForm,
    typed: FormValues,
    refused: Invalid | TooManyRequests,
) -> Response:
    typed.refuse("send", refused.problems)
    if isinstance(refused, TooManyRequests):
        typed.retry_after = refused.retry_after
    return _form(name, report, form, typed)


def _form(name: str, report: ServiceRequest, form: GuardedForm, typed: FormValues) -> Response:
    return guarded_page(
        f"part/{name}.html",
        form,
        is_refused=bool(typed.errors),
        retry_after=typed.retry_after,
        report=view_models.shown_report(report, city()),
        closed=report.status == Status.CLOSED,
        typed=typed.values,
        errors=typed.errors,
        mail=mail_subscriptions.possible(current.core()),
        most_photos=current.core().settings.max_photos,
        grounds=list(Ground),
    )
