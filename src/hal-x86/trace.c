/*
 * trace.c - writes the trace (src/abi/trace.h) to where an emulator puts it in a
 * file: memory that it shares with the guest (QEMU: ivshmem-plain), or, if there
 * is none, the debug port 0xe9 (isa-debugcon), which is slow.
 *
 * Shared memory is the file as it will be; `reserved` in its head holds the
 * bytes of records behind it, for who cuts the file off there (tools/run-qemu).
 * A trace that is begun again overwrites the one before. One lock makes records
 * whole and puts them in the order of their times.
 */
#include "internal.h"

#include "x86.h"

#define SHARED_VENDOR 0x1af4u
#define SHARED_DEVICE 0x1110u
#define SHARED_BAR 2u

/* Reads as its own number where it is there. */
#define DEBUG_PORT 0xe9u

bool hal_x86_trace_enabled;

static struct port_lock lock;
static struct trace_file *shared; /* the memory, NULL: none */
static uint64_t room;             /* for records in it */
static bool port;                 /* the debug port is there */

static void enable(bool on)
{
    __atomic_store_n(&hal_x86_trace_enabled, on, __ATOMIC_RELAXED);
}

static void shared_find(void)
{
    uint64_t phys, bytes;
    uint32_t device;

    if (!x86_pci_find(SHARED_VENDOR, SHARED_DEVICE, &device)) {
        return;
    }
    phys = x86_pci_memory(device, SHARED_BAR, &bytes);
    if (phys != 0 && bytes > sizeof(*shared) && bytes < X86_PHYS_LIMIT &&
        phys < X86_PHYS_LIMIT - bytes) {
        (void)x86_paging_device(phys, bytes);
        shared = hal_phys_pointer(phys);
        room = bytes - sizeof(*shared);
    }
}

void x86_trace_init(bool from_boot)
{
    shared_find();
    port = x86_in8(DEBUG_PORT) == DEBUG_PORT;
    if (from_boot && hal_trace_start("") != 0) {
        x86_log("no trace: the machine has no place for one");
    }
}

void x86_trace_drain(void)
{
    port_lock_release(&lock, port_lock_acquire(&lock));
}

static void port_write(const void *bytes, size_t size)
{
    __asm__ volatile("rep outsb"
                     : "+S"(bytes), "+c"(size)
                     : "d"(DEBUG_PORT)
                     : "memory");
}

int32_t hal_trace_start(const char *name)
{
    const struct trace_file head = {
        .magic = TRACE_MAGIC,
        .version = TRACE_VERSION,
        .record_bytes = sizeof(struct trace_record),
    };
    bool taken;

    (void)name; /* there is one place only */
    if (shared == NULL && !port) {
        return ERR_NOT_FOUND;
    }
    taken = port_lock_acquire(&lock);
    if (shared != NULL) {
        *shared = head;
    } else {
        port_write(&head, sizeof(head));
    }
    enable(true);
    port_lock_release(&lock, taken);
    return 0;
}

void hal_trace_stop(void)
{
    enable(false);
}

/* False: the memory is full. */
static bool record_write(const struct trace_record *record)
{
    uint64_t used;

    if (shared == NULL) {
        port_write(record, sizeof(*record));
        return true;
    }
    used = shared->reserved;
    if (used + sizeof(*record) > room) {
        return false;
    }
    memcpy((char *)(shared + 1) + used, record, sizeof(*record));
    __atomic_store_n(&shared->reserved, used + sizeof(*record),
                     __ATOMIC_RELEASE);
    return true;
}

void hal_trace(enum trace_kind kind, uint32_t thread, uint64_t a, uint64_t b)
{
    struct trace_record record = {
        .kind = (uint16_t)kind,
        .cpu = (uint16_t)hal_cpu_self(),
        .thread = thread,
        .a = a,
        .b = b,
    };
    bool full, taken;

    if (!hal_trace_enabled()) {
        return;
    }
    taken = port_lock_acquire(&lock);
    record.time_ns = hal_time_now();
    full = hal_trace_enabled() && !record_write(&record);
    if (full) {
        enable(false);
    }
    port_lock_release(&lock, taken);
    if (full) {
        x86_log("the trace is full and ends here");
    }
}
