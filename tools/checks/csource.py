"""csource.py - what tidy and sizes know about C files: comments, functions.

The style makes this easy: a function's opening and closing braces stand alone in
the first column, and no other brace does.
"""
import os
import re

ROOMS = ("src", "tools", "tests", "examples", "manifests")
C_SUFFIXES = (".c", ".h", ".S")


def files(top, suffixes, rooms=ROOMS):
    """Paths relative to top, sorted, of the files in rooms with a suffix."""
    found = []
    for room in rooms:
        for where, folders, names in os.walk(os.path.join(top, room)):
            folders[:] = [f for f in folders if f not in ("__pycache__",
                                                          "node_modules")]
            found += [os.path.relpath(os.path.join(where, name), top)
                      for name in names if name.endswith(suffixes)]
    return sorted(found)


def read(top, path):
    """The text of a file; bytes that are no UTF-8 become marks."""
    with open(os.path.join(top, path), encoding="utf-8",
              errors="replace") as file:
        return file.read()


TOKEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|'
                   r"'(?:\\.|[^'\\\n])*'", re.DOTALL)


def blank(match):
    """A comment or literal, replaced by as many lines of nothing."""
    text = match.group(0)
    if text[0] in "\"'":
        return text[0] + " " * (len(text) - 2) + text[0]
    return re.sub(r"[^\n]", " ", text)


def code(text):
    """The text with comments and the insides of literals blanked out."""
    return TOKEN.sub(blank, text)


class Function:
    """One function: where it starts, how long it is, its parameters."""

    def __init__(self, name, line, lines, parameters):
        self.name = name
        self.line = line
        self.lines = lines
        self.parameters = parameters


def signature_start(lines, brace):
    """Index of the first line of the signature that ends above brace."""
    at = brace
    while at > 0 and lines[at - 1].strip() and \
            not re.search(r"[;}]\s*$", lines[at - 1]) and \
            not lines[at - 1].startswith("#"):
        at -= 1
    return at


def parameter_count(signature):
    """How many parameters a signature of one line has."""
    inner = signature[signature.find("(") + 1:signature.rfind(")")].strip()
    if inner in ("", "void"):
        return 0
    depth = count = 0
    for char in inner:
        depth += (char == "(") - (char == ")")
        count += char == "," and depth == 0
    return count + 1


def functions(text):
    """All functions of a C file."""
    lines = code(text).split("\n")
    found = []
    for brace, line in enumerate(lines):
        if line.rstrip() != "{":
            continue
        start = signature_start(lines, brace)
        signature = " ".join(lines[start:brace])
        name = re.search(r"(\w+)\s*\(", signature)
        end = next((i for i in range(brace, len(lines))
                    if lines[i].startswith("}")), None)
        if name and end is not None:
            found.append(Function(name.group(1), start + 1, end - start + 1,
                                  parameter_count(signature)))
    return found
