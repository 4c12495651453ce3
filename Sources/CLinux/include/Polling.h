/// epoll(7) and eventfd(2), which Glibc's Swift overlay lacks.
#ifndef MILLRACE_POLLING_H
#define MILLRACE_POLLING_H

#include <stdint.h>

enum {
    /// There is something to read, or the end of the stream.
    MILLRACE_READABLE = 1,
    MILLRACE_WRITABLE = 4,
    /// The other end is gone; comes whether asked for or not.
    MILLRACE_BROKEN = 8,
};

struct millrace_ready {
    uint64_t tag;
    uint32_t events;
};

/// epoll_create1(2) with close-on-exec.
int millrace_poll_create(void);

/// Watches a descriptor, level-triggered; what comes of it bears `tag`.
int millrace_poll_add(int poll, int descriptor, uint32_t events, uint64_t tag);

/// Watches no longer.
int millrace_poll_remove(int poll, int descriptor);

/// Waits for at most so many milliseconds, -1 without end, and fills in at most 64. Returns their number.
int millrace_poll_wait(int poll, struct millrace_ready *ready, int timeout);

/// eventfd(2), non-blocking, with close-on-exec.
int millrace_event(void);

#endif
