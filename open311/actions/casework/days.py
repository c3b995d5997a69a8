"""Days that people type for work to come: a slip in the year is refused, before anything is reckoned with it."""

from datetime import date, timedelta

from open311.base.errors import Invalid, Problem, problem

# Deadlines are moved on by pauses and outlived by links: near the year 9999 there is nothing to add.
LONGEST_AHEAD = timedelta(days=3660)
# A round may be written down after it was gone.
LONGEST_BACK = timedelta(days=366)


def problem_of(day: date, *, first: date, today: date, ahead: timedelta = LONGEST_AHEAD) -> Problem | None:
    """What is wrong with a day for work; `first` is the earliest that will do."""
    if day < first:
        return problem("error.case.resume", day=day.isoformat())
    if day > today + ahead:
        return problem("error.case.day.far", day=day.isoformat(), latest=(today + ahead).isoformat())
    return None


def require_to_come(day: date, today: date) -> None:
    """Raises `Invalid` for a day that is not after today, or years ahead."""
    require(day, first=today + timedelta(days=1), today=today)


def require(day: date, *, first: date, today: date) -> None:
    """Raises `Invalid` for a day before the first that will do, or years ahead."""
    if (day_problem := problem_of(day, first=first, today=today)) is not None:
        raise Invalid(day_problem)
