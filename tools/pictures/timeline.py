#!/usr/bin/env python3
"""timeline - draws what 'capos-trace json' printed as an SVG picture.

usage: timeline.py [--title TEXT] [--from US] [--to US] [--width PX] JSON SVG

One row for each CPU (who has it; below, when it is in the kernel) and one for
each thread: user code, kernel (from the gate to the way back), waiting, ready.
Arrows are messages, calls and returns, and interrupts from CPU to CPU; dotted
lines lead from a CPU to the thread that it wakes. Times are microseconds since
boot. The same JSON gives the same bytes.
"""
import html
import json
import sys

ROW = 34          # height of a row
BAR = 18          # height of what is drawn in it
LEFT = 170        # width of the labels
TOP = 74
RIGHT = 20
LEGEND = 66

COLORS = {"user": "#4c9f70", "kernel": "#3b6fb6", "waiting": "#e4e4ea",
          "ready": "#f0b429", "idle": "#f4f4f7",
          "call": "#b0305c", "return": "#7d7d8c", "ipi": "#e07b00",
          "wake": "#4a4a55", "fault": "#d62828", "spawn": "#6b4fa0",
          "steal": "#e07b00", "tick": "#555555"}
CPU_COLORS = ("#5b7db1", "#8a6bb0", "#4f9aa0", "#a07a4f", "#a0566f",
              "#6f8a4f")  # who has a CPU, by thread
LEGENDS = (("user", "user code"), ("kernel", "in the kernel"),
           ("waiting", "waiting"), ("ready", "ready, no CPU"))

STYLE = """
  text { font: 12px sans-serif; fill: #222 }
  .title { font-size: 16px; font-weight: bold }
  .small { font-size: 10px; fill: #555 }
  .label { font-size: 10px; fill: #b0305c }
  .cpu { font-size: 10px; fill: #fff }
  .grid { stroke: #ddd; stroke-width: 1 }
  .base { stroke: #bbb; stroke-width: 1 }
"""


class Track:
    """A row: intervals (start, end, name, category, depth) and instants."""

    def __init__(self, pid, tid):
        self.key = (pid, tid)
        self.intervals = []
        self.instants = []
        self.open = []


class Arrow:
    """A message: its steps, (time, track key), and what it calls."""

    def __init__(self):
        self.steps = []
        self.name = ""


class Trace:
    """The events, sorted into tracks and arrows."""

    def __init__(self, events):
        self.tracks = {}
        self.names = {}
        self.arrows = {}
        self.bars = {}
        self.wakes = []  # (time, CPU, track of the thread)
        for event in events:
            self.add(event)

    def add(self, event):
        key = (event["pid"], event["tid"])
        phase = event["ph"]
        if phase == "M":
            self.name(event, key)
            return
        if phase == "b":
            self.bars[event["id"]] = event["name"]
            return
        if phase == "e":
            return
        track = self.tracks.setdefault(key, Track(*key))
        if phase == "B":
            track.open.append(event)
        elif phase == "E":
            begun = track.open.pop()
            track.intervals.append((begun["ts"], event["ts"], begun["name"],
                                    begun["cat"], len(track.open)))
        elif phase == "i":
            track.instants.append((event["ts"], event["name"], event["cat"]))
            if event["cat"] == "wake":
                self.wakes.append((event["ts"], event["args"]["cpu"], key))
        else:
            self.arrows.setdefault((event["cat"], event["id"]),
                                   Arrow()).steps.append((event["ts"], key))

    def name(self, event, key):
        if event["name"] == "process_name":
            self.names[key[0]] = event["args"]["name"]
        elif event["name"] == "thread_name":
            self.names[key] = event["args"]["name"]


