#!/usr/bin/env python3
"""Writes docs/operators.md, a row for each source, operator and terminal, from their doc comments.

    tools/operator_table.py           rewrites it
    tools/operator_table.py --check   changes nothing, fails if it is not up to date

A header is about the function that is called as the file is. Its doc comment is the one with the
most tags; a tag's text goes on until the next one.
"""
import re
import sys
from pathlib import Path

FOLDERS = ("sources", "operators", "terminals")
LIBRARIES = {"futures": "futures-rs", "ranges": "std::ranges", "Rx": "Rx", "Akka": "Akka"}
HEAD = """\
# Sources, operators and terminals

<!-- written by tools/operator_table.py from the doc comments: change those, and run it -->

A marble diagram is a time line: `-` is a moment without an item, `|` the end, `x` a failure, `E` an
error as an item, `[1,2]` a vector, `(1,a)` a pair. An item takes a moment as well; what stands in `(12)` or `(2|)` comes
at once, and takes one together. "Cancelled" is what becomes of items when a wait is cancelled, or the stream destroyed; of a
terminal, what the call has done. When it fails and the other fine print stand in the headers.
"""

TAIL = """
## What stands elsewhere, and what there is not

- Sockets that are accepted, signals, lines and frames are streams of [io](io.md): `accept_stream`, `signal_stream`, `lines`, `framed`. A source with a
  handle for those who produce is [`make_channel<T>`](channels.md); one for several consumers is a [`broadcast`](broadcast.md) or [`share`](sharing.md).
- There is no `generator<T>` with `co_yield`: a coroutine that makes items is `produce`, which waits for room where it sends, and may send from
  wherever it awaits.
- There is no `async_forward`: it is the terminal `forward_to`.
- There is no `async_select`: a wait carries no item, so `co_await (a.async_wait(use_awaitable) || b.async_wait(use_awaitable))` and then `try_next` loses
  nothing. `race` is for the first of several streams, `merge` for all of them.
- There is no terminal that blocks: every terminal takes `asio::use_future` ([blocking](blocking.md)).
- There is no `extrapolate`, which repeats the last item for a consumer that is faster than its source: a stream that is always ready makes every driver behind it
  spin. `keep_alive` repeats at a pace, `watch<T>` has the latest value for whoever asks, `combine_latest` and `with_latest_from` pair it with what comes.
- What a function throws is not wrapped in an error of ours: it arrives as it was thrown, as the `std::exception_ptr` of the completion.
"""


def doc_comments(text):
    """The doc comments of a file, each as (lines before the tags, {tag: text})."""
    for comment in re.findall(r"(?:^[ \t]*///[^\n]*\n)+", text, re.M):
        lines = [line.strip()[3:].strip() for line in comment.splitlines()]
        prose, tags, last = [], {}, None
        for line in lines:
            if found := re.match(r"@(\w+)\s*(.*)", line):
                last = found[1]
                tags[last] = found[2]
            elif last:
                tags[last] += " " + line
            else:
                prose.append(line)
        yield prose, tags


def main_comment(text):
    return max(doc_comments(text), key=lambda comment: len(comment[1]), default=([], {}))


def others(text):
    """`map (futures), transform (ranges)` as {library: name}; None if it is not of that form."""
    if text == "none":
        return {}
    found = re.findall(r"([^()]+?) \((\w+)\)(?:, |$)", text)
    if not found or ", ".join(f"{name} ({library})" for name, library in found) != text:
        return None
    names = {library: name for name, library in found}
    in_order = [library for library in LIBRARIES if library in names]
    return names if in_order == [library for _, library in found] else None


def first_sentence(prose):
    text = " ".join(prose[: prose.index("")] if "" in prose else prose)
    return re.match(r".*?\.(?= |$)|.*", text)[0]


def code(names):
    """`tap, doOnNext` in code spans."""
    return ", ".join(f"`{name}`" for name in names.split(", ")) if names else ""


def table(root, folder):
    rows = []
    for header in sorted((root / "include/streamx" / folder).glob("*.hpp")):
        prose, tags = main_comment(header.read_text())
        names = others(tags.get("others", "none")) or {}
        rows.append(
            {
                "": f"[`{header.stem}`](../{header.relative_to(root)})",
                "what it does": first_sentence(prose),
                "for example": tags.get("marble", ""),
                "cost": tags.get("cost", ""),
                "cancelled": tags.get("cancels", ""),
                **{title: code(names.get(name, "")) for name, title in LIBRARIES.items()},
            }
        )
    columns = [c for c in rows[0] if any(row[c] for row in rows)]
    lines = [columns, ["---"] * len(columns)]
    lines += [[" ".join(row[c].split()).replace("|", r"\|") for c in columns] for row in rows]
    title = f"\n## {folder.capitalize()}\n\n"
    return title + "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def main(root, check):
    page = root / "docs/operators.md"
    new = HEAD + "".join(table(root, folder) for folder in FOLDERS) + TAIL
    if page.exists() and page.read_text() == new:
        return 0
    if check:
        print(f"{page.relative_to(root)}: not up to date; run tools/operator_table.py")
        return 1
    page.write_text(new)
    print(f"{page.relative_to(root)}: rewritten")
    return 0


if __name__ == "__main__":
    args = [a for a in sys.argv[1:] if a != "--check"]
    sys.exit(main(Path(args[0]) if args else Path(__file__).parents[1], "--check" in sys.argv))
