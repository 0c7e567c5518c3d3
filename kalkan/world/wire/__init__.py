"""The world's servers: Bluesky's Jetstream and PDS, a Mastodon instance, faithful to their wires, on loopback.

Owns what stands between events and clients: shapes, cursors, filters, limits, faults. The demo, the tests and the load
measurements are clients of these servers, and see nothing that a client of the real ones would not see. Take what the
world's own people publish. Never look at the truth of a world.

    log       the frames, in order          jetstream   both Jetstream wires
    asking    filters and cursors           frames      the second wire's envelope, damage
    records   events → Bluesky commits      board       what the Mastodon server knows
    statuses  its JSON                      mastodon    its HTTP and streams
    stage     plays a world on all of them  tables      plays a table as frames
    taking    what clients publish          pds         Bluesky's server for publishing
    guarding  mutes, blocks, gates, reports     notices    who is told of what
"""

from kalkan.world.wire.board import Board
from kalkan.world.wire.jetstream import Faults, JetstreamServer
from kalkan.world.wire.log import EventLog
from kalkan.world.wire.mastodon import MastodonServer
from kalkan.world.wire.pds import PdsServer
from kalkan.world.wire.stage import Stage
from kalkan.world.wire.tables import frames_from_table
from kalkan.world.wire.taking import password

__all__ = [
    "Board",
    "EventLog",
    "Faults",
    "JetstreamServer",
    "MastodonServer",
    "PdsServer",
    "Stage",
    "frames_from_table",
    "password",
]
