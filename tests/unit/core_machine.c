/* core_machine.c - the rest of the machine (core_machine.h). */
#include "core_machine.h"

#include <string.h>

const char *machine_input = "";
bool machine_input_ended;
jmp_buf machine_off;
void (*machine_meanwhile)(void);

static uint64_t entropy = 1;

/* ------------------------------------------------------------------- ledger */

struct ledger *machine_ledger(uint64_t frames)
{
    static struct ledger ledger;
    uint64_t limits[LEDGER_KINDS];

    for (uint32_t kind = 0; kind < LEDGER_KINDS; kind++) {
        limits[kind] = 1ull << 40;
    }
    limits[LEDGER_PAGES] = frames;
    limits[LEDGER_TABLES] = frames;
    limits[LEDGER_RINGS] = frames;
    ledger_init(&ledger, limits);
    return &ledger;
}

uint64_t machine_frames(const struct ledger *ledger)
{
    return ledger_used(ledger, LEDGER_PAGES) +
           ledger_used(ledger, LEDGER_TABLES) +
           ledger_used(ledger, LEDGER_RINGS);
}

uint64_t machine_charged(const struct ledger *ledger)
{
    uint64_t sum = 0;

    for (uint32_t kind = 0; kind < LEDGER_KINDS; kind++) {
        sum += ledger_used(ledger, kind);
    }
    return sum;
}

/* -------------------------------------------------------------------- ends */

_Noreturn void hal_power_off(uint32_t status)
{
    longjmp(machine_off, (int)status + 1);
}

_Noreturn void hal_reboot(void)
{
    longjmp(machine_off, 1000);
}

/* ---------------------------------------------------------- terminal, time */

enum hal_wall hal_time_page(struct time_page *page)
{
    page->wall_ns = MACHINE_WALL_NS; /* programs are played: no now_ns */
    return HAL_WALL_SIMULATED;
}

enum hal_entropy_source hal_entropy_source(void)
{
    return HAL_ENTROPY_SEEDED;
}

/* The next order; -1: there is none. */
static int64_t orders_read(char *bytes, size_t max)
{
    const char *order = fake_orders ? *fake_orders : NULL;

    if (!order) {
        return -1;
    }
    fake_orders++;
    memcpy(bytes, order, strnlen(order, max));
    return (int64_t)strnlen(order, max);
}

int64_t hal_console_read(enum hal_port port, void *bytes, size_t max)
{
    size_t length = strlen(machine_input);

    if (port == HAL_PORT_ORDERS) {
        return orders_read(bytes, max);
    }
    if (length == 0) {
        return machine_input_ended ? -1 : 0;
    }
    length = length < max ? length : max;
    memcpy(bytes, machine_input, length);
    machine_input += length;
    return (int64_t)length;
}

void hal_console_select(uint32_t port)
{
    (void)port;
}

void hal_time_arm(uint64_t deadline_ns)
{
    fake->armed_ns = deadline_ns;
}

void hal_time_disarm(void)
{
    fake->armed_ns = UINT64_MAX;
}

void hal_entropy(void *bytes, size_t size)
{
    unsigned char *byte = bytes;
    void (*meanwhile)(void) = machine_meanwhile;

    machine_meanwhile = NULL;
    if (meanwhile) {
        meanwhile();
    }
    while (size--) {
        entropy = entropy * 6364136223846793005ull + 1442695040888963407ull;
        *byte++ = (unsigned char)(entropy >> 56);
    }
}

/* ---------------------------------------------------------------- contexts */

void hal_context_init(struct hal_context *context, uint64_t entry,
                      uint64_t stack, uint64_t argument)
{
    *context = (struct hal_context){entry, stack, argument, 0, 0};
}

void hal_context_tls(struct hal_context *context, uint64_t base)
{
    context->tls = base;
}

uint64_t hal_space_gate(const struct hal_space *space)
{
    return space->base + 0x10;
}

void hal_space_image(struct hal_space *space, const char *name, uint64_t phys,
                     uint64_t bytes, uint64_t base)
{
    (void)space, (void)name, (void)phys, (void)bytes, (void)base;
}

/* ------------------------------------------------------------- user memory */

void *hal_user_view(struct hal_space *space, uint64_t va, uint32_t access,
                    size_t *bytes)
{
    size_t offset = va % PAGE_SIZE;
    size_t reach = 0;
    uint64_t phys = 0;

    while (reach < *bytes) {
        uint32_t protection;
        uint64_t next;

        if (!hal_space_query(space, va + reach, &next, &protection) ||
            !(protection & access) ||
            (reach != 0 && next != phys + offset + reach)) {
            break;
        }
        if (reach == 0) {
            phys = next;
        }
        reach += PAGE_SIZE - (va + reach) % PAGE_SIZE;
    }
    *bytes = reach < *bytes ? reach : *bytes;
    return reach == 0 ? NULL
                      : (char *)hal_phys_pointer(phys) + offset;
}

static int32_t user_copy(uint64_t va, char *kernel, size_t bytes,
                         uint32_t access)
{
    while (bytes) {
        size_t piece = bytes;
        void *user = fake->active ? hal_user_view(fake->active, va, access,
                                                 &piece)
                                 : NULL;

        if (!user) {
            return ERR_BAD_BUFFER;
        }
        if (access == HAL_READ) {
            memcpy(kernel, user, piece);
        } else {
            memcpy(user, kernel, piece);
        }
        va += piece;
        kernel += piece;
        bytes -= piece;
    }
    return 0;
}

int32_t hal_user_copy_in(void *to, uint64_t va, size_t bytes)
{
    return user_copy(va, to, bytes, HAL_READ);
}

int32_t hal_user_copy_out(uint64_t va, const void *from, size_t bytes)
{
    return user_copy(va, (char *)(uintptr_t)from, bytes, HAL_WRITE);
}
