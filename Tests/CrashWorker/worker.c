// The worker of the crash tests: small enough to be started anew several times a second.
//
//   CrashWorker worker EFFECTS NAME CAPACITY KIND... [@SOCKET]   a worker; without @SOCKET in a pool of the runner
//   CrashWorker command EFFECTS                                  a command of the runner
//
// Each item is one line `S time pid job item fence` when it is received and one line `E ...` when it is done, before the
// runner hears of it; `R` in place of `E` when it answers with an error. A line is one write to a file opened for
// appending, so lines of many processes never mix and none is lost with its process. The time is CLOCK_MONOTONIC in
// nanoseconds. What an item does stands in the params of its job:
// `{"ms":HOW LONG,"items":HOW MANY,"fails":1}`, the last for a first attempt that fails.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { most_items = 256, most_bytes = 1 << 20 };

struct work {
    int64_t due;
    char id[64];
    long job, item, fence;
    int fails;
};

static int effects, connection;
static struct work works[most_items];
static int holding;
static char input[most_bytes];

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void note(char what, long job, long item, long fence) {
    char line[128];
    int length = snprintf(line, sizeof line, "%c %lld %d %ld %ld %ld\n", what, (long long)now(), getpid(), job, item, fence);
    if (write(effects, line, length) != length) exit(3);
}

// The number that follows `name` in the text, or `otherwise`. Enough for what one known program writes.
static long number(const char *text, const char *name, long otherwise) {
    const char *found = text ? strstr(text, name) : NULL;
    return found ? strtol(found + strlen(name), NULL, 10) : otherwise;
}

static void send_frame(const char *body) {
    uint32_t length = strlen(body);
    unsigned char header[4] = {length >> 24, length >> 16, length >> 8, length};
    char frame[8192];
    memcpy(frame, header, 4);
    memcpy(frame + 4, body, length);
    for (uint32_t done = 0; done < length + 4;) {
        ssize_t count = send(connection, frame + done, length + 4 - done, MSG_NOSIGNAL);
        if (count > 0) done += count;
        else if (errno != EINTR) {
            // The reader notices and, outside, connects again.
            shutdown(connection, SHUT_RDWR);
            return;
        }
    }
}

static void answer(const char *id, const char *rest) {
    char body[4096];
    snprintf(body, sizeof body, "{\"jsonrpc\":\"2.0\",\"id\":%s,%s}", id, rest);
    send_frame(body);
}

static void process(const char *id, const char *message) {
    if (holding == most_items) exit(3);
    struct work *work = &works[holding++];
    const char *params = strstr(message, "\"job\":{");
    const char *item = strstr(message, "\"item\":{");
    snprintf(work->id, sizeof work->id, "%s", id);
    work->job = number(params, "\"id\":", -1);
    work->item = number(item, "\"index\":", -1);
    work->fence = number(message, "\"fence\":", -1);
    work->fails = number(message, "\"attempt\":", 1) == 1 && number(params, "\"fails\":", 0);
    note('S', work->job, work->item, work->fence);
    work->due = now() + number(params, "\"ms\":", 0) * 1000000LL;
}

static void finish(int index) {
    struct work work = works[index];
    works[index] = works[--holding];
    if (work.fails) {
        note('R', work.job, work.item, work.fence);
        answer(work.id, "\"error\":{\"code\":-32014,\"message\":\"not yet\",\"data\":{\"status\":\"UNAVAILABLE\","
                        "\"reason\":\"crash.notYet\"}}");
        return;
    }
    note('E', work.job, work.item, work.fence);
    char result[128];
    snprintf(result, sizeof result, "\"result\":{\"output\":{\"fence\":%ld}}", work.fence);
    answer(work.id, result);
}

static void plan(const char *id, const char *message) {
    char result[4096] = "\"result\":{\"items\":[";
    long items = number(strstr(message, "\"job\":{"), "\"items\":", 1);
    for (long index = 0; index < items && index < 100; index++)
        sprintf(result + strlen(result), "%s{\"key\":\"i%ld\"}", index ? "," : "", index);
    strcat(result, "],\"slots\":4}");
    answer(id, result);
}

