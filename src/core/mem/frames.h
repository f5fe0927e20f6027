/*
 * frames.h - the physical memory of the machine, in frames of PAGE_SIZE.
 *
 * A frame has one owner, who frees it. Allocation takes the lowest free frame
 * (or the lowest run that is long enough), so what was taken and given back
 * leaves no trace in later allocations. A frame's kernel address is
 * hal_phys_pointer(phys), contiguous over a run. Lock: LOCK_FRAMES, taken
 * inside; all functions may be called from any context.
 */
#ifndef CAPOS_CORE_FRAMES_H
#define CAPOS_CORE_FRAMES_H

#include <stdint.h>

#include "hal.h"

/*
 * Takes over the free memory of the machine. Once, at boot. The books lie in
 * the memory itself and do not count in frames_total. Ranges too small to hold
 * their own books are left unused.
 */
void frames_init(const struct hal_boot *boot);

/* Takes one frame with unspecified contents. HAL_NO_FRAME: none is free. */
uint64_t frame_alloc(void);

/* Takes one zeroed frame. HAL_NO_FRAME: none is free. */
uint64_t frame_alloc_zeroed(void);

/*
 * Takes a run of zeroed frames, contiguous in physical memory: of the lowest
 * free runs the first that has `pages` frames, or else the longest. *got says
 * how many. Only so many runs are looked at (FRAMES_RUNS_SEEN), so that taking
 * a lot out of fragmented memory stays linear. HAL_NO_FRAME (and *got 0): none
 * is free. pages must not be 0.
 */
#define FRAMES_RUNS_SEEN 64u
uint64_t frames_alloc_run(uint64_t pages, uint64_t *got);

/*
 * Takes exactly `pages` contiguous zeroed frames. HAL_NO_FRAME: there is no
 * such run, or pages is 0.
 */
uint64_t frames_alloc_contiguous(uint64_t pages);

/*
 * Gives frames back, which may be a part of a run or several runs in one piece.
 * Stops the machine if one of them is not allocated.
 */
void frames_free(uint64_t phys, uint64_t pages);

/* Frames that the machine has, and those of them that are free. */
uint64_t frames_total(void);
uint64_t frames_available(void);

/*
 * For the heap, which tells the memory checker about its blocks by itself: a
 * run of exactly `pages` frames with unspecified contents, and its way back.
 * HAL_NO_FRAME: no such run is free, or pages is 0.
 */
uint64_t frames_take(uint64_t pages);
void frames_return(uint64_t phys, uint64_t pages);

#endif
