"""capos.py - gdb for capOS, on the simulator and on QEMU.

    gdb -x tools/gdb/capos.py --args ./capos-sim       (make gdb)
    gdb -x tools/gdb/capos.py capos-sim core
    gdb -x tools/gdb/capos.py capos.elf                (make gdb-qemu)

Commands: capos-cpus, capos-cpu-bt CPU, capos-threads, capos-thread-bt TID,
capos-caps PID, capos-ring TID, capos-where PTR, capos-symbols [FILE BASE].
Structures are read through the kernel's debug information; no offset stands
here.
"""
import os
import re
import sys

import gdb

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from capos_kernel import (  # noqa: E402
    MASK, cap_text, enum_names, error_text, find, find_thread, kernel_cpus,
    label, live_slots, named, place, pointed, processes, slot_object, space_of,
    threads_of, variable)
from capos_machine import machine, selected  # noqa: E402
from capos_user import (  # noqa: E402
    SimHook, Symbols, Unwinder, X86Hook, entered_from, interrupted,
    on_gate_page, saved_registers)
from capos_where import Where, window_of  # noqa: E402

NOWHERE = re.compile(r"#\d+ +0x0+ in \?\? \(\)$")  # what _start returns to
QUIET_SIGNALS = "SIGSEGV SIGBUS SIGFPE SIGILL SIGSYS SIGUSR1 SIGALRM"

symbols = Symbols()
unwinder = Unwinder()


def number_argument(text, what):
    """The number that a command was given, as any expression."""
    try:
        return int(gdb.parse_and_eval(text))
    except (gdb.error, ValueError):
        raise gdb.GdbError("which %s? capos-%s shows them" % (
            what, "cpus" if what == "CPU" else "threads")) from None


def running_on():
    """{address of a struct thread: the CPU that has it}."""
    return {int(cpu["current"]): int(cpu["number"]) for cpu in kernel_cpus()
            if int(cpu["current"])}


def user_mode(number, threads):
    """(rip, rsp) with which a CPU executes a program; None: it does not."""
    if number not in threads:
        return None
    with selected(threads[number]):
        frame = interrupted(gdb.newest_frame())
        pc, sp = frame.pc(), int(frame.read_register("rsp")) & MASK
        if window_of(sp) is not None:
            pc = entered_from(frame) or pc
        there = on_gate_page(pc) or window_of(pc) is not None
        return (pc, sp) if there else None


def user_place(process, thread, at=None):
    """Where the program of a thread is; at: how its CPU executes it."""
    with space_of(process):
        context = thread["context"]
        rip, rsp = at or (int(context["rip"]), int(context["rsp"]))
        if on_gate_page(rip):
            stack = gdb.selected_inferior().read_memory(rsp, 8)
            rip = int.from_bytes(bytes(stack), "little")
        elif at or label("x86_exit") is not None:
            return place(rip)
        return place(rip - 1)  # in the call, not behind it


class Threads(gdb.Command):
    """capos-threads: all threads: process, state, CPU, ring, and place.

CPU is the one that runs the thread; for others, in brackets, the one in whose
queue it is or where it ran last. Waiting threads are in the gate; the place is
that of their last entry into the kernel. A ring is shown as entries submitted
and not yet taken, completions not yet read, and completions promised."""

    def __init__(self):
        super().__init__("capos-threads", gdb.COMMAND_STATUS)

    def invoke(self, text, from_tty):
        self.states = enum_names("thread_state", "THREAD_")
        self.running = running_on()
        self.gdb_threads = machine().gdb_threads()
        gdb.write("PID NAME             TID STATE   CPU SQ/CQ/PROMISED "
                  "PLACE\n")
        for process in processes():
            for thread in threads_of(process):
                self.show(process, thread)

    def show(self, process, thread):
        """One line."""
        queue = thread["queue"]
        cpu = self.running.get(int(thread.address))
        at = user_mode(cpu, self.gdb_threads) if cpu is not None else None
        gdb.write("%3d %-16s %3d %-7s %3s %-14s %s\n" % (
            int(process["id"]), process["name"].string(), int(thread["id"]),
            named(self.states, thread["state"]),
            "(%d)" % int(thread["cpu"]) if cpu is None else cpu,
            "%d/%d/%d" % (
                int(queue["user"]["sq_tail"]) - int(queue["sq_head"]),
                int(queue["cq_tail"]) - int(queue["user"]["cq_head"]),
                promised(queue)),
            user_place(process, thread, at)))


