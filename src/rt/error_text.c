/* error_text.c - the list of errors.h as text. */
#include "error_text.h"

const char *error_name(int32_t error)
{
    switch (error) {
#define ERROR_NAME(name, value, sentence, remedy)                              \
    case value:                                                                \
        return #name;
        CAPOS_ERRORS(ERROR_NAME)
    case 0:
        return "no error";
    default:
        return "ERR_?";
    }
}

const char *error_sentence(int32_t error)
{
    switch (error) {
#define ERROR_SENTENCE(name, value, sentence, remedy)                          \
    case value:                                                                \
        return sentence;
        CAPOS_ERRORS(ERROR_SENTENCE)
    default:
        return "an error that this program does not know";
    }
}

const char *error_remedy(int32_t error)
{
    switch (error) {
#define ERROR_REMEDY(name, value, sentence, remedy)                            \
    case value:                                                                \
        return remedy;
        CAPOS_ERRORS(ERROR_REMEDY)
    default:
        return "build program and kernel from the same sources";
    }
}
