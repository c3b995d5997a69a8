from tests.opendata.live import live_core

__all__ = ["live_core"]
