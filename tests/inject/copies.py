"""copies.py - machines that run a scenario, from boot or from where one stands."""
import os
import socket
import subprocess

import machine
import states

STEPS = 100000          # of a run, which may hang when something is refused
SECONDS = 120           # should it hang without a step


class Gone(Exception):
    """A machine that stood does not answer any more."""


def read(path):
    """What a file says."""
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


class Booted:
    """Runs that each begin with a boot."""

    def __init__(self, package, cpus):
        self.package = package
        self.cpus = cpus
        self.base = "%s.%d.%d" % (package, os.getpid(), cpus)

    def command(self, words, log):
        """The command line of a run."""
        return [os.environ.get("CAPOS_SIM", "./capos-sim"), self.package,
                "--inject", words, "--cpus", str(self.cpus), "--log", log,
                "--until", str(STEPS)]

    def run(self, words):
        """One run."""
        log = self.base + ".boot-log"
        done = subprocess.run(
            self.command(words, log) + ["--timeout", str(SECONDS)],
            check=False, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)
        text = read(log)
        if done.returncode < 0:
            text += machine.text(done.stderr)
        return states.Outcome(done.returncode, machine.text(done.stdout), text)


class Copied(Booted):
    """Runs that are copies of a machine, which stands where it was told to."""

    def __init__(self, package, cpus):
        super().__init__(package, cpus)
        self.known = {}         # runs to compare with, by their words
        self.undisturbed = None
        ours, theirs = socket.socketpair()
        self.said = ""          # by programs, until it stood
        with open(self.base + ".said", "wb") as said, \
                open(self.base + ".errors", "wb") as errors:
            self.machine = subprocess.Popen(
                self.command("orders", self.base + ".log"), stdin=theirs,
                stdout=said, stderr=errors)
        theirs.close()
        self.control = ours.makefile("rw", encoding="ascii")
        ours.close()
        self.answer("stands")

    def answer(self, word):
        """The number behind the word that the machine is to say now."""
        said = self.control.readline().split()
        if not said or said[0] != word:
            raise Gone("the machine says %s instead of '%s'\n%s" % (
                said or "nothing", word, read(self.base + ".log")[-1500:]))
        return int(said[1])

    def order(self, words, word):
        """Tells the machine something, and awaits that word."""
        self.control.write(words + "\n")
        self.control.flush()
        return self.answer(word)

    def stand(self, place):
        """Goes there: right before KIND:N, or operation:N."""
        self.known.clear()
        self.order("go to:" + place, "stands")
        self.said = read(self.base + ".said")

    def run(self, words):
        said, log = self.base + ".copy-said", self.base + ".copy-log"
        status = self.order("copy %s %s %s" % (said, log, words), "ended")
        text = read(log)
        if status < 0:
            text += read(self.base + ".errors")[-1500:]
        return states.Outcome(status, self.said + read(said), text)

    def other(self, words):
        """A run to compare with; it is made once for each place."""
        if words not in self.known:
            self.known[words] = self.run(words)
        return self.known[words]

    def plain(self):
        """The run in which nothing is refused."""
        if self.undisturbed is None:
            self.undisturbed = self.run("count")
        return self.undisturbed

    def end(self):
        """No more of it."""
        self.control.close()
        self.machine.kill()
        self.machine.wait()


class Checked(Copied):
    """Copies, each of which must do the same as a machine that was booted for it."""

    def run(self, words):
        copy = super().run(words)
        booted = Booted.run(self, words)
        if not copy.same(booted):
            raise Gone("%s: a copy does not do what a machine does that was "
                       "booted: status %d, not %d\n%s" % (
                           words, copy.status, booted.status,
                           booted.log[-1500:]))
        return copy
