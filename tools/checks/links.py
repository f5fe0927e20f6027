"""links.py - relative links in documents lead somewhere."""
import glob
import os
import re

import csource

LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)")


def anchors(text):
    """The anchors that the headings of a document make."""
    found = set()
    for heading in re.findall(r"^#+\s+(.*)$", text, re.MULTILINE):
        plain = re.sub(r"[^\w\- ]", "", heading.strip().lower())
        found.add(plain.replace(" ", "-"))
    return found


def check(top, path, target, say, line):
    """One link of one document."""
    where, _, anchor = target.partition("#")
    there = os.path.normpath(os.path.join(os.path.dirname(path), where)) \
        if where else path
    if not os.path.exists(os.path.join(top, there)):
        say(path, line, "%s leads nowhere" % target)
    elif anchor and there.endswith(".md") and \
            anchor not in anchors(csource.read(top, there)):
        say(path, line, "%s: no such heading" % target)


def run(args, say):
    """tidy links TOP"""
    top = args[0]
    documents = [os.path.relpath(path, top)
                 for path in glob.glob(os.path.join(top, "*.md"))]
    documents += csource.files(top, (".md",), csource.ROOMS + ("doc",))
    for path in documents:
        text = csource.read(top, path)
        for match in LINK.finditer(text):
            target = match.group(1)
            if not re.match(r"[a-z]+:", target):
                check(top, path, target, say,
                      text.count("\n", 0, match.start()) + 1)
