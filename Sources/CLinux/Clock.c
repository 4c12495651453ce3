#define _GNU_SOURCE
#include "Clock.h"

#include <errno.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/timerfd.h>
#include <unistd.h>

int millrace_wall_timer(void) { return timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC); }

int millrace_wall_timer_set(int timer, int64_t microseconds) {
    struct itimerspec when = {{0, 0}, {0, 0}};
    // Zero would disarm it, and the past expires at once.
    if (microseconds < 1) microseconds = 1;
    when.it_value.tv_sec = microseconds / 1000000;
    when.it_value.tv_nsec = microseconds % 1000000 * 1000;
    return timerfd_settime(timer, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &when, NULL);
}

int millrace_wall_timer_read(int timer) {
    uint64_t times;
    if (read(timer, &times, sizeof times) == sizeof times) return MILLRACE_TIMER_DUE;
    return errno == ECANCELED ? MILLRACE_TIMER_CLOCK_SET : 0;
}

int millrace_notices(void) { return inotify_init1(IN_NONBLOCK | IN_CLOEXEC); }

int millrace_notices_watch(int notices, const char *directory) {
    return inotify_add_watch(
        notices, directory, IN_CLOSE_WRITE | IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ONLYDIR);
}

int millrace_notices_read(int notices, char *names, int capacity) {
    char buffer[8192] __attribute__((aligned(8)));
    int used = 0;
    ssize_t count = read(notices, buffer, sizeof buffer);
    for (char *at = buffer; count > 0 && at < buffer + count;) {
        struct inotify_event *event = (struct inotify_event *)at;
        int length = event->len ? (int)strnlen(event->name, event->len) + 1 : 1;
        if (used + length <= capacity) {
            if (event->len) memcpy(names + used, event->name, (size_t)length - 1);
            names[used + length - 1] = 0;
            used += length;
        }
        at += sizeof *event + event->len;
    }
    return used;
}
