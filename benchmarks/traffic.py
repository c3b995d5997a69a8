"""Reports that are posted without a pause, and read back at once; what was acknowledged, and what was not.

As a program of its own, `python -m benchmarks.traffic PORT KEY FILE`, it is started in a network that we are not in: it
posts until it is told to end, and writes what it was told into a file.
"""

import http.client
import json
import sys
import threading
import time
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.processes import ask, client

FIELDS = {"service_code": "MUELL_WILD", "lat": "49.48", "long": "8.44", "description": "Wilder Müll"}
REQUESTS = "/open311/v2/requests"


@dataclass
class Traffic:
    """What writers were told, as (when, status, number), and how many reports they did not see at once."""

    port: int
    key: str
    said: list[tuple[float, int, int]] = field(default_factory=list)
    stale: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    def write(self) -> None:
        """Post, and read back what was acknowledged, until told to end."""
        body = urlencode(FIELDS | {"api_key": self.key})
        while not self.over.is_set():
            with suppress(OSError, http.client.HTTPException), closing(client(self.port)) as connection:
                while not self.over.is_set():
                    self._once(connection, body)
            time.sleep(0.01)

    def _once(self, connection: http.client.HTTPConnection, body: str) -> None:
        status, answer = ask(connection, "POST", f"{REQUESTS}.json", body)
        number = int(json.loads(answer)[0]["service_request_id"]) if status == 200 else 0
        self.said.append((time.monotonic(), status, number))
        if number and ask(connection, "GET", f"{REQUESTS}/{number}.json")[0] == 404:
            self.stale += 1
        time.sleep(0.01)

    def acknowledged(self) -> set[int]:
        """The numbers that were given out."""
        return {number for _, status, number in self.said if status == 200}


def main() -> None:
    """Write what is acknowledged, a line each: when, by the clock of this machine's processes, and the number."""
    port, key, file = sys.argv[1:]
    traffic = Traffic(int(port), key)
    threading.Thread(target=traffic.write, daemon=True).start()
    with Path(file).open("w") as lines:
        written = 0
        while True:
            time.sleep(0.1)
            for at, status, number in traffic.said[written:]:
                written += 1
                lines.write(f"{at} {status} {number}\n")
            lines.flush()


if __name__ == "__main__":
    main()
