/*
 * acpi.c - the few ACPI tables that the kernel reads: MADT for the interrupt
 * controllers, FADT and DSDT for timer, power-off and reset, HPET.
 *
 * Every table is checked for length and sum before it is believed; addresses
 * are mapped read-only as they are met. What is missing gets the defaults of
 * a PC, with a line in the log.
 */
#include "internal.h"

#include "x86.h"

#define TABLE_BYTES_MAX (4u << 20)
#define LAPIC_DEFAULT UINT64_C(0xfee00000)
#define IOAPIC_DEFAULT UINT64_C(0xfec00000)

struct rsdp {
    char signature[8];
    uint8_t sum;
    char oem[6];
    uint8_t revision;
    uint32_t rsdt;
    uint32_t length; /* from revision 2 on */
    uint64_t xsdt;
    uint8_t sum_extended;
    uint8_t reserved[3];
} __attribute__((packed));

struct table {
    char signature[4];
    uint32_t length;
    uint8_t revision;
    uint8_t sum;
    char oem[26];
};

struct address { /* generic address structure, ACPI 5.2.3.2 */
    uint8_t space;
    uint8_t bits;
    uint8_t offset;
    uint8_t access;
    uint64_t address;
} __attribute__((packed));

/* Offsets in tables (ACPI 6.4: 5.2.9 FADT, 5.2.12 MADT; HPET 1.0a 3.2.4). */
enum {
    FADT_DSDT = 40,
    FADT_PM1A = 64,
    FADT_PM1B = 68,
    FADT_TIMER = 76,
    FADT_FLAGS = 112,
    FADT_RESET = 116,
    FADT_RESET_VALUE = 128,
    FADT_DSDT_WIDE = 140,
    MADT_LAPIC = 36,
    MADT_ENTRIES = 44,
    HPET_ADDRESS = 40,
};

#define MADT_CPU_ENABLED 1u
#define MADT_ID_MAX 254u /* 255 is everybody's */
#define FADT_RESET_SUPPORTED (1u << 10)
#define FADT_TIMER_WIDE (1u << 8)

_Static_assert(sizeof(struct rsdp) == 36, "ACPI 5.2.5.3");
_Static_assert(sizeof(struct table) == 36, "ACPI 5.2.6");

struct x86_acpi x86_acpi;

static uint8_t sum(const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    uint8_t total = 0;

    while (size-- > 0) {
        total = (uint8_t)(total + *at++);
    }
    return total;
}

/* A field of a table that is long enough to have it, else 0. */
static uint64_t field(const struct table *table, uint32_t offset,
                      uint32_t bytes)
{
    uint64_t value = 0;

    if (offset + bytes <= table->length) {
        memcpy(&value, (const char *)table + offset, bytes);
    }
    return value;
}

static const struct table *table_at(uint64_t phys)
{
    const struct table *table;

    if (phys == 0 || phys >> 46 != 0) {
        return NULL;
    }
    table = x86_paging_firmware(phys, sizeof(*table));
    if (table->length < sizeof(*table) || table->length > TABLE_BYTES_MAX) {
        return NULL;
    }
    (void)x86_paging_firmware(phys, table->length);
    return sum(table, table->length) == 0 ? table : NULL;
}

/* ------------------------------------------------------------------- root */

static bool rsdp_valid(const struct rsdp *rsdp)
{
    return memcmp(rsdp->signature, "RSD PTR ", 8) == 0 && sum(rsdp, 20) == 0;
}

/* The BIOS's places: first KiB of the EBDA, then 0xe0000 to 0xfffff. */
static bool rsdp_search(struct rsdp *rsdp, uint64_t phys, uint64_t bytes)
{
    const char *area = x86_paging_firmware(phys, bytes);

    for (uint64_t at = 0; at + sizeof(*rsdp) <= bytes; at += 16) {
        if (rsdp_valid((const struct rsdp *)(area + at))) {
            memcpy(rsdp, area + at, sizeof(*rsdp));
            return true;
        }
    }
    return false;
}

