/* host_version.h - what capos-sim says of itself, and keeps in recordings. */
#ifndef SIM_HOST_VERSION_H
#define SIM_HOST_VERSION_H

/* configure defines PACKAGE_VERSION on the command line of the compiler. */
#ifdef PACKAGE_VERSION
#define HOST_VERSION PACKAGE_VERSION
#else
#define HOST_VERSION "(no release)"
#endif

/* The build says these (build.am). */
#ifndef HOST_COMMIT
#define HOST_COMMIT "unknown"
#endif
#ifndef HOST_BUILD
#define HOST_BUILD "unknown"
#endif

#endif
