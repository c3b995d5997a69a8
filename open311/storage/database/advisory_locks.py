"""The numbers of PostgreSQL's advisory locks, in one place so that none is given twice.

They are arbitrary but must stay: while a server is renewed, processes of both releases have to wait for each other.
"""

# Two processes that start at once must not migrate at once.
MIGRATION = 3_110_001
# Processes that see a changed catalogue at the same moment publish it one after the other.
CATALOGUE = 3_110_002
# What changed on the map is added to its counts by one process at a time.
TILES = 3_110_003
# Two imports of a map that end together.
BASEMAP = 3_110_005
# With a hash of the jurisdiction.
STATISTICS = 3_110_016
DESK_FIGURES = 3_110_041
# With a hash of the jurisdiction: no two templates of a city get one title.
TEMPLATES = 3_110_044
# With a hash of the jurisdiction and the source that is taken from.
SOURCE = 311_007
# The writer of a line of the log has to see the one before it, whose digest it carries on.
AUDIT_LOG = 311_004