def promised(queue):
    """Places of a ring that are promised and not used yet."""
    return (int(queue["promised"]) - int(queue["kept"])) & 0xffffffff


def thread_text(thread):
    """A pointer to a thread, for people."""
    if not int(thread):
        return "-"
    process = thread["process"]
    return "%d (%s)" % (int(thread["id"]), process["name"].string()
                        if int(process) else "?")


class Cpus(gdb.Command):
    """capos-cpus: what each CPU does.

RUNS is its current thread, NEXT the one that is handed the CPU if that waits,
READY how many stand in its queue, GDB the thread of gdb that is this CPU (a
CPU of the simulator's lockstep that does not run now has none)."""

    def __init__(self):
        super().__init__("capos-cpus", gdb.COMMAND_STATUS)

    def invoke(self, text, from_tty):
        threads = machine().gdb_threads()
        gdb.write("CPU RUNS             NEXT             READY GDB PLACE\n")
        for cpu in kernel_cpus():
            number = int(cpu["number"])
            here = threads.get(number)
            gdb.write("%3d %-16s %-16s %5d %3s %s\n" % (
                number, thread_text(cpu["current"]),
                thread_text(cpu["handoff"]), int(cpu["queued"]),
                here.num if here else "-", self.place(number, here)))

    @staticmethod
    def place(number, here):
        """Where a CPU is, in the kernel or in a program."""
        if here:
            with selected(here):
                pc = interrupted(gdb.newest_frame()).pc()
                return "gate page" if on_gate_page(pc) else place(pc)
        fiber = machine().fiber(number)
        return place(fiber["rip"] - 1) if fiber else "not started"


def current_thread():
    """The struct thread that the selected CPU has; None."""
    number = machine().cpu_here()
    if number is None:
        return None
    thread = variable("cpus")[number]["current"]
    return thread.dereference() if int(thread) else None


class Here(gdb.Function):
    """For conditions of breakpoints: what is known of the CPU that stops.

$capos_cpu() is its number, $capos_tid() and $capos_pid() are the thread that it
has and that thread's process, 0 if it has none."""

    def __init__(self, name, look):
        super().__init__(name)
        self.look = look

    def invoke(self):
        return self.look()


def here_cpu():
    number = machine().cpu_here()
    return -1 if number is None else number


def here_tid():
    thread = current_thread()
    return int(thread["id"]) if thread is not None else 0


def here_pid():
    thread = current_thread()
    return int(thread["process"]["id"]) if thread is not None else 0


class CpuBacktrace(gdb.Command):
    """capos-cpu-bt CPU: where a CPU is, frame by frame.

Also for a CPU of the simulator's lockstep that does not run now. Arguments after
the number go to gdb's backtrace."""

    def __init__(self):
        super().__init__("capos-cpu-bt", gdb.COMMAND_STACK)

    def invoke(self, text, from_tty):
        number, _, rest = text.partition(" ")
        cpu = find(number_argument(number, "CPU"), "CPU", kernel_cpus(),
                   "number", "capos-cpus")
        here = machine().gdb_threads().get(int(cpu["number"]))
        if here:
            with selected(here):
                gdb.execute("backtrace " + rest)
            return
        fiber = machine().fiber(int(cpu["number"]))
        if fiber is None:
            raise gdb.GdbError("CPU %s has not started" % number)
        show_frames(fiber, rest)


