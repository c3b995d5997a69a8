"""The parts of docs/ that are written from the code: `make docs` writes them, tests hold them fresh."""

import re
from collections.abc import Iterator
from pathlib import Path

from open311 import settings
from open311.base.i18n import translate
from open311.model.events.event_kinds import IN_FEED, RULES, Audience, EventKind
from open311.notifications.privacy.not_personal import NOT_PERSONAL
from open311.notifications.privacy.personal_data import PERSONAL, PersonalData, term_in_words
from open311.settings import values
from open311.settings.option import Option
from open311.settings.options import OPTIONS

ROOT = Path(__file__).parent.parent.parent
SETTINGS = ROOT / "docs" / "settings.md"
PRIVACY = ROOT / "docs" / "privacy-data.md"
CHANGES = ROOT / "docs" / "changes.md"
REQUIREMENTS = ROOT / "docs" / "georeport.md"
NUMBER = re.compile(r"\bR-\d{3}\b")
ROW = re.compile(r"^(?P<kept>\| (?P<number>R-\d{3}) \| .* \|) (?P<tests>[^|]*)\|$", re.MULTILINE)
BEGIN, END = "<!-- written by `make docs` -->", "<!-- to here -->"


def test_files() -> Iterator[Path]:
    """All files of tests but those about the code base."""
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        if file.parent.name != "house":
            yield file


def tested() -> dict[str, list[Path]]:
    """Requirement → the files that name it."""
    found: dict[str, list[Path]] = {}
    for file in test_files():
        for number in sorted(set(NUMBER.findall(file.read_text(encoding="utf-8")))):
            found.setdefault(number, []).append(file)
    return found


def settings_document() -> str:
    """docs/settings.md with the table as `OPTIONS` has it."""
    before, _, rest = SETTINGS.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    rows = "\n".join(_setting(option) for option in OPTIONS)
    head = "| Variable | Allowed | When unset | Meaning |\n|---|---|---|---|"
    return f"{before}{BEGIN}\n{head}\n{rows}\n{END}{after}"


def _setting(option: Option) -> str:
    unset = option.default or "none"
    if unset.startswith("/"):
        unset = f"the {Path(unset).name} of the program"
    return f"| `{option.variable}` | {_allowed(option)} | {unset} | {option.meaning} |"


def _allowed(option: Option) -> str:
    """What the reader of the value says when it refuses one."""
    try:
        option.parse("?://")
    except ValueError as allowed:
        return str(allowed)
    return "a path" if option.parse is values.path else "any text"


def changes_document() -> str:
    """docs/changes.md with the kinds that the feed has."""
    before, _, rest = CHANGES.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    copied = "| `copied` | part of the first copy | | |"
    rows = "\n".join([copied, *(_kind(kind) for kind in IN_FEED)])
    head = "| kind | what happened | in `notes` | an update |\n|---|---|---|---|"
    return f"{before}{BEGIN}\n{head}\n{rows}\n{END}{after}"


def _kind(kind: EventKind) -> str:
    rule = RULES[kind]
    told = "yes" if rule.audience is Audience.HISTORY else ""
    return f"| `{kind}` | {rule.meaning} | {told} | {'yes' if rule.is_update else ''} |"


def privacy_document() -> str:
    """docs/privacy-data.md with the tables as `personal_data` has them."""
    before, _, rest = PRIVACY.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    usual = settings.load({})
    parts = "\n\n".join(_personal(kind, usual) for kind in PERSONAL)
    nothing = "\n".join(f"| `{table}` | {_names(columns)} |" for table, columns in NOT_PERSONAL.items())
    head = "## What says nothing of a person\n\n| Table | Columns |\n|---|---|"
    return f"{before}{BEGIN}\n{parts}\n\n{head}\n{nothing}\n{END}{after}"


def _personal(kind: PersonalData, usual: settings.Settings) -> str:
    what = translate(kind.what, "en").rstrip(":")
    columns = "; ".join(f"`{table}`: {_names(columns)}" for table, columns in kind.columns.items())
    rows = {
        "What for": translate(kind.why, "en"),
        "Until": term_in_words(kind.term, "en", usual),
        "Seen by": kind.seen_by,
        "Erased by": kind.erased_by + (", and the files with it" if kind.files else ""),
        "Where": columns,
    }
    return "\n".join([f"## {what}", "", *(f"- {name}: {text}" for name, text in rows.items())])


def _names(columns: str) -> str:
    return ", ".join(f"`{name}`" for name in columns.split())


def requirements_document() -> str:
    """docs/georeport.md with each requirement's files of tests."""
    files = tested()

    def row(found: re.Match[str]) -> str:
        links = ", ".join(_link(file) for file in files.get(found["number"], ()))
        return f"{found['kept']} {links}{' ' if links else ''}|"

    return ROW.sub(row, REQUIREMENTS.read_text(encoding="utf-8"))


def _link(file: Path) -> str:
    return f"[{file.stem.removeprefix('test_')}](../{file.relative_to(ROOT)})"


if __name__ == "__main__":
    SETTINGS.write_text(settings_document(), encoding="utf-8")
    CHANGES.write_text(changes_document(), encoding="utf-8")
    REQUIREMENTS.write_text(requirements_document(), encoding="utf-8")
    PRIVACY.write_text(privacy_document(), encoding="utf-8")
