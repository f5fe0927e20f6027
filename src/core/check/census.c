/* census.c - see census.h. */
#include "check/census.h"

struct census census;

void census_init(bool kept)
{
    census.kept = kept;
    list_init(&census.objects);
    list_init(&census.memories);
}
