/*
 * hal.h - the boundary between the portable kernel and the machine.
 *
 * Two back ends implement it: src/hal-sim (a Linux process) and src/hal-x86.
 * One conformance test runs against both. The machine's own types (struct
 * hal_context, struct hal_space) and the inline functions come from
 * hal_machine.h, found by -I; the declarations here come first, so the compiler
 * checks the back end against them.
 *
 * Rules. Core runs on the CPU's own stack with interrupts off, from the start
 * of a core_on_* to its return, and never waits inside. The back end then
 * resumes the context that hal_user_resume named last. Unless a comment says
 * otherwise a function may be called from any core_on_* on any CPU, with any
 * lock held, and does not block. Calls on one space or context do not overlap,
 * the core sees to that (a space's lock is held, except for init and fini);
 * for everything else the back end keeps order among the CPUs itself. Addresses:
 * phys is an offset in physical memory, va a user address, a pointer is kernel
 * memory. Errors are those of errors.h.
 */
#ifndef CAPOS_CORE_HAL_H
#define CAPOS_CORE_HAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "errors.h"
#include "limits.h"
#include "time_page.h"
#include "trace.h"

#define HAL_VERSION 1u
#define HAL_RANGES_MAX 32u
#define HAL_NO_FRAME UINT64_MAX

struct hal_context; /* saved user registers of a thread */
struct hal_space;   /* an address space as the machine has it */

struct hal_range {
    uint64_t phys;
    uint64_t bytes;
};

/* What the machine tells the core at boot; valid until core_on_boot returns. */
struct hal_boot {
    uint32_t version; /* HAL_VERSION */
    uint32_t cpus;
    const char *machine; /* one line for people; stays valid */
    uint32_t ranges;     /* free memory only: page-aligned, ascending */
    struct hal_range memory[HAL_RANGES_MAX];
    struct hal_range package; /* the boot package; bytes 0: none was given */
    const char *inject; /* for debug kernels (check/inject.h); NULL: nothing */
};

enum hal_port {
    HAL_PORT_LOG = 0,
    HAL_PORT_TERMINAL = 1,
    HAL_PORT_ORDERS = 2, /* of whoever tests the kernel; is only read */
};

/*
 * Protection of a mapping; write and execute together are never asked for.
 * hal_space_map and hal_space_protect with protection 0 keep the frame and
 * allow no access; hal_space_query still reports it.
 */
enum hal_protection {
    HAL_READ = 1,
    HAL_WRITE = 2,
    HAL_EXECUTE = 4,
};

enum hal_irq {
    HAL_IRQ_TERMINAL = 0,  /* hal_console_read has something, or end of file */
    HAL_IRQ_ATTENTION = 1, /* another CPU called hal_cpu_interrupt */
};

/* Vectors 0 to 31 are the CPU's (SDM 3A 6.3.1). */
#define HAL_FAULT_GATE 256u /* a system call from elsewhere than the gate */

struct hal_fault {
    uint32_t vector;
    uint32_t error;   /* as the CPU pushes it, 0 where it does not */
    uint64_t ip;      /* user instruction */
    uint64_t address; /* CR2 for vector 14, else 0 */
};

/* ------------------------------------------------------- start, end, console */

/* Writes bytes to a port, all of them, waiting for the device if need be. */
void hal_console_write(enum hal_port port, const void *bytes, size_t size);

/*
 * Takes up to max received bytes from the terminal. Returns how many, 0 when
 * none are there, -1 at end of file. Less than max arms HAL_IRQ_TERMINAL for
 * when there is more.
 *
 * From the port of orders: stands still until it is told what comes next, a line,
 * for check/inject.h. The line may be for a copy of the machine, which goes on from
 * here with everything as it is, and ends some day; this one stands on until then.
 * -1: nobody gives orders.
 */
int64_t hal_console_read(enum hal_port port, void *bytes, size_t max);

/* Puts the terminal on the first (0) or second (1) port, where there are two. */
void hal_console_select(uint32_t port);

/* Stops the machine for good; status 0 to 99 reaches whoever started it. */
_Noreturn void hal_power_off(uint32_t status);

/* Starts the machine again. */
_Noreturn void hal_reboot(void);

/* After a broken invariant: registers, symbolised backtrace, stop. */
_Noreturn void hal_stop(const char *reason);

/* ---------------------------------------------------------------------- CPU */

/* This CPU's number, 0 to cpus - 1. */
static inline uint32_t hal_cpu_self(void);

/*
 * To be called in every spin, also the back end's own: answers what other CPUs
 * ask of this one (hal_tlb_flush). In lockstep another CPU runs meanwhile.
 */
