"""gdb_rest.py - lets each CPU but the one that stopped run on until it idles.

Runs in gdb, behind tools/gdb/capos.py (gdb_test). Where the others stand when a
breakpoint stops one CPU is chance: they may be half through with an operation.
They run one by one, the rest of the machine standing still. Nobody needs the CPU
that stopped for that, if it is where it holds no lock, as at its entry into the
kernel. A thread that is ready wakes a CPU that idles, so none is left then.
"""
import gdb

from capos_kernel import kernel_cpus, label
from capos_machine import machine, selected

X86 = label("x86_exit") is not None
IDLE = "*(unsigned long)&x86_idle_halt" if X86 else "sim_parallel_idle"


def idles():
    """True if the CPU of the selected thread waits for something to do."""
    frame = gdb.newest_frame()
    if X86:
        return label("x86_idle_halt") <= frame.pc() <= label("x86_idle_end")
    while frame is not None and frame.name() != IDLE:
        frame = frame.older()
    return frame is not None


def ready():
    """True if a thread waits for a CPU."""
    return any(int(cpu["queued"]) for cpu in kernel_cpus())


def settle(thread):
    """Runs the CPU that is this thread of gdb until it idles."""
    with selected(thread):
        while ready() or not idles():
            gdb.Breakpoint(IDLE, internal=True, temporary=True)
            gdb.execute("continue", to_string=True)


stopped = gdb.selected_thread()
gdb.execute("set scheduler-locking on")
for each in machine().gdb_threads().values():
    if each.num != stopped.num:
        settle(each)
gdb.execute("set scheduler-locking off")
