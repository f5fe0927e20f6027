# capos.capnp - every interface of capOS.
#
# The interface is the permission: whoever holds a capability may call every
# method of its interface, so to give less, give a narrower interface. Growth
# is by new interfaces and by new methods and fields at the end, never by
# renumbering (doc/abi.md).
#
# tools/capnpc-capos turns this file into ids, readers, builders, client stubs,
# dispatch tables, trace names and the tables that programs read at run time.
@0xdc1b3f7c5a60a2f1;

# ---------------------------------------------------------------- exceptions

struct CapException {
  # What an object raises when it cannot do what a call asked of it. Transport
  # errors (errors.h) say that the call did not reach the object or its result
  # did not come back; an exception says what the object thought of it.
  kind @0 :Kind;
  # Which of the five kinds: decides what a caller can do about it.
  detail @1 :Int32;
  # A code of errors.h that says more, or 0.
  reason @2 :Text;
  # A sentence for a person: what was wrong and what to do.

  enum Kind {
    failed @0;
    # The object could not do it; trying again will not help.
    overloaded @1;
    # A quota or queue is full; later it may work.
    disconnected @2;
    # Something that the object depends on is gone.
    unimplemented @3;
    # The object knows the interface but not this method.
    invalidArgument @4;
    # An argument is not acceptable; the reason says which.
  }
}

# ------------------------------------------------------------ kernel objects

interface Console {
  # A terminal: bytes out, bytes in.
  write @0 (data :Data);
  # Writes all of data, in order, before it completes.
  read @1 (max :UInt32) -> (data :Data);
  # Completes with 1 to max bytes as soon as any are there; with none at end of
  # file. One reader at a time: a second one gets overloaded.
}

interface Timer {
  # The monotonic clock.
  now @0 () -> (nanoseconds :UInt64);
  # Nanoseconds since boot.
  sleep @1 (nanoseconds :UInt64) -> ();
  # Completes that much later, never earlier.
}

interface FrameAllocator {
  # Physical memory as memory objects, charged to the caller's process.
  allocate @0 (pages :UInt32) -> (memory :MemoryObject);
  # A zeroed object of that many 4 KiB pages.
  info @1 () -> (totalPages :UInt64, freePages :UInt64, quotaPages :UInt64,
                 usedPages :UInt64);
  # The machine's frames and the caller's quota of them.
}

interface MemoryObject {
  # A run of pages that can be mapped by whoever holds it.
  map @0 (address :UInt64, offset :UInt64, pages :UInt32,
          protection :Protection) -> (address :UInt64);
  # Maps pages from byte offset on into the caller's window; address 0 lets the
  # kernel choose. Writable and executable together are refused, and so is
  # writable on a read-only object.
  unmap @1 (address :UInt64, pages :UInt32) -> ();
  # Removes mappings of this object from the caller's window.
  size @2 () -> (bytes :UInt64);
  # Bytes of the object; the mapping unit is a page.
  share @3 (readOnly :Bool) -> (memory :MemoryObject);
  # A second capability to the same pages, read-only if asked or if this is.
  mapInto @4 (memory :UInt64, address :UInt64, offset :UInt64, pages :UInt32,
              protection :Protection) -> (address :UInt64);
  # As map, into the window of the process whose VirtualMemory is the CapId
  # memory; that process pays for the mapping.
}

enum Protection {
  # How a page may be used. Writable and executable together do not exist.
  none @0;
  # Reserved addresses without frames.
  read @1;
  # Readable.
  readWrite @2;
  # Readable and writable.
  readExecute @3;
  # Readable and executable.
}

interface VirtualMemory {
  # The window of one process: anonymous, zeroed memory in it.
  map @0 (address :UInt64, pages :UInt32, protection :Protection)
      -> (address :UInt64);
  # Maps fresh pages; address 0 lets the kernel choose; protection none reserves
  # addresses without frames.
  unmap @1 (address :UInt64, pages :UInt32) -> ();
  # Removes what is mapped there, anonymous or object. Kernel-owned pages (ring,
  # start block) are refused.
  protect @2 (address :UInt64, pages :UInt32, protection :Protection) -> ();
  # Changes the protection of mapped pages, or commits reserved ones.
}

