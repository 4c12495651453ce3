// Whole lives of jobs in other queues, durable by their own settings: put in, taken, done. Each connection takes one job
// after the other through all three; all in one thread.
//
//   beanstalkd   put, reserve, delete
//   redis        LPUSH, RPOPLPUSH into the list of those at work, LREM from it
#include "floors.h"
#include <sys/epoll.h>

struct connection {
    int fd, step, number;
    size_t held;
    uint64_t begun;
    char input[BUFFER / 64];
};

static const char *body;
static bool is_redis, puts_only;

static size_t redis_command(char *text, int words, const char **word) {
    size_t length = (size_t)sprintf(text, "*%d\r\n", words);
    for (int i = 0; i < words; i++) length += (size_t)sprintf(text + length, "$%zu\r\n%s\r\n", strlen(word[i]), word[i]);
    return length;
}

/// What a redis job is: its body with a number, so that no two are the same.
static const char *redis_job(const struct connection *c) {
    static char job[BUFFER / 128];
    snprintf(job, sizeof job, "%d:%d:%s", c->fd, c->number, body);
    return job;
}

static void send_step(struct connection *c) {
    static char text[BUFFER / 16], taken[BUFFER / 64];
    size_t length = 0;
    if (is_redis) {
        switch (c->step) {
        case 0: length = redis_command(text, 3, (const char *[]){"LPUSH", "ready", redis_job(c)}); break;
        case 1: length = redis_command(text, 3, (const char *[]){"RPOPLPUSH", "ready", "work"}); break;
        case 2: {
            char *start = strstr(c->input, "\r\n"), *end = c->input + c->held - 2;
            if (c->input[0] != '$' || !start || end < start) die("redis: %.*s", (int)c->held, c->input);
            snprintf(taken, sizeof taken, "%.*s", (int)(end - start - 2), start + 2);
            length = redis_command(text, 4, (const char *[]){"LREM", "work", "1", taken});
        }
        }
    } else {
        switch (c->step) {
        case 0: length = (size_t)sprintf(text, "put 100 0 60 %zu\r\n%s\r\n", strlen(body), body); break;
        case 1: length = (size_t)sprintf(text, "reserve\r\n"); break;
        case 2: {
            unsigned long long id = 0;
            if (sscanf(c->input, "RESERVED %llu", &id) != 1) die("beanstalkd: %.*s", (int)c->held, c->input);
            length = (size_t)sprintf(text, "delete %llu\r\n", id);
        }
        }
    }
    c->held = 0;
    write_all(c->fd, (const uint8_t *)text, length);
}

/// Whether the answer to the step is whole.
static bool is_whole(struct connection *c) {
    if (c->held < 2 || memcmp(c->input + c->held - 2, "\r\n", 2) != 0) return false;
    c->input[c->held] = 0;
    if (c->step != 1) return true;
    char *line = strstr(c->input, "\r\n");
    size_t bytes = 0;
    if (is_redis ? sscanf(c->input, "$%zu", &bytes) != 1 : sscanf(c->input, "RESERVED %*u %zu", &bytes) != 1)
        die("nothing to take: %s", c->input);
    return c->held >= (size_t)(line - c->input) + 4 + bytes;
}

static bool is_right(const struct connection *c) {
    static const char *expected[2][3] = {{"INSERTED ", "RESERVED ", "DELETED"}, {":", "$", ":1"}};
    const char *wanted = expected[is_redis][c->step];
    return strncmp(c->input, wanted, strlen(wanted)) == 0;
}

int main(int count, char **arguments) {
    if (count != 7) die("usage: %s beanstalkd|redis put|life SOCKET CONNECTIONS SECONDS BODY", arguments[0]);
    is_redis = strcmp(arguments[1], "redis") == 0;
    puts_only = strcmp(arguments[2], "put") == 0;
    int connections = atoi(arguments[4]), poll = epoll_create1(EPOLL_CLOEXEC);
    body = arguments[6];
    if (connections < 1 || connections > 1024 || strlen(body) > 1024 || poll < 0) die("too much");
    struct connection *all = calloc((size_t)connections, sizeof *all);
    if (!all) die("out of memory");
    struct samples latencies = {0};
    uint64_t start = now_ns(), end = start + (uint64_t)(atof(arguments[5]) * 1e9), now = start, done = 0, errors = 0;
    for (int i = 0; i < connections; i++) {
        all[i].fd = connect_to(arguments[3]);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &all[i]};
        if (epoll_ctl(poll, EPOLL_CTL_ADD, all[i].fd, &event)) die("epoll: %m");
        all[i].begun = now_ns();
        send_step(&all[i]);
    }
    for (int waiting = connections; waiting > 0;) {
        struct epoll_event events[256];
        int ready = epoll_wait(poll, events, 256, -1);
        for (int i = 0; i < ready; i++) {
            struct connection *c = events[i].data.ptr;
            ssize_t n = read(c->fd, c->input + c->held, sizeof c->input - 1 - c->held);
            if (n <= 0) die("the server hung up");
            c->held += (size_t)n;
            if (!is_whole(c)) continue;
            if (!is_right(c) && errors++ == 0) fprintf(stderr, "peer_life: %s\n", c->input);
            now = now_ns();
            c->step = puts_only ? 0 : (c->step + 1) % 3;
            if (c->step == 0) {
                sample(&latencies, now - c->begun);
                done++;
                c->number++;
                c->begun = now;
                if (now >= end) {
                    waiting--;
                    continue;
                }
            }
            send_step(c);
        }
    }
    print_result(&latencies, done, (double)(now - start) / 1e9, errors);
    return errors ? 1 : 0;
}
