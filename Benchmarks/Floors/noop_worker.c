// A worker that does nothing, in as little as a worker can be: it answers each call of the runner at once.
//
// A job whose params have `"work":MS` is answered that much later, give or take a half by chance, for equal ones would
// soon all end together. Of a job
// whose params have `"sent":"NS"`, nanoseconds of the monotonic clock, it notes how long it took to get here, and prints
// the percentiles when it is told to end.
#include "floors.h"
#include <poll.h>
#include <signal.h>

enum { WHEEL = 4096 };

/// Answers that are due later, by the millisecond they are due in.
struct later {
    uint64_t id;
    struct later *next;
};
static struct later *wheel[WHEEL];
static unsigned at_work;
/// The first millisecond whose answers were not given.
static uint64_t turned;

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
    uint64_t due = now / 1000000 + work / 2 + (uint64_t)rand() % (work + 1) + 1;
    struct later *later = malloc(sizeof *later);
    if (!later || due - turned >= WHEEL) die("too much work");
    *later = (struct later){id, wheel[due % WHEEL]};
    wheel[due % WHEEL] = later;
    at_work++;
    return 0;
}

/// Answers what is due, as far as there is room.
static size_t answer_due(uint8_t *output, uint64_t now) {
    size_t length = 0;
    for (; turned <= now / 1000000; turned++) {
        for (struct later *later; (later = wheel[turned % WHEEL]); free(later), at_work--) {
            if (length > BUFFER / 2) return length;
            length += put_answer(output + length, later->id);
            wheel[turned % WHEEL] = later->next;
        }
    }
    return length;
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
    turned = now_ns() / 1000000;
    while (true) {
        size_t done = 0, pending = 0, length;
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        if (at_work == 0 || poll(&ready, 1, 1) != 0) {
            ssize_t n = read(fd, input + held, sizeof input - held);
            if (n < 0 && errno == EINTR) continue;
            if (n <= 0) break;
            held += (size_t)n;
        }
        uint64_t now = now_ns();
        pending += answer_due(output, now);
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
