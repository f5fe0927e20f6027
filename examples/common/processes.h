/*
 * processes.h - looks at every process of the system.
 */
#ifndef CAPOS_EXAMPLES_PROCESSES_H
#define CAPOS_EXAMPLES_PROCESSES_H

#include "capos.h"

/*
 * Calls look (unless NULL) for each process that SystemInfo tells of. Returns how
 * many they are, 0: it does not answer.
 */
static inline uint32_t
processes_each(void (*look)(void *context, struct process_info_reader info),
               void *context)
{
    static uint64_t memory[1024];
    uint64_t system = capset_need("system", SYSTEM_INFO_INTERFACE_ID);
    uint64_t after = 0;
    uint32_t count = 0;
    struct wire_list list;

    do {
        struct system_info_processes_results_reader results;
        struct rpc_buffer buffer;

        rpc_buffer_init(&buffer, memory, sizeof(memory));
        if (system_info_processes(rt(), system, after, &buffer, &results) <
            0) {
            return 0;
        }
        list = system_info_processes_results_get_entries(results);
        for (uint32_t i = 0; i < list.count; i++) {
            struct process_info_reader info =
                system_info_processes_results_entries_at(list, i);

            after = process_info_get_process_id(info);
            if (look != NULL) {
                look(context, info);
            }
        }
        count += list.count;
    } while (list.count > 0);
    return count;
}

#endif
