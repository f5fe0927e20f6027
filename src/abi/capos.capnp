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
}

struct Grant {
  # A capability and the name under which the child finds it.
  name @0 :Text;
  # At most 31 bytes, unique within the CapSet.
  cap @1 :UInt64;
  # CapId in the caller's table.
}

struct ProcessLimits {
  # What a process may hold at most.
  pages @0 :UInt64;
  # Frames: anonymous memory, memory objects, stacks, rings, page tables.
  threads @1 :UInt32;
  # Threads alive at a time.
  caps @2 :UInt32;
  # Slots of its capability table.
  processes @3 :UInt32;
  # Children alive at a time.
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
             cqEntries :UInt32, weight :UInt32 = 1024, cpuHint :UInt32)
         -> (thread :ThreadHandle, threadId :UInt64);
  # Starts a thread at entry with rdi = its start block. The stack is the
  # program's own memory. cpuHint is the number + 1 of the CPU where it runs
  # best, 0 for any: the kernel goes by it while that CPU has nothing else to do.
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
}

interface EndpointFactory {
  # Makes endpoints.
  create @0 () -> (endpoint :Endpoint);
  # A new endpoint, the caller being its owner.
}

interface Endpoint {
  # The owner end of a service: RECV (ring.h) arms it, facets are its clients.
  mint @0 (tag :UInt64, interfaceId :UInt64, queueLimit :UInt32)
      -> (facet :AnyPointer);
  # A new facet: a capability that may only be called. Its calls carry tag. At
  # most queueLimit calls wait on it (0: the kernel's default); further ones
  # get overloaded.
  close @1 (tag :UInt64) -> (closed :UInt32);
  # Closes all facets with that tag: their calls, queued or in flight, end
  # disconnected. Returns how many facets it closed.
}

interface LogReader {
  # The kernel's log.
  read @0 (cursor :UInt64, max :UInt32) -> (next :UInt64, dropped :UInt64,
                                            data :Data);
  # Bytes from cursor on (0: from the oldest); next is the cursor to go on with,
  # dropped how many bytes between were overwritten. No data: nothing newer.
}

interface SystemInfo {
  # What runs, for people.
  processes @0 (after :UInt64) -> (entries :List(ProcessInfo));
  # Processes with an id above after, in order, as many as fit.
  version @1 () -> (version :Text, machine :Text);
  # The kernel's version and the back end it runs on.
  cpus @2 (start :UInt32) -> (entries :List(CpuInfo));
  # CPUs from number start on, as many as fit.
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
  }
  interfaceId @4 :UInt64;
  # The interface of a facet.
  tag @5 :UInt64;
  # The tag of a facet.
}

struct ServiceEnd {
  # How a program must end.
  how @0 :ExitKind;
  # The way.
  code @1 :Int64;
  # The code.
}
