/*
 * ipc-server - a service in its own process.
 *
 * init granted it the owner end of an endpoint under the name "service"; the
 * clients got facets of the same endpoint from init. Neither side knows the
 * other, and a facet cannot be used to serve. It ends when nobody needs it any
 * more, which is init's business. What it does for a call stands in echo.c.
 */
#include "capos.h"
#include "serve.h"

#include "echo.h"

int main(void)
{
    uint64_t endpoint = capset_need("service", ENDPOINT_INTERFACE_ID);
    int32_t status = capos_serve(endpoint, echo_handle, NULL, NULL);

    return con_fail("cannot serve", status);
}
