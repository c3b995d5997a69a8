"""A black-box check of any GeoReport v2 server, requirement by requirement (georeport.md, 7).

Reads only, unless a key for posting is given. `run` is the only door.
"""

from open311.checker.run import run
from open311.checker.subject import Options, Subject

__all__ = ["Options", "Subject", "run"]
