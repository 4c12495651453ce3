// The load client of every wire figure: one thread, C connections, W requests in flight on each.
//
// The request is a template whose ID is replaced by a nine-digit number that no other request of the run bears, and NOW,
// where it is there, by the time, in 19 digits of nanoseconds. With an interval (in microseconds, one connection and one
// request at a time) requests are sent no faster than one in it. Every
// answer must bear the id of a request that waits, exactly once, and contain the expected text; anything else is
// counted as an error, and errors make the exit status 1.
#include "floors.h"
#include <sys/epoll.h>

enum { FIRST_ID = 100000000, MAXIMUM_CONNECTIONS = 1024 };

struct slot {
    uint32_t id;
    uint64_t sent;
};

struct connection {
    int fd;
    size_t held, pending;
    uint8_t *input, *output;
};

static uint8_t *template_frame;
static size_t template_length, id_offset, now_offset;
static const char *expected = NULL;

static struct slot *slots;
static uint32_t slot_mask;
static uint32_t next_id = FIRST_ID;
static uint64_t answered, errors, in_flight;
static struct samples latencies;
static bool measuring;
/// Nanoseconds between two requests, and when the next may be sent.
static uint64_t interval, next_turn;

static void make_template(const char *text) {
    const char *mark = strstr(text, "ID");
    if (!mark) die("the request has no ID in it");
    const char *now = strstr(text, "NOW");
    if (now && now < mark) die("NOW has to come after the ID");
    size_t before = (size_t)(mark - text), length = strlen(text) + 7 + (now ? 16 : 0);
    template_length = 4 + length;
    template_frame = malloc(template_length + 1);
    if (!template_frame) die("out of memory");
    uint32_t prefix = htonl((uint32_t)length);
    memcpy(template_frame, &prefix, 4);
    const char *rest = mark + 2;
    int written = sprintf((char *)template_frame + 4, "%.*s%09u", (int)before, text, 0u);
    if (now) {
        written += sprintf((char *)template_frame + 4 + written, "%.*s", (int)(now - rest), rest);
        now_offset = 4 + (size_t)written;
        written += sprintf((char *)template_frame + 4 + written, "%019u", 0u);
        rest = now + 3;
    }
    strcpy((char *)template_frame + 4 + written, rest);
    id_offset = 4 + before;
}

static void queue_request(struct connection *c, uint64_t now) {
    uint8_t *frame = c->output + c->pending;
    memcpy(frame, template_frame, template_length);
    // The place of a request that is still waited for is passed over: one that lags must not be taken for lost.
    do {
        if (++next_id == 1000000000) next_id = FIRST_ID;
    } while (slots[next_id & slot_mask].id);
    uint32_t id = next_id, rest = id;
    for (int digit = 8; digit >= 0; digit--, rest /= 10) frame[id_offset + (size_t)digit] = (uint8_t)('0' + rest % 10);
    if (now_offset > 0) {
        uint64_t left = now_ns();
        for (int digit = 18; digit >= 0; digit--, left /= 10) frame[now_offset + (size_t)digit] = (uint8_t)('0' + left % 10);
    }
    slots[id & slot_mask] = (struct slot){id, now};
    c->pending += template_length;
    in_flight++;
}

/// The id of an answer: the first `"id":` with a number that a request of ours could bear. A result may have an id too.
static uint32_t id_of(const uint8_t *json, size_t length) {
    const uint8_t *at = json, *end = json + length;
    while ((at = memmem(at, (size_t)(end - at), "\"id\":", 5))) {
        at += 5;
        uint64_t value = 0;
        while (at < end && *at >= '0' && *at <= '9' && value < UINT32_MAX) value = value * 10 + (uint64_t)(*at++ - '0');
        if (value >= FIRST_ID && value < 1000000000) return (uint32_t)value;
    }
    return 0;
}

static void check_answer(const uint8_t *json, size_t length, uint64_t now) {
    uint32_t id = id_of(json, length);
    struct slot *slot = &slots[id & slot_mask];
    bool right = id && slot->id == id && (!expected || memmem(json, length, expected, strlen(expected)));
    if (!right && errors++ == 0) fprintf(stderr, "client: wrong answer: %.*s\n", (int)length, (const char *)json);
    if (id && slot->id == id) {
        if (measuring) sample(&latencies, now - slot->sent);
        slot->id = 0;
    }
    in_flight--;
    answered++;
}

static uint64_t await_turn(uint64_t now) {
    next_turn = next_turn + interval > now ? next_turn + interval : now;
    struct timespec pause = {.tv_sec = (time_t)((next_turn - now) / 1000000000u), .tv_nsec = (long)((next_turn - now) % 1000000000u)};
    if (next_turn > now) nanosleep(&pause, NULL);
    return now_ns();
}

