/*
 * errors.h - the transport errors, shared by kernel, programs and tools.
 *
 * Three layers of failure are never mixed:
 *   transport   a negative ERR_* in cqe.result or returned by the gate (this file)
 *   capability  cqe.result == ERR_EXCEPTION: the object raised a CapException
 *   domain      a union in the results of the method
 *
 * Each error stands once, in CAPOS_ERRORS: name, value, sentence, remedy.
 * Tools, shell and documents expand the list; values never change.
 */
#ifndef CAPOS_ABI_ERRORS_H
#define CAPOS_ABI_ERRORS_H

#define CAPOS_ERRORS(X)                                                        \
    X(ERR_BAD_OPCODE, -1, "the entry's opcode is unknown or reserved",         \
      "use an opcode of ring.h")                                               \
    X(ERR_BAD_FLAGS, -2, "a flag or reserved field of the entry is not zero",  \
      "clear the fields that the opcode does not define")                      \
    X(ERR_BAD_CAPABILITY, -3, "the capability id names no live capability",    \
      "look it up again: it was released, revoked or never held")              \
    X(ERR_WRONG_METHOD, -4, "the object's interface has no such method",       \
      "check the interface id when the capability is received")                \
    X(ERR_WRONG_FORM, -5, "inline and memory form do not match the method",    \
      "use the flags that the schema fixes for this method")                   \
    X(ERR_BAD_BUFFER, -6, "an address of the entry is not usable memory",      \
      "map the buffer with the needed protection before submitting")          \
    X(ERR_BAD_MESSAGE, -7, "the message is not well-formed Cap'n Proto",       \
      "build it with the generated builders")                                  \
    X(ERR_TOO_LARGE, -8, "a message, count or buffer is over its limit",       \
      "send less at a time or offer a larger buffer")                          \
    X(ERR_OVERLOADED, -9, "a quota, queue or table is full",                   \
      "wait for calls to complete, free resources or raise the limit")         \
    X(ERR_DISCONNECTED, -10, "the other side is gone",                         \
      "ask whoever gave the capability for a new one")                         \
    X(ERR_CANCELLED, -11, "the operation was cancelled",                       \
      "nothing: its owner asked for it")                                       \
    X(ERR_CALL_GONE, -12, "the call ended before it was returned",             \
      "drop the result: the caller died or cancelled")                         \
    X(ERR_TIMED_OUT, -13, "the time limit passed",                             \
      "try again or wait longer")                                              \
    X(ERR_NOT_TRANSFERABLE, -14, "the capability may not be passed on",        \
      "ask its issuer for one that may")                                       \
    X(ERR_EXCEPTION, -15, "the object raised an exception",                    \
      "read its kind and reason from the result")                              \
    X(ERR_EXCEPTION_TRUNCATED, -16, "an exception did not fit the result",     \
      "its kind is in words[0]; offer a larger result buffer for the reason")  \
    X(ERR_NOT_FOUND, -17, "nothing is known under that name or number",        \
      "check the spelling and what was granted")                               \
    X(ERR_BAD_RING, -18, "the ring is corrupt or the thread has none",         \
      "publish at most sq_entries entries and never move cq_head past cq_tail")\
    X(ERR_BAD_CALL, -19, "the gate was asked for an unknown system call",      \
      "call gate 0 (cap_enter) or 1 (exit)")                                   \
    X(ERR_BAD_IMAGE, -20, "the program image is not a usable ELF",             \
      "build a static-PIE x86-64 ELF with the project's user link flags")      \
    X(ERR_BAD_PACKAGE, -21, "the boot package is damaged or not one",          \
      "make it again with mkboot")                                             \
    X(ERR_INVALID, -22, "an argument is outside what the method accepts",      \
      "see the method's description in capos.capnp")                           \
    X(ERR_EXISTS, -23, "something is there already",                           \
      "choose another place or remove it first")                               \
    X(ERR_NO_MEMORY, -24, "the machine has no free frame",                     \
      "free memory or give the machine more")                                  \
    X(ERR_VALUE_CHANGED, -25, "the word to wait on holds another value",       \
      "read it again and decide anew")

enum capos_error {
#define CAPOS_ERROR_VALUE(name, value, sentence, remedy) name = (value),
    CAPOS_ERRORS(CAPOS_ERROR_VALUE)
#undef CAPOS_ERROR_VALUE
};

#endif