static bool rsdp_find(struct rsdp *rsdp, const struct x86_boot_info *info)
{
    memset(rsdp, 0, sizeof(*rsdp));
    if (info->rsdp_bytes >= 20) {
        memcpy(rsdp, info->rsdp, info->rsdp_bytes);
        return rsdp_valid(rsdp);
    }
    if (info->rsdp_phys != 0 && info->rsdp_phys >> 46 == 0) {
        memcpy(rsdp, x86_paging_firmware(info->rsdp_phys, sizeof(*rsdp)),
               sizeof(*rsdp));
        if (rsdp_valid(rsdp)) {
            return true;
        }
    }
    return rsdp_search(rsdp, 0xe0000, 0x20000) ||
           rsdp_search(rsdp, 0x9fc00, 0x400);
}

static const struct table *table_find(const struct rsdp *rsdp,
                                      const char *signature)
{
    bool wide = rsdp->revision >= 2 && rsdp->xsdt != 0;
    const struct table *root = table_at(wide ? rsdp->xsdt : rsdp->rsdt);
    uint32_t entry_bytes = wide ? 8 : 4;

    if (root == NULL) {
        return NULL;
    }
    for (uint32_t at = sizeof(*root); at + entry_bytes <= root->length;
         at += entry_bytes) {
        const struct table *table = table_at(field(root, at, entry_bytes));

        if (table != NULL && memcmp(table->signature, signature, 4) == 0) {
            return table;
        }
    }
    return NULL;
}

/* ------------------------------------------------------------------- MADT */

/* Entry type 2: an ISA interrupt that is not what it is by default. */
static void override_read(const uint8_t *entry)
{
    uint32_t isa = entry[3];
    uint16_t flags = (uint16_t)(entry[8] | entry[9] << 8);

    if (isa < 16) {
        memcpy(&x86_acpi.isa[isa].gsi, entry + 4, 4);
        x86_acpi.isa[isa].low = (flags & 3) == 3;
        x86_acpi.isa[isa].level = (flags >> 2 & 3) == 3;
    }
}

/* A CPU, enabled or only a place for one. Ids above are x2APIC's alone. */
static void cpu_add(uint32_t apic_id, uint32_t flags)
{
    if (!(flags & MADT_CPU_ENABLED)) {
        return;
    }
    x86_acpi.cpus++;
    if (apic_id <= MADT_ID_MAX && x86_acpi.cpus_kept < LIMIT_CPUS) {
        x86_acpi.cpu[x86_acpi.cpus_kept++] = (uint8_t)apic_id;
    }
}

/* Entry type 9: a CPU with a wide id. */
static void cpu_wide_read(const uint8_t *entry)
{
    uint32_t apic_id, flags;

    memcpy(&apic_id, entry + 4, 4);
    memcpy(&flags, entry + 8, 4);
    cpu_add(apic_id, flags);
}

static void madt_entry_read(const uint8_t *entry)
{
    uint32_t first, phys;

    if (entry[0] == 0 && entry[1] >= 8) {
        cpu_add(entry[3], entry[4]);
    } else if (entry[0] == 9 && entry[1] >= 16) {
        cpu_wide_read(entry);
    } else if (entry[0] == 1 && entry[1] >= 12) {
        memcpy(&phys, entry + 4, 4);
        memcpy(&first, entry + 8, 4);
        if (first == 0 || x86_acpi.ioapic_phys == 0) {
            x86_acpi.ioapic_phys = phys;
            x86_acpi.ioapic_gsi = first;
        }
    } else if (entry[0] == 2 && entry[1] >= 10) {
        override_read(entry);
    } else if (entry[0] == 5 && entry[1] >= 12) {
        memcpy(&x86_acpi.lapic_phys, entry + 4, 8);
    }
}

static void madt_read(const struct table *madt)
{
    const uint8_t *start = (const uint8_t *)madt;

    x86_acpi.madt = true;
    x86_acpi.lapic_phys = field(madt, MADT_LAPIC, 4);
    for (uint32_t at = MADT_ENTRIES; at + 2 <= madt->length;) {
        uint32_t bytes = start[at + 1];

        if (bytes < 2 || bytes > madt->length - at) {
            break;
        }
        madt_entry_read(start + at);
        at += bytes;
    }
}

/* ------------------------------------------------------------- FADT, DSDT */

/*
 * Finds Name(_S5_, Package(){a, b, ...}) by its bytes, without an interpreter
 * of AML: NameOp, name, PackageOp, length, count, then two small integers.
 */
