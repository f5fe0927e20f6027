"""capos_where.py - capos-where: which object owns an address (capos.py).

An address is one of a program, a pointer of the kernel, or an offset in physical
memory. Memory has an owner at each level: a frame belongs to a region of a
process, to a memory object, to page tables or to the kernel's heap; in the heap
lies an object; in the object a member.
"""
import re

import gdb

from capos_heap import (
    block_of, block_owner, member_path, name_of, named_kind, object_struct)
from capos_kernel import (
    enum_names, live_slots, named, place, pointed, processes, slot_object,
    static_struct, threads_of, variable)
from capos_machine import PAGE, machine

SYMBOL = re.compile(r"^(\S+)(?: \+ (\d+))? in section (\S+)")


def title(process):
    """A process, as a report calls it."""
    return "process %d (%s)" % (int(process["id"]), process["name"].string())


def protection_text(bits):
    """Letters for HAL_READ, HAL_WRITE, HAL_EXECUTE."""
    return "".join(letter if bits >> i & 1 else "-"
                   for i, letter in enumerate("rwx"))


# ------------------------------------------------------------ user addresses

def window_of(address):
    """The process whose window an address is in; None."""
    for process in processes():
        if process["space_made"]:
            base, size = machine().window(process["space"]["hal"])
            if base <= address < base + size:
                return process
    return None


def regions(process):
    """The struct region of an address space, in order."""
    region = process["space"]["regions"]
    while int(region):
        yield region.dereference()
        region = region["next"]


def region_at(process, address):
    """The region around an address; None."""
    for region in regions(process):
        start = int(region["va"])
        if start <= address < start + int(region["pages"]) * PAGE:
            return region
    return None


def start_block(process, thread):
    """What a thread was told at its start; None if that cannot be read."""
    found = machine().translate(process["space"]["hal"],
                                int(thread["block_va"]))
    return pointed(machine().direct() + found[0], "start_block") \
        if found else None


