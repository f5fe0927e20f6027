"""options.py - --help, --version and unknown options, the same in each script."""
import difflib
import os
import re
import sys


def version():
    """The package's version, as configure.ac says it."""
    top = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
    with open(os.path.join(top, "configure.ac"), encoding="utf-8") as file:
        return re.search(r"AC_INIT\(\[capOS\], \[([^]]*)\]", file.read())[1]


def answer(args, name, usage, known=()):
    """Answers what is no work; returns if there is work to do, else exits."""
    if args == ["--help"]:
        print(usage.strip())
        sys.exit(0)
    if args == ["--version"]:
        print("%s (capOS) %s" % (name, version()))
        sys.exit(0)
    if args and (args[0].startswith("-") or known and args[0] not in known):
        near = difflib.get_close_matches(
            args[0], tuple(known) + ("--help", "--version"), 1)
        print("%s: unknown '%s'; %ssee %s --help" % (
            name, args[0], "did you mean %s? " % near[0] if near else "",
            name), file=sys.stderr)
        sys.exit(2)