static inline void hal_cpu_relax(void);

/*
 * True if no other CPU does anything until this one has left the kernel or calls
 * hal_cpu_relax: the simulator's lockstep. For debug checks that look at
 * everything.
 */
static inline bool hal_cpu_lockstep(void);

/*
 * Makes another CPU, which has called core_on_cpu, call
 * core_on_irq(HAL_IRQ_ATTENTION) soon, whether it idles, runs user code or is in
 * the kernel (then after it has left). Several requests may become one.
 */
void hal_cpu_interrupt(uint32_t cpu);

/*
 * True if an interrupt waits to be delivered to this CPU. Cheap: long work asks
 * it between chunks and, if true, returns to be continued later.
 */
static inline bool hal_irq_pending(void);

/* --------------------------------------------------------------------- time */

/* Nanoseconds since boot; never goes back, and is not 0 once programs run. */
uint64_t hal_time_now(void);

/* How the machine knows the time of day; the values of WallProvenance. */
enum hal_wall {
    HAL_WALL_UNSET = 0,
    HAL_WALL_RTC = 1,
    HAL_WALL_HOST = 2,
    HAL_WALL_SIMULATED = 3,
};

/*
 * Keeps hal_time_now in the page (abi/time_page.h: counter and what belongs to
 * it, or now_ns), which is zeroed and stays. What a program reads there is never
 * less than what hal_time_now returned before the kernel was left. Sets wall_ns
 * to the UTC of the moment when hal_time_now was 0, or 0 if it is unset; returns
 * how it is known. Once, at boot.
 */
enum hal_wall hal_time_page(struct time_page *page);

/*
 * Asks for one core_on_tick on this CPU at or after deadline_ns, instead of
 * whatever was asked before. A deadline in the past ticks at once.
 */
void hal_time_arm(uint64_t deadline_ns);

/* Forgets the deadline. A tick already on its way may still come. */
void hal_time_disarm(void);

/* Tells the simulated clock of units of work done (drained SQEs). */
static inline void hal_time_work(uint32_t units);

/* ------------------------------------------------------------- user contexts */

/*
 * Makes a context that starts at entry with rdi = argument, rsp = stack, all
 * other registers 0, MXCSR and x87 at their defaults, no TLS base.
 */
void hal_context_init(struct hal_context *context, uint64_t entry,
                      uint64_t stack, uint64_t argument);

/* Sets what the gate will return in this context, which is in a system call. */
static inline void hal_context_result(struct hal_context *context,
                                      int64_t result);

/* Sets the FS base of a context, current or not. */
void hal_context_tls(struct hal_context *context, uint64_t base);

/*
 * The context to resume on this CPU when core_on_* returns; NULL to idle. Its
 * space must be the active one by then. The context must stay valid as long.
 */
static inline void hal_user_resume(struct hal_context *context);

/* ------------------------------------------------------------ address spaces */

/*
 * Makes an empty space with a window of its own. root is a frame for the
 * machine's root table; hal_space_fini gives it back to the caller, who
 * remembers it. ERR_OVERLOADED: no window free.
 */
int32_t hal_space_init(struct hal_space *space, uint64_t root);

/* Ends a space that is empty, active nowhere, and had its tables taken. */
void hal_space_fini(struct hal_space *space);

/* First address and size in bytes of the space's window. */
static inline uint64_t hal_space_base(const struct hal_space *space);
static inline uint64_t hal_space_size(const struct hal_space *space);

/* The user address of the gate, the same for the life of the space. */
uint64_t hal_space_gate(const struct hal_space *space);

/*
 * How many frames the space still needs, beyond those given, before pages at va
 * can be mapped without fail. 0: hal_space_map will find its tables.
 */
uint32_t hal_space_tables(const struct hal_space *space, uint64_t va,
                          uint64_t pages);

/* Gives the space a frame for its tables. */
void hal_space_give(struct hal_space *space, uint64_t phys);

/*
 * Takes back a frame that no mapping needs: first those never used, then tables
 * of ranges where nothing is mapped. HAL_NO_FRAME: none left.
 */
uint64_t hal_space_take(struct hal_space *space);

/*
 * Maps pages of contiguous physical memory at va, where nothing is mapped,
 * inside the window, tables being there. ERR_OVERLOADED: the simulator's host
 * has no mapping left; nothing is mapped then.
 */
int32_t hal_space_map(struct hal_space *space, uint64_t va, uint64_t phys,
                      uint64_t pages, uint32_t protection);