interface ProcessSpawner {
  # Makes processes out of program images.
  spawn @0 (request :SpawnRequest) -> (process :ProcessHandle,
                                       processId :UInt64);
  # Creates the process, loads the image, grants the capabilities and starts the
  # first thread; all of it or nothing.
  create @1 (request :SpawnRequest)
      -> (process :ProcessHandle, memory :VirtualMemory,
          builder :ProcessBuilder, processId :UInt64, windowBase :UInt64,
          windowSize :UInt64);
  # An empty process, to be built in parts: of the request it takes name, limits,
  # ledger, session, withoutSelf, arguments and grants; image is 0. memory maps
  # into its window, and so does MemoryObject.mapInto. One that was not started
  # ends when builder and process have no holder any more.
}

interface ProcessBuilder {
  # A process before it runs.
  grant @0 (name :Text, cap :UInt64, mode :UInt32, flags :UInt32) -> ();
  # Passes a capability of the caller's on under that name; mode and flags as in a
  # transfer descriptor (ring.h).
  setArguments @1 (args :Data) -> ();
  # The argument area, once: NUL-terminated strings, the program's name first.
  start @2 (entry :UInt64, stackLow :UInt64, stackHigh :UInt64,
            words :List(UInt64), tlsBase :UInt64, sqEntries :UInt32,
            cqEntries :UInt32, weight :UInt32 = 1024, cpuHint :UInt32,
            imageBase :UInt64, imageSize :UInt64) -> ();
  # Makes the first thread, as ThreadControl.create, and lets it run. imageBase
  # and imageSize are what its start block says; the program that is there must be
  # made for that place, or relocated. Once.
}

struct SpawnRequest {
  # What a new process is made of.
  image @0 :UInt64;
  # CapId (caller's table) of a MemoryObject that holds a static-PIE ELF.
  name @1 :Text;
  # What ps shows; at most 31 bytes.
  args @2 :Data;
  # Argument area: NUL-terminated strings, the program's name first.
  grants @3 :List(Grant);
  # The capabilities that it is born with, all copies.
  words @4 :List(UInt64);
  # Up to three argument words of the start block.
  stackBytes @5 :UInt32;
  # Main stack; 0 is the default of 256 KiB.
  sqEntries @6 :UInt32;
  # Depths of the first thread's ring, powers of two; 0 is the default.
  cqEntries @7 :UInt32;
  # See sqEntries.
  weight @8 :UInt32 = 1024;
  # Share of the CPU; 1024 is 1.0.
  limits @9 :ProcessLimits;
  # Quotas of the child; fields left 0 take the kernel's defaults.
  withoutSelf @10 :Bool;
  # True: do not grant the child the capabilities to itself (self-memory,
  # self-threads, self-caps).
  cpuHint @11 :UInt32;
  # Of the first thread, as for ThreadControl.create.
  ledger @12 :UInt64;
  # CapId of the Ledger that pays: the child's limits are taken from it, and the
  # end of the process whose ledger it is below ends the child. 0: the caller's.
  session @13 :UInt64;
  # The session of the child, with sessionAuthority; else it is the caller's.
  sessionAuthority @14 :UInt64;
  # CapId of a SessionAuthority; 0: the session is inherited.
}

struct Grant {
  # A capability and the name under which the child finds it.
  name @0 :Text;
  # At most 31 bytes, unique within the CapSet.
  cap @1 :UInt64;
  # CapId in the caller's table.
}

struct ProcessLimits {
  # What a ledger may hold at most; the sum of what was made below it counts. For
  # each: 0 is the default that limits.h states, and the greatest number is half
  # of what the ledger that pays has left.
  pages @0 :UInt64;
  # Frames of data: anonymous memory, memory objects, stacks.
  threads @1 :UInt32;
  # Threads alive at a time.
  caps @2 :UInt32;
  # Slots of capability tables.
  processes @3 :UInt32;
  # Processes alive at a time, beside its own.
  tables @4 :UInt64;
  # Frames of page tables.
  virtual @5 :UInt64;
  # Pages of address space, mapped or reserved.
  rings @6 :UInt64;
  # Frames of rings, start blocks and CapSets.
  calls @7 :UInt64;
  # Call records: a thread has as many as its submission queue has entries.
  objects @8 :UInt64;
  # Bytes of the kernel's heap for what it makes: objects, regions, threads.
  scratch @9 :UInt64;
  # Frames shown where revoked memory was.
  logBytes @10 :UInt64;
  # Bytes kept in logs.
  weight @11 :UInt64;
  # Shares of the CPU that its threads may have together; 1024 is 1.0.
}

