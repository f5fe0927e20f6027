/*
 * services.h - going through the services of the manifest.
 */
#ifndef CAPOS_SHELL_SERVICES_H
#define CAPOS_SHELL_SERVICES_H

#include "capos.h"

/*
 * Calls visit for each service until it returns false. Says so, in the name of
 * command, when the shell was not granted "services" or the call fails.
 */
void services_each(const char *command,
                   bool (*visit)(void *context,
                                 struct service_info_reader info),
                   void *context);

#endif