static void take(const char *message) {
    const char *method = strstr(message, "\"method\":\"");
    const char *found = strstr(message, "\"id\":");
    if (!method || !found) return;
    method += strlen("\"method\":\"");
    char id[64] = "";
    sscanf(found + strlen("\"id\":"), "%63[^,}]", id);
    if (!strncmp(method, "workload.process", 16)) process(id, message);
    else if (!strncmp(method, "workload.plan", 13)) plan(id, message);
    else if (!strncmp(method, "workload.summarize", 18)) answer(id, "\"result\":{\"result\":{}}");
    else if (!strncmp(method, "worker.ping", 11)) answer(id, "\"result\":{}");
}

// Connects; the runner may be on its way up.
static int connected(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    for (;;) {
        int stream = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (!connect(stream, (struct sockaddr *)&address, sizeof address)) return stream;
        close(stream);
        usleep(1000);
    }
}

static void offer(char **words, int count) {
    char body[4096];
    int length = snprintf(body, sizeof body, "{\"jsonrpc\":\"2.0\",\"id\":\"me\",\"method\":\"worker.register\","
                          "\"params\":{\"name\":\"%s\",\"capacity\":%s,\"kinds\":[", words[0], words[1]);
    for (int index = 2; index < count; index++) {
        // A kind whose name ends in "batch" has parts.
        const char *ending = strrchr(words[index], '.');
        int parts = ending && !strcmp(ending, ".batch");
        length += snprintf(body + length, sizeof body - length, "%s{\"name\":\"%s\",\"summary\":\"\",\"stages\":[%s]}",
                           index > 2 ? "," : "", words[index],
                           parts ? "\"plan\",\"process\",\"summarize\"" : "\"process\"");
    }
    snprintf(body + length, sizeof body - length, "]}}");
    send_frame(body);
}

// Until the runner hangs up.
static void serve(void) {
    size_t have = 0;
    for (;;) {
        int64_t next = INT64_MAX;
        for (int index = holding - 1; index >= 0; index--)
            if (works[index].due <= now()) finish(index);
        for (int index = 0; index < holding; index++)
            if (works[index].due < next) next = works[index].due;
        int64_t left = next - now();
        struct timespec wait = {left > 0 ? left / 1000000000 : 0, left > 0 ? left % 1000000000 : 0};
        struct pollfd polled = {.fd = connection, .events = POLLIN};
        if (ppoll(&polled, 1, holding ? &wait : NULL, NULL) <= 0) continue;
        ssize_t count = read(connection, input + have, sizeof input - have);
        if (count <= 0) return;
        have += count;
        size_t at = 0;
        while (have - at >= 4) {
            unsigned char *header = (unsigned char *)input + at;
            size_t length = (size_t)header[0] << 24 | header[1] << 16 | header[2] << 8 | header[3];
            if (length + 4 > sizeof input - 1) exit(3);
            if (have - at < length + 4) break;
            char *message = input + at + 4;
            char kept = message[length];
            message[length] = 0;
            take(message);
            message[length] = kept;
            at += length + 4;
        }
        memmove(input, input + at, have - at);
        have -= at;
    }
}

static int command(void) {
    char params[4096] = "";
    size_t have = 0;
    for (ssize_t count; (count = read(0, params + have, sizeof params - 1 - have)) > 0;) have += count;
    long job = atol(getenv("MILLRACE_JOB_ID")), fence = atol(getenv("MILLRACE_LEASE"));
    note('S', job, 0, fence);
    usleep(number(params, "\"ms\":", 0) * 1000);
    if (number(params, "\"fails\":", 0) && atol(getenv("MILLRACE_ATTEMPT")) == 1) {
        note('R', job, 0, fence);
        return 75;
    }
    note('E', job, 0, fence);
    printf("{\"fence\":%ld}\n", fence);
    return 0;
}

int main(int count, char **words) {
    if (count < 3) return 2;
    effects = open(words[2], O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    if (effects < 0) return 3;
    if (!strcmp(words[1], "command")) return command();
    if (count < 5) return 2;
    if (words[count - 1][0] != '@') {
        connection = atoi(getenv("MILLRACE_WORKER_FD"));
        offer(words + 3, count - 3);
        serve();
        return 0;
    }
    for (;;) {
        connection = connected(words[count - 1] + 1);
        holding = 0;
        offer(words + 3, count - 4);
        serve();
        close(connection);
    }
}
