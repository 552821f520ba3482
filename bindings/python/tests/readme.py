"""Runs the Python examples of Markdown files: each in its own process, with one development server per file."""

import os
import re
import subprocess
import sys

from aod.testing import DevServer

EXAMPLE = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)

for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as file:
        examples = EXAMPLE.findall(file.read())
    if not examples:
        sys.exit(f"{path} has no Python example")
    with DevServer(generation="2026-04-21") as server:
        environment = {**os.environ, "AOD_API_URL": server.url, "AOD_API_TOKEN": server.token}
        for example in examples:
            subprocess.run([sys.executable, "-W", "error", "-c", example], env=environment, check=True)
    print(f"{path}: {len(examples)} examples ran")
