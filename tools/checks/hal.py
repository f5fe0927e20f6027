"""hal.py - the boundary stays small: few functions, all of them documented."""
import re

import csource

FUNCTIONS = 52
DECLARATION = re.compile(
    r"^(?:_Noreturn |static inline )*[\w ]+?[ *]+(\w+)\(([^;{]*)\);",
    re.MULTILINE)


def documented(text, start):
    """True if a comment, or a documented declaration, stands just above."""
    above = text[:start].rstrip(" ")
    if not above.endswith("\n") or above.endswith("\n\n"):
        return False
    return above[:-1].endswith(("*/", ";"))


def run(args, say):
    """tidy hal TOP"""
    path = "src/core/hal.h"
    text = csource.read(args[0], path)
    code = csource.code(text)
    found = list(DECLARATION.finditer(code))
    for match in found:
        line = code.count("\n", 0, match.start()) + 1
        name, parameters = match.groups()
        if not name.startswith(("hal_", "core_on_")):
            say(path, line, "%s: neither hal_* nor core_on_*" % name)
        if "..." in parameters:
            say(path, line, "%s takes any number of arguments" % name)
        if not documented(text, match.start()):
            say(path, line, "%s has no comment" % name)
    if re.search(r"\(\s*\*", code):
        say(path, 1, "a pointer to a function")
    if not found or len(found) > FUNCTIONS:
        say(path, 1, "%d functions; at most %d" % (len(found), FUNCTIONS))
