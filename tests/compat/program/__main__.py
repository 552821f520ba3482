"""Uses everything that the published package offers, and prints each outcome as a line of JSON.

It runs under both packages and does not depend on which one is imported.
"""

from __future__ import annotations

import asyncio
import sys

import aod
import calls
import errors
import models
import pretty
import streams
import surface
from recorder import Recorder
from world import DevServer, World


async def main() -> None:
    recorder = Recorder(sys.stdout)
    surface.record(recorder)
    models.record(recorder)
    pretty.record(recorder)
    errors.record(recorder)
    for client_class in (aod.Client, aod.AsyncClient):
        for module in (calls, errors, streams):
            for scene in module.SCENES:
                with DevServer() as server:
                    kind = "async" if client_class is aod.AsyncClient else "sync"
                    recorder.begin(f"{kind}/{module.__name__}/{scene.__name__}", server.url)
                    await scene(World(client_class, server, recorder))


asyncio.run(main())
