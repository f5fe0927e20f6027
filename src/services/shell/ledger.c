/* ledger.c - the command that shows what a ledger holds. */
#include "names.h"
#include "shell.h"
#include "usage.h"

/* The ledger of that name, or CAP_NONE and a sentence. */
static uint64_t find(const char *name)
{
    struct named_cap found;

    if (!names_find(name, (uint32_t)text_length(name), &found)) {
        con_print("ledger: this shell has no capability \"%s\"; \"caps\" shows "
                  "what it has\n",
                  name);
        return CAP_NONE;
    }
    if (found.interface_id != LEDGER_INTERFACE_ID) {
        con_print("ledger: \"%s\" is no Ledger; \"caps\" shows what is\n",
                  name);
        return CAP_NONE;
    }
    return found.cap;
}

void command_ledger(uint32_t argc, char **argv)
{
    struct usage usage;
    uint64_t ledger;
    int32_t status;

    if (argc > 2) {
        con_print("ledger: give at most one capability\n");
        return;
    }
    ledger = argc == 2 ? find(argv[1])
                       : shell_need("ledger", "self-ledger",
                                    LEDGER_INTERFACE_ID);
    if (ledger == CAP_NONE) {
        return;
    }
    status = usage_read(ledger, &usage);
    if (status < 0) {
        con_fail("ledger", status);
        return;
    }
    con_print("KIND                  USED            LIMIT\n");
    for (uint32_t i = 0; i < usage.count; i++) {
        con_print("%-12s %13llu %16llu\n", usage.kinds[i].name,
                  (unsigned long long)usage.kinds[i].used,
                  (unsigned long long)usage.kinds[i].limit);
    }
}
