#!/usr/bin/env python3
"""Checks the #include lines of include/ and src/ against who may include whom.

    tools/layers.py [root]
"""
import re
import sys
from pathlib import Path

# folder -> the other folders it may include; every folder may include itself, but see LONERS
MAY_INCLUDE = {
    "core": set(),
    "time": {"core"},
    "channels": {"core", "time"},
    "lifetime": {"core", "time"},
    "sources": {"core", "time", "channels"},
    "operators": {"core", "time", "channels"},
    "terminals": {"core", "time", "channels"},
    "io": {"core", "time", "channels", "terminals"},
    "rsocket": {"core", "time", "channels", "terminals", "io"},
    "bridges": {"core", "time", "channels", "terminals", "io"},
    "nats": {"bridges"},  # an umbrella: its own library, so not one that streamx.hpp includes
    "testing": {"core", "time", "channels", "io"},
}
LONERS = {"sources", "operators", "terminals"}  # what two files of these share sinks into core/detail
UMBRELLAS = {"streamx", "sources", "operators", "terminals", "channels", "io", "rsocket", "nats"}  # headers beside the folders
NOWHERE = ("boost/asio.hpp", "boost/beast.hpp")
NOT_IN_PUBLIC = ("spdlog/", "fmt/", "openssl/", "boost/asio/ssl", "boost/beast/", "nats")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def room(path):
    """The folder a file under streamx/ or src/ belongs to; what lies beside the folders is core's."""
    return path.parts[0] if len(path.parts) > 1 else "core"


def complaint(public, path, bracket, target):
    """Why the file at path (under include/streamx or src) may not include target, or None."""
    umbrella = public and len(path.parts) == 1 and path.stem in UMBRELLAS
    if target in NOWHERE:
        return "include the parts it uses, one by one"
    if public and target.startswith(NOT_IN_PUBLIC):
        return "a public header must not show this library"
    if bracket == '"':
        return None if not public and "/" not in target else "ours are written <streamx/...>"
    if not target.startswith("streamx/"):
        return None
    theirs = Path(target).relative_to("streamx")
    mine, other = room(path), room(theirs)
    if len(theirs.parts) == 1 and theirs.stem in UMBRELLAS:
        return None if umbrella and path.stem == "streamx" else "no file of ours includes an umbrella"
    if umbrella and path.stem == "streamx":
        return None
    mine = path.stem if umbrella else mine
    if mine not in MAY_INCLUDE or other not in MAY_INCLUDE:
        return f"{mine} -> {other}: one of them is not in the table of tools/layers.py"
    if mine != other:
        return None if other in MAY_INCLUDE[mine] else f"{mine} may not include {other}"
    own_header = not public and path.stem == theirs.stem
    if mine in LONERS and not umbrella and not own_header:
        return f"two of {mine} do not include each other: sink what they share into core/detail"
    return None


def main(root):
    failed = 0
    for base, public in ((root / "include/streamx", True), (root / "src", False)):
        for file in sorted(p for p in base.rglob("*") if p.suffix in (".hpp", ".cpp")):
            for number, line in enumerate(file.read_text().splitlines(), 1):
                if found := INCLUDE.match(line):
                    if why := complaint(public, file.relative_to(base), *found.groups()):
                        print(f"{file.relative_to(root)}:{number}: {found[2]}: {why}")
                        failed += 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[1])))
