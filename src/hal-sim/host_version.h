/* host_version.h - the version that capos-sim prints. */
#ifndef SIM_HOST_VERSION_H
#define SIM_HOST_VERSION_H

#ifdef HAVE_CONFIG_H
#include "config.h"
#define HOST_VERSION PACKAGE_VERSION
#else
#define HOST_VERSION "0"
#endif

#endif