class Picture:
    """An SVG that grows."""

    def __init__(self, trace, start, end, width):
        self.trace = trace
        self.start = start
        self.end = end
        self.width = width
        self.rows = self.order()
        self.height = TOP + ROW * len(self.rows) + LEGEND
        self.out = []
        self.labelled = {}  # row: x up to which labels reach

    def order(self):
        """Tracks that show something: CPUs, then threads by their start."""
        shown = []
        for track in self.trace.tracks.values():
            times = [i for i in track.intervals
                     if i[0] <= self.end and i[1] >= self.start]
            if times:
                cpus = self.trace.names.get(track.key[0]) == "CPUs"
                shown.append((not cpus, min(i[0] for i in times), track.key))
        return {key: row for row, (_, _, key) in enumerate(sorted(shown))}

    def x(self, ts):
        ts = min(max(ts, self.start), self.end)
        return LEFT + (ts - self.start) * (self.width - LEFT - RIGHT) / \
            (self.end - self.start)

    def y(self, key):
        return TOP + ROW * self.rows[key]

    def put(self, text, *values):
        self.out.append(text % values)

    def text(self, x, y, text, style="", anchor="start"):
        self.put('<text x="%.1f" y="%.1f" text-anchor="%s"%s>%s</text>',
                 x, y, anchor, ' class="%s"' % style if style else "",
                 html.escape(text))

    def bar(self, key, start, end, color, title):
        if end < self.start or start > self.end or end < start:
            return
        self.put('<rect x="%.1f" y="%.1f" width="%.1f" height="%d" '
                 'fill="%s"><title>%s</title></rect>', self.x(start),
                 self.y(key) + (ROW - BAR) / 2,
                 max(self.x(end) - self.x(start), 0.5), BAR,
                 COLORS.get(color, color),
                 html.escape("%s: %.3f to %.3f us" % (title, start, end)))

    def axis(self, title):
        """Title, grid and times."""
        step = 1.0
        for step in (f * 10.0 ** e for e in range(-3, 9) for f in (1, 2, 5)):
            if (self.end - self.start) / step <= 12:
                break
        self.text(LEFT, 24, title, "title")
        tick = -(-self.start // step) * step
        bottom = TOP + ROW * len(self.rows)
        while tick <= self.end:
            x = self.x(tick)
            self.put('<line class="grid" x1="%.1f" y1="%d" x2="%.1f" '
                     'y2="%d"/>', x, TOP - 10, x, bottom)
            self.text(x, TOP - 16, "%g us" % round(tick, 3), "small",
                      "middle")
            tick += step

    def labels(self):
        for key in self.rows:
            name = self.trace.names.get(key, "?")
            if self.trace.names.get(key[0]) != "CPUs":
                name += " (thread %d)" % key[1]
            self.text(10, self.y(key) + ROW / 2 + 4, name)
            y = self.y(key) + ROW / 2
            self.put('<line class="base" x1="%d" y1="%.1f" x2="%d" '
                     'y2="%.1f"/>', LEFT, y, self.width - RIGHT, y)

    def cpu(self, track):
        for start, end, name, cat, _ in sorted(track.intervals):
            if cat == "kernel":
                self.kernel(track.key, start, end, name)
                continue
            self.bar(track.key, start, end, self.cpu_color(name), name)
            room = self.x(end) - self.x(start)
            short = name.split(",")[0]
            if room > 6.5 * len(short) and \
                    self.start <= end and start <= self.end:
                self.text((self.x(start) + self.x(end)) / 2,
                          self.y(track.key) + ROW / 2 + 4, short,
                          "small" if name == "idle" else "cpu", "middle")

    def kernel(self, key, start, end, name):
        """A CPU is in the kernel: a line below its bar."""
        if start <= self.end and end >= self.start:
            self.put('<rect x="%.1f" y="%.1f" width="%.1f" height="3" '
                     'fill="%s"><title>%s</title></rect>', self.x(start),
                     self.y(key) + (ROW + BAR) / 2,
                     max(self.x(end) - self.x(start), 1), COLORS["kernel"],
                     html.escape("kernel, by %s: %.3f to %.3f us" % (
                         name, start, end)))

    def wake(self, ts, cpu, key):
        """From the CPU that wakes a thread to the thread."""
        source = next((row for row in self.rows if
                       self.trace.names.get(row) == "CPU %d" % cpu), None)
        if source is not None and key in self.rows and \
                self.start <= ts <= self.end:
            x = self.x(ts)
            self.put('<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" '
                     'stroke="%s" stroke-dasharray="1 3"><title>CPU %d wakes '
                     '%s at %.3f us</title></line>', x,
                     self.y(source) + (ROW + BAR) / 2, x,
                     self.y(key) + (ROW - BAR) / 2, COLORS["wake"], cpu,
                     html.escape(self.trace.names.get(key, "?")), ts)
            self.put('<circle cx="%.1f" cy="%.1f" r="2" fill="%s"/>', x,
                     self.y(key) + (ROW - BAR) / 2, COLORS["wake"])

    @staticmethod
    def cpu_color(name):
        """idle, or by the number that a thread's label ends with."""
        number = name.split()[-1]
        return CPU_COLORS[int(number) % len(CPU_COLORS)] \
            if number.isdigit() else "idle"

    def thread(self, track):
        """Life in the colour of user code, and over it what was else."""
        color = {"thread": "user", "gate": "kernel"}
        for start, end, name, cat, _ in sorted(
                track.intervals, key=lambda i: (i[4], i[0])):
            title = "user code" if cat == "thread" else name
            self.bar(track.key, start, end, color.get(cat, name), title)

    def instants(self, track):
        for ts, name, cat in track.instants:
            if cat in ("fault", "spawn", "steal", "tick") and \
                    self.start <= ts <= self.end:
                self.put('<circle cx="%.1f" cy="%.1f" r="3.5" fill="%s">'
                         '<title>%s</title></circle>', self.x(ts),
                         self.y(track.key) + (ROW - BAR) / 2, COLORS[cat],
                         html.escape("%s at %.3f us" % (name, ts)))

    def line(self, first, second, color, title):
        (start, source), (end, target) = first, second
        down = self.y(target) > self.y(source)
        edge = (ROW + BAR) / 2 if down else (ROW - BAR) / 2
        tip = (ROW - BAR) / 2 if down else (ROW + BAR) / 2
        self.put('<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="%s" '
                 'stroke-width="1.4" marker-end="url(#%s)"><title>%s</title>'
                 '</line>', self.x(start), self.y(source) + edge, self.x(end),
                 self.y(target) + tip, COLORS[color], color,
                 html.escape(title))

    def arrow(self, cat, number, arrow):
        steps = [s for s in arrow.steps if s[1] in self.rows]
        if cat == "ipi":
            self.ipi(steps)
            return
        name = self.trace.bars.get(number, "call")
        for i, (first, second) in enumerate(zip(steps, steps[1:])):
            if first[1] != second[1] and second[0] <= self.end and \
                    first[0] >= self.start:
                self.line(first, second, "call" if i == 0 else "return",
                          "%s, %s" % (name, "call" if i == 0 else "return"))
        if steps and self.start <= steps[0][0] <= self.end:
            self.label(steps[0], name)

    def ipi(self, steps):
        """An interrupt from CPU to CPU."""
        if len(steps) == 2 and steps[1][0] <= self.end and \
                steps[0][0] >= self.start and steps[0][1] != steps[1][1]:
            self.line(steps[0], steps[1], "ipi", "interrupt")

    def label(self, step, name):
        """The method beside the tail of its arrow, where there is room."""
        x = self.x(step[0])
        row = self.rows[step[1]]
        if self.labelled.get(row, 0) < x < self.width - 6 * len(name):
            self.text(x, self.y(step[1]) + ROW - 1, name, "label")
            self.labelled[row] = x + 6 * len(name)

    def legend(self):
        """What colours, arrows and marks mean: one line for each sort."""
        y = TOP + ROW * len(self.rows) + 24
        x = LEFT
        for color, name in LEGENDS:
            self.put('<rect x="%d" y="%d" width="16" height="12" fill="%s"/>',
                     x, y - 10, COLORS[color])
            self.text(x + 22, y, name)
            x += 40 + 7 * len(name)
        x, y = LEFT, y + 22
        for color, name in (("call", "call"), ("return", "return"),
                            ("ipi", "interrupt of a CPU")):
            self.put('<line x1="%d" y1="%d" x2="%d" y2="%d" stroke="%s" '
                     'stroke-width="1.4" marker-end="url(#%s)"/>', x, y - 4,
                     x + 22, y - 4, COLORS[color], color)
            self.text(x + 30, y, name)
            x += 48 + 7 * len(name)
        self.put('<line x1="%d" y1="%d" x2="%d" y2="%d" stroke="%s" '
                 'stroke-dasharray="1 3"/>', x, y - 4, x + 22, y - 4,
                 COLORS["wake"])
        self.put('<circle cx="%d" cy="%d" r="2" fill="%s"/>', x + 22, y - 4,
                 COLORS["wake"])
        self.text(x + 30, y, "a CPU makes a thread ready")
        x += 48 + 7 * 26
        for color, name in (("spawn", "spawn"), ("tick", "timer tick"),
                            ("fault", "fault"),
                            ("steal", "thread taken from another CPU")):
            self.put('<circle cx="%d" cy="%d" r="3.5" fill="%s"/>', x + 6,
                     y - 4, COLORS[color])
            self.text(x + 16, y, name)
            x += 32 + 7 * len(name)

    def draw(self, title):
        self.axis(title)
        self.labels()
        for key in self.rows:
            track = self.trace.tracks[key]
            if self.trace.names.get(key[0]) == "CPUs":
                self.cpu(track)
            else:
                self.thread(track)
        for key in self.rows:
            self.instants(self.trace.tracks[key])
        for wake in self.trace.wakes:
            self.wake(*wake)
        for (cat, number), arrow in self.trace.arrows.items():
            self.arrow(cat, number, arrow)
        self.legend()

    def svg(self):
        markers = "".join(
            '<marker id="%s" viewBox="0 0 8 8" refX="7" refY="4" '
            'markerWidth="6" markerHeight="6" orient="auto">'
            '<path d="M0,0 L8,4 L0,8 z" fill="%s"/></marker>' % (
                color, COLORS[color]) for color in ("call", "return", "ipi"))
        head = ('<svg xmlns="http://www.w3.org/2000/svg" width="%d" '
                'height="%d" viewBox="0 0 %d %d">\n<style>%s</style>\n'
                '<defs>%s</defs>\n<rect width="100%%" height="100%%" '
                'fill="#fff"/>\n' % (self.width, self.height, self.width,
                                     self.height, STYLE, markers))
        return head + "\n".join(self.out) + "\n</svg>\n"


def parse(args):
    """Options and the two files, or None."""
    options = {"--title": "Timeline", "--from": "0", "--to": "",
               "--width": "1280"}
    files = []
    while args:
        word = args.pop(0)
        if word in options and args:
            options[word] = args.pop(0)
        elif word.startswith("--"):
            return None
        else:
            files.append(word)
    return (options, files) if len(files) == 2 else None


def main(args):
    parsed = parse(list(args))
    if parsed is None:
        print(__doc__.strip())
        return 0 if args == ["--help"] else 2
    options, (source, target) = parsed
    with open(source, encoding="utf-8") as file:
        events = json.load(file)["traceEvents"]
    last = max([e["ts"] for e in events if e["ph"] != "M"] or [1])
    start = float(options["--from"])
    end = float(options["--to"] or last)
    if not start < end:
        print("timeline.py: nothing between %g and %g us" % (start, end),
              file=sys.stderr)
        return 1
    picture = Picture(Trace(events), start, end, int(options["--width"]))
    picture.draw(options["--title"])
    with open(target, "w", encoding="utf-8") as file:
        file.write(picture.svg())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
