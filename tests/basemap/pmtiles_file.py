"""A PMTiles file (version 3 of the format) with one tile: water all around the earth."""

import struct
from pathlib import Path

import mapbox_vector_tile

EXTENT = 4096
NOT_COMPRESSED, VECTOR_TILES = 1, 1
HEADER = "<7sB11Q6B4iB2i"


def a_map_of_water(path: Path) -> Path:
    """The file; its tile of level 0 is stretched as far as anybody goes in."""
    square = f"POLYGON((0 0, {EXTENT} 0, {EXTENT} {EXTENT}, 0 {EXTENT}, 0 0))"
    tile = mapbox_vector_tile.encode(
        {"name": "water", "features": [{"geometry": square, "properties": {"kind": "ocean"}}]}
    )
    # One entry: tile 0, once, so long, at the beginning (which is told as 1).
    directory = b"".join(map(_varint, (1, 0, 1, len(tile), 1)))
    metadata = b'{"vector_layers": [{"id": "water", "fields": {}}]}'
    size = struct.calcsize(HEADER)
    after = size + len(directory) + len(metadata)
    places = (size, len(directory), size + len(directory), len(metadata), after, 0, after, len(tile), 1, 1, 1)
    kinds = (1, NOT_COMPRESSED, NOT_COMPRESSED, VECTOR_TILES, 0, 0)
    edges = (-1_800_000_000, -850_000_000, 1_800_000_000, 850_000_000)
    header = struct.pack(HEADER, b"PMTiles", 3, *places, *kinds, *edges, 0, 0, 0)
    path.write_bytes(header + directory + metadata + tile)
    return path


def _varint(number: int) -> bytes:
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*found, number])
