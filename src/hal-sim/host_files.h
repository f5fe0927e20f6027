/* host_files.h - what the host_*.c files share about files and endings. */
#ifndef SIM_HOST_FILES_H
#define SIM_HOST_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Removes the private directory of programs. */
void host_image_cleanup(void);

/*
 * After a fork, in the copy, on the thread of the CPUs: memory of its own, with all
 * that is mapped of it; terminal and log go to these files; its own timer; no
 * files of programs. False: the host gave none.
 */
bool host_memory_copied(void);
bool host_console_copied(const char *terminal, const char *log);
void host_thread_copied(void);
void host_image_copied(void);

/* Writes everything; false: the file took no more. */
bool host_file_write(int file, const void *bytes, size_t size);

/* Reads the command line into sim_options; ends the process if it is wrong. */
void host_options_read(int argc, char **argv);

/* True if --memory may be that. */
bool host_options_memory_good(uint64_t bytes);

/* Opens log, trace and terminal as asked. False: not, and it has said why. */
bool host_console_init(void);

/* Restores the terminal. Any thread, also while the process dies. */
void host_console_fini(void);

/*
 * The main thread's work: forwards live input, watches the time limit and the
 * signals that ask for an end. Never returns.
 */
_Noreturn void host_device_loop(void);

#endif
