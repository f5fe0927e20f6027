/*
 * hello - the smallest program of capOS.
 *
 * A program can do what its capabilities let it do, and nothing else: there is
 * no file name, number or address that would reach a screen. This one was
 * granted a Console under the name "console" when it was started. con_print
 * looks that up, puts a call of Console.write into the thread's ring and enters
 * the kernel once.
 *
 * What main returns is the exit code that the program's creator sees.
 */
#include "capos.h"

int main(void)
{
    int32_t status = con_print("Hello from a capability OS\n");

    return status < 0;
}