interface Ledger {
  # Who pays. The limits of one are taken from the one that it was made below.
  usage @0 () -> (entries :List(LedgerEntry));
  # Each kind with what is used and what may be.
  create @1 (limits :ProcessLimits) -> (ledger :Ledger);
  # A ledger below this one; all of its limits are taken here, or it is refused
  # (overloaded). They come back when nothing refers to it any more. What a job
  # that is to outlive its shell is paid from.
}

struct LedgerEntry {
  # One kind of a ledger.
  name @0 :Text;
  # As in ProcessLimits.
  used @1 :UInt64;
  # Charged now: what exists, and the limits of the ledgers below.
  limit @2 :UInt64;
  # At most.
}

interface SessionAuthority {
  # Who may say which session a new process is of; see SpawnRequest.session.
  create @0 () -> (session :UInt64);
  # A number that was not given out before.
}

interface ProcessHandle {
  # One process, as its creator sees it.
  wait @0 () -> (how :ExitKind, code :Int64, address :UInt64);
  # Completes when the process has ended and nothing of it is left. code is the
  # exit code, the code given to kill, or the exception vector of a fault;
  # address is the faulting instruction relative to the image, for a fault.
  kill @1 (code :Int64) -> ();
  # Ends the process with all its threads; completes when they can no longer
  # run. Killing what has ended is no error.
  info @2 () -> (processId :UInt64, alive :Bool, threads :UInt32);
  # What it is doing.
}

enum ExitKind {
  # How a process or thread came to its end.
  exited @0;
  # By its own exit.
  killed @1;
  # By a kill.
  faulted @2;
  # By a CPU exception.
}

interface ThreadControl {
  # The threads of one process.
  create @0 (entry :UInt64, stackLow :UInt64, stackHigh :UInt64,
             words :List(UInt64), tlsBase :UInt64, sqEntries :UInt32,
             cqEntries :UInt32, weight :UInt32 = 1024, cpuHint :UInt32,
             endWord :UInt64)
         -> (thread :ThreadHandle, threadId :UInt64);
  # Starts a thread at entry with rdi = its start block. The stack is the
  # program's own memory. cpuHint is the number + 1 of the CPU where it runs
  # best, 0 for any: the kernel goes by it while that CPU has nothing else to do.
  # endWord, if not 0, is the address of a writable 32-bit word that becomes 0 when
  # nothing is left of the thread, however it ended; who is parked on it (privately)
  # is woken. If it is not mapped by then, nothing happens.
  exit @1 (code :Int64, clear :UInt64) -> ();
  # Ends the calling thread; never completes. The last thread's exit ends the
  # process with that code. clear, if not 0, is the address of a 32-bit word that
  # becomes 0 when the thread has left its stack for good; who is parked on it
  # (privately) is woken.
  setTlsBase @2 (address :UInt64) -> ();
  # Sets the calling thread's FS base.
}

interface ThreadHandle {
  # One thread, as its creator sees it.
  join @0 () -> (how :ExitKind, code :Int64);
  # Completes when the thread has ended.
  end @1 (code :Int64) -> ();
  # Ends the thread wherever it is. Ending what has ended is no error.
}

interface BootPackage {
  # The files that the system was started with.
  list @0 (start :UInt32) -> (entries :List(BootEntry), total :UInt32);
  # Entries from index start on, as many as fit; total is the number of all.
  open @1 (name :Text) -> (memory :MemoryObject, bytes :UInt64);
  # A read-only object over the file; bytes is its exact length.
}

struct BootEntry {
  # One file of the boot package.
  name @0 :Text;
  # Unique in the package.
  bytes @1 :UInt64;
  # Exact length.
  kind @2 :Kind;
  # What it is.
  enum Kind {
    manifest @0;
    # The SystemManifest message.
    program @1;
    # A user ELF.
    data @2;
    # Anything else.
  }
}

interface CapabilityManager {
  # The capability table of one process.
  list @0 (start :UInt32) -> (entries :List(CapEntry), next :UInt32);
  # Live capabilities from slot start on, as many as fit; next is where to go on,
  # 0 at the end. What another thread releases meanwhile is an entry of zeros.
}