/// Reads once, checks every answer in it, and sends a new request for each while the run lasts.
static void turn(struct connection *c, bool more) {
    ssize_t n = read(c->fd, c->input + c->held, BUFFER - c->held);
    if (n <= 0) die("the server hung up after %llu answers", (unsigned long long)answered);
    c->held += (size_t)n;
    uint64_t now = now_ns();
    size_t done = 0, length;
    while ((length = frame_at(c->input + done, c->held - done)) > 0) {
        check_answer(c->input + done + 4, length - 4, now);
        done += length;
        if (interval > 0 && more) now = await_turn(now);
        if (more) queue_request(c, now);
    }
    memmove(c->input, c->input + done, c->held -= done);
    if (c->pending > 0) write_all(c->fd, c->output, c->pending);
    c->pending = 0;
}

static double option(int count, char **arguments, const char *name, double otherwise) {
    for (int i = 2; i + 1 < count; i++)
        if (strcmp(arguments[i], name) == 0) return atof(arguments[i + 1]);
    return otherwise;
}

static const char *text_option(int count, char **arguments, const char *name) {
    for (int i = 2; i + 1 < count; i++)
        if (strcmp(arguments[i], name) == 0) return arguments[i + 1];
    return NULL;
}

int main(int count, char **arguments) {
    const char *request = count > 2 ? text_option(count, arguments, "--request") : NULL;
    if (!request)
        die("usage: %s SOCKET --request JSON [--connections N] [--window W] [--seconds S] [--warmup S] [--requests N] "
            "[--expect TEXT] [--interval US]", arguments[0]);
    unsigned connections = (unsigned)option(count, arguments, "--connections", 1);
    unsigned window = (unsigned)option(count, arguments, "--window", 1);
    double seconds = option(count, arguments, "--seconds", 1), warmup = option(count, arguments, "--warmup", 0.1);
    uint64_t limit = (uint64_t)option(count, arguments, "--requests", 0);
    interval = (uint64_t)(option(count, arguments, "--interval", 0) * 1e3);
    if (interval > 0 && connections * window > 1) die("an interval is for one request at a time");
    expected = text_option(count, arguments, "--expect");
    make_template(request);
    if (connections < 1 || connections > MAXIMUM_CONNECTIONS || window < 1 || window * template_length > BUFFER / 2)
        die("1 to %d connections, and a window whose requests fit in %d bytes", MAXIMUM_CONNECTIONS, BUFFER / 2);

    uint32_t size = 1024;
    while (size < 16 * connections * window) size *= 2;
    slots = calloc(size, sizeof *slots);
    slot_mask = size - 1;
    struct connection *all = calloc(connections, sizeof *all);
    int poll = epoll_create1(EPOLL_CLOEXEC);
    if (!slots || !all || poll < 0) die("out of memory");
    for (unsigned i = 0; i < connections; i++) {
        all[i].fd = connect_to(arguments[1]);
        all[i].input = malloc(BUFFER);
        all[i].output = malloc(BUFFER);
        if (!all[i].input || !all[i].output) die("out of memory");
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &all[i]};
        if (epoll_ctl(poll, EPOLL_CTL_ADD, all[i].fd, &event)) die("epoll: %m");
    }

    uint64_t start = now_ns(), measured_from = start + (uint64_t)(warmup * 1e9);
    uint64_t end = limit ? UINT64_MAX : measured_from + (uint64_t)(seconds * 1e9), before = 0, first = start;
    measuring = limit > 0 || warmup == 0;
    for (unsigned i = 0; i < connections; i++) {
        for (unsigned j = 0; j < window && (!limit || answered + in_flight < limit); j++) queue_request(&all[i], start);
        write_all(all[i].fd, all[i].output, all[i].pending);
        all[i].pending = 0;
    }
    uint64_t now = start;
    while (in_flight > 0) {
        bool more = now < end && (!limit || answered + in_flight < limit);
        if (connections == 1) {
            turn(&all[0], more);
        } else {
            struct epoll_event events[256];
            int ready = epoll_wait(poll, events, 256, -1);
            for (int i = 0; i < ready; i++)
                turn(events[i].data.ptr, now < end && (!limit || answered + in_flight < limit));
        }
        now = now_ns();
        if (!measuring && now >= measured_from) {
            measuring = true;
            before = answered;
            first = now;
        }
    }
    print_result(&latencies, answered - before, (double)(now - first) / 1e9, errors);
    return errors ? 1 : 0;
}
