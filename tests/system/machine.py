"""machine.py - boots a package on a machine and brings back what it said.

Machines: sim, asan, valgrind (Memcheck), tsan, tsan-clang, helgrind and explore
(exploring) are the simulator; qemu, qemu-bios, qemu-uefi and qemu-icount (instructions are counted,
and time is their number) are the x86-64 kernel. All run in the build directory,
and all have a time limit.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
SKIP = 77
QEMU = ("qemu", "qemu-icount", "qemu-bios", "qemu-uefi")
MACHINES = ("sim", "asan", "valgrind", "tsan", "tsan-clang", "helgrind",
            "explore") + QEMU
CHECKED = ("asan", "valgrind", "tsan", "tsan-clang", "helgrind")
SECONDS = {"sim": 300, "asan": 300, "valgrind": 900, "tsan": 300,
           "tsan-clang": 300, "helgrind": 900, "explore": 300,
           "qemu": 300, "qemu-icount": 300, "qemu-bios": 300, "qemu-uefi": 300}
# One CPU runs at a time there: what one does is time for all.
ICOUNT = "-icount shift=3,sleep=off"
SETTLE = 0.5
ESCAPES = re.compile("\x1b\\[[0-9;?=]*[A-Za-z]")
VALGRIND = ["-q", "--error-exitcode=99", "--leak-check=no"]
HELGRIND = ["--tool=helgrind", "-q", "--error-exitcode=99", "--fair-sched=yes"]


class Skip(Exception):
    """The machine is not to be had here, and why."""


class Run:
    """What a machine said and how it ended."""

    def __init__(self, status, text, errors, log, seconds):
        self.status = status    # 0 to 99 from the system, 124 time up, ...
        self.text = text        # the terminal
        self.errors = errors    # standard error of the simulator or QEMU
        self.log = log          # the kernel's log, where it is apart
        self.seconds = seconds


def clock(machine, cpus, parallel):
    """What moves the machine's clock: "events" of the kernel alone (lockstep),
    "instructions" of the machine alone (icount), or the "host"."""
    if machine not in QEMU:
        return "host" if parallel else "events"
    return "instructions" if machine == "qemu-icount" and cpus == 1 else "host"


def image(machine, package):
    """Makes the boot image beside a package, for the machines that need one."""
    if machine in ("qemu-bios", "qemu-uefi"):
        subprocess.run([os.path.join(SOURCE, "tools", "mkiso"), "-o",
                        iso_of(package), "capos.elf", package], check=True)


def iso_of(package):
    """The boot image beside a package."""
    return os.path.splitext(package)[0] + ".iso"


def program(variable, name, package):
    """A program of this host, or Skip with the package that has it."""
    path = os.environ.get(variable) or name
    if not shutil.which(path):
        raise Skip("no %s: apt-get install %s" % (path, package))
    return path


def simulator(machine, package, options, cpus):
    """The command line for a kind of simulator."""
    own = machine not in ("sim", "valgrind")
    binary = "./capos-sim-" + machine if own else \
        os.environ.get("CAPOS_SIM", "./capos-sim")
    if cpus > 1:
        options = list(options) + ["--cpus", str(cpus)]
    command = [binary] + list(options) + [package]
    if machine in ("valgrind", "helgrind"):
        command = [program("VALGRIND", "valgrind", "valgrind")] + \
            (VALGRIND if machine == "valgrind" else HELGRIND) + command
    return command, dict(os.environ)


def emulator(machine, package, log, cpus):
    """The command line and environment for QEMU."""
    program("QEMU", "qemu-system-x86_64", "qemu-system-x86")
    iso = iso_of(package)
    firmware = {"qemu-bios": "bios", "qemu-uefi": "uefi"}.get(machine, "pvh")
    if firmware != "pvh" and not os.path.exists(iso):
        raise Skip("no %s: make iso needs GRUB" % iso)
    environment = dict(os.environ, QEMU_PACKAGE=package, QEMU_ISO=iso,
                       QEMU_LOG=log, QEMU_TIMEOUT=str(SECONDS[machine]),
                       QEMU_FIRMWARE=firmware, QEMU_SMP=str(cpus))
    environment["QEMU_OPTIONS"] = " ".join(
        ["-no-reboot", os.environ.get("QEMU_OPTIONS", ""),
         ICOUNT if machine == "qemu-icount" else ""])
    return [os.path.join(SOURCE, "tools", "run-qemu")], environment


def converse(child, typed, seconds):
    """Types once the terminal says something; returns all that it said."""
    said = bytearray()
    timer = threading.Timer(seconds, child.kill)
    timer.start()
    try:
        while True:
            piece = os.read(child.stdout.fileno(), 65536)
            if not piece:
                break
            said += piece
            if typed:
                threading.Thread(target=feed, args=(child.stdin, typed),
                                 daemon=True).start()
                typed = b""
        child.wait()
        up = not timer.is_alive()
    finally:
        timer.cancel()
    return bytes(said), up


def feed(pipe, typed):
    """Writes all of typed when what starts beside the shell had time to."""
    time.sleep(SETTLE)
    try:
        pipe.write(typed)
        pipe.flush()
    except BrokenPipeError:
        pass


def boot(machine, package, typed="", options=(), cpus=1):
    """Boots package on machine with typed as its input."""
    with tempfile.TemporaryDirectory() as scratch:
        log = os.path.join(scratch, "log")
        errors = os.path.join(scratch, "errors")
        if machine.startswith("qemu"):
            command, environment = emulator(machine, package, log,
                                            cpus)
        else:
            command, environment = simulator(machine, package, options,
                                             cpus)
        begin = time.monotonic()
        with open(errors, "wb") as file:
            if machine.startswith("qemu"):
                said, up = talk(command, environment, file, typed, machine)
            else:
                said, up = pipe(command, environment, file, typed, machine)
        seconds = time.monotonic() - begin
        return Run(124 if up else said[0], text(said[1]), slurp(errors),
                   slurp(log), seconds)


def talk(command, environment, errors, typed, machine):
    """A machine with a serial line: it loses what is typed too early."""
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=errors) as child:
        said, up = converse(child, typed.encode(), SECONDS[machine] + 10)
        return (child.returncode, said), up


def pipe(command, environment, errors, typed, machine):
    """A simulator: all of its input is there from the start."""
    try:
        done = subprocess.run(command, env=environment, input=typed.encode(),
                              stdout=subprocess.PIPE, stderr=errors,
                              timeout=SECONDS[machine], check=False)
    except subprocess.TimeoutExpired as late:
        return (124, late.stdout or b""), True
    return (done.returncode, done.stdout), False


def text(data):
    """Terminal output as plain lines, what firmware draws taken out."""
    return ESCAPES.sub("", data.decode("utf-8", "replace").replace("\r", ""))


def slurp(path):
    """The text of a file, if it is there."""
    if not os.path.exists(path):
        return ""
    with open(path, "rb") as file:
        return text(file.read())


def show_log(run):
    """Prints the end of what the kernel and the machine logged."""
    tail = (run.errors + run.log).strip().split("\n")[-40:]
    print("  status %d after %.1f s; the last of its log:" %
          (run.status, run.seconds))
    print("\n".join("  | " + line for line in tail))


def fail(reason, run=None):
    """Says why a test failed and how to repeat it, and ends it."""
    print("FAIL: " + reason)
    if run:
        show_log(run)
    print("repeat: cd %s && %s" % (os.getcwd(), " ".join(sys.argv)))
    sys.exit(1)


def skip(reason):
    """Ends a test that cannot run here."""
    print("SKIP: " + reason)
    sys.exit(SKIP)