class Caps(gdb.Command):
    """capos-caps PID: the capabilities of a process.

CAP is slot.generation; OBJECT the identity of what it points to; HOLDERS how
many slots point there, in all processes."""

    def __init__(self):
        super().__init__("capos-caps", gdb.COMMAND_DATA)

    def invoke(self, text, from_tty):
        process = find(number_argument(text, "process"), "process",
                       processes())
        gdb.write("     CAP INTERFACE          OBJECT HOLDERS ORIGIN\n")
        for cap, slot in live_slots(process["caps"]):
            thing = slot_object(slot)
            gdb.write("%8s %-18s %6d %7d %s\n" % (
                cap_text(cap), interface_name(thing), int(thing["id"]),
                int(thing["holders"]),
                named(enum_names("cap_origin", "CAP_ORIGIN_"),
                      slot["origin"])))


def interface_name(thing):
    """What the object offers; a facet says by id whose interface it has."""
    number = int(thing["type"]["interface_id"])
    kind = thing["type"]["name"].string()
    if not number:
        facet = gdb.lookup_type("struct facet")
        number = int(thing.address.cast(facet.pointer())["interface_id"])
    schema = variable("capos_schema")
    for i in range(int(schema["interface_count"])):
        if int(schema["interfaces"][i]["id"]) == number:
            return schema["interfaces"][i]["name"].string()
    return "%s 0x%x" % (kind, number)


class Ring(gdb.Command):
    """capos-ring TID: a thread's ring: what is queued, what has not ended.

The head of sq and the tail of cq are the kernel's own indices, the others the
program's words in shared memory."""

    def __init__(self):
        super().__init__("capos-ring", gdb.COMMAND_DATA)

    def invoke(self, text, from_tty):
        thread = find_thread(number_argument(text, "thread"))
        queue = thread["queue"]
        gdb.write("ring of thread %d%s\n" % (
            int(thread["id"]), ", CORRUPT" if queue["corrupt"] else ""))
        gdb.write("  sq: %d entries, head %d, tail %d\n" % tuple(
            int(n) for n in (queue["sq_entries"], queue["sq_head"],
                             queue["user"]["sq_tail"])))
        gdb.write("  cq: %d entries, head %d, tail %d, %d promised\n" % tuple(
            int(n) for n in (queue["cq_entries"], queue["user"]["cq_head"],
                             queue["cq_tail"], promised(queue))))
        self.submissions(queue)
        self.completions(queue)
        self.calls(thread)

    @staticmethod
    def submissions(queue):
        """What the kernel has not taken yet."""
        opcodes = enum_names("ring_opcode", "RING_")
        entries = int(queue["sq_entries"])
        count = int(queue["user"]["sq_tail"]) - int(queue["sq_head"])
        for i in range(min(count & 0xffffffff, entries)):
            sqe = queue["sq"][(int(queue["sq_head"]) + i) % entries]
            gdb.write("  submitted: %s cap %s method %d user_data 0x%x\n" % (
                named(opcodes, sqe["opcode"]).upper(), cap_text(sqe["cap"]),
                int(sqe["method"]), int(sqe["user_data"])))

    @staticmethod
    def completions(queue):
        """What the program has not read yet."""
        entries = int(queue["cq_entries"])
        head = int(queue["user"]["cq_head"])
        count = int(queue["cq_tail"]) - head
        for i in range(min(count & 0xffffffff, entries)):
            cqe = queue["cq"][(head + i) % entries]
            if int(cqe["kind"]):
                gdb.write("  delivered: call %x method %d tag %d\n" % (
                    int(cqe["call_id"]), int(cqe["method"]), int(cqe["tag"])))
            else:
                gdb.write("  completed: user_data 0x%x result %s\n" % (
                    int(cqe["user_data"]), error_text(int(cqe["result"]))))

    @staticmethod
    def calls(thread):
        """Operations that have not ended: calls, armed receives."""
        states = enum_names("call_state", "CALL_")
        for i in range(int(thread["call_count"])):
            call = thread["calls"][i]
            if int(call["state"]):
                gdb.write("  in flight: call %x method %d, %s, "
                          "user_data 0x%x\n" % (
                              int(call["id"]), int(call["method"]),
                              named(states, call["state"]),
                              int(call["user_data"])))
        for i in range(int(thread["receives"].type.range()[1]) + 1):
            receive = thread["receives"][i]
            if int(receive["endpoint"]):
                endpoint = pointed(int(receive["endpoint"]), "endpoint")
                gdb.write("  receiving: endpoint %d, credits free %x, "
                          "busy %x\n" % (
                              int(endpoint["object"]["id"]),
                              int(receive["free"]), int(receive["busy"])))
        for i in range(int(thread["parks"].type.range()[1]) + 1):
            park = thread["parks"][i]
            if int(park["bucket"]):
                gdb.write("  parked: %s 0x%x, user_data 0x%x\n" % (
                    "memory" if int(park["memory"]) else "address",
                    int(park["key"]["offset"]), int(park["user_data"])))