struct CapEntry {
  # One capability as its holder may see it.
  cap @0 :UInt64;
  # CapId.
  interfaceId @1 :UInt64;
  # Which interface it offers.
  object @2 :UInt64;
  # Identity: equal for two capabilities to the same object.
  mode @3 :Mode;
  # What the holder may do with it.
  origin @4 :Origin;
  # How it came to the holder.
  giver @5 :UInt64;
  # The process that gave it; 0: the kernel.
  giverCap @6 :UInt64;
  # CapId that it had there when it was given; 0: the kernel's.
  revocable @7 :Bool;
  # True: a Revoker can take it back.

  enum Mode {
    copy @0;
    # Pass it on, as a copy or by moving it.
    move @1;
    # Move it on; there is never a second one.
    nonTransferable @2;
    # Keep it or release it.
  }
  enum Origin {
    kernel @0;
    # Born with, by the kernel's doing: the capabilities to oneself, init's.
    spawnGrant @1;
    # Born with, by the spawner's.
    ipcTransfer @2;
    # It came with a call.
    resultCap @3;
    # It came with a result.
  }
}

interface EndpointFactory {
  # Makes endpoints.
  create @0 () -> (endpoint :Endpoint);
  # A new endpoint, the caller being its owner.
}

interface Endpoint {
  # The owner end of a service: RECV (ring.h) arms it, facets are its clients.
  mint @0 (tag :UInt64, interfaceId :UInt64, queueLimit :UInt32,
           oneShot :Bool) -> (facet :AnyPointer);
  # A new facet: a capability that may only be called. Its calls carry tag. At
  # most queueLimit calls wait on it (0: the kernel's default); further ones
  # get overloaded. With oneShot it takes one call: when that has been
  # delivered the facet is closed, though that call goes on. When the last
  # capability to an open facet is gone, the server is told (ring.h, UNHELD).
  close @1 (tag :UInt64) -> (closed :UInt32);
  # Closes all facets with that tag: their calls, queued or in flight, end
  # disconnected. Returns how many facets it closed.
}

interface LogReader {
  # The log of the kernel and of all components, in order. A cursor is the
  # number of a record: they are counted from 0 on.
  read @0 (cursor :UInt64, max :UInt32) -> (next :UInt64, dropped :UInt64,
                                            data :Data);
  # Records from cursor on as lines of text, as many as fit into max bytes; next
  # is the cursor to go on with, dropped how many records between are gone. No
  # data: nothing newer, if next is cursor.
  records @1 (cursor :UInt64, minLevel :KernelParams.LogLevel,
              componentPrefix :Text, max :UInt32)
          -> (next :UInt64, dropped :UInt64, entries :List(LogRecord));
  # At most max records from cursor on, as many as fit, of those that are at
  # least as severe as minLevel and whose component begins with the prefix.
  # dropped counts all that are gone between, whatever they were. No entries:
  # nothing newer, if next is cursor.
}

struct LogRecord {
  # One line of the log.
  number @0 :UInt64;
  # Its cursor.
  nanoseconds @1 :UInt64;
  # Since boot.
  level @2 :KernelParams.LogLevel;
  # How severe it is.
  component @3 :Text;
  # Who wrote it.
  text @4 :Text;
  # What it says, without a newline.
}

interface SystemInfo {
  # What runs, for people.
  processes @0 (after :UInt64) -> (entries :List(ProcessInfo));
  # Processes with an id above after, in order, as many as fit.
  version @1 () -> (version :Text, machine :Text);
  # The kernel's version and the back end it runs on.
  cpus @2 (start :UInt32) -> (entries :List(CpuInfo));
  # CPUs from number start on, as many as fit.
  heap @3 () -> (pages :UInt64);
  # Frames that the kernel's own structures lie in, whoever pays for these. They are
  # never packed, so how many there are depends on what came and went before.
}

struct ProcessInfo {
  # One line of ps.
  processId @0 :UInt64;
  # Never reused while the system runs.
  parentId @1 :UInt64;
  # Who spawned it; 0 is the kernel.
  name @2 :Text;
  # As given at spawn.
  threads @3 :UInt32;
  # Alive.
  caps @4 :UInt32;
  # Live slots.
  pages @5 :UInt64;
  # Frames charged to it.
  cpuNanoseconds @6 :UInt64;
  # Time spent running.
  state @7 :State;
  # What it is doing.
  enum State {
    running @0;
    # A thread of it is running or ready.
    waiting @1;
    # All threads wait.
    ending @2;
    # It is being taken apart.
  }
}

