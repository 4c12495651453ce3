/// timerfd_create(2) on the wall clock and inotify(7), which Glibc's Swift overlay lacks.
#ifndef MILLRACE_CLOCK_H
#define MILLRACE_CLOCK_H

#include <stdint.h>

enum {
    MILLRACE_TIMER_DUE = 1,
    /// Somebody has set the wall clock.
    MILLRACE_TIMER_CLOCK_SET = 2,
};

/// A timer of CLOCK_REALTIME, non-blocking, close-on-exec.
int millrace_wall_timer(void);

/// The timer expires at so many microseconds since the epoch, at once when that is past, and hears of every setting of the
/// clock.
int millrace_wall_timer_set(int timer, int64_t microseconds);

/// What has happened since the last call; 0 for nothing.
int millrace_wall_timer_read(int timer);

/// inotify(7), non-blocking, close-on-exec.
int millrace_notices(void);

/// Hears of files that are written, made, put in place or removed in the directory.
int millrace_notices_watch(int notices, const char *directory);

/// Copies the names of files that have changed to `names`, each ended by a zero byte; returns the bytes used, 0 for none.
int millrace_notices_read(int notices, char *names, int capacity);

#endif
