"""packages.py - a small boot package of each scenario, for many starts."""
import json
import os
import subprocess

import scenario

# Where a scenario does the same thing many times, fewer do; a storm's seed, which
# it would make of the time, is the same in all runs.
SHORTER = {"kill-storm": ["2", "7"], "thread-scale": ["6", "2", "1000", "6"],
           "supervision-storm": ["1", "7"], "process-scale": ["3", "10000"],
           "exhaustion": ["5"]}
# What a scenario spawns by a name that it has not by itself.
SPAWNED = {"shell-typed-call": ["hello"]}


def programs(scratch, names):
    """The programs of those names, and all that they have the names of: what they
    could spawn. The package has no others, which would all be hashed at each
    start."""
    found = set()
    more = set(names)
    here = {name[:-4] for name in os.listdir(os.path.join(scratch, "bin"))}
    while more:
        name = more.pop()
        found.add(name)
        with open(os.path.join(scratch, "bin", name + ".elf"), "rb") as file:
            said = set(file.read().split(b"\0"))
        more |= {other for other in here
                 if other.encode() in said} - found
    return found


def strip(scratch):
    """The programs without what only debuggers look at: less to copy and to
    hash in each of many starts."""
    os.makedirs(os.path.join(scratch, "bin"), exist_ok=True)
    for name in os.listdir("bin"):
        if name.endswith(".elf"):
            subprocess.run(["strip", "-o", os.path.join(scratch, "bin", name),
                            os.path.join("bin", name)], check=True)


def package(scratch, name):
    """A boot package of one scenario, of stripped programs."""
    place = os.path.join(scratch, name)
    path = os.path.join(place, "scenarios")
    os.makedirs(place)
    scenario.package(place, [name], SHORTER)
    with open(path + ".json", encoding="utf-8") as file:
        manifest = json.load(file)
    wanted = programs(scratch, ["init"] + SPAWNED.get(name, []) + [
        one["binary"] for one in manifest["initConfig"]["services"]])
    manifest["binaries"] = [one for one in manifest["binaries"]
                            if one["name"] in wanted]
    with open(path + ".json", "w", encoding="utf-8") as file:
        json.dump(manifest, file)
    subprocess.run(["tools/mkmanifest/mkmanifest", "-o", path + ".manifest",
                    path + ".json"], check=True)
    subprocess.run([os.path.abspath("tools/mkboot/mkboot"), "-o",
                    path + ".pkg", path + ".manifest"], cwd=scratch,
                   check=True)
    return path + ".pkg"