struct CpuInfo {
  # One CPU.
  number @0 :UInt32;
  # From 0 on.
  queued @1 :UInt32;
  # Threads that are ready and wait for it.
  busyNanoseconds @2 :UInt64;
  # Time in which it had a thread to run.
  idleNanoseconds @3 :UInt64;
  # Time since boot in which it had none.
  threadId @4 :UInt64;
  # Whom it runs; 0: nobody.
  processId @5 :UInt64;
  # Whose thread that is; 0: nobody's.
}

interface NotificationFactory {
  # Makes notifications.
  create @0 () -> (notification :Notification);
  # A new notification with no bit set.
}

interface Notification {
  # Bits that are set until somebody takes them: an event that needs no answer
  # and loses nothing but its number of times.
  signal @0 (bits :UInt64) -> ();
  # Sets the bits that are 1. Never waits.
  wait @1 () -> (bits :UInt64);
  # Takes all bits that are set, which are cleared; with none it waits. Of
  # several that wait, the first in line takes them.
}

interface RevokerFactory {
  # Makes revokers.
  create @0 () -> (revoker :Revoker);
  # A new revoker with nothing attached.
}

interface Revoker {
  # Takes back what was given through it.
  attach @0 (cap :AnyPointer) -> (cap :AnyPointer);
  # A second capability to the same object, which this revoker can take back with
  # all that comes of it: copies, what the kernel's objects gave through it,
  # mappings. It may be passed on as the one attached, which must be a copyable
  # one. A revoker that was used attaches nothing more.
  revoke @1 () -> ();
  # Ends all that was attached. When it completes, calls in flight through it have
  # ended disconnected, and memory mapped through it shows a frame of each holder's
  # own. Capabilities to it, wherever they are, name nothing any more. When the
  # last capability to a revoker goes, nothing is revoked.
}

interface SchedulingContextFactory {
  # Makes scheduling contexts.
  create @0 (weight :UInt32 = 1024, budget :UInt64, period :UInt64,
             notification :UInt64, bits :UInt64)
         -> (context :SchedulingContext);
  # A new one, charged to the caller with its weight, 16 to 65536. Its threads may
  # run for budget nanoseconds in each period of that length, on all CPUs
  # together; budget 0: as they get to it; period 0: until it is replenished by
  # hand. A budget is 0.1 ms to 100 s and no longer than its period, a period 1 ms
  # to 100 s. Whenever the budget is used up the Notification whose CapId is
  # notification (0: none) gets these bits. invalidArgument: anything else.
}

interface SchedulingContext {
  # What pays for the time that the threads bound to it run; they share its
  # weight. When nobody holds it any more, or a binding was made through a
  # capability that is revoked, they run on their process's ledger again.
  bind @0 (thread :UInt64) -> ();
  # Binds the thread whose ThreadHandle is that CapId of the caller's.
  # invalidArgument: it is none, or is bound already; disconnected: it has ended.
  bindProcess @1 (process :UInt64) -> ();
  # The same for all threads that the process has and will have, and for what it
  # spawns from now on. This goes before what its threads are bound to.
  unbind @2 () -> ();
  # Unbinds all.
  replenish @3 () -> ();
  # Makes the budget whole, and a period begin, now.
  limits @4 () -> (weight :UInt32, budget :UInt64, period :UInt64);
  # What it was made with.
  usage @5 () -> (left :Int64, used :UInt64, depletions :UInt64,
                  threads :UInt32);
  # Nanoseconds left in this period (below 0: run too much, which the next one
  # pays), and run on it ever; how often it was used up; threads that share it.
}

interface PowerControl {
  # The machine's switch.
  shutdown @0 (status :UInt32) -> ();
  # Stops the machine; the simulator and QEMU exit with that status (0 to 99).
  reboot @1 () -> ();
  # Starts the machine again.
}

interface TraceControl {
  # The kernel's trace: a record of each thing that happens in it.
  start @0 (name :Text) -> ();
  # Begins a trace, of that name where the machine has files (the simulator: a
  # name without "/" in its current directory). Ends one that runs. Its first
  # records name what lives already. invalidArgument: not such a name; failed:
  # the machine has nowhere to put a trace.
  stop @1 () -> ();
  # Ends the trace that runs, if any.
}

