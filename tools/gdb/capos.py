"""capos.py - gdb for capOS, on the simulator and on QEMU.

    gdb -x tools/gdb/capos.py --args ./capos-sim       (make gdb)
    gdb -x tools/gdb/capos.py capos-sim core
    gdb -x tools/gdb/capos.py capos.elf                (make gdb-qemu)

Commands: capos-threads, capos-caps PID, capos-ring TID, capos-thread-bt TID,
capos-symbols [FILE BASE]. Structures are read through the kernel's debug
information; no offset stands here.
"""
import os
import re
import sys

import gdb

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from capos_kernel import (  # noqa: E402
    cap_text, enum_names, error_text, find, find_thread, named,
    place, processes, space_of, threads_of, variable)
from capos_user import (  # noqa: E402
    SimHook, Symbols, Unwinder, X86Hook, on_gate_page)

NOWHERE = re.compile(r"#\d+ +0x0+ in \?\? \(\)$")  # what _start returns to
QUIET_SIGNALS = "SIGSEGV SIGBUS SIGFPE SIGILL SIGSYS SIGUSR1 SIGALRM"

symbols = Symbols()
unwinder = Unwinder()


def number_argument(text, what):
    """The number that a command was given."""
    try:
        return int(text, 0)
    except ValueError:
        raise gdb.GdbError("which %s? capos-threads shows their ids" %
                           what) from None


def user_place(process, thread):
    """Where the program of a thread is."""
    with space_of(process):
        rip = int(thread["context"]["rip"])
        if on_gate_page(rip):
            rsp = int(thread["context"]["rsp"])
            stack = gdb.selected_inferior().read_memory(rsp, 8)
            rip = int.from_bytes(bytes(stack), "little")
        return place(rip - 1)  # in the call, not behind it


class Threads(gdb.Command):
    """capos-threads: all threads: process, state, ring, and where they are.

Waiting threads are in the gate; the place is that of their last entry into the
kernel. A ring is shown as entries submitted and not yet taken, completions not
yet read, and completions promised."""

    def __init__(self):
        super().__init__("capos-threads", gdb.COMMAND_STATUS)

    def invoke(self, text, from_tty):
        states = enum_names("thread_state", "THREAD_")
        gdb.write("PID NAME             TID STATE    SQ/CQ/PROMISED PLACE\n")
        for process in processes():
            for thread in threads_of(process):
                queue = thread["queue"]
                gdb.write("%3d %-16s %3d %-8s %-14s %s\n" % (
                    int(process["id"]), process["name"].string(),
                    int(thread["id"]), named(states, thread["state"]),
                    "%d/%d/%d" % (
                        int(queue["user"]["sq_tail"]) - int(queue["sq_head"]),
                        int(queue["cq_tail"]) - int(queue["user"]["cq_head"]),
                        int(queue["reserved"])),
                    user_place(process, thread)))


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
            thing = slot["object"]
            gdb.write("%8s %-18s %6d %7d %s\n" % (
                cap_text(cap), interface_name(thing), int(thing["id"]),
                int(thing["holders"]),
                named(enum_names("cap_origin", "CAP_ORIGIN_"),
                      slot["origin"])))


def live_slots(table):
    """(CapId, slot) of the live capabilities of a table."""
    leaves = [table["leaves"][i]
              for i in range(int(table["leaves"].type.range()[1]) + 1)]
    chunks = [leaf["chunks"][i] for leaf in leaves if int(leaf)
              for i in range(int(leaf["chunks"].type.range()[1]) + 1)
              if int(leaf["chunks"][i])]
    for number in range(int(table["slots"])):
        each = int(table["slots"]) // len(chunks)
        slot = chunks[number // each][number % each]
        generation = int(slot["generation"])
        if generation & 1:
            yield number | generation << 32, slot


def interface_name(thing):
    """What the object offers; a facet says by id whose interface it has."""
    number = int(thing["type"]["interface_id"])
    kind = thing["type"]["name"].string()
    if not number:
        facet = gdb.lookup_type("struct facet")
        number = int(thing.cast(facet.pointer())["interface_id"])
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
                             queue["cq_tail"], queue["reserved"])))
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
                gdb.write("  receiving: endpoint %d, credits free %x, "
                          "busy %x\n" % (
                              int(receive["endpoint"]["object"]["id"]),
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


class ThreadBacktrace(gdb.Command):
    """capos-thread-bt TID: where the program of a thread is, frame by frame.

For a thread that waits or was preempted: its saved registers. Arguments after
the number go to gdb's backtrace (-full, say)."""

    def __init__(self):
        super().__init__("capos-thread-bt", gdb.COMMAND_STACK)

    def invoke(self, text, from_tty):
        number, _, rest = text.partition(" ")
        thread = find_thread(number_argument(number, "thread"))
        level = newest_level()
        with space_of(thread["process"].dereference()), \
                unwinder.showing(thread["context"]):
            said = gdb.execute("backtrace " + rest, to_string=True)
        gdb.newest_frame().select()
        lines = [line for line in said.splitlines()
                 if not NOWHERE.match(line)]
        first = next((i for i, line in enumerate(lines)
                      if line.startswith("#%d " % level)), len(lines))
        gdb.write("\n".join(lines[first:]) + "\n")


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
    for command in Threads, Caps, Ring, ThreadBacktrace, LoadSymbols:
        command()
    if gdb.lookup_global_symbol("sim_debug_image") is not None:
        SimHook(symbols, "*sim_debug_image")
        gdb.execute("handle %s nostop noprint pass" % QUIET_SIGNALS,
                    to_string=True)
        if gdb.selected_inferior().pid:
            symbols.add_running()
    elif gdb.lookup_global_symbol("hal_space_image") is not None:
        X86Hook(symbols, "*hal_space_image")
    else:
        gdb.write("capos.py: load capos-sim or capos.elf, then "
                  "'source' this file again\n")


start()