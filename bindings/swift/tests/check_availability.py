#!/usr/bin/env python3
"""Check that Swift sources use no API that is newer than the package's oldest systems, macOS 12 and iOS 15.

On Linux the compiler accepts every API, so this looks for the names of the newer ones. Code in `if #available` or in a
declaration with `@available` for such a system may use them.

>>> for line in (
...     'text.replacing(/[a-z]+/, with: "")',
...     "let digits = /[0-9]+/",
...     "text.firstMatch(of: pattern)",
...     'URL(filePath: "state")',
...     "let clock = ContinuousClock()",
...     "try await Task.sleep(for: .seconds(1))",
...     "let events: any AsyncSequence<StreamEvent, any Error>",
... ):
...     assert list(newer(line)) == [1], line
>>> list(newer('let half = whole / 2 / parts  // text.replacing(old, with: new)'))
[]
>>> list(newer('print("a /b/ c", try? Task.sleep(nanoseconds: 1))'))
[]
>>> list(newer('''
... if #available(macOS 13, iOS 16, *) {
...     print(ContinuousClock.now)
... } else {
...     print(ContinuousClock.now)
... }
... print(ContinuousClock.now)
... '''))
[5, 7]
"""

import re
import sys
from pathlib import Path

NEWER = re.compile(
    # macOS 13 and iOS 16: regular expressions, clocks, newer initializers and properties of URLs, and existentials with
    # arguments.
    r"#/|(?:^|[(,=:\[{]|\breturn\b)\s*/(?![/*\s])|\bRegex(?:Builder)?\b"
    r"|\.(?:replacing|firstRange|ranges|firstMatch|wholeMatch|prefixMatch|matches|trimmingPrefix)\("
    r"|\b(?:Continuous|Suspending)Clock\b|\bDuration\b|\bsleep\((?:for|until):"
    r"|\bfilePath:|\.append(?:ing)?\((?:path|component|queryItems)|\.(?:path|host|user|password|query)\(percentEncoded:"
    r"|\bURL\.\w+(?:Directory|Home)\b|\bany \w+<|\bOSAllocatedUnfairLock\b"
    # macOS 14 and iOS 17.
    r"|@Observable\b|\bimport Observation\b|\bwith(?:Throwing)?DiscardingTaskGroup\b|\beach \w"
    # macOS 15 and iOS 18.
    r"|\bimport Synchronization\b|\bMutex<|\bAtomic<|\bTaskExecutor\b|\bwithTaskExecutorPreference\b"
)
GUARD = re.compile(r"[@#]available\((?:macOS|iOS)\b")


def newer(text):
    """Yield the numbers of the lines with a newer API."""
    depth, guards, is_guarded = 0, [], False
    for number, line in enumerate(text.split("\n"), 1):
        code = re.sub(r'"(?:[^"\\]|\\.)*"', '""', line).split("//")[0].strip()
        ends_block = code.startswith("}")
        depth -= ends_block
        guards = [outer for outer in guards if outer < depth]
        is_guarded = is_guarded or bool(GUARD.search(code))
        if NEWER.search(code) and not is_guarded and not guards:
            yield number
        if is_guarded and "{" in code:
            guards.append(depth)
            is_guarded = False
        depth += code.count("{") - code.count("}") + ends_block


def main():
    """Check the files and folders that are the arguments."""
    found = False
    for path in map(Path, sys.argv[1:]):
        for file in sorted(path.rglob("*.swift")) if path.is_dir() else [path]:
            for number in newer(file.read_text()):
                found = True
                sys.stderr.write(f"{file}:{number}: uses an API that is newer than macOS 12 and iOS 15\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