interface NullCap {
  # A capability that can do nothing: every call, of any method and form, is
  # answered with the exception unimplemented. To be granted where a program
  # expects a capability that it is not to have.
}

interface EntropySource {
  # Random bytes.
  fill @0 (bytes :UInt32) -> (data :Data);
  # That many, 1 to ENTROPY_BYTES_MAX (limits.h), from a generator that nobody
  # else can look into. invalidArgument: none or too many.
  quality @1 () -> (quality :EntropyQuality);
  # What the generator is fed with.
}

enum EntropyQuality {
  # Where randomness comes from in the end.
  guessable @0;
  # The machine has no source of it: the jitter of its clock was hashed.
  seeded @1;
  # The seed of a simulated run: it can be repeated, so it can be foretold.
  host @2;
  # The simulator's host.
  hardware @3;
  # The CPU's generator.
}

interface WallClock {
  # The time of day.
  now @0 () -> (nanoseconds :UInt64, provenance :WallProvenance);
  # UTC, nanoseconds since 1970; 0 if unset.
}

enum WallProvenance {
  # How the machine knows the time of day.
  unset @0;
  # It does not.
  rtc @1;
  # From the real-time clock of the machine, read at boot.
  host @2;
  # From the simulator's host, read at boot.
  simulated @3;
  # From a moment that the simulator's command line sets.
}

interface PipeFactory {
  # Makes pipes.
  create @0 (bytes :UInt32) -> (reader :PipeReader, writer :PipeWriter);
  # A new pipe, empty, that holds that many bytes: PIPE_BYTES_MIN to
  # PIPE_BYTES_MAX (limits.h), 0 for PIPE_BYTES_DEFAULT.
}

interface PipeReader {
  # The end of a pipe where bytes come out, in the order in which they went in.
  read @0 (max :UInt32) -> (data :Data);
  # Completes with 1 to max bytes as soon as any are there, with none when there
  # is no writer any more. Those who wait are served in turn. overloaded:
  # PIPE_WAITERS_MAX wait already. A read that is cancelled has taken nothing.
}

interface PipeWriter {
  # The end of a pipe where bytes go in.
  write @0 (data :Data) -> (written :UInt32);
  # Completes when the pipe has taken the first `written` bytes: all of up to
  # PIPE_ATOMIC_BYTES, which stay together; of more, as many as there is room
  # for, but no less than that. It waits for the room, and those who wait are
  # served in turn. disconnected: nobody can read any more. overloaded:
  # PIPE_WAITERS_MAX wait already. A write that is cancelled has put in nothing.
}

interface LogSinkFactory {
  # Makes the places that components write their logs to.
  mint @0 (component :Text, bytes :UInt32) -> (sink :LogSink);
  # The log of a component: 1 to 31 printable bytes without spaces, not
  # "kernel". It keeps the last `bytes` bytes of records: LOG_BYTES_MIN to
  # LOG_BYTES_MAX (limits.h), 0 for LOG_BYTES_DEFAULT; charged to the caller
  # until the last capability to it is gone, and what it holds goes with it.
}

interface LogSink {
  # Where one component writes its log.
  write @0 (level :KernelParams.LogLevel, text :Text) -> (kept :Bool);
  # Appends a record: the component's name and the time come from the kernel.
  # The oldest records of this log give way. kept is false if the system's log
  # level is less severe: there is no record then. Control characters become
  # '?'. invalidArgument: over LOG_TEXT_BYTES_MAX bytes.
}

interface SystemConfig {
  # What can be changed while the system runs.
  logLevel @0 () -> (level :KernelParams.LogLevel);
  # The least severe level that is logged.
  setLogLevel @1 (level :KernelParams.LogLevel) -> ();
  # Changes it, for the kernel and all components, from the next record on.
}

# ------------------------------------------------------------------- services

interface Echo {
  # The service of the IPC examples.
  add @0 (a :UInt64, b :UInt64) -> (sum :UInt64);
  # Travels in the ring entries.
  reverse @1 (text :Text) -> (text :Text);
  # Travels through memory.
  fail @2 (kind :CapException.Kind) -> ();
  # Raises an exception of that kind.
}

