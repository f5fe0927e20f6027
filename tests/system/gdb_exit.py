"""gdb_exit.py - follows a CPU out of the kernel, one instruction after another.

Runs in gdb, behind tools/gdb/capos.py (gdb_test), when a CPU is in the kernel for
process 3. From where the way out knows which context is resumed, a back trace has
to lead into the program, whatever of its registers is in the CPU already.
"""
import gdb

STEPS_MAX = 200
KNOWN = 3  # instructions behind x86_exit


def program_found():
    """True if the back trace from here leads to main."""
    frame = gdb.newest_frame()
    while frame is not None and frame.name() != "main":
        frame = frame.older()
    return frame is not None


def follow():
    """Steps up to user mode; how many steps were right, and where one was not."""
    right = 0
    for step in range(STEPS_MAX):
        pc = gdb.newest_frame().pc()
        if pc < 1 << 47:
            return right, None
        if step >= KNOWN:
            if not program_found():
                return right, gdb.execute("x/i $pc", to_string=True)
            right += 1
        gdb.execute("stepi", to_string=True)
    return right, "no end\n"


gdb.execute("set scheduler-locking on")
gdb.execute("delete")
gdb.Breakpoint("*(unsigned long)&x86_exit", internal=True)
gdb.execute("continue", to_string=True)
while int(gdb.parse_and_eval("$capos_pid()")) != 3:
    gdb.execute("continue", to_string=True)
count, wrong = follow()
gdb.write("exit: %d right\n" % count)
if wrong:
    gdb.write("WRONG at " + wrong)
gdb.execute("set scheduler-locking off")