def newest_level():
    """How many frames the newest one is, with those inlined into it."""
    frame = gdb.newest_frame()
    frame.select()
    level = 1
    while frame.type() == gdb.INLINE_FRAME:
        frame = frame.older()
        level += 1
    return level


def show_frames(registers, rest):
    """A backtrace from these registers on."""
    level = newest_level()
    with unwinder.showing(registers):
        said = gdb.execute("backtrace " + rest, to_string=True)
    gdb.newest_frame().select()
    lines = [line for line in said.splitlines() if not NOWHERE.match(line)]
    first = next((i for i, line in enumerate(lines)
                  if line.startswith("#%d " % level)), len(lines))
    gdb.write("\n".join(lines[first:]) + "\n")


class ThreadBacktrace(gdb.Command):
    """capos-thread-bt TID: where the program of a thread is, frame by frame.

For a thread that waits or was preempted: its saved registers; for one that a
CPU executes: that CPU's. Arguments after
the number go to gdb's backtrace (-full, say)."""

    def __init__(self):
        super().__init__("capos-thread-bt", gdb.COMMAND_STACK)

    def invoke(self, text, from_tty):
        number, _, rest = text.partition(" ")
        thread = find_thread(number_argument(number, "thread"))
        threads = machine().gdb_threads()
        cpu = running_on().get(int(thread.address))
        if cpu is not None and user_mode(cpu, threads) is not None:
            with selected(threads[cpu]):
                gdb.execute("backtrace " + rest)
            return
        with space_of(thread["process"].dereference()):
            show_frames(saved_registers(thread["context"]), rest)


class LoadSymbols(gdb.Command):
    """capos-symbols [FILE BASE]: loads the symbols of a program at its base.

Without arguments those of all programs that the simulator has mapped: for a
core file, or after attaching."""

    def __init__(self):
        super().__init__("capos-symbols", gdb.COMMAND_FILES,
                         gdb.COMPLETE_FILENAME)

    def invoke(self, text, from_tty):
        words = gdb.string_to_argv(text)
        if len(words) == 2:
            symbols.add(words[0], number_argument(words[1], "base"))
        elif words:
            raise gdb.GdbError("usage: capos-symbols [FILE BASE]")
        else:
            symbols.add_running()
        for base, path in sorted(symbols.loaded.items()):
            gdb.write("0x%x %s\n" % (base, path))


def start():
    """Hooks, commands, and signals that are the simulator's own business."""
    gdb.execute("set confirm off")
    gdb.unwinder.register_unwinder(None, unwinder, replace=True)
    for command in (Cpus, CpuBacktrace, Threads, ThreadBacktrace, Caps, Ring,
                    Where, LoadSymbols):
        command()
    for name, look in (("capos_cpu", here_cpu), ("capos_tid", here_tid),
                       ("capos_pid", here_pid)):
        Here(name, look)
    if gdb.lookup_global_symbol("sim_debug_image") is not None:
        SimHook(symbols, "*sim_debug_image")
        gdb.execute("handle %s nostop noprint pass" % QUIET_SIGNALS,
                    to_string=True)
        gdb.execute("handle SIGUSR2 stop nopass", to_string=True)
        if gdb.selected_inferior().pid:
            symbols.add_running()
    elif gdb.lookup_global_symbol("hal_space_image") is not None:
        X86Hook(symbols, "*hal_space_image")
    else:
        gdb.write("capos.py: load capos-sim or capos.elf, then "
                  "'source' this file again\n")


start()