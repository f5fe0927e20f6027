/* check.c - see check.h. */
#include "check.h"

#include <stdarg.h>

#include "console.h"
#include "fmt.h"
#include "sync.h"

static sync_u32 check_failures;

bool check(bool good, const char *format, ...)
{
    char what[160];
    va_list args;

    va_start(args, format);
    fmt_vformat(what, sizeof(what), format, args);
    va_end(args);
    con_print("  %s: %s\n", good ? "ok" : "FAILED", what);
    if (!good) {
        sync_add(&check_failures, 1);
    }
    return good;
}

int check_status(void)
{
    return sync_load(&check_failures) > 0;
}
