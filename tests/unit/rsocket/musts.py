#!/usr/bin/env python3
"""Whether musts.txt and the tests agree: musts.py [Protocol.md]

Each test that it names is there, and its name begins with the section. With the protocol's text each of its
lines with a MUST in it must have one in the list.
"""
import collections
import pathlib
import re
import sys

here = pathlib.Path(__file__).parent
tests = set()
for source in here.glob("*.cpp"):
    tests |= {".".join(t) for t in re.findall(r"^TEST(?:_F)?\(\s*(\w+),\s*(\w+)\)", source.read_text(), re.M)}

wrong = []
demands = collections.Counter()
for line in (here / "musts.txt").read_text().splitlines():
    if line.startswith("## "):
        section, prefix = line[3:].rsplit(" = ", 1)
    elif line and not line.startswith("# "):
        what, who = line.split(" | ")
        demands[section] += 1
        if who.startswith("- "):
            continue
        if who not in tests:
            wrong.append(f"{section}: there is no test {who}")
        if not who.split(".")[1].startswith(prefix + "__"):
            wrong.append(f"{section}: {who} does not begin with the section")

if len(sys.argv) > 1:
    section, asked = "", collections.Counter()
    for line in pathlib.Path(sys.argv[1]).read_text().splitlines():
        if heading := re.match(r"#+ (.*)", line):
            section = heading[1]
        elif "MUST" in line:
            asked[section] += 1
    for section in asked:
        if asked[section] != demands[section]:
            wrong.append(f"{section}: {asked[section]} lines with MUST, {demands[section]} in the list")

for line in wrong:
    print(f"musts.txt: {line}")
sys.exit(bool(wrong))
