"""capos_heap.py - what lies in the kernel's heap, and whose it is (capos.py).

Blocks have no tags. What a block holds is found by following the kernel's own
pointers, by their types, from where everything begins: the list of processes
and the CPUs. A block that nobody points to any more may still say what it is by
its first word, if it was an object.
"""
from collections import deque

import gdb

from capos_kernel import (
    kernel_cpus, pointed, processes, static_struct, variable)
from capos_machine import PAGE, machine, memory, word

HEAP_MAGIC = int.from_bytes(b"heap", "little")
HEAP_PAGES_MAX = (1 << 20) // PAGE + 1  # heap.h: HEAP_BYTES_MAX, and a header

# Heads of lists: what they link, and by which member.
LISTS = {("endpoint", "facets"): ("facet", "link"),
         ("process", "threads"): ("thread", "link")}
# What is behind pointers that are atomic, and so have no type.
BEHIND = {("cap_slot", "object"): "object", ("receive", "endpoint"): "endpoint"}
# What a pointer leads to many of, as many as the block holds.
ARRAYS = ("cap_slot",)
# What keeps pointers to what is gone: not followed, or only if a word is odd.
RECORDS = ("call",)
ODD_IF_LIVE = {"cap_slot": "generation"}


class Block:
    """A block of the heap: address, size, and whether it is taken."""

    def __init__(self, start, size, taken):
        self.start, self.size, self.taken = start, size, taken


def header_at(page):
    """The header that begins a page of the heap; None: it is none."""
    first = word(page)
    if first is None or first & 0xffffffff != HEAP_MAGIC:
        return None
    header = pointed(page, "heap_page")
    return header if int(header["phys"]) + machine().direct() == page \
        else None


def classes():
    """Block sizes of slabs."""
    sizes = variable("heap_classes")
    return [int(sizes[i]) for i in range(int(sizes.type.range()[1]) + 1)]


def memory_end():
    """Where the frame allocator's memory ends, for the kernel."""
    frames = static_struct("frames", "frames")
    return machine().direct() + max(
        int(frames["zone"][i]["phys"]) +
        int(frames["zone"][i]["taken"]["bits"]) * PAGE
        for i in range(int(frames["zones"])))