interface Folder {
  # The service of the example promise-pipelining: a tree of texts.
  open @0 (name :Text) -> (folder :Folder);
  # What has that name in it. failed: nothing has.
  read @1 (from :UInt64) -> (length :UInt64);
  # How much there is to read from there on; invalidArgument: nothing.
}

interface Tally {
  # A number that grows: what the example confused-deputy writes to.
  add @0 (amount :UInt64) -> (total :UInt64);
  # Adds to it.
}

interface Deputy {
  # A service that works for whoever asks, and writes where it is told to.
  work @0 (output :Tally, amount :UInt64) -> (total :UInt64);
  # Adds amount to output, which the client brings, and 1 to a bill of its own.
}

interface Fragile {
  # The service of the supervision examples: it breaks on demand.
  touch @0 () -> (calls :UInt64);
  # How often this instance was asked.
  times @1 () -> (started :UInt64, ready :UInt64);
  # When this instance began, and when it said that it was ready.
  exit @2 (code :Int64) -> ();
  # Ends the service with that code.
  fault @3 () -> ();
  # Ends the service by a fault.
  hold @4 () -> ();
  # Is never answered.
}

# ---------------------------------------------------------------- supervision

interface Directory {
  # The services that a program may reach, by the names that its manifest gives
  # them; every program has its own.
  lookup @0 (name :Text) -> (capability :AnyPointer, interfaceId :UInt64);
  # A new capability to what the program was granted under that name. Completes
  # when the service is ready. disconnected: it has ended and is not started
  # again; invalidArgument: no such name; overloaded: too many lookups wait.
}

interface Supervisor {
  # Who starts a service, as that service sees it.
  ready @0 () -> ();
  # The service can be called from now on. Saying so again changes nothing.
}

interface ServiceControl {
  # The services of the manifest, for who looks after them.
  list @0 (start :UInt32) -> (entries :List(ServiceInfo));
  # Services from number start on, as many as fit.
  restart @1 (name :Text) -> ();
  # Ends the service if it runs and starts it anew, without back-off; what it
  # failed before is forgotten. invalidArgument: no such service, or one that
  # is a step of a plan.
  stop @2 (name :Text) -> ();
  # Ends the service if it runs; it stays down until restart.
  open @3 (name :Text) -> (process :ProcessHandle);
  # The process that runs the service now. disconnected: there is none.
}

struct ServiceInfo {
  # One service of the manifest.
  name @0 :Text;
  # As in the manifest.
  state @1 :State;
  # What it is doing.
  processId @2 :UInt64;
  # Of the process that runs it; 0: none.
  restarts @3 :UInt32;
  # How often it was started again.
  backoffNanoseconds @4 :UInt64;
  # The delay before the last of these, or before the coming one.
  policy @5 :RestartPolicy.When;
  # When it is started again.
  enum State {
    idle @0;
    # Its turn has not come.
    waiting @1;
    # It waits for services that it needs.
    starting @2;
    # It runs and has not said that it is ready.
    ready @3;
    # It can be called.
    backoff @4;
    # It has ended and is started again after a delay.
    ended @5;
    # It has ended as it should, or is not to be started again.
    givenUp @6;
    # It has ended too often.
    stopped @7;
    # Somebody stopped it.
  }
}

interface Locker {
  # The service of the example capability-transfer: it keeps capabilities.
  put @0 (cap :AnyPointer) -> (number :UInt32, kept :UInt32);
  # Keeps it under a number; kept is how many it keeps now.
  get @1 (number :UInt32) -> (cap :AnyPointer);
  # Gives a copy of it.
  take @2 (number :UInt32) -> (cap :AnyPointer);
  # Gives it away.
  swap @3 (first :AnyPointer, second :AnyPointer)
      -> (first :AnyPointer, second :AnyPointer);
  # Gives both back, the other way round, and keeps none.
}

interface Bench {
  # What tests/bench measures: the server answers at once.
  none @0 () -> ();
  two @1 (a :UInt64, b :UInt64) -> (a :UInt64, b :UInt64);
  four @2 (a :UInt64, b :UInt64, c :UInt64, d :UInt64)
      -> (a :UInt64, b :UInt64, c :UInt64, d :UInt64);
  data @3 (data :Data) -> ();
  # Params through memory, an empty result in the entry.
  give @4 (cap :AnyPointer, keep :Bool) -> ();
  # A capability that comes along; it is released, or kept until drop.
  drop @5 () -> ();
  # Releases what was kept.
}

