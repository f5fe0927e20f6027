/* version.h - the version that log, shell and tools show. */
#ifndef CAPOS_CORE_VERSION_H
#define CAPOS_CORE_VERSION_H

#define CAPOS_VERSION "0.1.0"

#endif
