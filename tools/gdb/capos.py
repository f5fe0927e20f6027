"""capos.py - gdb commands for capOS, on the simulator and on QEMU.

    gdb -x tools/gdb/capos.py --args ./capos-sim       (make gdb)
    gdb -x tools/gdb/capos.py capos-sim core
    gdb -x tools/gdb/capos.py capos.elf                (make gdb-qemu)

Commands: capos-threads, capos-caps PID, capos-ring TID, capos-thread-bt TID,
capos-symbols. All structures are read through the kernel's debug information;
nothing here knows an offset. The parts:

    Symbols   loads the symbols of user programs as they start: the simulator
              calls sim_debug_image(path, base); for the x86 kernel, which has no
              files, hal_space_image is matched with the programs in bin/
    Unwinder  leads from the kernel into the user program that entered it on
              x86, and shows the saved state of a thread that does not run
"""
import glob
import os

import gdb

SAVED = ("rip", "rsp", "rbp", "rbx", "r12", "r13", "r14", "r15")
PROGRAMS = "bin/*.elf"


# ------------------------------------------------------------ kernel structures

def kernel_static(name):
    """A static variable of the kernel; an error if there is no kernel here."""
    symbol = gdb.lookup_static_symbol(name) or gdb.lookup_global_symbol(name)
    if symbol is None:
        raise gdb.GdbError("no variable '%s': is this a capOS kernel built with "
                           "debug information?" % name)
    return symbol.value()


def member_offset(struct, member):
    """The offset of a (maybe nested) member of a struct type."""
    offset = 0
    for part in member.split("."):
        field = {f.name: f for f in struct.fields()}[part]
        offset += field.bitpos // 8
        struct = field.type.strip_typedefs()
    return offset


def listed(head, struct_name, member):
    """The structs in a struct list, linked through that member."""
    struct = gdb.lookup_type("struct " + struct_name)
    offset = member_offset(struct, member)
    start = head["head"].address
    node = head["head"]["next"]
    while node != start and int(node) != 0:
        yield gdb.Value(int(node) - offset).cast(struct.pointer()).dereference()
        node = node["next"]


def processes():
    """All processes that the kernel has not forgotten, by id."""
    return listed(kernel_static("process_list"), "process", "link")


def threads():
    """(process, thread) of every thread."""
    for process in processes():
        for thread in listed(process["threads"], "thread", "link"):
            yield process, thread


def find_thread(number):
    """The thread with that id."""
    for _, thread in threads():
        if int(thread["id"]) == number:
            return thread
    raise gdb.GdbError("no thread %d; see capos-threads" % number)


def find_process(number):
    """The process with that id."""
    for process in processes():
        if int(process["id"]) == number:
            return process
    raise gdb.GdbError("no process %d; see capos-threads" % number)


def word(value):
    """An integer out of a value, atomic ones too."""
    kind = value.type.strip_typedefs()
    if kind.code == gdb.TYPE_CODE_STRUCT:
        value = value[kind.fields()[0]]
    return int(value)


def enum_names(enum, prefix):
    """{value: name} of an enum of the kernel, the prefix cut off."""
    try:
        fields = gdb.lookup_type("enum " + enum).fields()
    except gdb.error:
        return {}
    return {int(f.enumval): f.name[len(prefix):].lower() for f in fields}


def text(array):
    """A NUL-terminated array of char."""
    return array.string(errors="replace")


def place(address):
    """Function and line of an address, as well as they are known."""
    said = gdb.execute("info symbol 0x%x" % address, to_string=True)
    name = said.split(" in section")[0].strip() if " in section" in said \
        else "0x%x" % address
    line = gdb.find_pc_line(address)
    if line.symtab is not None:
        name += " (%s:%d)" % (os.path.basename(line.symtab.filename), line.line)
    return name


def cap_text(cap):
    """slot:generation."""
    return "%d:%d" % (cap & 0xffffffff, cap >> 32)


