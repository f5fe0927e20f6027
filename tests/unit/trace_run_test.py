#!/usr/bin/env python3
"""trace_run_test - the trace of a real run, through all modes of capos-trace.

usage: trace_run_test.py [--qemu]

Runs in the build directory: boots pictures.pkg in ./capos-sim with --trace, with
one CPU and with several, has the JSON checked against the trace event format
(tests/checks/trace_format), compares text, JSON and histograms with each other,
and draws the picture. Then the same check for records that no kernel wrote. With
--qemu it boots ./capos.elf with two CPUs instead; exits 77 without QEMU.
"""
import json
import os
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
TRACE = "./tools/capos-trace/capos-trace"
RECORD = re.compile(r"^ *(\d+)\.(\d{9}) cpu(\d+) +t(\d+) +(\S+) +(.*)$")

wrong = []


def expect(condition, what):
    if not condition:
        wrong.append(what)


def trace(*args, status=0):
    """Standard output of capos-trace."""
    done = subprocess.run([TRACE] + list(args), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False)
    expect(done.returncode == status, "%s: status %d: %s" % (
        " ".join(args), done.returncode, done.stderr))
    return done.stdout


def records(text):
    """(time_ns, cpu, thread, kind, details) of each line."""
    found = []
    for line in text.splitlines():
        match = RECORD.match(line)
        expect(match, "not a record: " + line)
        if match:
            seconds, nanoseconds, cpu, thread = map(int, match.groups()[:4])
            found.append((seconds * 10**9 + nanoseconds, cpu, thread) +
                         match.groups()[4:])
    return found


def check_pairs(all_records):
    """Every CPU that enters the kernel leaves it before it enters again."""
    inside = {}
    for time_ns, cpu, _, kind, _ in all_records:
        if kind in ("syscall", "tick", "irq", "fault"):
            expect(not inside.get(cpu), "%d: CPU %d enters twice" % (
                time_ns, cpu))
            inside[cpu] = True
        elif kind == "leave":
            inside[cpu] = False


def check_clocks(all_records):
    """A CPU's own time never goes back."""
    last = {}
    for time_ns, cpu, _, kind, _ in all_records:
        expect(time_ns >= last.get(cpu, 0), "%d: %s: CPU %d goes back" % (
            time_ns, kind, cpu))
        last[cpu] = time_ns


