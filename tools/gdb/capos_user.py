"""capos_user.py - user programs in gdb: their symbols, their frames (capos.py).

Symbols are loaded as programs are mapped: the simulator calls
sim_debug_image(path, base); on x86 the name that hal_space_image gets leads to
bin/NAME.elf. The unwinder leads to the saved registers of a thread that does
not run, through the x86 gate page, and out of the simulator's signal handlers;
those of the program that entered the kernel gdb finds without it, because gate.S
and entry.S say where they are.
"""
import contextlib
import os

import gdb
import gdb.unwinder

from capos_kernel import MASK, label, variable

# The host's struct ucontext: registers, in this order, behind 40 bytes.
UCONTEXT = ("r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "rdi", "rsi",
            "rbp", "rbx", "rdx", "rax", "rcx", "rsp", "rip")
UCONTEXT_REGISTERS = 40
SAVED = ("rip", "rsp", "rbp", "rbx", "r12", "r13", "r14", "r15")


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

    def __init__(self, symbols, where):
        super().__init__(where, internal=True)
        self.symbols = symbols

    def stop(self):
        self.symbols.add(string_at(argument("rdi")), argument("rsi"))
        return False


class X86Hook(gdb.Breakpoint):
    """hal_space_image(space, name, phys, bytes, base), before it is mapped."""

    def __init__(self, symbols, where):
        super().__init__(where, internal=True)
        self.symbols = symbols

    def stop(self):
        self.symbols.add_by_name(string_at(argument("rsi")), argument("r8"))
        return False


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

    @contextlib.contextmanager
    def showing(self, registers):
        """Makes the caller of the newest frame have these, meanwhile."""
        frame = gdb.newest_frame()
        self.newest = tuple(int(frame.read_register(name)) & MASK
                            for name in ("rip", "rsp"))
        self.registers = registers
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
        if in_handler(pc, sp):
            return from_signal(pending, pc, sp + 8)
        if on_gate_page(pc):
            return from_gate_page(pending, pc)
        return None


def in_handler(pc, sp):
    """True where a signal handler of the simulator's begins."""
    if pc not in (label("sim_signal_line"), label("sim_signal_fault")):
        return False
    stack = gdb.selected_inferior().read_memory(sp, 8)
    return int.from_bytes(bytes(stack), "little") == label("sim_sigreturn")


def from_signal(pending, pc, sp):
    """What a handler interrupted is in its ucontext, on top of the stack."""
    data = bytes(gdb.selected_inferior().read_memory(
        sp + UCONTEXT_REGISTERS, 8 * len(UCONTEXT)))
    values = [int.from_bytes(data[i:i + 8], "little")
              for i in range(0, len(data), 8)]
    return caller(pending, pc, dict(zip(UCONTEXT, values)))


def interrupted(frame):
    """The frame that a handler has just interrupted; else the same."""
    sp = int(frame.read_register("rsp")) & MASK
    return frame.older() or frame if in_handler(frame.pc(), sp) else frame


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
    if pc < 2 or pc >> 47 or label("x86_exit") is None:
        return False
    try:
        code = gdb.selected_inferior().read_memory(pc - 2, 3)
    except gdb.MemoryError:
        return False
    return bytes(code) == b"\x0f\x05\xc3"


def entered_from(frame):
    """What syscall left to return to, where x86's entry has saved nothing yet.

    Only if the stack is still the program's; None elsewhere in the kernel."""
    entry = label("x86_syscall_entry")
    if entry is None or not entry <= frame.pc() < label("x86_exit"):
        return None
    return int(frame.read_register("rcx")) & MASK


def from_gate_page(pending, pc):
    """The gate is syscall and ret: the return address is on top."""
    registers = {name: int(pending.read_register(name)) & MASK
                 for name in SAVED}
    stack = gdb.selected_inferior().read_memory(registers["rsp"], 8)
    registers["rip"] = int.from_bytes(bytes(stack), "little")
    registers["rsp"] += 8
    return caller(pending, pc, registers)
