"""Names of tasks, their functions and whoever defers them fit together."""

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest
from procrastinate.tasks import Task

from open311 import settings, tasks, worker
from open311.core import Core
from open311.model.task_names import TaskName
from open311.storage.database import Database

PACKAGE = Path(tasks.__file__).parent
# Removes old jobs; it comes with procrastinate.
BUILT_IN = "builtin_tasks"
DEFERRING = ("jobs.defer", "jobs.defer_all", "_defer")


@pytest.fixture(scope="module")
def wired() -> dict[str, Task]:
    """The worker's tasks by name, as it runs them."""
    app = worker.build(Core(settings.load({}), Database("postgresql://")))
    return {name: task for name, task in app.tasks.items() if BUILT_IN not in name}


def deferrals() -> Iterator[tuple[str, ast.Call]]:
    """Each call of a function that defers, and where it stands."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in DEFERRING:
                yield f"{path.name}:{node.lineno}", node


def arguments_of_many(call: ast.Call) -> set[str]:
    """The names of the arguments that `defer_all` is handed as mappings."""
    mappings = (node for more in call.args[2:] for node in ast.walk(more) if isinstance(node, ast.Dict))
    return {str(ast.literal_eval(key)) for mapping in mappings for key in mapping.keys if key}


def test_each_name_is_a_task_of_the_worker_and_each_task_has_a_name(wired: dict[str, Task]) -> None:
    assert {*wired} == {*TaskName}


@pytest.mark.parametrize("name", TaskName)
def test_a_task_takes_its_jobs_from_the_queue_of_its_name(wired: dict[str, Task], name: TaskName) -> None:
    assert wired[name].queue == name.queue


def test_each_job_has_the_arguments_of_its_function() -> None:
    deferred = set()
    for where, call in deferrals():
        task = call.args[1]
        if ast.unparse(task) == "task":
            continue
        name = TaskName[ast.unparse(task).removeprefix("TaskName.")]
        parameters = [*inspect.signature(tasks.TASKS[name].run).parameters.values()][1:]
        needed = {parameter.name for parameter in parameters if parameter.default is inspect.Parameter.empty}
        sent = {str(keyword.arg) for keyword in call.keywords} - {"lock", "at"} | arguments_of_many(call)
        assert needed <= sent <= {parameter.name for parameter in parameters}, where
        deferred.add(name)
    periodic = {name for name, task in tasks.TASKS.items() if task.cron}
    assert deferred | periodic == {*tasks.TASKS}
