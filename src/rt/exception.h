/*
 * exception.h - what an object said when it raised an exception.
 */
#ifndef CAPOS_RT_EXCEPTION_H
#define CAPOS_RT_EXCEPTION_H

#include "capos.gen.h"
#include "transport.h"

/* Text of an exception, shortened to what a line of a terminal holds. */
struct exception {
    enum cap_exception_kind kind;
    int32_t detail;   /* an ERR_* or 0 */
    char reason[128]; /* "" if none came along */
};

/*
 * Reads the exception of a done rpc, while its result memory is still there.
 * Returns the error that says most: the detail of an exception if it has one,
 * else rpc->status itself.
 */
int32_t exception_read(const struct rpc *rpc, struct exception *exception);

#endif
