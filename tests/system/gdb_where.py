"""gdb_where.py - asks capos-where for the owner of everything that is known.

Runs in gdb, behind tools/gdb/capos.py, where the kernel has stopped (gdb_test).
Prints a line for each wrong answer, then how many were right.
"""
import gdb

from capos_kernel import (
    kernel_cpus, live_slots, processes, slot_object, threads_of, variable)
from capos_machine import PAGE, machine
from capos_where import package_range, regions, title, where

right = 0


def expect(address, *wanted):
    """The report on an address has all of these."""
    global right
    said = "\n".join(where(int(address)))
    missing = [text for text in wanted if text not in said]
    if missing:
        gdb.write("WRONG: 0x%x: no '%s' in: %s\n" % (
            int(address), "', '".join(missing), said.replace("\n", " | ")))
    else:
        right += 1


def check_thread(process, thread):
    """A thread, its records, and what it has in its window."""
    name = "thread %d of %s" % (int(thread["id"]), title(process))
    number = "thread %d" % int(thread["id"])
    expect(thread.address, "kernel heap", name + ": object.type")
    expect(thread["context"]["rip"].address, name + ": context.rip")
    expect(thread["receives"][1]["free"].address, name + ": receives[1].free")
    expect(thread["calls"][2]["user_data"].address,
           "struct call 2 of " + name + ": user_data")
    expect(thread["block_va"], title(process), "start block of " + number)
    expect(thread["ring_va"], "kernel region", "ring of " + number,
           ", header")
    expect(int(thread["queue"]["sq"]) - int(thread["queue"]["user"]) + 64 +
           int(thread["ring_va"]) + 3 * 64, "submission entry 3")
    expect(machine().translate(process["space"]["hal"],
                               int(thread["ring_va"]))[0],
           "physical", "ring of " + number)
    expect(thread["context"]["rsp"], title(process), "stack of " + number)
    if not machine().gate(int(thread["context"]["rip"])):
        expect(thread["context"]["rip"], title(process), "image + ", "r-x")


def check_space(process):
    """Regions, the frames behind them, and page tables."""
    hal = process["space"]["hal"]
    shown = list(machine().mappings(hal))
    frames = {va: frame for va, frame, _ in shown}
    for region in regions(process):
        va = int(region["va"])
        expect(va + 8, title(process), "region 0x%x" % va)
        expect(region.address, "struct region of " + title(process))
        if va in frames:
            expect(frames[va], "physical", "mapped at 0x%x:" % va)
            expect(machine().direct() + frames[va], "kernel pointer",
                   "mapped at 0x%x:" % va)
    tables = [frame for frame, _ in machine().tables(hal)]
    if len(tables) < 4:
        gdb.write("WRONG: %s has %d page tables\n" % (title(process),
                                                      len(tables)))
    for frame in tables:
        expect(frame, "of " + title(process))
    expect(machine().window(hal)[0], title(process), "nothing is mapped")


def check_process(process):
    """A process and what it owns."""
    expect(process.address, title(process) + ": object.type")
    expect(process["caps"]["live"].address, title(process) + ": caps.live")
    expect(process["ledger"],
           "ledger of %s: object.type" % title(process))
    expect(process["caps"]["leaves"][0], "struct cap_leaf of ")
    expect(process["args_va"], title(process), "arguments")
    expect(process["capset_va"], title(process), "CapSet")
    for cap, slot in live_slots(process["caps"]):
        number = cap & 0xffffffff
        expect(slot.address, "struct cap_slot%s of %s: object" % (
            " %d" % number if number else "", title(process)))
        check_object(slot_object(slot))
    for thread in threads_of(process):
        check_thread(process, thread)
    check_space(process)


def check_object(thing):
    """What a capability points to."""
    kind = thing["type"]["name"].string()
    known = where(int(thing.address))
    if "static data" in known[0]:
        expect(thing.address, "object" if kind == "boot-package" else
               kind.replace("-", "_"))
    elif kind in ("process", "thread", "ledger"):
        expect(thing.address, "kernel heap", kind)
    else:
        expect(thing.address, "kernel heap", "%s, object %d" % (
            kind, int(thing["id"])))


def check_kernel():
    """The kernel's own."""
    for cpu in kernel_cpus():
        number = int(cpu["number"])
        expect(cpu["params"], "bare memory of CPU %d" % number)
        expect(cpu["results"], "bare memory of CPU %d" % number)
        expect(cpu["current"].address, "static data of the kernel: "
               "cpus[%d].current" % number)
    for number, low, high, which in machine().stacks():
        expect(low + 128, "%s of CPU %d" % (which, number))
        expect(high - 128, "%s of CPU %d" % (which, number))
    expect(gdb.parse_and_eval("(unsigned long)&core_on_syscall"),
           "code of the kernel: core_on_syscall")
    expect(variable("process_list").address,
           "static data of the kernel: process_list")
    expect(package_range()[0] + PAGE, "boot package + 0x1000")
    expect(0x12345678900, "no window, frame, stack or data")


check_kernel()
for each in processes():
    check_process(each)
gdb.write("where: %d right\n" % right)
