"""A server in the test's own process: its clock, its mails, its catalogue and its faults are in the test's hands."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Condition, Thread
from typing import Any, cast
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from sqlalchemy import Connection
from werkzeug.serving import WSGIRequestHandler, make_server

from open311.app import build_application, create_app
from open311.core import Catalogues, Core
from open311.model.catalogue import Catalogue
from tests.faults import faulty
from tests.mailbox import Mailbox, a_mail_server, run_jobs
from tests.opendata.live import a_live_core
from tests.ports import free_port
from tests.serving import Clock
from tests.site import many_cities

FAULTS = (400, 403, 405, 429, 500, 503)


class Quiet(WSGIRequestHandler):
    """Answers without a line for each request."""

    def log_request(self, *_: object) -> None:
        """Say nothing."""


@dataclass
class Town:
    """The site of the first city, which also sends mail; `variants` are the addresses of its odd sisters."""

    base: str
    core: Core
    mailbox: Mailbox
    conn: Connection
    variants: dict[str, str] = field(default_factory=dict)

    @property
    def clock(self) -> Clock:
        """The clock, which moves only when told to."""
        return cast(Clock, self.core.now)

    def works(self) -> int:
        """Let the worker do what it would do now; how many jobs there were."""
        return run_jobs(self.core, self.conn)

    def stored(self, query: str, **values: Any) -> Sequence[Any]:
        """Rows of its database."""
        return self.conn.exec_driver_sql(query, values).all()


class Busy:
    """An application that knows whether it still answers somebody: browsers ask something when they close, too."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app, self._none = app, Condition()
        self._answering = 0

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self._count(1)
        try:
            return self._app(environ, start_response)
        finally:
            self._count(-1)

    def _count(self, by: int) -> None:
        with self._none:
            self._answering += by
            self._none.notify_all()

    def rests(self) -> None:
        """Wait until nobody waits for an answer."""
        with self._none:
            self._none.wait_for(lambda: not self._answering, timeout=60)


@contextmanager
def served(app: WSGIApplication, port: int = 0) -> Iterator[str]:
    """The address at which an application answers for as long as the block lasts."""
    busy = Busy(app)
    server = make_server("127.0.0.1", port, busy, threaded=True, request_handler=Quiet)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        busy.rests()
        server.server_close()


@contextmanager
def a_town(database_url: str, folder: Path, *catalogues: Catalogue, **more: str) -> Iterator[Town]:
    """A town that is open for as long as the block lasts; `more` are settings."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    with a_mail_server() as (mailbox, mails):
        core = a_live_core(
            database_url,
            *catalogues,
            OPEN311_DATA_DIR=str(folder),
            OPEN311_LOG_LEVEL="error",
            OPEN311_SMTP_URL=mails,
            OPEN311_MAIL_FROM="Stadt <stadt@example.org>",
            OPEN311_BASE_URL=base,
            **more,
        )
        engine = core.database.engine.execution_options(isolation_level="AUTOCOMMIT")
        several = replace(core, catalogues=Catalogues(many_cities()))
        several = replace(several, settings=replace(core.settings, base_url=None))
        with (
            closing(core.database),
            engine.connect() as conn,
            served(create_app(core, app=faulty(build_application())), port),
            served(create_app(several)) as cities,
        ):
            yield Town(base, core, mailbox, conn, {"cities": cities})
