"""measure.py - what the scripts of this directory share: packages of chosen
programs, times out of transcripts, medians."""
import os
import re
import statistics
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(SOURCE, "tests", "system"))

import machine  # noqa: E402
import scenario  # noqa: E402

TIME = re.compile(r"^  (\d+) us with (\d+) (processes|threads)$", re.M)


def package(path, steps):
    """Makes the boot package path.pkg, in which init runs the scenarios that
    steps names, each with its arguments: (name, [argument, ...])."""
    manifest = scenario.manifest_read()
    config = manifest["initConfig"]
    known = {service["name"]: service for service in config["services"]}
    config["services"] = \
        [service for service in config["services"] if not service["wait"]] + \
        [dict(known[name], name="%s.%d" % (name, number), args=args)
         for number, (name, args) in enumerate(steps)]
    return scenario.pack(path, manifest)


def boot(where, boot_package, options=(), cpus=1):
    """A boot that must end well."""
    run = machine.boot(where, boot_package, "", options, cpus)
    if run.status == machine.SKIP:
        raise machine.Skip(run.errors.strip())
    if run.status != 0:
        machine.fail("%s ended with status %d:\n%s" %
                     (where, run.status, run.text[-2000:]), run)
    return run


def times(text):
    """The times in a transcript: {(what, workers): [microseconds, ...]}."""
    found = {}
    for time, workers, what in TIME.findall(text):
        found.setdefault((what, int(workers)), []).append(int(time))
    return found


def speedups(text, what):
    """How much less time two took than one, round by round."""
    found = times(text)
    return [one / two for one, two in zip(found.get((what, 1), []),
                                          found.get((what, 2), []))]


def spread(values):
    """Median, least and most, as text."""
    return "%.3f (%.3f to %.3f)" % (statistics.median(values), min(values),
                                    max(values))
