// A worker that does nothing, in as little as a worker can be: it answers each call of the runner at once.
//
// A job whose params have `"work":MS` is answered that much later; all such jobs of a run take the same time. Of a job
// whose params have `"sent":"NS"`, nanoseconds of the monotonic clock, it notes how long it took to get here, and prints
// the percentiles when it is told to end.
#include "floors.h"
#include <poll.h>
#include <signal.h>

enum { MOST_AT_WORK = 1 << 14 };

/// Answers that are due later, in their order.
static struct later {
    uint64_t id, due;
} at_work[MOST_AT_WORK];
static unsigned first_at_work, end_at_work;

static struct samples waits;
static int fd;

/// The reader finds the connection at its end.
static void end(int signal) {
    (void)signal;
    shutdown(fd, SHUT_RD);
}

static uint64_t number_after(const uint8_t *json, size_t length, const char *mark) {
    const uint8_t *at = memmem(json, length, mark, strlen(mark));
    if (!at) return 0;
    uint64_t value = 0;
    for (at += strlen(mark); at < json + length && *at >= '0' && *at <= '9'; at++) value = value * 10 + (*at - '0');
    return value;
}

static size_t put_frame(uint8_t *output, const char *json) {
    size_t length = strlen(json);
    uint32_t prefix = htonl((uint32_t)length);
    memcpy(output, &prefix, 4);
    memcpy(output + 4, json, length);
    return 4 + length;
}

static size_t put_answer(uint8_t *output, uint64_t id) {
    char text[128];
    snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"id\":%llu,\"result\":{}}", (unsigned long long)id);
    return put_frame(output, text);
}

/// The answer to a call; 0 for what has none, or not yet.
static size_t answer(const uint8_t *json, size_t length, uint8_t *output, uint64_t now) {
    if (!memmem(json, length, "\"method\":", 9)) {
        if (memmem(json, length, "\"error\":", 8)) die("refused: %.*s", (int)length, (const char *)json);
        return 0;
    }
    uint64_t id = number_after(json, length, "\"id\":"), sent = number_after(json, length, "\"sent\":\"");
    if (sent > 0 && sent < now) sample(&waits, now - sent);
    uint64_t work = number_after(json, length, "\"work\":");
    if (work == 0) return put_answer(output, id);
    if (end_at_work - first_at_work == MOST_AT_WORK) die("too many jobs at once");
    at_work[end_at_work++ % MOST_AT_WORK] = (struct later){id, now + work * 1000000};
    return 0;
}

/// Milliseconds until the next answer is due; -1 for never.
static int patience(uint64_t now) {
    if (first_at_work == end_at_work) return -1;
    uint64_t due = at_work[first_at_work % MOST_AT_WORK].due;
    return due <= now ? 0 : (int)((due - now + 999999) / 1000000);
}

int main(int count, char **arguments) {
    if (count != 4) die("usage: %s SOCKET KIND CAPACITY", arguments[0]);
    fd = connect_to(arguments[1]);
    struct sigaction action = {.sa_handler = end};
    sigaction(SIGTERM, &action, NULL);
    static uint8_t input[BUFFER], output[BUFFER];
    char text[512];
    snprintf(
        text, sizeof text,
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"worker.register\",\"params\":{\"name\":\"noop\",\"capacity\":%s,"
        "\"kinds\":[{\"name\":\"%s\",\"stages\":[\"process\"]}]}}",
        arguments[3], arguments[2]);
    write_all(fd, output, put_frame(output, text));
    size_t held = 0;
    while (true) {
        size_t done = 0, pending = 0, length;
        uint64_t now = now_ns();
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        int wait = patience(now);
        if (wait < 0 || poll(&ready, 1, wait) != 0) {
            ssize_t n = read(fd, input + held, sizeof input - held);
            if (n < 0 && errno == EINTR) continue;
            if (n <= 0) break;
            held += (size_t)n;
        }
        now = now_ns();
        while (patience(now) == 0) pending += put_answer(output + pending, at_work[first_at_work++ % MOST_AT_WORK].id);
        while ((length = frame_at(input + done, held - done)) > 0) {
            pending += answer(input + done + 4, length - 4, output + pending, now);
            done += length;
            if (pending > BUFFER / 2) {
                write_all(fd, output, pending);
                pending = 0;
            }
        }
        memmove(input, input + done, held -= done);
        if (pending > 0) write_all(fd, output, pending);
    }
    print_result(&waits, waits.count, 1, 0);
    return 0;
}
