"""jurisdiction_id and api_key on what is only read (georeport.md, 7.2)."""

from collections.abc import Iterator
from urllib.parse import quote

from open311.checker.answer import is_array_error
from open311.checker.requirement import BREAKS, MUST, SHOULD, Finding, LeftOpen, NotSeen, requires
from open311.checker.subject import Subject

Findings = Iterator[Finding]


@requires("R-053", MUST, "every GET without a key")
def no_key_needed(s: Subject) -> Findings:
    for path in ("services", "requests", f"services/{quote(s.a_code(), safe='')}"):
        answer = s.get(path, s.speaks)
        if answer.status in (401, 403):
            yield Finding(answer.summary, "401" if answer.status == 401 else None)


# GeoReporter on iOS, Boston's web app and FixMyStreet send one with every question.
@requires("R-054", BREAKS, "a GET with a key that is not valid, or empty")
def wrong_key_on_get(s: Subject) -> Findings:
    for key in ("no-such-key", ""):
        answer = s.get("services", s.speaks, api_key=key)
        if answer.status != 200:
            yield Finding(answer.summary, "401" if answer.status == 401 else None)


@requires("R-055", MUST, "401 anywhere")
def never_401(s: Subject) -> Findings:
    for answer in s.answers.values():
        if answer.status == 401:
            yield Finding(answer.summary, "401")


@requires("R-039", MUST, "GETs without jurisdiction_id")
def without_jurisdiction(s: Subject) -> Findings:
    answer = s.absolute(f"{s.base}/services.{s.speaks}", s.speaks)
    if answer.status == 400 and s.options.jurisdiction_id:
        raise LeftOpen("a server with several jurisdictions may ask for it")
    if answer.status != 200:
        yield Finding(answer.summary)


@requires("R-040", BREAKS, "`jurisdiction_id=` empty, as the Android app sends it")
def empty_jurisdiction(s: Subject) -> Findings:
    bare = s.absolute(f"{s.base}/services.{s.speaks}", s.speaks)
    empty = s.absolute(f"{s.base}/services.{s.speaks}?jurisdiction_id=", s.speaks)
    if bare.status != empty.status:
        yield Finding(f"{empty.summary}, {bare.status} without the parameter")


@requires("R-041", MUST, "the right jurisdiction_id")
def right_jurisdiction(s: Subject) -> Findings:
    if not s.options.jurisdiction_id:
        raise NotSeen("name it with --jurisdiction")
    answer = s.get("services", s.speaks)
    if answer.status != 200:
        yield Finding(answer.summary)


@requires("R-042", SHOULD, "jurisdiction_id in capitals")
def capital_jurisdiction(s: Subject) -> Findings:
    if not s.options.jurisdiction_id:
        raise NotSeen("name it with --jurisdiction")
    answer = s.get("services", s.speaks, jurisdiction_id=s.options.jurisdiction_id.upper())
    if answer.status != 200:
        yield Finding(answer.summary)


@requires("R-043", MUST, "a jurisdiction_id that nobody knows")
def unknown_jurisdiction(s: Subject) -> Findings:
    answers = [s.get(path, s.speaks, jurisdiction_id="no-such.example") for path in ("services", "requests")]
    if all(answer.status == 200 for answer in answers):
        raise LeftOpen("it is ignored, which the text lets a server with one jurisdiction do")
    for answer in answers:
        if answer.status != 404:
            yield Finding(answer.summary, "401" if answer.status == 401 else None)
        elif fault := is_array_error(answer):
            yield Finding(fault, "P14")
