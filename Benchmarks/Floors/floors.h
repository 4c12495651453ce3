// What the C programs of the benchmarks share: frames, clocks, percentiles.
#ifndef FLOORS_H
#define FLOORS_H

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { BUFFER = 1 << 18 };

__attribute__((noreturn, format(printf, 1, 2))) static inline void die(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "%s: ", program_invocation_short_name);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    exit(1);
}

static inline uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static inline struct sockaddr_un address_of(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) die("socket path too long: %s", path);
    strcpy(address.sun_path, path);
    return address;
}

static inline int listen_at(const char *path) {
    struct sockaddr_un address = address_of(path);
    unlink(path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) || listen(fd, 1024)) die("%s: %m", path);
    return fd;
}

static inline int connect_to(const char *path) {
    struct sockaddr_un address = address_of(path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address)) die("%s: %m", path);
    return fd;
}

static inline void write_all(int fd, const uint8_t *bytes, size_t count) {
    while (count > 0) {
        ssize_t n = write(fd, bytes, count);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) die("write: %m");
        bytes += n;
        count -= (size_t)n;
    }
}

/// The length of the frame at `bytes` with its prefix, or 0 when it is not there yet.
static inline size_t frame_at(const uint8_t *bytes, size_t available) {
    if (available < 4) return 0;
    uint32_t length;
    memcpy(&length, bytes, 4);
    size_t whole = 4 + (size_t)ntohl(length);
    if (whole > BUFFER) die("frame of %zu bytes", whole);
    return available < whole ? 0 : whole;
}

/// Latencies of one run, in nanoseconds.
struct samples {
    uint32_t *values;
    size_t count, capacity;
};

static inline void sample(struct samples *all, uint64_t ns) {
    if (all->count == all->capacity) {
        if (all->capacity >= 1u << 23) return;
        all->capacity = all->capacity ? all->capacity * 2 : 1u << 16;
        all->values = realloc(all->values, all->capacity * sizeof *all->values);
        if (!all->values) die("out of memory");
    }
    all->values[all->count++] = ns > UINT32_MAX ? UINT32_MAX : (uint32_t)ns;
}

static inline int ascending(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static inline double microseconds_at(const struct samples *sorted, double fraction) {
    if (sorted->count == 0) return 0;
    size_t index = (size_t)(fraction * (double)(sorted->count - 1) + 0.5);
    return sorted->values[index] / 1000.0;
}

/// Prints one line of JSON with the rate and the percentiles.
static inline void print_result(struct samples *all, uint64_t requests, double seconds, uint64_t errors) {
    qsort(all->values, all->count, sizeof *all->values, ascending);
    printf(
        "{\"requests\":%llu,\"seconds\":%.4f,\"rate\":%.1f,\"p50\":%.3f,\"p90\":%.3f,\"p99\":%.3f,\"p999\":%.3f,"
        "\"max\":%.3f,\"errors\":%llu}\n",
        (unsigned long long)requests, seconds, (double)requests / seconds, microseconds_at(all, 0.5),
        microseconds_at(all, 0.9), microseconds_at(all, 0.99), microseconds_at(all, 0.999), microseconds_at(all, 1),
        (unsigned long long)errors);
}

#endif
