"""`open311 media`: look at photos, publish them, keep them back."""

from typing import BinaryIO

import click

from open311.actions import casework
from open311.actions.photos import media as actions
from open311.cli.common import ROW_NUMBER, opened, show_table
from open311.model.access.actor import cli_actor

HELD_SHOWN = 100


@click.group()
def media() -> None:
    """Photos of service requests."""


number = click.argument("media_id", metavar="ID", type=ROW_NUMBER)


@media.command("list")
@click.argument("service_request_id", required=False, type=click.IntRange(1, 10**15))
def list_photos(service_request_id: int | None) -> None:
    """List the photos of a request; without one, the photos that await moderation, the oldest first."""
    with opened() as core:
        if service_request_id is None:
            photos = actions.list_held(core, HELD_SHOWN)
        else:
            photos = actions.of_request(core, service_request_id)
    rows = []
    for photo in photos:
        size = f"{photo.width} x {photo.height}"
        came_with = (photo.service_request_id, photo.update_id)
        rows.append((photo.id, *came_with, photo.visibility, size, photo.key, photo.created_datetime))
    show_table(("id", "request", "update", "visibility", "size", "key", "created"), rows)


@media.command()
@number
@click.argument("file", type=click.File("wb"))
def save(media_id: int, file: BinaryIO) -> None:
    """Write a photo, whoever may see it, to FILE; `-` is standard output."""
    with opened() as core:
        data = actions.file_of(core, media_id)
    # Opened only now: a photo that there is not leaves no empty file.
    file.write(data)


@media.command()
@number
def publish(media_id: int) -> None:
    """Let everybody see a photo, as soon as everybody sees its request."""
    with opened() as core:
        visibility = casework.publish_photo(core, media_id, cli_actor())
    click.echo(f"{media_id} is {visibility}.")


@media.command()
@number
def hide(media_id: int) -> None:
    """Keep a photo for staff alone."""
    with opened() as core:
        visibility = casework.hide_photo(core, media_id, cli_actor())
    click.echo(f"{media_id} is {visibility}.")
