"""capos_machine.py - the machine below the kernel, as gdb sees it (capos.py).

The simulator keeps its CPUs and page tables in structures of its own; x86 has
what the processor defines (SDM 3A 4.5). Both are read here into the same words:
which thread of gdb is which CPU, where a CPU's kernel stack is, which page shows
which frame.
"""
import contextlib
import struct

import gdb

from capos_kernel import MASK, label, pointed, variable

PAGE = 4096
FRAME = 0x000ffffffffff000  # the address in an entry
PRESENT, WRITE, LARGE, NX = 1, 2, 0x80, 1 << 63
MAPPED, READ = 1 << 9, 1 << 10  # ours, in a leaf (src/hal-x86/space.c)
X86_WINDOW_BYTES = 64 << 30  # doc/abi.md
X86_GUARDED_PAGES = 64       # no kernel stack is larger


def memory(address, size):
    """Bytes of the machine's memory; None where there is none."""
    try:
        return bytes(gdb.selected_inferior().read_memory(address, size))
    except gdb.MemoryError:
        return None


def word(address):
    """The 64-bit word there; None."""
    data = memory(address, 8)
    return struct.unpack("<Q", data)[0] if data else None


def words(address, count):
    """Words there; zeros where there is no memory."""
    data = memory(address, 8 * count)
    return struct.unpack("<%dQ" % count, data) if data else (0,) * count


@contextlib.contextmanager
def selected(thread):
    """That thread of gdb is the selected one, meanwhile."""
    before = gdb.selected_thread()
    thread.switch()
    try:
        yield
    finally:
        if before is not None and before.is_valid():
            before.switch()


def register(name):
    """A register of the selected thread; None if it has none of that name."""
    try:
        value = gdb.newest_frame().read_register(name)
        return int(value.cast(gdb.lookup_type("unsigned long"))) & MASK
    except (gdb.error, ValueError):
        return None


class Machine:
    """What both have in common."""

    def gdb_threads(self):
        """{CPU: gdb's thread that runs it}."""
        found = {}
        for thread in gdb.selected_inferior().threads():
            with selected(thread):
                number = self.cpu_here()
            if number is not None:
                found.setdefault(number, thread)
        return found

    def translate(self, hal, va):
        """(frame address, protection) of a user page; None: not mapped."""
        page = va & ~(PAGE - 1)
        for at, phys, protection in self.mappings(hal, page, page + PAGE):
            if at == page:
                return phys, protection
        return None

    def read_user(self, hal, va, size):
        """Bytes of a program, of one page, whether it is current or not."""
        found = self.translate(hal, va)
        return memory(self.direct() + found[0] + va % PAGE, size) \
            if found else None


class Sim(Machine):
    """capos-sim, live or a core file."""

    def cpu_count(self):
        return int(variable("hal_sim_cpu_count"))

    def cpu(self, number):
        """The struct sim_cpu."""
        return variable("hal_sim_cpus")[number]

    def cpu_here(self):
        """The CPU that the selected thread runs; None."""
        host = register("gs_base")
        if not host or word(host) != host:
            return None
        cpu = pointed(host, "sim_host")["cpu"]
        return int(cpu["number"]) if int(cpu) else None

    def fiber(self, number):
        """Saved registers of a CPU that no thread runs, in lockstep."""
        at = int(self.cpu(number)["fiber_rsp"])
        saved = words(at, 7) if at else (0,) * 7
        if not saved[6]:
            return None
        names = ("r15", "r14", "r13", "r12", "rbx", "rbp", "rip")
        return dict(zip(names, saved), rsp=at + 56)

    def stacks(self):
        """(CPU, low, high, which) of the kernel's stacks."""
        for number in range(self.cpu_count()):
            cpu = self.cpu(number)
            low, high = int(cpu["stack_low"]), int(cpu["stack_high"])
            yield number, low, max(high, int(cpu["stack_top"])), "stack"

    def direct(self):
        """Where the kernel sees physical address 0."""
        return int(variable("hal_sim_memory"))

    def gate(self, address):
        """True on the page of the gate, in every space; here it is a function."""
        return False

    def window(self, hal):
        """(base, size) of a space's window."""
        return int(hal["base"]), int(hal["size"])

    @staticmethod
    def root(hal):
        """The root node of the space's table, and its type."""
        if not int(hal["window"]):
            return None
        return hal["window"]["table"]["root"]

    def leaves(self, hal):
        """(first page, struct sim_node) of the last level."""
        root = self.root(hal)
        if root is None:
            return
        entries = int(root["child"].type.range()[1]) + 1
        for i, middle in enumerate(words(int(root["child"].address), entries)):
            if not middle:
                continue
            node = pointed(middle, "sim_node")
            for j, leaf in enumerate(words(int(node["child"].address),
                                           entries)):
                if leaf:
                    yield (i * entries + j) * entries, pointed(leaf,
                                                               "sim_node")

    def mappings(self, hal, low=0, high=MASK):
        """(address, frame, protection) of the pages in [low, high)."""
        base = int(hal["base"])
        for first, leaf in self.leaves(hal):
            start = base + first * PAGE
            count = int(leaf["entry"].type.range()[1]) + 1
            if start >= high or start + count * PAGE <= low:
                continue
            for i, entry in enumerate(words(int(leaf["entry"].address),
                                            count)):
                va = start + i * PAGE
                if entry and low <= va < high:
                    yield va, entry & FRAME, entry & 7

    def tables(self, hal):
        """(frame, what) of those that page tables are paid with."""
        yield int(hal["root"]) & FRAME, "root"
        root = self.root(hal)
        if root is None:
            return
        nodes = [root] + [leaf for _, leaf in self.leaves(hal)]
        entries = int(root["child"].type.range()[1]) + 1
        nodes += [pointed(middle, "sim_node") for middle in
                  words(int(root["child"].address), entries) if middle]
        for node in nodes:
            if int(node["used"]):
                yield int(node["frame"]), "page table"
        spare = int(hal["window"]["table"]["spare"])
        left = int(hal["window"]["table"]["spares"])
        while left:
            yield spare, "spare page table"
            spare, left = word(self.direct() + spare) or 0, left - 1


