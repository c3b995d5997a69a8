"""The condition behind every public list, as `model/access/visibility.py` has it."""

from sqlalchemy import literal_column

from open311.model.access.visibility import EVERYBODYS
from open311.storage.tables import service_requests

# Written out, so that the planner can match it with the partial indexes.
EVERYBODYS_SQL = f"visibility = '{EVERYBODYS}'"
is_everybodys = service_requests.c.visibility == literal_column(f"'{EVERYBODYS}'")
