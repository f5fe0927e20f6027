"""scenario.py - what scenarios print, and what they must print.

In a boot of scenarios.pkg init starts one program after the other and says how
each ended:

    # start NAME
    (what the program prints)
    ok 1 - NAME              or: not ok 1 - NAME: how it ended

What a program prints is compared with tests/system/NAME.expect: line by line,
<*> matches anything within a line and a line of ... any number of lines. A line
that begins with @exact is for machines whose clock counts only what the machine
itself does, one with @rough for all others; one with @event for those on which
running programs takes no time, one with @timed for all others.
"""
import glob
import json
import os
import re
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
# On which clocks (machine.clock) a line that begins so is expected.
CONDITIONS = {"@exact ": ("events", "instructions"), "@rough ": ("host",),
              "@event ": ("events",), "@timed ": ("instructions", "host")}


class Scenario:
    """One program's part of the transcript."""

    def __init__(self, name):
        self.name = name
        self.lines = []
        self.verdict = None     # how init says that it ended
        self.passed = False


def split(text):
    """The scenarios of a transcript, in order."""
    found = []
    for line in text.split("\n"):
        start = re.search(r"# start (\S+)$", line)
        end = re.match(r"(not )?ok \d+ - (\S+?)(: .*)?$", line)
        if start:
            found.append(Scenario(start.group(1)))
        elif end and found and found[-1].name == end.group(2):
            found[-1].verdict = line
            found[-1].passed = end.group(1) is None
        elif found and found[-1].verdict is None:
            found[-1].lines.append(line)
    return found


def line_matches(expected, line):
    """True if a line is what was expected, <*> matching anything."""
    pattern = ".*".join(re.escape(part) for part in expected.split("<*>"))
    return re.fullmatch(pattern, line) is not None


def mismatch(expected, lines):
    """Why lines are not as expected, or None."""
    at = 0
    skipping = False
    for number, want in enumerate(expected, 1):
        if want == "...":
            skipping = True
            continue
        while skipping and at < len(lines) and \
                not line_matches(want, lines[at]):
            at += 1
        if at >= len(lines):
            return "line %d expected, but it ended:\n    - %s" % (number, want)
        if not line_matches(want, lines[at]):
            return "line %d of what was expected:\n    - %s\n    + %s" % (
                number, want, lines[at])
        at += 1
        skipping = False
    if at < len(lines) and not skipping:
        return "more than was expected:\n    + %s" % lines[at]
    return None


def expectation(name, clock):
    """The expected lines of a scenario, or None."""
    path = os.path.join(HERE, name + ".expect")
    if not os.path.exists(path):
        return None
    lines = []
    with open(path, encoding="utf-8") as file:
        for line in file.read().rstrip("\n").split("\n"):
            clocks = CONDITIONS.get(line[:7])
            if clocks is None:
                lines.append(line)
            elif clock in clocks:
                lines.append(line[7:])
    return lines


def complaint(scenario, clock):
    """What is wrong with a scenario, or None."""
    if scenario.verdict is None:
        return "did not end"
    if not scenario.passed:
        return "init says: " + scenario.verdict
    expected = expectation(scenario.name, clock)
    if expected is None:
        return "there is no tests/system/%s.expect" % scenario.name
    return mismatch(expected, scenario.lines)


def known():
    """The names of all scenarios."""
    return sorted(os.path.basename(path)[:-len(".expect")]
                  for path in glob.glob(os.path.join(HERE, "*.expect")))


def needed(services, only):
    """The scenarios in only, and the services that they can call: another one that
    starts meanwhile would look like something that a scenario has left behind."""
    named = {service["name"]: service for service in services}
    wanted = set()
    more = [name for name in only if name in named]
    more += [service["name"] for service in services
             if not service["wait"] and not service["exports"]]
    while more:
        name = more.pop()
        if name not in wanted:
            wanted.add(name)
            more += named[name]["needs"]
            more += [cap["from"]["service"] for cap in named[name]["caps"]
                     if "service" in cap["from"]]
    return [service for service in services if service["name"] in wanted]


def manifest_read():
    """The manifest of scenarios.pkg, as a dict."""
    with open(os.path.join(SOURCE, "manifests", "scenarios.json"),
              encoding="utf-8") as file:
        return json.load(file)


def pack(path, manifest):
    """Makes of a manifest path.json, path.manifest and the boot package path.pkg,
    whose name is returned."""
    with open(path + ".json", "w", encoding="utf-8") as file:
        json.dump(manifest, file)
    subprocess.run(["tools/mkmanifest/mkmanifest", "-o", path + ".manifest",
                    path + ".json"], check=True)
    subprocess.run(["tools/mkboot/mkboot", "-o", path + ".pkg",
                    path + ".manifest"], check=True)
    return path + ".pkg"


def package(scratch, only, args):
    """Makes a boot package in scratch like scenarios.pkg, but of the scenarios
    in only (all, if empty), and with other arguments for those in args."""
    manifest = manifest_read()
    config = manifest["initConfig"]
    if only:
        config["services"] = needed(config["services"], only)
    for service in config["services"]:
        service["args"] = args.get(service["name"], service["args"])
    return pack(os.path.join(scratch, "scenarios"), manifest)