class X86(Machine):
    """capos.elf on QEMU's stub."""

    def __init__(self):
        self.base = None

    def cpu_count(self):
        return int(variable("x86_cpu_count"))

    def cpu_here(self):
        table = variable("x86_cpus")
        size = table[0].type.sizeof
        for name in ("gs_base", "k_gs_base"):
            offset = (register(name) or 0) - int(table.address)
            if 0 <= offset < size * (int(table.type.range()[1]) + 1):
                return offset // size
        return None

    def fiber(self, number):
        """Every CPU is a thread of QEMU's."""
        return None

    def direct(self):
        """The heap's page headers know their own physical address."""
        if self.base is None:
            page = int(variable("cpus")[0]["params"]) & ~(PAGE - 1)
            self.base = page - int(pointed(page, "heap_page")["phys"])
        return self.base

    def window(self, hal):
        return int(hal["base"]), X86_WINDOW_BYTES

    def gate(self, address):
        return address < 1 << 39 and self.mapped(
            int(variable("x86_gate_table")), address, (30, 21, 12))

    def kernel_page(self, va):
        """True if the kernel has that page."""
        return self.mapped(int(variable("hal_x86_kernel_root")), va,
                           (39, 30, 21, 12))

    def mapped(self, table, va, levels):
        """True if a table leads to a page."""
        for level in levels:
            entry = word(self.direct() + (table & FRAME) +
                         8 * (va >> level & 511)) or 0
            if not entry & PRESENT:
                return False
            if entry & LARGE:
                return True
            table = entry
        return True

    def stack_low(self, top):
        """Stacks lie between pages that are not mapped."""
        low = top - PAGE
        while self.kernel_page(low - PAGE) and \
                top - low < X86_GUARDED_PAGES * PAGE:
            low -= PAGE
        return low

    def stacks(self):
        names = ("stack", "NMI stack", "double fault stack",
                 "machine check stack", "debug stack")
        for number in range(self.cpu_count()):
            tss = variable("x86_cpus")[number]["tss"]
            tops = [int(tss["rsp"][0])] + [int(tss["ist"][i])
                                           for i in range(len(names) - 1)]
            for name, top in zip(names, tops):
                if top:
                    yield number, self.stack_low(top), top, name

    def walk(self, table, level, va, low, high):
        """(address, entry, level) of what is there in [low, high)."""
        size = 1 << level
        for i, entry in enumerate(words(self.direct() + (table & FRAME),
                                        512)):
            at = va + i * size
            there = entry & (MAPPED if level == 12 else PRESENT)
            if not there or at >= high or at + size <= low:
                continue
            yield at, entry, level
            if level > 12:
                yield from self.walk(entry, level - 9, at, low, high)

    def entries(self, hal, low, high):
        """The same from the root of a space, inside of its window."""
        base, size = self.window(hal)
        return self.walk(int(hal["root"]), 39, 0, max(low, base),
                         min(high, base + size))

    def mappings(self, hal, low=0, high=MASK):
        for va, entry, level in self.entries(hal, low, high):
            if level == 12:
                yield va, entry & FRAME, ((1 if entry & READ else 0) |
                                          (2 if entry & WRITE else 0) |
                                          (0 if entry & NX else 4))

    def tables(self, hal):
        yield int(hal["root"]), "root"
        for _, entry, level in self.entries(hal, 0, MASK):
            if level > 12:
                yield entry & FRAME, "page table"
        spare = int(hal["spare"])
        for _ in range(int(hal["spares"])):
            yield spare, "spare page table"
            spare = word(self.direct() + spare) or 0


def machine():
    """The one that the kernel in gdb was built for."""
    if label("x86_exit") is not None:
        return MACHINES.setdefault("x86", X86())
    return MACHINES.setdefault("sim", Sim())


MACHINES = {}
