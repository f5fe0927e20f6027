"""capos_kernel.py - the kernel's structures, as gdb sees them (capos.py).

Everything is found by name in the debug information. A thread or process here
is the gdb.Value of its struct.
"""
import contextlib
import os

import gdb

MASK = 0xffffffffffffffff


def variable(name):
    """A variable of the kernel, static or not; None if there is none."""
    symbol = gdb.lookup_static_symbol(name) or gdb.lookup_global_symbol(name)
    return symbol.value() if symbol is not None else None


def static_struct(name, tag):
    """The static variable of that name that is a struct of that tag."""
    for symbol in gdb.lookup_static_symbols(name):
        if symbol.type.strip_typedefs().tag == tag:
            return symbol.value()
    raise gdb.GdbError("no static struct %s %s" % (tag, name))


LABELS = {}  # what label found; forgotten when symbols are loaded
gdb.events.new_objfile.connect(lambda event: LABELS.clear())


def label(name):
    """The address of a label of an assembly file; None if there is none."""
    if name not in LABELS:
        try:
            LABELS[name] = int(gdb.parse_and_eval("(unsigned long)&" + name))
        except gdb.error:
            LABELS[name] = None
    return LABELS[name]


def pointed(address, struct_name):
    """The struct at an address."""
    return gdb.Value(address & MASK).cast(
        gdb.lookup_type("struct " + struct_name).pointer()).dereference()


def kernel_cpus():
    """The struct cpu of each CPU that the kernel has."""
    table = variable("cpus")
    for i in range(int(table.type.range()[1]) + 1):
        if not int(table[i]["params"]):
            return
        yield table[i]


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
        raise gdb.GdbError("no process_list: no capOS kernel with debug "
                           "information runs here")
    return listed(head, "process", "link")


def threads_of(process):
    """The threads of a process."""
    return listed(process["threads"], "thread", "link")


def slot_object(slot):
    """The struct object that a slot points to."""
    return pointed(int(slot["object"]), "object")


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


def find(number, what, candidates, member="id", command="capos-threads"):
    """The candidate with that id."""
    for candidate in candidates:
        if int(candidate[member]) == number:
            return candidate
    raise gdb.GdbError("no %s %d; see %s" % (what, number, command))


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


def load_root(value):
    """Sets cr3 of QEMU's CPU; gdb's own 'set' cannot, cr3 being flags to it."""
    table = gdb.execute("maint print remote-registers", to_string=True)
    for row in table.splitlines():
        cells = row.split()
        if cells and cells[0] == "cr3":
            gdb.execute("maint packet P%x=%s" % (
                int(cells[6]), value.to_bytes(8, "little").hex()),
                to_string=True)
    gdb.execute("maint flush register-cache", to_string=True)
    gdb.execute("maint flush dcache", to_string=True)


@contextlib.contextmanager
def space_of(process):
    """Memory as that process sees it: on x86 its page tables, meanwhile."""
    if label("x86_exit") is None or not process["space_made"]:
        yield
        return
    before = gdb.newest_frame().read_register("cr3")
    before = int(before.format_string(format="x"), 16)
    load_root(int(process["space"]["hal"]["root"]))
    try:
        yield
    finally:
        load_root(before)