# ------------------------------------------------------------------- manifest

struct SystemManifest {
  # What a system is made of; tools/mkmanifest writes it.
  schemaVersion @0 :UInt32;
  # 1.
  binaries @1 :List(Binary);
  # The files of the boot package.
  initConfig @2 :InitConfig;
  # What init starts.
  kernelParams @3 :KernelParams;
  # What the kernel reads.
}

struct Binary {
  # One file of the boot package.
  name @0 :Text;
  # How it is found; at most 31 bytes.
  path @1 :Text;
  # Where mkboot takes it from, relative to the build directory.
  kind @2 :BootEntry.Kind;
  # What it is.
}

struct KernelParams {
  # What the kernel reads of the manifest.
  init @0 :Text;
  # The binary to start first.
  logLevel @1 :LogLevel;
  # Least severe level that is logged.
  terminal @2 :Terminal;
  # Which port init's console is on, where the machine has two.
  enum LogLevel {
    error @0;
    # The system or a part of it cannot go on.
    warning @1;
    # Something is wrong and was dealt with.
    info @2;
    # What a person wants to know of a boot.
    debug @3;
    # Everything.
  }
  enum Terminal {
    com1 @0;
    # Shared with the log.
    com2 @1;
    # Log on COM1, terminal on COM2.
  }
}

struct InitConfig {
  # What init reads of the manifest.
  services @0 :List(Service);
  # Started in this order.
  whenDone @1 :WhenDone;
  # What to do when every service that is waited for has ended.
  enum WhenDone {
    stay @0;
    # Keep running.
    shutdown @1;
    # Switch off; the status is the number of failures, at most 99.
  }
}

struct Service {
  # One program that init starts.
  name @0 :Text;
  # What ps shows.
  binary @1 :Text;
  # Its image in the boot package.
  args @2 :List(Text);
  # Arguments after the name.
  caps @3 :List(ServiceCap);
  # What it is granted.
  wait @4 :Bool;
  # True: start the next one only after this one has ended.
  expect @5 :ServiceEnd;
  # How it must end to count as a success, if waited for.
  limits @6 :ProcessLimits;
  # Its quotas.
  needs @7 :List(Text);
  # Services that must be ready before it starts, beside those that its
  # capabilities come from.
  exports @8 :List(ServiceExport);
  # What it offers to others.
  ready @9 :Bool;
  # True: it says when it can be called (Supervisor.ready). False: it can be as
  # soon as it runs.
  restart @10 :RestartPolicy;
  # Whether it is started again.
}

struct ServiceExport {
  # An endpoint that a service is born with; each instance gets a new one.
  name @0 :Text;
  # Of the owner end in the service's CapSet, and for clients.
  interfaceId @1 :UInt64;
  # The interface of its facets.
}

struct RestartPolicy {
  # When a service that has ended is started again. A delay comes before each
  # restart: the first one's is backoffFirst, and each restart within the window
  # doubles it, up to backoffMost.
  when @0 :When;
  # After which ends.
  backoffFirst @1 :UInt64;
  # Nanoseconds.
  backoffMost @2 :UInt64;
  # Nanoseconds.
  giveUpAfter @3 :UInt32;
  # So many restarts within the window are the last; 0: never given up.
  window @4 :UInt64;
  # Nanoseconds.
  enum When {
    never @0;
    # It ends once.
    onFailure @1;
    # After any end that is not the expected one.
    always @2;
    # After every end.
  }
}

struct ServiceCap {
  # A capability that a service is granted.
  name @0 :Text;
  # Its name in the service's CapSet.
  from :union {
    init @1 :Text;
    # A capability of init's own CapSet.
    endpoint @2 :Text;
    # The owner end of the endpoint of that name; init creates it.
    facet @3 :Text;
    # A client facet of the endpoint of that name.
    service @6 :Text;
    # A client facet of an export of the service of that name.
  }
  interfaceId @4 :UInt64;
  # The interface of a facet.
  tag @5 :UInt64;
  # The tag of a facet.
  export @7 :Text;
  # The name of the export, for one of a service.
}

struct ServiceEnd {
  # How a program must end.
  how @0 :ExitKind;
  # The way.
  code @1 :Int64;
  # The code.
}
