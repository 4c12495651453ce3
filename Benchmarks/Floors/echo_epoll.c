// The floor for many connections: an echo server with one thread, epoll, and one write per batch.
#include "floors.h"
#include <signal.h>
#include <sys/epoll.h>

struct connection {
    int fd;
    size_t held;
    uint8_t input[BUFFER];
};

/// Answers what one read brought; false when the peer is gone.
static bool answer(struct connection *c) {
    static uint8_t output[BUFFER];
    ssize_t n = read(c->fd, c->input + c->held, BUFFER - c->held);
    if (n <= 0) return false;
    c->held += (size_t)n;
    size_t done = 0, length;
    while ((length = frame_at(c->input + done, c->held - done)) > 0) {
        memcpy(output + done, c->input + done, length);
        done += length;
    }
    if (done > 0) {
        write_all(c->fd, output, done);
        memmove(c->input, c->input + done, c->held -= done);
    }
    return true;
}

int main(int count, char **arguments) {
    if (count != 2) die("usage: %s SOCKET", arguments[0]);
    signal(SIGPIPE, SIG_IGN);
    int listener = listen_at(arguments[1]), poll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    if (poll < 0 || epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event)) die("epoll: %m");
    for (;;) {
        struct epoll_event events[256];
        int ready = epoll_wait(poll, events, 256, -1);
        for (int i = 0; i < ready; i++) {
            struct connection *c = events[i].data.ptr;
            if (!c) {
                if (!(c = malloc(sizeof *c))) die("out of memory");
                c->held = 0;
                c->fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
                event.data.ptr = c;
                if (c->fd < 0 || epoll_ctl(poll, EPOLL_CTL_ADD, c->fd, &event)) die("accept: %m");
            } else if (!answer(c)) {
                close(c->fd);
                free(c);
            }
        }
    }
}
