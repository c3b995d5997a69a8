"""What the forms of the desk sent."""

from typing import IO

from flask import request

from open311.base.text import whole_number


def posted(name: str) -> str:
    """One field of the sent form; empty where it is missing."""
    return request.form.get(name, "")


def posted_revision() -> int | None:
    """The revision of the case that the sent form was made from; None when it names none."""
    return whole_number(posted("revision"), 9)


def posted_photos() -> list[IO[bytes]]:
    """The files that were chosen; browsers send an empty one where none was."""
    return [file.stream for file in request.files.getlist("photos") if file.filename]
