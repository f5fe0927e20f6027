/*
 * capset-bootstrap - what a program is born with.
 *
 * The CapSet is a read-only array in the program's own memory: names, interface
 * ids, CapIds. It is complete: a capability that is not in it and does not come
 * back from a call cannot be had. This program prints it, with the interface's
 * name from the schema tables that every program can carry, and checks how
 * capset_find behaves when name or interface do not match.
 */
#include "capos.h"
#include "capos.schema.gen.h"

static void print_entry(const struct capset_entry *entry)
{
    const struct schema_interface *iface =
        schema_find_interface(&capos_schema, entry->interface_id);

    con_print("  %-16.*s %s\n", (int)CAPSET_NAME_BYTES, entry->name,
              iface != NULL ? iface->name : "(unknown interface)");
}

/* Every capability has its own CapId, and none is CAP_NONE. */
static bool entries_distinct(void)
{
    for (uint32_t i = 0; i < capset_count(); i++) {
        if (capset_at(i)->cap == CAP_NONE) {
            return false;
        }
        for (uint32_t k = 0; k < i; k++) {
            if (capset_at(i)->cap == capset_at(k)->cap) {
                return false;
            }
        }
    }
    return true;
}

int main(void)
{
    uint64_t console = capset_find("console", CONSOLE_INTERFACE_ID);

    con_print("born with %u capabilities:\n", capset_count());
    for (uint32_t i = 0; i < capset_count(); i++) {
        print_entry(capset_at(i));
    }
    check(entries_distinct(), "each has a CapId of its own");
    check(console != CAP_NONE, "\"console\" is found as a Console");
    check(capset_find("console", 0) == console, "and as any interface");
    check(capset_find("console", TIMER_INTERFACE_ID) == CAP_NONE,
          "but not as a Timer");
    check(capset_find("consol", 0) == CAP_NONE, "a part of a name finds none");
    check(capset_find("", 0) == CAP_NONE, "an empty name finds none");
    check(capset_at(capset_count()) == NULL, "there is nothing past the end");
    return check_status();
}
