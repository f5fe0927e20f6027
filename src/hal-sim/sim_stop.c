/*
 * sim_stop.c - how the machine ends: power off, reboot, panic, deadlock.
 *
 * A panic shows the kept log, the reason and a backtrace by frame pointers. It
 * leads from kernel functions through the gate into the program that called,
 * because gate.S pushes the user's rip and rbp as a frame.
 */
#include "fmt.h"
#include "host.h"
#include "sim.h"
#include "sim_replay.h"
#include "sim_window.h"

#define FRAMES_MAX 64u
#define LINE_MAX 256u
#define STATUS_DEADLOCK 97

/* What sim_fiber_switch (edge.S) leaves on a stack, in words. */
#define FIBER_RBP 5u
#define FIBER_RIP 6u

static sync_u32 stopping; /* the CPU that stops the machine, from 1 */

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
    char text[LINE_MAX];
    va_list args;

    va_start(args, format);
    size_t length = fmt_vformat(text, sizeof(text), format, args);
    va_end(args);
    host_error_write(text, length < sizeof(text) ? length : sizeof(text) - 1);
}

/* The system ends by itself: so says the recording, or it is compared. */
static void note_end(uint32_t status)
{
    sim_trace_flush();
    if (sim_options.replay_path != NULL) {
        host_replay_off(host_steps(), status);
    } else {
        host_record(REPLAY_OFF, 0, status, NULL);
    }
}

_Noreturn void hal_power_off(uint32_t status)
{
    note_end(status);
    host_exit((int)(status <= 99 ? status : 99));
}

_Noreturn void hal_reboot(void)
{
    note_end(REPLAY_RESTART);
    if (sim_options.replay_path != NULL) {
        say("\ncapos-sim: the recorded run started again here\n");
        host_exit(0);
    }
    host_restart();
}

/* Names the function around address, of a program or of the simulator. */
static void show_frame(uint32_t number, uint64_t address)
{
    const struct sim_image *image = sim_image_find(address);
    const char *path = image != NULL ? image->path : host_self_path();
    uint64_t base = image != NULL ? image->base : host_self_base();
    char name[96];
    int64_t offset = -1;

    if (image != NULL || sim_space_find(address) == NULL) {
        offset = host_symbol(path, address - base, name, sizeof(name));
    }
    if (offset >= 0) {
        say("  #%u %s+0x%lx%s%s\n", number, name, (unsigned long)offset,
            image != NULL ? " in program " : "",
            image != NULL ? image->name : "");
    } else {
        say("  #%u 0x%lx\n", number, (unsigned long)address);
    }
}

static void show_frames(uint64_t rip, uint64_t rbp)
{
    uint64_t frame[2];

    show_frame(0, rip);
    for (uint32_t i = 1; i < FRAMES_MAX && rbp != 0; i++) {
        if (sim_copy(frame, (const void *)rbp, sizeof(frame)) != 0 ||
            frame[1] == 0) {
            return;
        }
        show_frame(i, frame[1]);
        rbp = frame[0];
    }
}

/* In lockstep the others stand still inside the kernel. */
static void show_others(void)
{
    for (uint32_t i = 0; i < hal_sim_cpu_count; i++) {
        const struct sim_cpu *cpu = &hal_sim_cpus[i];
        const uint64_t *saved = (const uint64_t *)cpu->fiber_rsp;

        if (cpu == sim_cpu_self() || saved == NULL || sim_options.parallel) {
            continue;
        }
        say("CPU %u%s\n", (unsigned)i, cpu->idle ? " idles" : ":");
        if (!cpu->idle) {
            show_frames(saved[FIBER_RIP], saved[FIBER_RBP]);
        }
    }
}

static void show_backtrace(uint64_t rip, uint64_t rbp)
{
    if (hal_sim_cpu_count > 1) {
        say("CPU %u, ", (unsigned)hal_cpu_self());
    }
    say("backtrace:\n");
    show_frames(rip, rbp);
    show_others();
}

void sim_until(void)
{
    sim_trace_flush();
    if (host_traced()) {
        __asm__ volatile("int3"); /* and goes on when the debugger does */
        return;
    }
    say("\ncapos-sim: step %lu, %lu ns after boot; it came here by\n",
        (unsigned long)host_steps(), (unsigned long)hal_time_now());
    show_backtrace((uint64_t)__builtin_return_address(0),
                   *(const uint64_t *)__builtin_frame_address(0));
    host_exit(0);
}

static _Noreturn void stop(const char *reason, uint64_t rip, uint64_t rbp)
{
    uint32_t self = hal_cpu_self() + 1;
    uint32_t nobody = 0;

    if (sync_cas(&stopping, &nobody, self)) {
        sim_trace_flush();
        sim_console_log_show();
        say("\npanic: %s\n", reason);
        show_backtrace(rip, rbp);
    } else if (nobody != self) {
        host_stand_still(); /* another CPU says why, and ends all */
    }
    host_abort();
}

_Noreturn void sim_stop_because(const char *format, ...)
{
    char reason[LINE_MAX];
    va_list args;

    va_start(args, format);
    fmt_vformat(reason, sizeof(reason), format, args);
    va_end(args);
    stop(reason, (uint64_t)__builtin_return_address(0),
         *(const uint64_t *)__builtin_frame_address(0));
}

_Noreturn void hal_stop(const char *reason)
{
    stop(reason, (uint64_t)__builtin_return_address(0),
         *(const uint64_t *)__builtin_frame_address(0));
}

_Noreturn void sim_kernel_fault(uint64_t rip, uint64_t rbp)
{
    const struct sim_host *host = sim_host_self();
    char reason[LINE_MAX];

    fmt_format(reason, sizeof(reason),
               "the kernel faulted: vector %u, error 0x%x, address 0x%lx, "
               "at 0x%lx",
               (unsigned)host->fault_vector, (unsigned)host->fault_error,
               (unsigned long)host->fault_address, (unsigned long)rip);
    stop(reason, rip, rbp);
}

_Noreturn void sim_deadlock(void)
{
    note_end(STATUS_DEADLOCK);
    sim_console_log_show();
    say("\ncapos-sim: deadlock: every thread waits, no timer is armed and no "
        "input is awaited; programs:\n");
    for (uint32_t i = 0; i < SIM_IMAGES_MAX; i++) {
        if (sim_images[i].base != 0) {
            say("  %s\n", sim_images[i].name);
        }
    }
    host_exit(STATUS_DEADLOCK);
}
