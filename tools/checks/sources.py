"""sources.py - budgets, banned calls, layers and words in the sources."""
import os
import re

import csource

FILE_LINES = 500
FUNCTION_LINES = 70
COLUMNS = 100
PARAMETERS = 4

BANNED = ("strcpy", "stpcpy", "strcat", "strncpy", "strncat", "sprintf",
          "vsprintf", "gets", "alloca", "strtok", "atoi", "atol", "atoll",
          "tmpnam", "mktemp")
BANNED_CALL = re.compile(r"(?<![\w.>])(%s)\s*\(" % "|".join(BANNED))

# Headers that a compiler brings along, without any C library.
FREESTANDING = {"<stdint.h>", "<stddef.h>", "<stdbool.h>", "<stdarg.h>",
                "<stdatomic.h>", "<stdalign.h>", "<stdnoreturn.h>"}

# Where a file of a room may take project headers from: its own room and these.
LAYERS = {
    "src/abi": [],
    "src/lib": ["src/abi"],
    "src/core": ["src/lib", "src/abi"],
    "src/hal-sim": ["src/core", "src/lib", "src/abi"],
    "src/hal-x86": ["src/core", "src/lib", "src/abi"],
    "src/rt": ["src/lib", "src/abi"],
    "src/services": ["src/rt", "src/lib", "src/abi"],
    "examples": ["src/rt", "src/lib", "src/abi"],
}
NO_CONDITIONALS = ("src/core", "src/lib")
INCLUDE = re.compile(r'^\s*#\s*include\s+(["<][^">]+[">])', re.MULTILINE)
WORDS = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX|HA" r"CK)\b")


def room_of(path):
    """The room of LAYERS that a path is in, or None."""
    return next((room for room in LAYERS if path.startswith(room + "/")), None)


def budgets(path, text, say):
    """Lengths of file, functions and lines."""
    count = text.count("\n")
    if count > FILE_LINES:
        say(path, 1, "%d lines; at most %d" % (count, FILE_LINES))
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > COLUMNS:
            say(path, number, "%d columns; at most %d" % (len(line), COLUMNS))
        if line != line.rstrip():
            say(path, number, "space at the end of the line")
        if "\t" in line and path.endswith((".c", ".h")):
            say(path, number, "a tab; indent by 4 spaces")
    for function in csource.functions(text):
        if function.lines > FUNCTION_LINES:
            say(path, function.line, "%s has %d lines; at most %d" %
                (function.name, function.lines, FUNCTION_LINES))


def calls(path, code, say):
    """Calls that have no safe use here."""
    for match in BANNED_CALL.finditer(code):
        say(path, code.count("\n", 0, match.start()) + 1,
            "%s is banned" % match.group(1))
    for match in re.finditer(r"^\w[^\n;=#]*\)[ \t]*\{[ \t]*$", code, re.MULTILINE):
        say(path, code.count("\n", 0, match.start()) + 1,
            "a function's opening brace goes on its own line")


def host_allowed(path):
    """True for the files that may use a C library."""
    return room_of(path) is None or \
        re.match(r"src/hal-sim/host_\w+\.[ch]$", path) is not None


def includes(top, path, text, say):
    """Headers come from a lower room, or from the compiler."""
    room = room_of(path)
    for match in INCLUDE.finditer(text):
        name = match.group(1)
        line = text.count("\n", 0, match.start()) + 1
        if name[0] == "<":
            annotate = (re.search("-(memcheck|helgrind)/", path) and
                        name.startswith("<valgrind/"))
            if name not in FREESTANDING and not annotate and \
                    not host_allowed(path):
                say(path, line, "%s needs a C library" % name)
        elif room and not reachable(top, path, room, name.strip('"')):
            say(path, line, '"%s" is not in %s or a room below it' %
                (name.strip('"'), room))


def reachable(top, path, room, name):
    """True if a header is found without looking into rooms above."""
    if name.endswith(".gen.h") or name == "hal_machine.h":
        return True
    places = [os.path.dirname(path)]
    for below in [room] + LAYERS[room]:
        places += [below] + [os.path.join(below, folder) for folder in
                             ("sync-plain", "variant-debug", "annotate-none",
                              "valgrind-none", "windows-wide")]
    return any(os.path.exists(os.path.join(top, place, name))
               for place in places)


def conditionals(path, code, say):
    """No #if in portable code, except the include guard."""
    found = list(re.finditer(r"^\s*#\s*(if|ifdef|ifndef|elif|else)\b([^\n]*)",
                             code, re.MULTILINE))
    if path.endswith(".h"):
        guard = found and found[0].group(1) == "ifndef" and \
            re.match(r"\s*#\s*define\s+%s\b" % found[0].group(2).strip(),
                     code[found[0].end():])
        if not guard:
            say(path, 1, "no include guard")
        found = found[1:]
    if path.startswith(NO_CONDITIONALS):
        for match in found:
            say(path, code.count("\n", 0, match.start()) + 1,
                "#%s in portable code" % match.group(1))


def run(args, say):
    """tidy sources TOP"""
    top = args[0]
    for path in csource.files(top, csource.C_SUFFIXES):
        text = csource.read(top, path)
        code = csource.code(text)
        budgets(path, text, say)
        calls(path, code, say)
        includes(top, path, text, say)
        if path.endswith((".c", ".h")):
            conditionals(path, code, say)
        if not re.match(r"\s*(/\*|//|#)", text):
            say(path, 1, "no comment that says what the file is")
    for path in csource.files(top, ("",), csource.ROOMS + ("doc",)):
        for match in WORDS.finditer(csource.read(top, path)):
            say(path, 1, "the word %s: do it or leave it" % match.group(0))