def page_of(address):
    """(header, page) of the slab or run around an address; or None."""
    page = address & ~(PAGE - 1)
    first = machine().direct()
    if not first <= page < memory_end():
        return None
    sizes = classes()
    for back in range(min(HEAP_PAGES_MAX, (page - first) // PAGE + 1)):
        header = header_at(page - back * PAGE)
        if header is None:
            continue
        run = int(header["class"]) == len(sizes)
        if back == 0 or (run and back < int(header["pages"])):
            return header, page - back * PAGE
        return None
    return None


def block_of(address):
    """The Block around an address; 0: a page's header; None: no heap."""
    found = page_of(address)
    if found is None:
        return None
    header, page = found
    head = header.type.sizeof
    sizes = classes()
    if address - page < head:
        return 0
    if int(header["class"]) == len(sizes):
        return Block(page + head, int(header["pages"]) * PAGE - head, True)
    size = sizes[int(header["class"])]
    index = (address - page - head) // size
    if index >= (PAGE - head) // size:
        return 0
    free = int(header["free"][index // 64]) >> index % 64 & 1
    return Block(page + head + index * size, size, not free)


def object_struct(thing):
    """The whole that a struct object is the head of."""
    name = thing["type"]["name"].string().replace("-", "_")
    try:
        kind = gdb.lookup_type("struct " + name)
    except gdb.error:
        return thing
    if not kind.fields() or kind.fields()[0].name != "object":
        return thing
    return thing.address.cast(kind.pointer()).dereference()


def name_of(value):
    """What people call an object or a CPU."""
    kind = value.type.strip_typedefs().tag
    if kind == "process":
        return "process %d (%s)" % (int(value["id"]), value["name"].string())
    if kind == "thread":
        process = int(value["process"])
        return "thread %d%s" % (int(value["id"]), " of " + name_of(
            value["process"].dereference()) if process else "")
    if kind == "ledger" and int(value["owner"]):
        return "ledger of " + name_of(value["owner"].dereference())
    if kind == "cpu":
        return "CPU %d" % int(value["number"])
    head = value if kind == "object" else value["object"]
    return "%s, object %d" % (head["type"]["name"].string(), int(head["id"]))


def named_kind(kind):
    """True if name_of knows a type."""
    fields = kind.fields()
    return kind.tag in ("cpu", "object") or (
        bool(fields) and fields[0].name == "object" and
        fields[0].type.strip_typedefs().tag == "object")


class Plan:
    """Where in a struct its pointers are, those in its parts included."""

    def __init__(self, kind):
        self.named = named_kind(kind)
        self.live = None    # offset of the word that is odd if it is live
        if kind.tag in ODD_IF_LIVE:
            self.live = {f.name: f.bitpos // 8 for f in kind.fields()}[
                ODD_IF_LIVE[kind.tag]]
        self.pointers = []  # (offset, struct they lead to; None: bare memory)
        self.lists = []     # (offset of the head, struct, offset of the node)
        self.part(kind, 0)

    def part(self, kind, at):
        """Adds what is in a part of the struct."""
        kind = kind.strip_typedefs().unqualified()
        if kind.code == gdb.TYPE_CODE_STRUCT or kind.code == \
                gdb.TYPE_CODE_UNION:
            for field in kind.fields():
                self.field(kind.tag, field, at + field.bitpos // 8)
        elif kind.code == gdb.TYPE_CODE_ARRAY:
            element = kind.target()
            code = element.strip_typedefs().unqualified().code
            if code not in (gdb.TYPE_CODE_INT, gdb.TYPE_CODE_BOOL,
                            gdb.TYPE_CODE_ENUM) and element.sizeof:
                for i in range(kind.sizeof // element.sizeof):
                    self.part(element, at + i * element.sizeof)
        elif kind.code == gdb.TYPE_CODE_PTR:
            self.pointer(kind.target().strip_typedefs().unqualified(), at)

    def field(self, tag, field, at):
        """Adds a field."""
        listed_there = LISTS.get((tag, field.name))
        behind = BEHIND.get((tag, field.name))
        if listed_there:
            struct_name, member = listed_there
            kind = gdb.lookup_type("struct " + struct_name)
            node = {f.name: f.bitpos // 8 for f in kind.fields()}[member]
            self.lists.append((at, kind, node))
        elif behind:
            self.pointers.append((at, gdb.lookup_type("struct " + behind)))
        else:
            self.part(field.type, at)

    def pointer(self, target, at):
        """Adds a pointer, unless it leads into the middle of something."""
        if target.code == gdb.TYPE_CODE_STRUCT and target.fields():
            if target.tag != "list_node":
                self.pointers.append((at, target))
        elif target.code == gdb.TYPE_CODE_VOID:
            self.pointers.append((at, None))


class Owners:
    """Everything that pointers lead to, and whose it is."""

    plans = {}

    def __init__(self):
        self.low, self.high = machine().direct(), memory_end()
        self.found = {}    # address: (type or None, owner's address and type)
        self.ahead = deque()  # (address, type, owner, count); nearest first
        for cpu in kernel_cpus():
            self.ahead.append((int(cpu.address), cpu.type, None, 1))
        for process in processes():
            self.arrive(int(process.address), process.type, None)
        while self.ahead:
            address, kind, owner, count = self.ahead.popleft()
            for i in range(count):
                self.visit(address + i * kind.sizeof, kind, owner)

    def arrive(self, address, kind, owner):
        """A pointer leads to a struct of that type; None: to bare memory."""
        if not self.low <= address < self.high or address in self.found:
            return
        if kind is not None and kind.tag == "object":
            kind = object_struct(pointed(address, "object")).type
        kind = kind and kind.strip_typedefs().unqualified()
        self.found[address] = kind, owner
        if kind is not None and kind.tag not in RECORDS:
            count = 1
            if kind.tag in ARRAYS:
                block = block_of(address)
                count = block.size // kind.sizeof if block else 1
            self.ahead.append((address, kind, owner, count))

    def visit(self, address, kind, owner):
        """Goes on from all pointers of a struct."""
        kind = kind.strip_typedefs().unqualified()
        plan = self.plans.get(kind.tag)
        if plan is None:
            plan = self.plans[kind.tag] = Plan(kind)
        data = memory(address, kind.sizeof)
        if data is None or (plan.live is not None and
                            not data[plan.live] & 1):
            return
        if plan.named:
            owner = (address, kind)
        for at, target in plan.pointers:
            self.arrive(int.from_bytes(data[at:at + 8], "little"), target,
                        owner)
        for at, target, node in plan.lists:
            self.list(address + at, target, node, owner)

    def list(self, head, target, node, owner):
        """All that is in a list, whose head is a node of the ring."""
        at = word(head)
        while at and at != head and at - node not in self.found:
            self.arrive(at - node, target, owner)
            at = word(at)


class Known:
    """The owners of this moment: as long as the kernel stands still."""

    owners = None

    @classmethod
    def forget(cls, event=None):
        """The kernel goes on, or another one is there."""
        cls.owners = None

    @classmethod
    def now(cls):
        """The Owners, found once."""
        if cls.owners is None:
            cls.owners = Owners()
        return cls.owners.found


for registry in (gdb.events.cont, gdb.events.new_objfile, gdb.events.exited,
                 gdb.events.memory_changed):
    registry.connect(Known.forget)


def owner_text(owner):
    """The name of who was found to own something; empty: nobody."""
    return "" if owner is None else name_of(pointed(owner[0], owner[1].tag))


def block_owner(block):
    """(type of what is in it or None, owner's name); None: nobody's."""
    found = Known.now().get(block.start)
    if found is not None:
        return found[0], owner_text(found[1])
    first = word(block.start)
    said = gdb.execute("info symbol 0x%x" % first, to_string=True) \
        if first else ""
    if "_type in section" in said:
        thing = object_struct(pointed(block.start, "object"))
        return thing.type.strip_typedefs(), "nobody"
    return None


def member_path(kind, offset):
    """The member of a type at an offset, as C writes it."""
    kind = kind.strip_typedefs()
    if kind.code == gdb.TYPE_CODE_ARRAY:
        element = kind.target()
        size = max(element.sizeof, 1)
        return "[%d]%s" % (offset // size,
                           member_path(element, offset % size))
    if kind.code not in (gdb.TYPE_CODE_STRUCT, gdb.TYPE_CODE_UNION):
        return ""
    for field in kind.fields():
        at = field.bitpos // 8
        flexible = field.type.strip_typedefs().code == gdb.TYPE_CODE_ARRAY \
            and field.type.sizeof == 0
        if at <= offset and (offset < at + field.type.sizeof or flexible):
            name = "." + field.name if field.name else ""
            return name + member_path(field.type, offset - at)
    return ""
