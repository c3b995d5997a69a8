"""What lies below the reports of a city: which of its maps is shown, if it has any."""

from dataclasses import dataclass
from pathlib import Path

from open311.basemap import storage
from open311.basemap.model import MapVersion
from open311.core import Core
from open311.model.catalogue import Catalogue
from open311.settings import NO_STYLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """At most one of: a style of a server elsewhere, a file of tiles, a map that was read in."""

    style: str = ""
    file: Path | None = None
    version: MapVersion | None = None

    @property
    def has_streets(self) -> bool:
        """Whether a place can be found on it."""
        return bool(self.style or (self.file and self.file.is_file()) or self.version)


def version_with_things(core: Core, catalogue: Catalogue) -> MapVersion | None:
    """The map that was read in, whose lamps and the like are drawn on any ground."""
    with core.database.read_public() as conn:
        return storage.in_force(conn, catalogue.jurisdiction.jurisdiction_id)


def ground_of(core: Core, catalogue: Catalogue) -> Ground:
    """What the operator sets comes first, then the map that was read in, then what the catalogue names."""
    settings, named = core.settings, catalogue.site.map
    if settings.map_style_url and settings.map_style_url != NO_STYLE:
        return Ground(style=settings.map_style_url)
    if settings.map_file:
        return Ground(file=settings.map_file)
    with core.database.read_public() as conn:
        version = storage.in_force(conn, catalogue.jurisdiction.jurisdiction_id)
    if version and version.has_streets:
        return Ground(version=version)
    if named and "://" not in named:
        source = settings.catalogue
        return Ground(file=(source if source.is_dir() else source.parent) / named)
    return Ground(style=named or "") if settings.map_style_url != NO_STYLE else Ground()
