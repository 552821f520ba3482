"""What the server and its clients agree on."""

BIG = "00000000-0000-4000-8000-0000000b1600"
"""A session that has printed much and is over."""
CHUNKED = "00000000-0000-4000-8000-0000000b1601"
"""The same, from a server that writes many events as one chunk."""
QUIET = "00000000-0000-4000-8000-0000000a1e00"
"""A session that has printed a little and is silent now."""
TICKING = "00000000-0000-4000-8000-0000000cc000"
"""A session that prints the time now and then."""
AGENT = "00000000-0000-4000-8000-000000000001"

EVENTS = 100_000
EVENTS_A_CHUNK = 200
QUIET_EVENTS = 50
PINGS = 200
AGENTS = 1000
