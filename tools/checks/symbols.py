"""symbols.py - the portable kernel asks the machine for nothing but hal_*."""
import subprocess

# A compiler emits calls to these even without a C library.
COMPILER = {"memcpy", "memmove", "memset", "memcmp"}


def symbols(nm, archive):
    """Sets of the defined and the undefined symbols of an archive."""
    text = subprocess.run([nm, "-A", archive], check=True, text=True,
                          stdout=subprocess.PIPE).stdout
    defined, undefined = set(), {}
    for line in text.splitlines():
        where, _, rest = line.rpartition(":")
        fields = rest.split()
        if len(fields) == 2 and fields[0] in "Uwv":
            undefined.setdefault(fields[1], where)
        elif len(fields) == 3:
            defined.add(fields[2])
    return defined, undefined


def run(args, say):
    """tidy core-symbols NM ARCHIVE..."""
    defined, undefined = set(), {}
    for archive in args[1:]:
        here, missing = symbols(args[0], archive)
        defined |= here
        undefined.update(missing)
    for name in sorted(set(undefined) - defined - COMPILER):
        if not name.startswith("hal_"):
            say(undefined[name], 0, "needs %s, which is no hal_*" % name)
