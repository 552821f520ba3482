#!/usr/bin/env python3
"""Check that every public declaration in folders of Swift sources is documented.

Functions and initializers need a summary in the third person, and the sections `- Parameter(s)`, `- Returns` and
`- Throws` where they apply. Members that implement a protocol may inherit its documentation.
"""

import re
import sys
from pathlib import Path

# Implementations of requirements of the standard library, of Foundation and of the package's own protocols.
INHERITED = re.compile(
    r"func (==|hash\(into|encode\(to|feed\(|flush\(|consume\(|json\(|onState\()"
    r"|init\((from|json|rawValue|\w+Literal)\b"
    r"|var (description|debugDescription|customMirror|errorDescription|hasPending|rawValue)\b"
    r"|typealias Element\b"
)
DECLARATION = re.compile(
    r"(?:@\w+\s+)*(?P<access>public |open )?(?:(?:static|final|convenience|mutating|indirect) )*"
    r"(?P<kind>func|init|subscript|var|let|case|struct|class|enum|protocol|typealias|actor)\b(?P<rest>.*)"
)


def signature(lines, at):
    """Join the lines of a declaration up to its body."""
    text = ""
    for line in lines[at:]:
        text += " " + line.strip()
        if text.count("(") == text.count(")") and text.count("[") == text.count("]"):
            break
    return text.strip()


def parameters(text):
    """Return the internal names of the parameters, and what follows them."""
    start = text.index("(")
    depth, end = 0, start
    for end in range(start, len(text)):
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(text[end], 0)
        if depth == 0:
            break
    names, depth, item = [], 0, ""
    for character in text[start + 1 : end].replace("->", "=") + ",":
        if character == "," and depth == 0:
            if item.strip():
                names.append(item.split(":")[0].split()[-1])
            item = ""
            continue
        depth += {"(": 1, "[": 1, "<": 1, ")": -1, "]": -1, ">": -1}.get(character, 0)
        item += character
    return names, text[end + 1 :].split("{")[0]


def documentation(lines, at):
    """Return the text of the doc comment above a declaration."""
    doc = []
    for line in reversed(lines[:at]):
        line = line.strip()
        if line.startswith("///"):
            doc.insert(0, line[3:])
        elif not line.startswith("@") or doc:
            break
    return doc


def problems(lines, at, kind, text):
    """Yield what is missing in the documentation of a declaration."""
    doc = documentation(lines, at)
    if not doc:
        if not INHERITED.search(text):
            yield "has no documentation"
        return
    if kind not in ("func", "init", "subscript"):
        return
    if not re.match(r" [A-Z][a-z]+s\b", doc[0]):
        yield "has a summary that does not start with a verb in the third person"
    names, after = parameters(text)
    if len(names) == 1:
        documented = [match[1] for line in doc if (match := re.match(r" - Parameter (\w+):", line))]
    elif " - Parameters:" in doc:
        documented = [match[1] for line in doc if (match := re.match(r"   - (\w+):", line))]
    else:
        documented = []
    if documented != names:
        yield f"documents the parameters {documented}, and has {names}"
    returns = any(line.startswith(" - Returns:") for line in doc)
    if returns != (kind == "func" and "->" in after):
        yield "documents a result that it does not have" if returns else "does not document its result"
    throws = any(line.startswith(" - Throws:") for line in doc)
    if throws != bool(re.search(r"\bthrows\b", after)):
        yield "documents errors that it does not throw" if throws else "does not document its errors"


def check(path):
    """Yield the problems of a file; the members of public protocols and the cases of public enums are public."""
    lines = path.read_text().split("\n")
    depth, scopes = 0, []
    for at, line in enumerate(lines):
        code = re.sub(r'"(?:[^"\\]|\\.)*"', '""', line.split("//")[0])
        match = DECLARATION.match(code.strip())
        while scopes and depth <= scopes[-1][0]:
            scopes.pop()
        outer = scopes[-1][1] if scopes and depth == scopes[-1][0] + 1 else None
        if match:
            kind = match["kind"]
            implied = (outer == "protocol" and kind in ("func", "init", "var", "subscript")) or (
                outer == "enum" and kind == "case"
            )
            if match["access"] or implied:
                text = signature(lines, at)
                for problem in problems(lines, at, kind, text):
                    yield f"{path}:{at + 1}: {text[:60]!r} {problem}"
                if kind in ("struct", "class", "enum", "protocol", "actor"):
                    scopes.append((depth, kind))
        if re.match(r"\s*///.*\bS[0-2]\b", line):
            yield f"{path}:{at + 1}: names a server generation by its internal label"
        depth += code.count("{") - code.count("}")


def main():
    """Check the folders that are the arguments."""
    found = [
        problem for folder in sys.argv[1:] for path in sorted(Path(folder).rglob("*.swift")) for problem in check(path)
    ]
    for problem in found:
        sys.stderr.write(f"{problem}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
