"""states.py - what runs of check-inject leave behind, and how two are compared.

Ids and times are left aside. A table that has grown for what was refused may stay
so (doc/authority.md): slots that were never used, behind all others, are left
aside, with their memory. A thread's call that has ended on one side only by then,
told or promised, is one of time.
"""
import re

CAP_CHUNK = 64          # slots of a chunk of a table
RUN_BYTES = 1 << 20     # the heap's class of runs, one of which is a chunk
LEAF_BYTES = 1344       # the class of a leaf
NAMES = re.compile(r"\b([pot])(\d+)\b")
NAMED = re.compile(r"\b[pot]#\d+\b")
NUMBERS = re.compile(r"\d+")
THREAD = re.compile(r" t#(?P<thread>\d+) state \d+: taken (?P<taken>\d+), told "
                    r"(?P<told>\d+) \(\w+\), promised (?P<promised>\d+), "
                    r"records (?P<records>\d+), references (?P<references>\d+)")


class Outcome:
    """What a run said and left behind."""

    def __init__(self, status, said, log):
        self.status = status
        self.said = said
        self.log = log
        self.refused = None     # the line that tells what was
        self.operation = None   # in which, None: in none
        self.ended = None       # how that ended: STATUS:KIND:DETAIL:REASON
        self.states = {}        # heading: lines
        self.looked = None      # operations at the first state
        self.points = {}
        self.places = []        # (place, kind, first, last) of points, in order
        self.read()

    def read(self):
        """Takes apart what the kernel has told."""
        lines = None
        for line in self.log.split("\n"):
            if not line.startswith("inject: "):
                continue
            line = line[8:]
            word = line.split(" ", 1)[0]
            if word == "state":
                _, heading, operations = line.split()
                lines = self.states.setdefault(heading, [])
                if heading == "look":
                    self.looked = int(operations)
            elif word == "end":
                lines = None
            elif lines is not None:
                lines.append(line)
            elif word == "refused":
                self.refused = line
                if "no operation" not in line:
                    self.operation = int(line.split()[-1])
            elif word == "ended":
                self.ended = line.split(" ", 1)[1]
            elif word == "operation":
                _, number, kind, first, last = line.split()
                self.places.append(("operation:" + number, kind, int(first),
                                    int(last)))
            elif word == "point":
                _, kind, number = line.split()
                self.places.append(("%s:%s" % (kind, number), kind,
                                    int(number), int(number)))
            elif word == "points":
                self.points[line.split()[1]] = int(line.split()[2])

    def same(self, other):
        """True if nothing was different."""
        return (self.status, self.said, self.refused, self.ended,
                self.states) == (other.status, other.said, other.refused,
                                 other.ended, other.states)

    def failed(self):
        """True if the operation ended with an error."""
        return self.ended is not None and self.ended.startswith("-")


def tables(lines):
    """How many slots each table has."""
    return [int(line.split()[1]) for line in lines
            if line.startswith(" slots ")]


def state(lines, grown, heap_pages):
    """The lines of a state such that two can be compared: names by their order,
    tables as if they had only so many slots as grown says, of each table; those
    behind were never used. heap_pages: those are compared, too."""
    names = {}

    def name(match):
        kind, number = match.groups()
        if number == "0":
            return match.group(0)
        known = names.setdefault(kind, {})
        return "%s#%d" % (kind, known.setdefault(number, len(known) + 1))

    found = []
    slots = []
    leaves = 0
    for line in lines:
        words = line.split()
        if words[0] == "slots":
            slots.append(int(words[1]))
            leaves += int(words[3])
            continue
        if words[0] == "free":
            at = len(slots) - 1
            line = " free " + " ".join(
                cut(words[1:], grown[at] if at < len(grown) else slots[at]))
        elif words[0] == "heap" and words[1] == "%d:" % RUN_BYTES:
            line = "heap runs but chunks: %d" % (
                int(words[2]) - sum(slots) // CAP_CHUNK)
        elif words[0] == "heap" and words[1] == "%d:" % LEAF_BYTES:
            line = "heap %s but leaves: %d" % (words[1],
                                               int(words[2]) - leaves)
        elif words[0] == "frames":
            heap = int(words[-1])
            line = "frames but the heap's: %d" % (
                int(words[1].rstrip(",")) - heap)
            if heap_pages:
                line += ", of the heap but chunks: %d" % (
                    heap - sum(slots) // CAP_CHUNK)
        found.append(NAMES.sub(name, line))
    return found


def cut(runs, slots):
    """A free list, FIRST-LAST.GENERATION each, without those slots at its end that
    were never used and are beyond so many."""
    while runs:
        first, last, generation = map(int, re.split("[-.]", runs[-1]))
        if generation or last < slots:
            break
        runs.pop()
        if first < slots:
            runs.append("%d-%d.0" % (first, slots - 1))
    return runs


def whole(lines):
    """The same of what does not depend on the order in which CPUs did things:
    how many objects of which kind, ledgers, regions, heap and frames."""
    return sorted(NAMED.sub("#", line) for line in lines
                  if not line.startswith((" slot ", " free ", " t")))


def states_differ(hit, other, heading, strict):
    """The first line in which two states differ, or None."""
    one = hit.states[heading]
    two = other.states[heading]
    if one == two:
        return None
    one, two = (state(one, tables(two), heading == "look"),
                state(two, tables(one), heading == "look"))
    if not strict:
        return first_difference(whole(one), whole(two))
    return first_difference(one, two, same_but_time if heading == "look"
                            else str.__eq__)


def same_but_time(left, right):
    """True if two lines are the same, or speak of a thread one of whose calls has
    ended on one side and not yet on the other: a refusal takes some time, and a
    timer may fire meanwhile. What it was promised and what it was told are as many
    together."""
    one, two = THREAD.match(left), THREAD.match(right)
    if left == right or not one or not two:
        return left == right
    one, two = ({key: int(value) for key, value in found.groupdict().items()}
                for found in (one, two))
    return one["told"] != two["told"] and all(
        one[key] == two[key] for key in ("thread", "taken", "references")) and all(
            one["told"] + one[key] == two["told"] + two[key]
            for key in ("promised", "records"))


def first_difference(one, other, same=str.__eq__):
    """The first line in which two lists differ, or None."""
    for at in range(max(len(one), len(other))):
        left = one[at] if at < len(one) else "(nothing)"
        right = other[at] if at < len(other) else "(nothing)"
        if not same(left, right):
            return "    refused:   %s\n    not tried: %s" % (left, right)
    return None


def speech(text):
    """What programs said, numbers left aside."""
    return NUMBERS.sub("#", text).split("\n")


def compare(hit, other, strict):
    """What differs between two runs, or None."""
    if hit.status != other.status:
        return "status %d, and %d if not tried" % (hit.status, other.status)
    headings = ["look", "final"] if strict else ["final"]
    for heading in headings:
        if (heading in hit.states) != (heading in other.states):
            return "only one of them has the state %s" % heading
        if heading not in hit.states:
            continue
        found = states_differ(hit, other, heading, strict)
        if found:
            return "the state %s:\n%s" % (heading, found)
    order = list if strict else sorted  # which CPU's line comes first is time
    found = first_difference(order(speech(hit.said)),
                             order(speech(other.said)))
    return "the programs:\n" + found if found else None
