"""`open311 jobs`: what the worker still has to do, and what it could not do."""

import click

from open311.base import tracing
from open311.base.text import how_many
from open311.cli.common import ROW_NUMBER, opened, show_table
from open311.model.task_names import TaskName
from open311.storage import jobs as storage
from open311.storage.jobs import JobState

COLUMNS = ("id", "task", "queue", "attempts", "about", "last tried", "next try")


@click.group()
def jobs() -> None:
    """Look at the jobs of the worker; do those again that failed, as mails in an outage of the mail server."""


ids = click.argument("ids", nargs=-1, type=ROW_NUMBER)
task = click.option(
    "--task",
    type=click.Choice([name.value for name in TaskName]),
    # There are more than forty of them.
    metavar="TASK",
    help="Of this task only, such as tell_follower; `open311 jobs list` names it.",
)


@jobs.command("list")
@click.option(
    "--state",
    type=click.Choice([state.value for state in JobState]),
    default=JobState.FAILED.value,
    show_default=True,
    help="Those that wait may wait for another try.",
)
@task
def list_jobs(state: str, task: str | None) -> None:
    """Show jobs, those that failed for good if nothing else is asked for; never whose address a mail goes to."""
    with opened() as core, core.database.read() as conn:
        jobs = storage.listed(conn, JobState(state), task)
    rows = ((job.id, job.task, job.queue, job.attempts, _about(job), job.begun, job.due) for job in jobs)
    show_table(COLUMNS, rows, nothing=f"No job is {state}.")


def _about(job: storage.Job) -> str:
    # Arguments are ids and words alone: whose address a mail goes to is looked up when it is sent.
    return " ".join(f"{name} {value}" for name, value in job.args.items() if name != tracing.HEADER)


@jobs.command()
@ids
@click.option("--all", "everything", is_flag=True, help="All that failed or wait for another try.")
@task
def retry(ids: tuple[int, ...], everything: bool, task: str | None) -> None:
    """Do jobs again at once, by their ids, of a task, or all."""
    with opened() as core, core.database.begin() as conn:
        count = storage.again(conn, _chosen(ids, everything, task), task)
    click.echo(f"{how_many(count, 'job is', 'jobs are')} done again.")


@jobs.command()
@ids
@click.option("--all", "everything", is_flag=True, help="All that failed.")
@task
def forget(ids: tuple[int, ...], everything: bool, task: str | None) -> None:
    """Delete jobs, so that they are never done: by their ids, or all of a task that failed."""
    with opened() as core, core.database.begin() as conn:
        count = storage.forget(conn, _chosen(ids, everything, task), task)
    click.echo(f"{how_many(count, 'job is', 'jobs are')} forgotten.")


def _chosen(ids: tuple[int, ...], everything: bool, task: str | None) -> tuple[int, ...] | None:
    # Nothing named is no `all`: a slip must not delete every job.
    if bool(ids) == (everything or task is not None):
        raise click.UsageError("Name ids of jobs, or --task, or --all.")
    return ids or None
