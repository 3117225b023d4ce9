#!/usr/bin/env python3
"""Copies marked regions of compiled programs into the documentation.

    tools/snippets.py           rewrites README.md and docs/
    tools/snippets.py --check   changes nothing, fails where the two differ

In the documentation a code block that follows `<!-- snippet: path#region -->` is a copy of what
stands between `// [region]` and `// [/region]` in that file, under examples/ or tests/snippets/.
"""
import re
import sys
import textwrap
from pathlib import Path

BLOCK = re.compile(r"(<!-- snippet: (\S+?)#(\S+) -->\n+```\w*\n)(.*?)(^```$)", re.S | re.M)
MARK = re.compile(r"<!--\s*snippet")
REGION_MARK = re.compile(r"^\s*// \[/?[\w-]+\]\s*$")


def region(root, path, name):
    if not path.startswith(("examples/", "tests/snippets/")):
        raise ValueError(f"{path}: snippets live under examples/ or tests/snippets/")
    lines = (root / path).read_text().splitlines()
    marks = [n for n, line in enumerate(lines) if line.strip() in (f"// [{name}]", f"// [/{name}]")]
    if len(marks) != 2 or lines[marks[0]].strip() != f"// [{name}]":
        raise ValueError(f"{path}: has no one region [{name}] with its end [/{name}]")
    inside = [line for line in lines[marks[0] + 1 : marks[1]] if not REGION_MARK.match(line)]
    return textwrap.dedent("\n".join(inside)).strip("\n") + "\n"


def main(root, check):
    failed = 0
    for page in [root / "README.md", *sorted((root / "docs").rglob("*.md"))]:
        if not page.exists():
            continue
        old = page.read_text()
        try:
            new = BLOCK.sub(lambda m: m[1] + region(root, m[2], m[3]) + m[5], old)
            if len(MARK.findall(old)) != len(BLOCK.findall(old)):
                raise ValueError("a snippet mark without a code block after it")
        except (ValueError, OSError) as error:
            print(f"{page.relative_to(root)}: {error}")
            failed += 1
            continue
        if new != old and check:
            print(f"{page.relative_to(root)}: differs from its source; run tools/snippets.py")
            failed += 1
        elif new != old:
            page.write_text(new)
            print(f"{page.relative_to(root)}: rewritten")
    return 1 if failed else 0


if __name__ == "__main__":
    args = [a for a in sys.argv[1:] if a != "--check"]
    sys.exit(main(Path(args[0]) if args else Path(__file__).parents[1], "--check" in sys.argv))
