/* host_version.h - the version that capos-sim prints. */
#ifndef SIM_HOST_VERSION_H
#define SIM_HOST_VERSION_H

/* configure defines PACKAGE_VERSION on the command line of the compiler. */
#ifdef PACKAGE_VERSION
#define HOST_VERSION PACKAGE_VERSION
#else
#define HOST_VERSION "(no release)"
#endif

#endif
