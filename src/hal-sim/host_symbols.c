/*
 * host_symbols.c - names of functions, from the symbol table of an ELF file.
 *
 * Used by panics only, for the simulator itself and for programs, so it is
 * slow and simple: it reads what it needs with pread every time.
 */
#include <linux/elf.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "host.h"
#include "sim.h"

#define SYMBOLS_AT_ONCE 128u

struct best {
    uint64_t value;
    uint64_t name;
    bool found;
};

static bool read_at(int file, uint64_t offset, void *to, size_t size)
{
    return pread(file, to, size, (off_t)offset) == (ssize_t)size;
}

static void consider(struct best *best, const Elf64_Sym *symbol,
                     uint64_t address)
{
    if (ELF64_ST_TYPE(symbol->st_info) == STT_FUNC &&
        symbol->st_value <= address && symbol->st_shndx != SHN_UNDEF &&
        address - symbol->st_value <= symbol->st_size &&
        (!best->found || symbol->st_value > best->value)) {
        best->found = true;
        best->value = symbol->st_value;
        best->name = symbol->st_name;
    }
}

static void search(int file, const Elf64_Shdr *table, uint64_t address,
                   struct best *best)
{
    Elf64_Sym symbols[SYMBOLS_AT_ONCE];
    uint64_t count = table->sh_size / sizeof(symbols[0]);

    for (uint64_t i = 0; i < count; i += SYMBOLS_AT_ONCE) {
        uint64_t some =
            count - i < SYMBOLS_AT_ONCE ? count - i : SYMBOLS_AT_ONCE;

        if (!read_at(file, table->sh_offset + i * sizeof(symbols[0]), symbols,
                     some * sizeof(symbols[0]))) {
            return;
        }
        for (uint64_t j = 0; j < some; j++) {
            consider(best, &symbols[j], address);
        }
    }
}

/* Finds the symbol table and its strings. */
static bool find_tables(int file, Elf64_Shdr *symbols, Elf64_Shdr *strings)
{
    Elf64_Ehdr head;

    if (!read_at(file, 0, &head, sizeof(head)) ||
        memcmp(head.e_ident, ELFMAG, SELFMAG) != 0) {
        return false;
    }
    for (uint32_t i = 0; i < head.e_shnum; i++) {
        if (!read_at(file, head.e_shoff + i * sizeof(*symbols), symbols,
                     sizeof(*symbols))) {
            return false;
        }
        if (symbols->sh_type == SHT_SYMTAB) {
            return read_at(file,
                           head.e_shoff + symbols->sh_link * sizeof(*strings),
                           strings, sizeof(*strings));
        }
    }
    return false;
}

int64_t host_symbol(const char *path, uint64_t address, char *name,
                    size_t name_bytes)
{
    Elf64_Shdr symbols;
    Elf64_Shdr strings;
    struct best best = {.found = false};

    sim_fs_host();
    int file = open(path, O_RDONLY | O_CLOEXEC);

    if (file < 0) {
        return -1;
    }
    if (find_tables(file, &symbols, &strings)) {
        search(file, &symbols, address, &best);
    }
    ssize_t length = best.found ? pread(file, name, name_bytes - 1,
                                        (off_t)(strings.sh_offset + best.name))
                                : -1;

    close(file);
    if (length < 0) {
        return -1;
    }
    name[length] = '\0';
    return (int64_t)(address - best.value);
}
