"""What an act on many cases would do at each, before anything is done."""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from open311.http import current
from open311.model.access.actor import Right
from open311.model.casework import gaps
from open311.model.casework.bulk import NEEDED, NOBODY, BulkAct, BulkWish
from open311.model.casework.cases import Stage
from open311.model.staff import rights
from open311.site.words import calendar_day, words
from open311.staff.blueprint import staff
from open311.storage.desk.lists.case_rows import CaseRow


class PreviewLine(NamedTuple):
    """A case in the preview: what it would become and be told, or why nothing would be done."""

    row: CaseRow
    before: str
    after: str
    why_not: str
    text: str = ""


def preview(
    row: CaseRow,
    wish: BulkWish,
    choices: dict[BulkAct, list[tuple[str, str]]],
    nameable_of_case: Mapping[int, frozenset[int]],
) -> PreviewLine:
    case = row.case
    now: dict[BulkAct, str] = {
        BulkAct.STATUS: row.detailed_status,
        BulkAct.UNIT: case.unit or "",
        BulkAct.PERSON: str(case.assignee_id) if case.assignee_id else NOBODY,
        BulkAct.PRIORITY: str(int(case.priority)),
        BulkAct.DEADLINE: _local_day(row),
        BulkAct.NOTE: "",
    }
    named = dict(choices.get(wish.act, []))
    # Only of people: a priority may have the number of an account.
    own = {str(staff().account_id): words("desk.person.me")} if wish.act is BulkAct.PERSON else {}
    if wish.act is BulkAct.DEADLINE:
        named = {
            value: calendar_day(date.fromisoformat(value)) for value in (now[wish.act], wish.value) if value
        }
    before, after = ({**named, **own}.get(value, "") for value in (now[wish.act], wish.value))
    reason = _refusal(row, wish, now[wish.act], nameable_of_case)
    text, lacks = _text(row, wish)
    why_not = words(reason) if reason else words("desk.bulk.gap", gaps=lacks) if lacks else ""
    return PreviewLine(row, before, after, why_not, text)


def _text(row: CaseRow, wish: BulkWish) -> tuple[str, str]:
    """The words as they will be read at a case, and the gaps that it has nothing for."""
    if wish.act is not BulkAct.STATUS:
        return wish.text, ""
    catalogue = current.core().catalogues.owner(row.case.jurisdiction_id)
    values = gaps.of_case(row.case, row.address, wish.value, catalogue, catalogue.jurisdiction.languages[0])
    lacks = sorted((gaps.gaps(wish.text) & set(gaps.GAPS)) - set(values))
    return gaps.filled(wish.text, values), ", ".join(f"{{{gap}}}" for gap in lacks)


def _local_day(row: CaseRow) -> str:
    """The day on which a case is to be finished, in its city."""
    due, catalogue = row.case.due_datetime, current.core().catalogues.owner(row.case.jurisdiction_id)
    return due.astimezone(catalogue.jurisdiction.time_zone).date().isoformat() if due else ""


def _refusal(
    row: CaseRow, wish: BulkWish, present: str, nameable_of_case: Mapping[int, frozenset[int]]
) -> str | None:
    """The message that says why nothing would be done at a case; the act itself looks at it all once more."""
    somebody, needed = staff(), (NEEDED[wish.act], Right.BULK)
    if not all(rights.may(somebody, right, row.case, row.visibility) for right in needed):
        return "desk.bulk.no_right"
    if wish.act is not BulkAct.NOTE and present == wish.value:
        return "desk.bulk.same"
    if wish.act is BulkAct.DEADLINE and row.case.stage is Stage.DONE:
        return "desk.bulk.closed"
    if wish.act is not BulkAct.PERSON or wish.value == NOBODY:
        return None
    if row.case.stage is Stage.DONE:
        return "desk.bulk.closed"
    is_colleague = wish.value == str(somebody.account_id) or int(wish.value) in nameable_of_case[row.number]
    return None if is_colleague else "desk.bulk.other_unit"