def interface_names():
    """{id: name} of the interfaces in the schema that the kernel carries."""
    schema = gdb.lookup_global_symbol("capos_schema")
    if schema is None:
        return {}
    schema = schema.value()
    return {int(schema["interfaces"][i]["id"]):
            schema["interfaces"][i]["name"].string()
            for i in range(int(schema["interface_count"]))}


# ------------------------------------------------------------------------ symbols

class Symbols:
    """Which program's symbols are loaded where."""

    def __init__(self):
        self.loaded = {}  # base: path

    def add(self, path, base):
        """Loads symbols, instead of those that were there."""
        if self.loaded.get(base) == path:
            return
        self.remove(base)
        gdb.execute("add-symbol-file %s -o 0x%x" % (path, base),
                    to_string=True)
        self.loaded[base] = path

    def remove(self, base):
        """Forgets what was loaded at base."""
        old = self.loaded.pop(base, None)
        for objfile in gdb.objfiles():
            if old is not None and objfile.filename == os.path.realpath(old):
                start = text_start(old)
                try:
                    gdb.execute("remove-symbol-file -a 0x%x" % (base + start),
                                to_string=True)
                except gdb.error:
                    pass
                return


def text_start(path):
    """The address of .text in an ELF file, relative to its base."""
    with open(path, "rb") as file:
        image = file.read()

    def number(at, size):
        return int.from_bytes(image[at:at + size], "little")

    sections, count = number(40, 8), number(60, 2)
    names = number(sections + 64 * number(62, 2) + 24, 8)
    for i in range(count):
        head = sections + 64 * i
        name = names + number(head, 4)
        if image[name:name + 6] == b".text\0":
            return number(head + 16, 8)
    return 0


def program_file(name, header, size):
    """The program in bin/ that begins with header; by its name if none."""
    for path in sorted(glob.glob(PROGRAMS)):
        with open(path, "rb") as file:
            if header and file.read(len(header)) == header and \
                    (os.path.getsize(path) + 4095) // 4096 == size // 4096:
                return path
    path = PROGRAMS.replace("*", name)
    return path if not header and os.path.exists(path) else None


class SimImage(gdb.Breakpoint):
    """The simulator says that a program was mapped."""

    def __init__(self):
        super().__init__("sim_debug_image", internal=True)
        self.silent = True

    def stop(self):
        frame = gdb.newest_frame()
        symbols.add(gdb.Value(int(frame.read_register("rdi"))).cast(
            gdb.lookup_type("char").pointer()).string(),
            int(frame.read_register("rsi")))
        return False


class X86Image(gdb.Breakpoint):
    """The x86 kernel is about to map a program."""

    def __init__(self):
        super().__init__("*hal_space_image", internal=True)
        self.silent = True

    def stop(self):
        frame = gdb.newest_frame()
        _, name, phys, size, base = (
            int(frame.read_register(r)) & 0xffffffffffffffff
            for r in ("rdi", "rsi", "rdx", "rcx", "r8"))
        inferior = gdb.selected_inferior()
        name = gdb.Value(name).cast(
            gdb.lookup_type("char").pointer()).string()
        direct = int(gdb.parse_and_eval("(unsigned long)hal_phys_pointer(0)")) \
            if False else x86_direct_map()
        header = bytes(inferior.read_memory(direct + phys, 64))
        path = program_file(name, header, size)
        if path is not None:
            symbols.add(path, base)
        return False


def x86_direct_map():
    """Where the x86 kernel sees physical address 0 (an #define of layout.h)."""
    try:
        return int(gdb.parse_and_eval("X86_DIRECT_BASE")) & 0xffffffffffffffff
    except gdb.error:
        return 0xffff800000000000


def load_running():
    """Symbols of programs that run already: attached late, or a core file."""
    table = gdb.lookup_global_symbol("sim_images")
    if table is not None:
        table = table.value()
        for i in range(int(table.type.range()[1]) + 1):
            base = int(table[i]["base"])
            if base:
                path = table[i]["path"].string()
                if not os.path.exists(path):
                    path = program_file(table[i]["name"].string(), None, 0)
                if path is not None:
                    symbols.add(path, base)


symbols = Symbols()


# ----------------------------------------------------------------------- unwinder