def ring_part(thread, offset):
    """What of a ring lies at an offset."""
    queue = thread["queue"]
    head = pointed(int(queue["user"]) - 64, "ring_header")
    for what, at, entries in (
            ("completion", int(head["cq_offset"]), int(queue["cq_entries"])),
            ("submission", int(head["sq_offset"]), int(queue["sq_entries"]))):
        if at <= offset < at + 64 * entries:
            return ", %s entry %d" % (what, (offset - at) // 64)
    lines = ("header", "the program's indices", "the kernel's indices")
    return ", " + lines[offset // 64] if offset < 192 else ""


def thread_part(process, thread, address):
    """What of a thread lies at a user address; None: nothing."""
    number = int(thread["id"])
    ring = int(thread["ring_va"])
    if ring <= address < ring + int(thread["ring_pages"]) * PAGE:
        return "ring of thread %d%s" % (number,
                                        ring_part(thread, address - ring))
    block = int(thread["block_va"])
    if block and block <= address < block + PAGE:
        return "start block of thread %d" % number
    said = start_block(process, thread)
    if said is not None and \
            int(said["stack_low"]) <= address < int(said["stack_high"]):
        return "stack of thread %d" % number
    return None


def process_part(process, address):
    """What the kernel knows an address of a program to be; None."""
    image, size = int(process["image_base"]), int(process["image_size"])
    if image <= address < image + size:
        known = place(address)
        return "image + 0x%x%s" % (address - image, "" if known.startswith(
            "0x") else ", " + known)
    for thread in threads_of(process):
        part = thread_part(process, thread, address)
        if part:
            return part
    for name, start, size in (
            ("CapSet", process["capset_va"], int(process["capset_count"]) *
             gdb.lookup_type("struct capset_entry").sizeof),
            ("arguments", process["args_va"], int(process["args_bytes"]))):
        if int(start) <= address < int(start) + size:
            return name
    return None


def memory_name(memory):
    """The objects through which processes hold a struct memory."""
    origin = int(memory["origin"]) or int(memory.address)
    ids = set()
    for process in processes():
        for _, slot in live_slots(process["caps"]):
            whole = object_struct(slot_object(slot))
            if whole.type.tag == "memory_object" and origin in (
                    int(whole["memory"]), int(whole["memory"]["origin"])):
                ids.add(int(whole["object"]["id"]))
    return "memory of %d pages%s" % (int(memory["pages"]), "".join(
        ", memory object %d" % i for i in sorted(ids)))


def user_lines(process, address):
    """Who owns a user address."""
    region = region_at(process, address)
    yield "%s, window + 0x%x" % (
        title(process),
        address - machine().window(process["space"]["hal"])[0])
    if region is None:
        yield "  nothing is mapped there"
        return
    kinds = enum_names("region_kind", "REGION_")
    start = int(region["va"])
    yield "  %s region 0x%x to 0x%x, %s, page %d of it" % (
        named(kinds, region["kind"]), start,
        start + int(region["pages"]) * PAGE,
        protection_text(int(region["protection"])),
        (address - start) // PAGE)
    part = process_part(process, address)
    if part:
        yield "  " + part
    if int(region["memory"]):
        yield "  page %d of a %s" % (
            int(region["first_page"]) + (address - start) // PAGE,
            memory_name(region["memory"].dereference()))
    found = machine().translate(process["space"]["hal"], address)
    if found:
        yield "  frame 0x%x, for the kernel at 0x%x" % (
            found[0], machine().direct() + found[0] + address % PAGE)


# ------------------------------------------------------------------- frames

def package_range():
    """(start, end) of the boot package in physical memory."""
    package = variable("boot_package")
    start = int(package["phys"])
    return start, start + int(package["package"]["size"])


def zone_state(phys):
    """free, taken, books, or None: not the frame allocator's."""
    frames = static_struct("frames", "frames")
    direct = machine().direct()
    for i in range(int(frames["zones"])):
        zone = frames["zone"][i]
        start, taken = int(zone["phys"]), zone["taken"]
        books = int(taken["words"]) - direct
        if books <= phys < start:
            return "books"
        frame = (phys - start) // PAGE
        if 0 <= frame < int(taken["bits"]):
            bit = int(taken["words"][frame // 64]) >> frame % 64 & 1
            return "taken" if bit else "free"
    return None


def physical(phys):
    """True if there is memory of the machine's."""
    start, end = package_range()
    return start <= phys < end or zone_state(phys) is not None


def mapped_lines(phys):
    """Who shows a frame to programs, or keeps tables in it."""
    for process in processes():
        if not process["space_made"]:
            continue
        hal = process["space"]["hal"]
        for table, what in machine().tables(hal):
            if table == phys:
                yield "  %s of %s" % (what, title(process))
        for va, frame, _ in machine().mappings(hal):
            if frame == phys:
                yield "  mapped at 0x%x:" % va
                for line in user_lines(process, va):
                    if not line.startswith("  frame"):
                        yield "    " + line.strip()


def memories():
    """Each struct memory that a region or a capability shows, once."""
    seen = set()
    for process in processes():
        shown = [region["memory"] for region in regions(process)]
        for _, slot in live_slots(process["caps"]):
            whole = object_struct(slot_object(slot))
            if whole.type.tag == "memory_object":
                shown.append(whole["memory"])
        for memory in shown:
            if int(memory) and int(memory["origin"]):
                memory = memory["origin"]
            if int(memory) and int(memory) not in seen:
                seen.add(int(memory))
                yield memory.dereference()


def memory_lines(phys):
    """Of which memory objects a frame is a page."""
    for memory in memories():
        chunk, page = memory["chunks"], 0
        while int(chunk):
            for i in range(int(chunk["count"])):
                extent = chunk["extents"][i]
                start, pages = int(extent["phys"]), int(extent["pages"])
                if start <= phys < start + pages * PAGE:
                    yield "  page %d of a %s" % (
                        page + (phys - start) // PAGE, memory_name(memory))
                page += pages
            chunk = chunk["next"]


def heap_lines(address):
    """What of the kernel's heap is at a kernel address; nothing: no heap."""
    block = block_of(address)
    if block is None:
        return
    if block == 0:
        yield "  kernel heap, a page's header"
        return
    yield "  kernel heap, %s block of %d bytes at 0x%x, + 0x%x" % (
        "run," if block.size >= PAGE // 2 else
        "taken" if block.taken else "free", block.size, block.start,
        address - block.start)
    if not block.taken:
        return
    found = block_owner(block)
    if found is None:
        yield "  nobody that is known points to it"
        return
    yield "  " + content_text(block, address - block.start, *found)


def content_text(block, offset, kind, owner):
    """The object, and its member, at an offset of a block."""
    whose = " of %s" % owner if owner else ""
    if kind is None:
        return "bare memory%s" % whose
    index = ""
    fields = kind.fields()
    if offset >= kind.sizeof and not fields[-1].type.sizeof == 0:
        index = " %d" % (offset // kind.sizeof)
        offset %= kind.sizeof
    what = name_of(pointed(block.start, kind.tag)) if named_kind(kind) \
        else "struct %s%s%s" % (kind.tag, index, whose)
    member = member_path(kind, offset).lstrip(".")
    return what + (": " + member if member else "")


def frame_lines(phys):
    """Who owns an offset in physical memory."""
    frame = phys & ~(PAGE - 1)
    pointer = machine().direct() + phys
    state = zone_state(phys)
    yield "physical 0x%x, for the kernel at 0x%x" % (phys, pointer)
    start, end = package_range()
    if start <= phys < end:
        yield "  boot package + 0x%x" % (phys - start)
    elif state == "free":
        yield "  free"
        return
    elif state == "books":
        yield "  books of the frame allocator"
        return
    lines = list(heap_lines(pointer))
    if not lines:
        lines = list(mapped_lines(frame)) + list(memory_lines(frame))
    yield from lines
    if not lines and state == "taken":
        yield "  taken, by nobody that is known"


# -------------------------------------------------------- stacks, static data

def stack_line(address):
    """The CPU whose stack is there; None."""
    for number, low, high, which in machine().stacks():
        if low <= address < high:
            return "%s of CPU %d, 0x%x below its top" % (which, number,
                                                         high - address)
    return None


def static_line(address):
    """What of the kernel's own image is there; None."""
    said = gdb.execute("info symbol 0x%x" % address, to_string=True)
    match = SYMBOL.match(said)
    if not match:
        return None
    name, offset, section = match[1], int(match[2] or 0), match[3]
    if section.startswith(".text"):
        return "code of the kernel: " + place(address)
    data = variable(name)
    return "static data of the kernel: %s%s" % (
        name, member_path(data.type, offset) if data is not None
        else " + %d" % offset)


def where(address):
    """The lines of the report."""
    process = window_of(address)
    if process is not None:
        return list(user_lines(process, address))
    direct = machine().direct()
    stack = stack_line(address)
    if stack:
        return [stack]
    if machine().gate(address):
        return ["the gate page, the same in every space"]
    if address >= direct and physical(address - direct):
        return ["kernel pointer"] + list(frame_lines(address - direct))
    if physical(address):
        return list(frame_lines(address))
    return [static_line(address) or
            "0x%x is in no window, frame, stack or data of the kernel" %
            address]


class Where(gdb.Command):
    """capos-where PTR: which object owns an address.

PTR is an expression: a kernel pointer, an address of a program, or an offset in
physical memory. Says the process and region, thread, memory object, page table,
heap block and the object and member in it, CPU stack, or static data."""

    def __init__(self):
        super().__init__("capos-where", gdb.COMMAND_DATA)

    def invoke(self, text, from_tty):
        if not text:
            raise gdb.GdbError("usage: capos-where PTR")
        value = gdb.parse_and_eval(text)
        if value.type.strip_typedefs().code == gdb.TYPE_CODE_FUNC:
            value = value.address
        if value.type.strip_typedefs().code not in (
                gdb.TYPE_CODE_PTR, gdb.TYPE_CODE_INT):
            raise gdb.GdbError("capos-where: %s is no address (& before it?)"
                               % text)
        address = int(value.cast(gdb.lookup_type("unsigned long")))
        gdb.write("\n".join(where(address)) + "\n")
