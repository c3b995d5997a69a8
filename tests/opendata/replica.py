"""A client that keeps a copy of the public reports by following the change feed, as an aggregator would."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient

FEED = "/open311/v2/changes"


@dataclass
class Replica:
    """Documents by id, and how far the feed has been read. What it saves is all that survives a restart."""

    client: FlaskClient
    saved: Path
    lines: bool = False
    documents: dict[str, Any] = field(default_factory=dict)
    cursor: str | None = None
    read: int = 0

    def step(self, limit: int) -> bool:
        """Read one page and take it over; whether there is more at once."""
        query = {"limit": str(limit)} | ({"since": self.cursor} if self.cursor else {})
        entries, self.cursor, more = self._page(query)
        for entry in entries:
            self._take(entry)
        self.read += len(entries)
        return more

    def _page(self, query: dict[str, str]) -> tuple[list[dict[str, Any]], str, bool]:
        suffix = "ndjson" if self.lines else "json"
        response = self.client.get(f"{FEED}.{suffix}", query_string=query)
        assert response.status_code == 200, response.text
        if self.lines:
            *entries, end = [json.loads(line) for line in response.data.splitlines()]
            return entries, end["next"], end["more"]
        page = response.get_json()
        return page["changes"], page["next"], page["more"]

    def _take(self, entry: dict[str, Any]) -> None:
        if entry["request"] is None:
            self.documents.pop(entry["service_request_id"], None)
        else:
            self.documents[entry["service_request_id"]] = entry["request"]

    def save(self) -> None:
        """Keep copy and cursor together, at once or not at all."""
        new = self.saved.with_suffix(".new")
        new.write_text(json.dumps([self.documents, self.cursor]), encoding="utf-8")
        new.replace(self.saved)

    def restart(self) -> None:
        """Lose everything that was not saved."""
        self.documents, self.cursor = {}, None
        if self.saved.exists():
            self.documents, self.cursor = json.loads(self.saved.read_text(encoding="utf-8"))

    def catch_up(self, limit: int = 1000) -> None:
        """Read until there is nothing more."""
        while self.step(limit):
            pass