static void sleep_find(const struct table *dsdt)
{
    const uint8_t *at = (const uint8_t *)dsdt + sizeof(*dsdt);
    const uint8_t *end = (const uint8_t *)dsdt + dsdt->length;
    uint8_t values[2];

    for (; end - at > 20; at++) {
        if (memcmp(at, "_S5_\x12", 5) == 0) {
            break;
        }
    }
    if (end - at <= 20) {
        return;
    }
    at += 5;
    at += (*at >> 6) + 1; /* package length, 1 to 4 bytes */
    at++;                 /* count of elements */
    for (uint32_t i = 0; i < 2; i++) {
        if (*at == 0x0a) { /* BytePrefix */
            at++;
        }
        values[i] = *at++;
    }
    x86_acpi.sleep_known = true;
    x86_acpi.sleep_a = values[0] & 7;
    x86_acpi.sleep_b = values[1] & 7;
}

static void reset_read(const struct table *fadt)
{
    struct address reset;

    x86_acpi.reset_space = 0xff;
    if (!(field(fadt, FADT_FLAGS, 4) & FADT_RESET_SUPPORTED) ||
        fadt->length <= FADT_RESET_VALUE) {
        return;
    }
    memcpy(&reset, (const char *)fadt + FADT_RESET, sizeof(reset));
    if (reset.space == 0 && reset.address >> 46 == 0) {
        x86_acpi.reset_space = 0;
        x86_acpi.reset_address =
            (uint64_t)x86_paging_device(reset.address, 1);
    } else if (reset.space == 1 && reset.address <= UINT16_MAX) {
        x86_acpi.reset_space = 1;
        x86_acpi.reset_address = reset.address;
    }
    x86_acpi.reset_value = (uint8_t)field(fadt, FADT_RESET_VALUE, 1);
}

static void fadt_read(const struct table *fadt)
{
    uint64_t dsdt_phys = field(fadt, FADT_DSDT_WIDE, 8);
    const struct table *dsdt;

    if (dsdt_phys == 0) {
        dsdt_phys = field(fadt, FADT_DSDT, 4);
    }
    x86_acpi.pm_timer = (uint16_t)field(fadt, FADT_TIMER, 4);
    x86_acpi.pm_timer_wide = field(fadt, FADT_FLAGS, 4) & FADT_TIMER_WIDE;
    x86_acpi.pm1a_control = (uint16_t)field(fadt, FADT_PM1A, 4);
    x86_acpi.pm1b_control = (uint16_t)field(fadt, FADT_PM1B, 4);
    reset_read(fadt);
    dsdt = table_at(dsdt_phys);
    if (dsdt != NULL) {
        sleep_find(dsdt);
    }
}

static void hpet_read(const struct table *hpet)
{
    struct address base;

    if (hpet->length >= HPET_ADDRESS + sizeof(base)) {
        memcpy(&base, (const char *)hpet + HPET_ADDRESS, sizeof(base));
        x86_acpi.hpet_phys =
            base.space == 0 && base.address >> 46 == 0 ? base.address : 0;
    }
}

static void defaults(void)
{
    if (x86_acpi.lapic_phys == 0) {
        x86_acpi.lapic_phys = LAPIC_DEFAULT;
    }
    if (x86_acpi.ioapic_phys == 0) {
        x86_acpi.ioapic_phys = IOAPIC_DEFAULT;
    }
    if (x86_acpi.cpus == 0) {
        x86_acpi.cpus = 1;
    }
}

void x86_acpi_init(const struct x86_boot_info *info)
{
    struct rsdp rsdp;
    const struct table *table;

    x86_acpi.reset_space = 0xff;
    for (uint32_t i = 0; i < 16; i++) {
        x86_acpi.isa[i].gsi = i;
    }
    if (!rsdp_find(&rsdp, info)) {
        x86_log("no ACPI: assuming a PC's interrupt controllers");
        defaults();
        return;
    }
    table = table_find(&rsdp, "APIC");
    if (table != NULL) {
        madt_read(table);
    } else {
        x86_log("no MADT: assuming a PC's interrupt controllers");
    }
    table = table_find(&rsdp, "FACP");
    if (table != NULL) {
        fadt_read(table);
    }
    table = table_find(&rsdp, "HPET");
    if (table != NULL) {
        hpet_read(table);
    }
    defaults();
}
