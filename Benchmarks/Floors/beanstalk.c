// Durable puts into beanstalkd from many connections, one outstanding on each, all in one thread.
#include "floors.h"
#include <sys/epoll.h>

struct connection {
    int fd;
    size_t held;
    uint64_t sent;
    char input[256];
};

int main(int count, char **arguments) {
    if (count != 5) die("usage: %s SOCKET CONNECTIONS SECONDS BODY", arguments[0]);
    int connections = atoi(arguments[2]), poll = epoll_create1(EPOLL_CLOEXEC);
    static char request[BUFFER];
    int length = snprintf(request, sizeof request, "put 100 0 60 %zu\r\n%s\r\n", strlen(arguments[4]), arguments[4]);
    if (connections < 1 || connections > 1024 || length >= (int)sizeof request || poll < 0) die("too much");
    struct connection *all = calloc((size_t)connections, sizeof *all);
    if (!all) die("out of memory");

    struct samples latencies = {0};
    uint64_t start = now_ns(), end = start + (uint64_t)(atof(arguments[3]) * 1e9), now = start, stored = 0, errors = 0;
    for (int i = 0; i < connections; i++) {
        all[i].fd = connect_to(arguments[1]);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &all[i]};
        if (epoll_ctl(poll, EPOLL_CTL_ADD, all[i].fd, &event)) die("epoll: %m");
        all[i].sent = now_ns();
        write_all(all[i].fd, (uint8_t *)request, (size_t)length);
    }
    for (int waiting = connections; waiting > 0;) {
        struct epoll_event events[256];
        int ready = epoll_wait(poll, events, 256, -1);
        for (int i = 0; i < ready; i++) {
            struct connection *c = events[i].data.ptr;
            ssize_t n = read(c->fd, c->input + c->held, sizeof c->input - c->held);
            if (n <= 0) die("beanstalkd hung up");
            c->held += (size_t)n;
            if (c->input[c->held - 1] != '\n') continue;
            if (strncmp(c->input, "INSERTED ", 9) != 0 && errors++ == 0)
                fprintf(stderr, "beanstalk: %.*s\n", (int)c->held, c->input);
            c->held = 0;
            now = now_ns();
            sample(&latencies, now - c->sent);
            stored++;
            if (now < end) {
                c->sent = now;
                write_all(c->fd, (uint8_t *)request, (size_t)length);
            } else {
                waiting--;
            }
        }
    }
    print_result(&latencies, stored, (double)(now - start) / 1e9, errors);
    return errors ? 1 : 0;
}
