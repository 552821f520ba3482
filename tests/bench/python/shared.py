"""Constants that the server and its clients share."""

BIG = "00000000-0000-4000-8000-0000000b1600"
"""A completed session with much output."""
CHUNKED = "00000000-0000-4000-8000-0000000b1601"
"""The same, with many events per HTTP chunk."""
TALKING = "00000000-0000-4000-8000-000000007a1c"
"""A completed session with messages and tool calls of Claude Code."""
QUIET = "00000000-0000-4000-8000-0000000a1e00"
"""A running session with little output."""
TICKING = "00000000-0000-4000-8000-0000000cc000"
"""A session that prints the time at intervals."""
AGENT = "00000000-0000-4000-8000-000000000001"

EVENTS = 100_000
EVENTS_PER_CHUNK = 200
ITEMS = 60_000
QUIET_EVENTS = 50
PINGS = 200
AGENTS = 1000
