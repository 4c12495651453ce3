#define _GNU_SOURCE
#include "Polling.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>

int millrace_poll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

int millrace_poll_add(int poll, int descriptor, uint32_t events, uint64_t tag) {
    struct epoll_event event = {.data.u64 = tag};
    if (events & MILLRACE_READABLE) event.events |= EPOLLIN;
    if (events & MILLRACE_WRITABLE) event.events |= EPOLLOUT;
    return epoll_ctl(poll, EPOLL_CTL_ADD, descriptor, &event);
}

int millrace_poll_remove(int poll, int descriptor) { return epoll_ctl(poll, EPOLL_CTL_DEL, descriptor, 0); }

int millrace_poll_wait(int poll, struct millrace_ready *ready, int timeout) {
    struct epoll_event events[64];
    int count = epoll_wait(poll, events, 64, timeout);
    for (int index = 0; index < count; index++) {
        uint32_t seen = events[index].events;
        ready[index].tag = events[index].data.u64;
        ready[index].events = (seen & EPOLLIN ? MILLRACE_READABLE : 0) | (seen & EPOLLOUT ? MILLRACE_WRITABLE : 0) |
                              (seen & (EPOLLHUP | EPOLLERR) ? MILLRACE_BROKEN : 0);
    }
    return count;
}

int millrace_event(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }
