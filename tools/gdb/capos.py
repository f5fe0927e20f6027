"""capos.py - gdb for capOS, on the simulator and on QEMU.

    gdb -x tools/gdb/capos.py --args ./capos-sim       (make gdb)
    gdb -x tools/gdb/capos.py capos-sim core
    gdb -x tools/gdb/capos.py capos.elf                (make gdb-qemu)

Commands: capos-threads, capos-caps PID, capos-ring TID, capos-thread-bt TID,
capos-symbols FILE BASE. Structures are read through the kernel's debug
information; no offset stands here. The parts:

    Symbols    those of user programs, loaded as the programs are mapped: the
               simulator calls sim_debug_image(path, base); on x86 the name that
               hal_space_image gets leads to bin/NAME.elf
    Unwinder   from the x86 kernel to the program that entered it (in the
               simulator gate.S says so itself), and to the saved registers of
               a thread that does not run
    commands   on top of these
"""
import contextlib
import os
import re

import gdb
import gdb.unwinder

MASK = 0xffffffffffffffff
SAVED = ("rip", "rsp", "rbp", "rbx", "r12", "r13", "r14", "r15")
NOWHERE = re.compile(r"#\d+ +0x0+ in \?\? \(\)$")  # what _start returns to
QUIET_SIGNALS = "SIGSEGV SIGBUS SIGFPE SIGILL SIGSYS SIGUSR1 SIGUSR2 SIGALRM"


# ---------------------------------------------------------- kernel structures

def variable(name):
    """A variable of the kernel, static or not; None if there is none."""
    symbol = gdb.lookup_static_symbol(name) or gdb.lookup_global_symbol(name)
    return symbol.value() if symbol is not None else None


def label(name):
    """The address of a label of an assembly file; None if there is none."""
    try:
        return int(gdb.parse_and_eval("(unsigned long)&" + name))
    except gdb.error:
        return None


