"""usercode.py - instructions that no user program may hold.

In the simulator a raw system call would reach Linux, AVX state is not saved, and
clocks and random numbers of the CPU would break repetition.
"""
import os
import re
import subprocess

FORBIDDEN = set("""
    syscall sysret sysretq sysretl sysenter sysexit int int1 int3 into icebp
    in insb insw insl out outsb outsw outsl hlt cli sti clts invd wbinvd
    lgdt lidt lldt ltr lmsw invlpg invpcid rdmsr wrmsr rdpmc swapgs iret iretq
    iretl rdtsc rdtscp rdrand rdseed cpuid rdpid rdfsbase rdgsbase wrfsbase
    wrgsbase xgetbv xsetbv xsave xsave64 xsavec xsaveopt xrstor xrstor64
    lret lretq lcall ljmp monitor mwait
    """.split())
LINE = re.compile(r"^\s*[0-9a-f]+:\s+(.*)$")
PREFIXES = {"rep", "repz", "repnz", "lock", "data16", "cs", "ds", "es", "ss",
            "fs", "gs", "bnd", "notrack", "addr32", "rex.W"}


def verdict(instruction):
    """The forbidden mnemonic in a line of disassembly, or None."""
    words = instruction.split("#")[0].split()
    while words and words[0] in PREFIXES:
        words = words[1:]
    if not words:
        return None
    operands = " ".join(words[1:])
    if words[0] in FORBIDDEN or words[0].startswith("v") or \
            re.search(r"%[yz]mm|%gs|%cr\d|%dr\d", operands):
        return words[0]
    return None


def exempt(path):
    """Per program, the mnemonics it may hold all the same."""
    allowed = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            words = line.split("#")[0].split()
            if words:
                allowed[words[0]] = set(words[1:])
    return allowed


def run(args, say):
    """tidy user-code OBJDUMP EXEMPTIONS ELF..."""
    allowed = exempt(args[1])
    for elf in args[2:]:
        name = os.path.splitext(os.path.basename(elf))[0]
        text = subprocess.run([args[0], "-d", "--no-show-raw-insn", elf],
                              check=True, text=True,
                              stdout=subprocess.PIPE).stdout
        function = "?"
        for line in text.splitlines():
            if line.endswith(">:"):
                function = line.split("<")[1][:-2]
            match = LINE.match(line)
            bad = match and verdict(match.group(1))
            if bad and bad not in allowed.get(name, ()):
                say(elf, 0, "%s holds %s" % (function, match.group(1)))
