"""deadfiles.py - every file is part of the build, every header is included.

A file that make dist would leave behind is in no list of the build, so nothing
compiles, runs or reads it.
"""
import os
import re

import csource


def run(args, say):
    """tidy dead-files TOP DISTRIBUTED..."""
    top = args[0]
    # Automake names a file with or without $(srcdir) before it.
    listed = {os.path.normpath(path[len(top) + 1:]
                               if path.startswith(top + "/") else path)
              for path in args[1:]}
    all_files = csource.files(top, ("",), csource.ROOMS + ("doc",))
    included = set()
    for path in all_files:
        if path.endswith(csource.C_SUFFIXES):
            included |= {os.path.basename(name) for name in re.findall(
                r'#\s*include\s+\\?"([^"\\]+)', csource.read(top, path))}
    for path in all_files:
        name = os.path.basename(path)
        if name.endswith((".pyc", "~", ".orig", ".rej")):
            continue
        if path not in listed and not any(
                path.startswith(entry + "/") for entry in listed):
            say(path, 0, "in no list of the build")
        elif name.endswith(".h") and name not in included:
            say(path, 0, "included by nobody")