def listed(head, struct_name, member):
    """The structs that a struct list links through that member of theirs."""
    struct = gdb.lookup_type("struct " + struct_name)
    offset = {f.name: f.bitpos // 8 for f in struct.fields()}[member]
    start, node = head["head"].address, head["head"]["next"]
    while int(node) not in (0, int(start)):
        yield gdb.Value(int(node) - offset).cast(struct.pointer()).dereference()
        node = node["next"]


def processes():
    """All processes that have not ended, by id."""
    head = variable("process_list")
    if head is None:
        raise gdb.GdbError("no process_list: this is no capOS kernel with debug "
                           "information")
    return listed(head, "process", "link")


def threads_of(process):
    """The threads of a process."""
    return listed(process["threads"], "thread", "link")


def find(number, what, candidates):
    """The candidate with that id."""
    for candidate in candidates:
        if int(candidate["id"]) == number:
            return candidate
    raise gdb.GdbError("no %s %d; see capos-threads" % (what, number))


def find_thread(number):
    """The thread with that id."""
    return find(number, "thread",
                (t for p in processes() for t in threads_of(p)))


def enum_names(enum, prefix):
    """{value: name} of an enum, without the prefix."""
    return {int(f.enumval): f.name[len(prefix):].lower()
            for f in gdb.lookup_type("enum " + enum).fields()}


def named(names, value):
    """The name of a value of an enum, or the number."""
    return names.get(int(value), str(int(value)))


def cap_text(cap):
    """slot.generation, as the shell has it."""
    return "%d.%d" % (int(cap) & 0xffffffff, int(cap) >> 32)


def error_text(result):
    """ERR_NAME of a negative result, or the number."""
    names = enum_names("capos_error", "")
    return names.get(result, str(result)).upper()


def place(address):
    """Function and line of an address, as far as they are known."""
    said = gdb.execute("info symbol 0x%x" % address, to_string=True)
    name = said.split(" in section")[0].replace(" ", "") \
        if " in section" in said else "0x%x" % address
    line = gdb.find_pc_line(address)
    if line.symtab is not None:
        name += " at %s:%d" % (os.path.basename(line.symtab.filename),
                               line.line)
    return name


@contextlib.contextmanager
def space_of(process):
    """Memory as that process sees it: on x86 its page tables, meanwhile."""
    space = process["space"]["hal"]
    if label("x86_exit") is None or not process["space_made"]:
        yield
        return
    frame = gdb.newest_frame()
    frame.select()
    before = int(gdb.parse_and_eval("(unsigned long)$cr3"))
    gdb.execute("set $cr3 = %d" % int(space["root"]), to_string=True)
    try:
        yield
    finally:
        gdb.newest_frame().select()
        gdb.execute("set $cr3 = %d" % before, to_string=True)


# -------------------------------------------------------------------- symbols

class Symbols:
    """Which program's symbols are loaded where."""

    def __init__(self):
        self.loaded = {}  # base: path

    def add(self, path, base):
        """Loads symbols, in place of those that were at base."""
        if self.loaded.get(base) == path:
            return
        if base in self.loaded:
            gdb.execute("remove-symbol-file -a 0x%x" % (
                base + elf_section(self.loaded[base], b".text")),
                to_string=True)
        gdb.execute("add-symbol-file %s -o 0x%x" % (path, base),
                    to_string=True)
        self.loaded[base] = path

    def add_by_name(self, name, base):
        """For a program that is in no file of the machine's."""
        path = os.path.join("bin", name + ".elf")
        if os.path.exists(path):
            self.add(path, base)
        else:
            gdb.write("no %s: 'capos-symbols FILE 0x%x' loads symbols\n" % (
                path, base))

    def add_running(self):
        """Those of programs that the simulator has mapped before."""
        table = variable("sim_images")
        if table is None:
            return
        for i in range(int(table.type.range()[1]) + 1):
            base = int(table[i]["base"])
            path = table[i]["path"].string() if base else ""
            if base and os.path.exists(path):
                self.add(path, base)
            elif base:
                self.add_by_name(table[i]["name"].string(), base)


def elf_section(path, wanted):
    """The address of a section of an ELF64 file; 0 if it has none."""
    with open(path, "rb") as file:
        image = file.read()

    def number(at, size):
        return int.from_bytes(image[at:at + size], "little")

    sections, count, strings = number(40, 8), number(60, 2), number(62, 2)
    names = number(sections + 64 * strings + 24, 8)
    for head in range(sections, sections + 64 * count, 64):
        name = names + number(head, 4)
        if image[name:image.index(b"\0", name)] == wanted:
            return number(head + 16, 8)
    return 0


def argument(register):
    """An argument of the function at whose first instruction we are."""
    return int(gdb.newest_frame().read_register(register)) & MASK


def string_at(address):
    """The NUL-terminated string there."""
    return gdb.Value(address).cast(
        gdb.lookup_type("char").pointer()).string(errors="replace")


class SimHook(gdb.Breakpoint):
    """The simulator has mapped a program: sim_debug_image(path, base)."""

    def stop(self):
        symbols.add(string_at(argument("rdi")), argument("rsi"))
        return False


class X86Hook(gdb.Breakpoint):
    """hal_space_image(space, name, phys, bytes, base), before it is mapped."""

    def stop(self):
        symbols.add_by_name(string_at(argument("rsi")), argument("r8"))
        return False


# ------------------------------------------------------------------- unwinder

class FrameId:
    """By what gdb tells frames apart."""

    def __init__(self, sp, pc):
        self.sp = gdb.Value(sp & MASK)
        self.pc = gdb.Value(pc & MASK)


class Unwinder(gdb.unwinder.Unwinder):
    """Frames that gdb cannot unwind by itself."""

    def __init__(self):
        super().__init__("capos")
        self.newest = None   # (pc, sp) of the frame to hang the next one on
        self.registers = None
        self.entries = None  # x86: [low, high) of code that entry.S pushed for

    @contextlib.contextmanager
    def showing(self, context):
        """Makes a saved context the caller of the newest frame, meanwhile."""
        frame = gdb.newest_frame()
        self.newest = tuple(int(frame.read_register(name)) & MASK
                            for name in ("rip", "rsp"))
        self.registers = saved_registers(context)
        gdb.invalidate_cached_frames()
        try:
            yield
        finally:
            self.newest = None
            gdb.invalidate_cached_frames()

    def __call__(self, pending):
        pc, sp = (int(pending.read_register(name)) & MASK
                  for name in ("rip", "rsp"))
        if self.newest == (pc, sp):
            return caller(pending, pc, self.registers)
        if self.entered(pc):
            return self.from_entry(pending, pc)
        if on_gate_page(pc):
            return from_gate_page(pending, pc)
        return None

    def entered(self, pc):
        """True at a call that entry.S makes after it has pushed a context."""
        if self.entries is None:
            bounds = [("x86_syscall_entry", "x86_exit"),
                      ("x86_trap", "x86_trap_kernel")]
            self.entries = [(label(low), label(high)) for low, high in bounds
                            if label(low) is not None]
        return any(low < pc <= high for low, high in self.entries)

    @staticmethod
    def from_entry(pending, pc):
        """At rbp: the user's rbp, its rip, a pointer to its context."""
        at = gdb.Value((int(pending.read_register("rbp")) & MASK) + 16)
        kind = gdb.lookup_type("struct hal_context").pointer().pointer()
        try:
            return caller(pending, pc, saved_registers(
                at.cast(kind).dereference().dereference()))
        except gdb.MemoryError:
            return None


def saved_registers(context):
    """The registers that a saved context is sure to hold."""
    return {name: int(context[name]) for name in SAVED}


def caller(pending, pc, registers):
    """Unwinds to a frame with these registers."""
    info = pending.create_unwind_info(FrameId(registers["rsp"] - 16, pc))
    for name, value in registers.items():
        info.add_saved_register(name, gdb.Value(value).cast(
            gdb.lookup_type("unsigned long")))
    return info


def on_gate_page(pc):
    """True behind the syscall instruction of the x86 gate page."""
    if pc >> 47 or label("x86_exit") is None:
        return False
    try:
        code = gdb.selected_inferior().read_memory(pc - 2, 3)
    except gdb.MemoryError:
        return False
    return bytes(code) == b"\x0f\x05\xc3"


def from_gate_page(pending, pc):
    """The gate is syscall and ret: the return address is on top."""
    registers = {name: int(pending.read_register(name)) & MASK
                 for name in SAVED}
    stack = gdb.selected_inferior().read_memory(registers["rsp"], 8)
    registers["rip"] = int.from_bytes(bytes(stack), "little")
    registers["rsp"] += 8
    return caller(pending, pc, registers)


symbols = Symbols()
unwinder = Unwinder()


# ------------------------------------------------------------------- commands

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
    """capos-ring TID: a thread's ring: indices, what is queued, calls in flight.

The indices are the kernel's own; where the program's copy in shared memory says
something else, that is shown too."""

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


class ThreadBacktrace(gdb.Command):
    """capos-thread-bt TID: where the program of a thread is, frame by frame.

For a thread that waits or was preempted: its saved registers. Arguments after
the number go to gdb's backtrace (-full, say)."""

    def __init__(self):
        super().__init__("capos-thread-bt", gdb.COMMAND_STACK)

    def invoke(self, text, from_tty):
        number, _, rest = text.partition(" ")
        thread = find_thread(number_argument(number, "thread"))
        gdb.newest_frame().select()
        with space_of(thread["process"].dereference()), \
                unwinder.showing(thread["context"]):
            said = gdb.execute("backtrace " + rest, to_string=True)
        gdb.newest_frame().select()
        lines = [line for line in said.splitlines()
                 if not NOWHERE.match(line)]
        first = next((i for i, line in enumerate(lines)
                      if line.startswith("#1 ")), len(lines))
        gdb.write("\n".join(lines[first:]) + "\n")


class LoadSymbols(gdb.Command):
    """capos-symbols [FILE BASE]: loads the symbols of a program at its base.

Without arguments those of all programs that the simulator has mapped: for a core
file, or after attaching."""

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


# ---------------------------------------------------------------------- start

def start():
    """Hooks, commands, and signals that are the simulator's own business."""
    gdb.execute("set confirm off")
    gdb.unwinder.register_unwinder(None, unwinder, replace=True)
    for command in Threads, Caps, Ring, ThreadBacktrace, LoadSymbols:
        command()
    if gdb.lookup_global_symbol("sim_debug_image") is not None:
        SimHook("*sim_debug_image", internal=True)
        gdb.execute("handle %s nostop noprint pass" % QUIET_SIGNALS,
                    to_string=True)
        if gdb.selected_inferior().pid:
            symbols.add_running()
    elif gdb.lookup_global_symbol("hal_space_image") is not None:
        X86Hook("*hal_space_image", internal=True)
    else:
        gdb.write("capos.py: load capos-sim or capos.elf, then "
                  "'source' this file again\n")


start()
