// systemd's own search for the next run, without the process that `systemd-analyze calendar` takes and the text it prints:
// calendar_spec_next_usec of libsystemd-shared, which is no public interface and is looked for at run time.
#include "floors.h"
#include <dlfcn.h>
#include <glob.h>
#include <inttypes.h>

static uint64_t thread_ns(void) {
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static int by_size(const void *one, const void *other) {
    double a = *(const double *)one, b = *(const double *)other;
    return (a > b) - (a < b);
}

int main(int count, char **arguments) {
    if (count < 4) die("usage: TZ=ZONE %s ROUNDS COUNT EXPRESSION...", arguments[0]);
    int rounds = atoi(arguments[1]), calls = atoi(arguments[2]);
    glob_t found = {0};
    glob("/usr/lib/*/systemd/libsystemd-shared-*.so", 0, NULL, &found);
    glob("/usr/lib/systemd/libsystemd-shared-*.so", GLOB_APPEND, NULL, &found);
    if (found.gl_pathc == 0) die("libsystemd-shared is not there");
    void *library = dlopen(found.gl_pathv[0], RTLD_NOW);
    if (!library) die("%s", dlerror());
    int (*read_spec)(const char *, void **), (*next)(const void *, uint64_t, uint64_t *);
    *(void **)&read_spec = dlsym(library, "calendar_spec_from_string");
    *(void **)&next = dlsym(library, "calendar_spec_next_usec");
    if (!read_spec || !next) die("%s", dlerror());
    double *times = calloc((size_t)rounds, sizeof *times);
    char sums[4096] = "";
    printf("{\"next\":[");
    for (int index = 3; index < count; index++) {
        void *spec;
        if (read_spec(arguments[index], &spec) < 0) die("%s is refused", arguments[index]);
        uint64_t sum = 0;
        for (int round = 0; round < rounds; round++) {
            uint64_t start = thread_ns();
            sum = 0;
            for (int number = 0; number < calls; number++) {
                uint64_t from = 1600000000 + (uint64_t)number * 100003 % 500000000, run;
                if (next(spec, from * 1000000, &run) < 0) die("%s fails after %" PRIu64, arguments[index], from);
                sum += run / 1000000;
            }
            times[round] = (double)(thread_ns() - start) / calls;
        }
        qsort(times, (size_t)rounds, sizeof *times, by_size);
        printf("%s%.1f", index > 3 ? "," : "", times[rounds / 2]);
        size_t used = strlen(sums);
        snprintf(sums + used, sizeof sums - used, "%s%" PRIu64, index > 3 ? "," : "", sum);
    }
    printf("],\"sums\":[%s]}\n", sums);
    return 0;
}
