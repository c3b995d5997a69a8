"""Runs all checks in turn."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

# Importing them fills the table.
from open311.checker import access, discovery, extensions, filters, posting, requests, services, transport
from open311.checker.quirks import QUIRKS
from open311.checker.requirement import TABLE, Ended, Finding, Level, NotSeen, Outcome, Requirement, Result
from open311.checker.subject import Options, Subject

PARTS = (access, discovery, services, requests, filters, transport, extensions, posting)
SHOWN = 5
# These look back on everything that was asked.
LAST = ("R-055", "R-188")

Progress = Callable[[Requirement, int, int], None]


@dataclass(frozen=True, slots=True)
class Report:
    """What was found, in the order of the requirements, and how many questions it took."""

    url: str
    results: tuple[Result, ...]
    requests: int
    reached: bool

    def failed(self, *levels: Level) -> tuple[Result, ...]:
        bad = (result for result in self.results if result.outcome is Outcome.FAILED)
        return tuple(result for result in bad if result.requirement.level in levels)

    @property
    def quirks(self) -> dict[str, str]:
        """The known quirks that were met, with what each one breaks."""
        met = {finding.quirk for result in self.results for finding in result.findings}
        return {name: words for name, words in QUIRKS.items() if name in met}


def run(options: Options, progress: Progress = lambda *_: None, subject: Subject | None = None) -> Report:
    """Check a server; never raises, whatever it answers."""
    subject = subject or Subject(options)
    posts = bool(options.post and options.key)
    rows = [requirement for requirement in TABLE if posts or not requirement.posts]
    results = []
    with subject:
        posts_first = posts and _is_bare(subject)
        rows.sort(key=lambda requirement: (requirement.number in LAST, requirement.posts != posts_first))
        for place, requirement in enumerate(rows):
            if posts_first and not requirement.posts:
                subject.forget_requests()
                posts_first = False
            progress(requirement, place, len(rows))
            results.append(_result(requirement, subject))
    reached = any(answer.status for answer in subject.answers.values())
    ordered = sorted(results, key=lambda result: result.requirement.number)
    return Report(subject.base, tuple(ordered), subject.sent, reached)


def _is_bare(subject: Subject) -> bool:
    """Whether there is nothing to read yet, as at a new test endpoint, so that it takes a report first."""
    with suppress(NotSeen):
        return not subject.requests()
    return False


def _result(requirement: Requirement, subject: Subject) -> Result:
    good = Outcome.OFFERED if requirement.level is Level.EXT else Outcome.PASSED
    findings: list[Finding] = []
    try:
        for finding in requirement.check(subject):
            findings.append(finding)
    except Ended as end:
        if end.outcome is not Outcome.NOT_SEEN or not findings:
            return Result(requirement, end.outcome, note=str(end)[:300])
    except (TypeError, ValueError, LookupError, AttributeError, RecursionError, OverflowError) as reason:
        # A server may answer anything; what no check thought of is a failure of its own.
        findings.append(Finding(f"an answer of an unexpected form ({type(reason).__name__}: {reason})"[:300]))
    if not findings:
        return Result(requirement, good)
    more = f"and {len(findings) - SHOWN} more" if len(findings) > SHOWN else ""
    return Result(requirement, Outcome.FAILED, _first_of_each(findings), more)


def _first_of_each(findings: list[Finding]) -> tuple[Finding, ...]:
    """A few findings, and of each quirk at least one."""
    seen: set[str | None] = set()
    first = [finding for finding in findings if not (finding.quirk in seen or seen.add(finding.quirk))]  # type: ignore[func-returns-value]
    rest = [finding for finding in findings if finding not in first]
    return tuple((first + rest)[: max(SHOWN, len(first))])
