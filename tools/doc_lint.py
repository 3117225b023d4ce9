#!/usr/bin/env python3
"""Checks that what users call says what they must know.

    tools/doc_lint.py [root]

Every public async_* function under include/ has a doc comment with @completes @errors @cancels
@threads, in that order, or a @copydoc of one that has. async_wait of a stream or sink is the
protocol between them and documented once, at the concept. The doc comment that a header of
sources/, operators/ or terminals/ is about has the tags of FOLDER_TAGS in that order.
"""
import re
import sys
from pathlib import Path

from operator_table import main_comment, others

ASYNC_TAGS = ("@completes", "@errors", "@cancels", "@threads")
STREAM_TAGS = ("@marble", "@errors", "@cancels", "@cost", "@others")
FOLDER_TAGS = {
    "sources": STREAM_TAGS,
    "operators": STREAM_TAGS,
    "terminals": (*ASYNC_TAGS, "@others"),
}
PROTOCOL = {"async_wait"}

BLANKED = re.compile(
    r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])'|^[ \t]*#[^\n]*""", re.S | re.M
)
PIECE = re.compile(r"[{};]|\b(?:public|private|protected)\s*:(?!:)|\basync_\w+(?=\s*\()")
CLASS = re.compile(r"\b(?:class|struct|union)\s+(?:\[\[.*?\]\]\s*)?\w+")
TYPE = re.compile(r"[\w>&*\])]$")
NO_TYPE = re.compile(r"(?:^|\W)(?:return|co_return|co_await|co_yield|throw|else|do)\s*$")


def in_order(tags, text):
    places = [text.find(tag) for tag in tags]
    return -1 not in places and places == sorted(places)


def complaint(wanted, has):
    """What is wrong with a doc comment that has these {tag: text}, or None."""
    tags = ["@" + tag for tag in has]
    if missing := [tag for tag in wanted if tag not in tags]:
        return f"its doc comment lacks {' '.join(missing)}"
    if tags != [*wanted]:
        return f"its doc comment says {' '.join(tags)}: these tags, in this order: {' '.join(wanted)}"
    if others(has["others"]) is None:
        return "@others is not `a (futures), b (ranges), c (Rx), d (Akka)`, of which any may be left out, or `none`"
    return None


def doc_comment(text):
    return "\n".join(re.findall(r"^\s*///(.*)$", text, re.M) or re.findall(r"/\*\*.*?\*/", text, re.S))


def without_angles(text):
    while (shorter := re.sub(r"<[^<>]*>", " ", text)) != text:
        text = shorter
    return text


def async_functions(source):
    """Yields (name, line, doc comment) of each public async_* that the header declares."""
    code = BLANKED.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), source)
    scopes, start, declared = [], 0, False  # of each open brace: is what stands inside it public?
    for piece in PIECE.finditer(code):
        before, word = code[start : piece.start()], piece[0]
        if word.startswith("async_"):
            head = before.rstrip()
            if not declared and all(scopes) and TYPE.search(head) and not NO_TYPE.search(head):
                declared = True  # until this declaration ends: other names in it are mere mentions
                doc = doc_comment(source[start : piece.start()])
                yield word, code.count("\n", 0, piece.start()) + 1, doc
            continue
        if word == "{":
            head = without_angles(before)
            if "namespace" in head.split():
                scopes.append("detail" not in head)
            elif not declared and (found := CLASS.search(head)):
                scopes.append(not found[0].startswith("class"))
            else:
                scopes.append(False)
        elif word == "}" and scopes:
            scopes.pop()
        elif word != ";" and scopes:
            scopes[-1] = word.startswith("public")
        start, declared = piece.end(), False


def main(root):
    headers = [p for p in sorted((root / "include").rglob("*.hpp")) if "detail" not in p.parts]
    found = [(p, *f) for p in headers for f in async_functions(p.read_text()) if f[0] not in PROTOCOL]
    complete = {name for _, name, _, doc in found if in_order(ASYNC_TAGS, doc)}
    failed = 0
    for path, name, line, doc in found:
        copied = re.search(r"@copydoc\s+(\w+)", doc)
        if not in_order(ASYNC_TAGS, doc) and not (copied and copied[1] in complete):
            print(f"{path.relative_to(root)}:{line}: {name}: says not, in order, {' '.join(ASYNC_TAGS)}")
            failed += 1
    for path in headers:
        if wanted := FOLDER_TAGS.get(path.parent.name):
            if why := complaint(wanted, main_comment(path.read_text())[1]):
                print(f"{path.relative_to(root)}: {why}")
                failed += 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[1])))