class FrameId:
    """What gdb wants to know a frame by."""

    def __init__(self, sp, pc):
        self.sp = sp
        self.pc = pc


class Unwinder(gdb.unwinder.Unwinder):
    """From the kernel to the user, and to threads that do not run."""

    def __init__(self):
        super().__init__("capos")
        self.shown = None  # (pc, sp) of the newest frame, saved registers

    def show(self, context):
        """From now on the newest frame was called by the saved context."""
        frame = gdb.newest_frame()
        self.shown = ((int(frame.read_register("rip")),
                       int(frame.read_register("rsp"))), context)
        gdb.invalidate_cached_frames()

    def hide(self):
        """Back to the truth."""
        self.shown = None
        gdb.invalidate_cached_frames()

    def __call__(self, pending):
        pc = int(pending.read_register("rip")) & 0xffffffffffffffff
        sp = int(pending.read_register("rsp")) & 0xffffffffffffffff
        if self.shown and self.shown[0] == (pc, sp):
            return leave_to(pending, pc, saved(self.shown[1]))
        if x86_entry(pc):
            return self.from_entry(pending, pc)
        if x86_gate(pc):
            return leave_gate(pending, pc, sp)
        return None

    @staticmethod
    def from_entry(pending, pc):
        """entry.S has pushed the context, and then rip and rbp, at rbp."""
        at = int(pending.read_register("rbp")) + 16
        try:
            pointer = gdb.Value(at).cast(gdb.lookup_type(
                "struct hal_context").pointer().pointer()).dereference()
            return leave_to(pending, pc, saved(pointer.dereference()))
        except gdb.error:
            return None


def saved(context):
    """The registers that a saved context is sure to have."""
    return {name: int(context[name]) for name in SAVED}


def leave_to(pending, pc, registers):
    """Says that the frame was called with those registers."""
    info = pending.create_unwind_info(FrameId(registers["rsp"] - 16, pc))
    long = gdb.lookup_type("unsigned long")
    for name, value in registers.items():
        info.add_saved_register(name, gdb.Value(value).cast(long))
    return info


def leave_gate(pending, pc, sp):
    """The x86 gate page is two instructions: the return address is on top."""
    registers = {name: int(pending.read_register(name)) & 0xffffffffffffffff
                 for name in SAVED}
    at = gdb.Value(sp).cast(gdb.lookup_type("unsigned long").pointer())
    try:
        registers["rip"] = int(at.dereference())
    except gdb.error:
        return None
    registers["rsp"] = sp + 8
    info = pending.create_unwind_info(FrameId(sp, pc))
    long = gdb.lookup_type("unsigned long")
    for name, value in registers.items():
        info.add_saved_register(name, gdb.Value(value).cast(long))
    return info


def x86_range(first, last):
    """[first, last) by names of entry.S, or nothing on the simulator."""
    low = gdb.lookup_minimal_symbol(first) if hasattr(
        gdb, "lookup_minimal_symbol") else None
    if low is not None:
        return low, last
    try:
        return (int(gdb.parse_and_eval("(unsigned long)&" + first)),
                int(gdb.parse_and_eval("(unsigned long)&" + last)))
    except gdb.error:
        return None


ranges = {}


def x86_entry(pc):
    """True if pc is where entry.S has called into C for user code."""
    if "entry" not in ranges:
        ranges["entry"] = x86_range("x86_syscall_entry", "x86_exit")
        ranges["trap"] = x86_range("x86_vector_stubs", "x86_gate_page")
    name = entry_symbol(pc)
    return name in ("x86_exit", "x86_syscall_entry", "x86_trap")


def entry_symbol(pc):
    """The symbol of entry.S at the call before pc, or None."""
    bounds = ranges["entry"], ranges["trap"]
    for at in bounds:
        if at is not None and at[0] <= pc <= at[1]:
            said = gdb.execute("info symbol 0x%x" % (pc - 1), to_string=True)
            return said.split()[0] if " in section" in said else None
    return None


def x86_gate(pc):
    """True on the x86 gate page."""
    return "gate" in ranges and ranges["gate"] <= pc < ranges["gate"] + 16