def check_filters(path, all_records):
    """Filters let through what they say, and nothing else."""
    middle = all_records[len(all_records) // 2][0]
    last = max(r[1] for r in all_records)
    wanted = {
        ("--kind", "deliver"): lambda r: r[3] == "deliver",
        ("--thread", "2"): lambda r: r[2] == 2,
        ("--cpu", str(last)): lambda r: r[1] == last,
        ("--from", str(middle)): lambda r: r[0] >= middle,
        ("--to", str(middle)): lambda r: r[0] <= middle,
        ("--kind", "call", "--thread", "1", "--to", str(middle)):
            lambda r: r[3] == "call" and r[2] == 1 and r[0] <= middle,
    }
    for options, keep in wanted.items():
        expect(records(trace("text", path, *options)) ==
               [r for r in all_records if keep(r)],
               "filter %s" % (options,))
    by_name = records(trace("text", path, "--process", "ipc-server"))
    server = next(r[4].split()[1] for r in all_records
                  if r[3] == "name" and '"ipc-serv"' in r[4])
    expect(by_name == records(trace("text", path, "--process", server)),
           "a process by name and by id")
    expect(any(r[3] == "deliver" for r in by_name),
           "what is delivered to a process concerns it")
    expect(len(by_name) < len(all_records), "a process is not everything")


def gate_entries(all_records):
    """Entries of threads that nobody has ended by then, on another CPU."""
    ended, count = set(), 0
    for _, _, thread, kind, _ in all_records:
        if kind == "end":
            ended.add(thread)
        count += kind == "syscall" and thread not in ended
    return count


def json_events(path, folder):
    """What capos-trace makes of a trace, if it is in the format."""
    output = os.path.join(folder, "trace.json")
    with open(output, "w", encoding="utf-8") as file:
        file.write(trace("json", path))
    checked = subprocess.run(
        [sys.executable, os.path.join(TOP, "tests/checks/trace_format"),
         output], stdout=subprocess.PIPE, text=True, check=False)
    print(checked.stdout, end="")
    expect(checked.returncode == 0, "not in the trace event format")
    with open(output, encoding="utf-8") as file:
        return json.load(file)["traceEvents"]


def check_json(path, all_records, folder):
    """The JSON is in the format and tells what the text tells."""
    events = json_events(path, folder)
    kinds = [r[3] for r in all_records]
    delivered = {r[4].split()[1] for r in all_records if r[3] == "deliver"}
    expect(len(delivered) > 50, "only %d calls delivered" % len(delivered))
    count = {}
    for event in events:
        key = (event["ph"], event.get("cat", event.get("name")))
        count[key] = count.get(key, 0) + 1
    expect(count[("s", "message")] == kinds.count("deliver"),
           "an arrow for each delivered call")
    expect(count[("f", "message")] == count[("s", "message")], "its end")
    expect(count[("b", "call")] == kinds.count("begin"), "a bar for a call")
    expect(count[("B", "gate")] == gate_entries(all_records), "gate entries")
    entries = sum(kinds.count(k) for k in ("syscall", "tick", "irq", "fault"))
    expect(entries <= count[("B", "kernel")] <= entries +
           1 + kinds.count("cpu"), "the kernel on the CPUs' tracks")
    expect(count.get(("f", "ipi"), 0) == count.get(("s", "ipi"), 0),
           "IPIs arrive")
    expect((("s", "ipi") in count) == ("ipi" in kinds), "IPIs are arrows")
    for kind in ("tick", "fault", "spawn", "exit", "error", "ipi", "steal",
                 "irq"):
        expect(count.get(("i", kind), 0) == kinds.count(kind), kind)
    names = {event["args"]["name"] for event in events
             if event["name" if "name" in event else "ph"] == "process_name"}
    expect({"CPUs", "init", "ipc-server", "ipc-client"} <= names,
           "names: %s" % sorted(names))
    tracks = {event["args"]["name"] for event in events
              if event.get("name") == "thread_name"}
    expect({"CPU %d" % r[1] for r in all_records} <= tracks, "CPUs' tracks")


def check_picture(folder, until_us):
    """The picture is XML and has a row for each thread, and arrows."""
    source = os.path.join(folder, "trace.json")
    target = os.path.join(folder, "picture.svg")
    subprocess.run(
        [sys.executable, "-B", os.path.join(TOP, "tools/pictures/timeline.py"),
         "--to", str(until_us), "--title", "<&>", source, target], check=True)
    tree = xml.etree.ElementTree.parse(target)
    texts = [e.text for e in tree.iter() if e.tag.endswith("}text")]
    for row in ("CPU 0", "init (thread 1)", "ipc-server (thread 2)", "<&>"):
        expect(row in texts, "picture: no " + row)
    arrows = [e for e in tree.iter() if e.get("marker-end")]
    expect(len(arrows) > 6, "picture: %d arrows" % len(arrows))


def check_histogram(path, all_records):
    """Each call is counted once."""
    text = trace("histogram", path)
    heads = re.findall(r"^(\S+): (\d+) calls?(?:, |$)", text, re.MULTILINE)
    expect(sum(int(n) for _, n in heads) ==
           sum(r[3] == "call" for r in all_records), "calls counted")
    expect("Echo.add" in dict(heads), "Echo.add has a histogram")
    expect("ProcessSpawner.spawn" in dict(heads), "so do kernel objects")
    least = re.search(r"^Timer\.sleep:.*\n.*max +([\d.]+) (\w+)", text,
                      re.MULTILINE)
    expect(least and least.group(2) == "ms", "Timer.sleep takes time")


def check_refusals(path, folder):
    """What is no trace, or cannot be asked, is refused with a sentence."""
    damaged = os.path.join(folder, "damaged")
    with open(path, "rb") as file:
        good = file.read(4096)
    for name, content in (("empty", b""), ("cut", good[:-5]),
                          ("magic", b"x" + good[1:]),
                          ("version", good[:8] + b"\x09" + good[9:])):
        with open(damaged, "wb") as file:
            file.write(content)
        expect(trace("json", damaged, status=1) == "", name)
    trace("jsom", path, status=2)
    trace("json", path, "--kind", "call", status=2)
    trace(path, "--kind", "cal", status=2)
    trace(path, "--from", "now", status=2)
    trace(path, "--cpu", "70000", status=2)
    trace(path, "--process", "nobody", status=1)
    trace(os.path.join(folder, "nothing"), status=1)


def check_anything(folder):
    """Records of any content, of several CPUs: still in the format."""
    path = os.path.join(folder, "anything")
    choose = random.Random(1)
    for _ in range(30):
        with open(path, "wb") as file:
            file.write(struct.pack("<QIIQQ", 0x63617254736f7061, 1, 32, 0, 0))
            for at in range(400):
                a, b = (choose.choice((0, 1, 2, 3, 4, 5, 2**64 - 1))
                        for _ in range(2))
                file.write(struct.pack(
                    "<QHHIQQ", at + choose.randrange(9), choose.randrange(30),
                    choose.randrange(3), choose.randrange(6), a, b))
        json_events(path, folder)


def boot_sim(folder, options):
    """Boots in the simulator; the trace."""
    path = os.path.join(folder, "trace")
    subprocess.run(["./capos-sim", "pictures.pkg", "--timeout", "300",
                    "--trace", path] + options, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, check=True)
    return path


def boot_qemu(folder):
    """Boots in QEMU, with two CPUs; the trace."""
    path = os.path.join(folder, "trace")
    subprocess.run(
        [os.path.join(TOP, "tools/run-qemu"), "--cpus", "2", "--trace", path,
         "--log", os.path.join(folder, "log"), "--timeout", "300"],
        env=dict(os.environ, QEMU_PACKAGE="pictures.pkg"),
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
    return path


def check_boot(folder, path):
    """All that can be asked of the trace of a boot."""
    text = trace(path)
    all_records = records(text)
    expect(trace("text", path) == text, "text is the default")
    expect("%d events" % len(all_records) in trace("--head", path),
           "the head counts the events")
    check_pairs(all_records)
    check_clocks(all_records)
    check_filters(path, all_records)
    check_json(path, all_records, folder)
    delivered = [r[0] for r in all_records if r[3] == "deliver"]
    check_picture(folder, delivered[4] / 1000)
    check_histogram(path, all_records)
    check_refusals(path, folder)


def main(args):
    qemu = args == ["--qemu"]
    if qemu and not shutil.which(os.environ.get("QEMU") or
                                 "qemu-system-x86_64"):
        print("# no QEMU: apt-get install qemu-system-x86")
        return 77
    with tempfile.TemporaryDirectory() as folder:
        if qemu:
            check_boot(folder, boot_qemu(folder))
        else:
            check_boot(folder, boot_sim(folder, []))
            check_boot(folder, boot_sim(folder, ["--cpus", "2"]))
            check_boot(folder, boot_sim(folder, ["--cpus", "4", "--seed",
                                                 "3"]))
            check_anything(folder)
    for line in wrong[:50]:
        print("FAIL: " + line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