/* Unmaps pages; those not mapped are passed over. */
void hal_space_unmap(struct hal_space *space, uint64_t va, uint64_t pages);

/* Changes the protection of mapped pages; not mapped ones are passed over. */
void hal_space_protect(struct hal_space *space, uint64_t va, uint64_t pages,
                       uint32_t protection);

/*
 * Shows the one frame at phys in each of the pages, which are all mapped, instead
 * of what they showed, with the protection that each has. At no moment is one of
 * them not mapped. What a program writes there it may find in other such pages, or
 * not. Other CPUs have to be flushed as after unmap.
 */
void hal_space_cover(struct hal_space *space, uint64_t va, uint64_t pages,
                     uint64_t phys);

/* True if va is mapped: then *phys is its frame and *protection how. */
bool hal_space_query(const struct hal_space *space, uint64_t va,
                     uint64_t *phys, uint32_t *protection);

/*
 * Waits until the CPUs of the mask (bit n: CPU n, never this one) use no mapping
 * of the space any more that was changed or removed before this call. Unmap and
 * protect see to this CPU only. Other CPUs answer in user code, idle, on the way
 * out of the kernel, and in hal_cpu_relax; so locks may be held. Meanwhile this
 * CPU answers too.
 */
void hal_tlb_flush(struct hal_space *space, uint64_t cpus);

/* Makes the space the one that user addresses mean on this CPU; NULL: none. */
static inline void hal_space_activate(struct hal_space *space);

/*
 * Tells debuggers that the program image at phys will be mapped at base, before
 * its segments are. The simulator may map its text from an equal file.
 */
void hal_space_image(struct hal_space *space, const char *name, uint64_t phys,
                     uint64_t bytes, uint64_t base);

/* --------------------------------------------------------------- user memory */

/*
 * Copies between kernel memory and the active space. ERR_BAD_BUFFER: outside of
 * the window, or not mapped with the needed protection; the destination is then
 * unspecified.
 */
int32_t hal_user_copy_in(void *to, uint64_t va, size_t bytes);
int32_t hal_user_copy_out(uint64_t va, const void *from, size_t bytes);

/*
 * Where the kernel can reach va of any space, now. access is HAL_READ or
 * HAL_WRITE. On return *bytes is reduced to what is reachable at one piece.
 * NULL: not mapped so. Valid until the mapping changes.
 */
void *hal_user_view(struct hal_space *space, uint64_t va, uint32_t access,
                    size_t *bytes);

/* ----------------------------------------------------------- physical memory */

/*
 * Where the kernel reaches a frame of hal_boot's memory or of the package;
 * contiguous over frames that are contiguous in one range.
 */
static inline void *hal_phys_pointer(uint64_t phys);

/* -------------------------------------------------------------------- others */

/* Fills bytes with randomness (from the seed, in the simulator's lockstep). */
void hal_entropy(void *bytes, size_t size);

/* Where that comes from; the values of EntropyQuality. Constant. */
enum hal_entropy_source {
    HAL_ENTROPY_GUESSABLE = 0, /* a hash of the clock's jitter */
    HAL_ENTROPY_SEEDED = 1,
    HAL_ENTROPY_HOST = 2,
    HAL_ENTROPY_HARDWARE = 3,
};
enum hal_entropy_source hal_entropy_source(void);

/*
 * Begins a trace, of the name where the machine has files; ends one that runs.
 * ERR_NOT_FOUND: the machine has nowhere to put it. ERR_INVALID: not that name.
 */
int32_t hal_trace_start(const char *name);

/* Ends the trace that runs, if any. */
void hal_trace_stop(void);

/* True if hal_trace does something. */
static inline bool hal_trace_enabled(void);

/* Appends a record to the trace; fills in time and CPU. */
void hal_trace(enum trace_kind kind, uint32_t thread, uint64_t a, uint64_t b);

/* ------------------------------------------------------------ calls into core */

/* Once, on CPU 0, before anything else. */
void core_on_boot(const struct hal_boot *boot);

/*
 * Once on each other CPU, when core_on_boot has returned on CPU 0; terminal
 * interrupts go to CPU 0 all the same.
 */
void core_on_cpu(void);

/* The current context called the gate. */
void core_on_syscall(uint64_t number, uint64_t a0, uint64_t a1);

/* The deadline of hal_time_arm passed (or did not: look at the clock). */
void core_on_tick(void);

/* A device or another CPU wants attention. */
void core_on_irq(enum hal_irq line);

/* The current context did something that it cannot go on from. */
void core_on_fault(const struct hal_fault *fault);

#include "hal_machine.h"

#endif
