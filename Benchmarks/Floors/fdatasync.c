// The floor of durability: 4 KiB overwrites of a file that is already there, each made durable by fdatasync.
#include "floors.h"

int main(int count, char **arguments) {
    enum { BLOCK = 4096, BLOCKS = 256 };
    if (count != 3) die("usage: %s DIRECTORY SECONDS", arguments[0]);
    char path[4096], block[BLOCK];
    snprintf(path, sizeof path, "%s/fdatasync.%d", arguments[1], getpid());
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) die("%s: %m", path);
    memset(block, 'm', BLOCK);
    for (int i = 0; i < BLOCKS; i++)
        if (pwrite(fd, block, BLOCK, (off_t)i * BLOCK) != BLOCK) die("pwrite: %m");
    if (fsync(fd)) die("fsync: %m");

    struct samples latencies = {0};
    uint64_t start = now_ns(), end = start + (uint64_t)(atof(arguments[2]) * 1e9), now = start, syncs = 0;
    while (now < end) {
        if (pwrite(fd, block, BLOCK, (off_t)(syncs % BLOCKS) * BLOCK) != BLOCK || fdatasync(fd)) die("fdatasync: %m");
        uint64_t after = now_ns();
        sample(&latencies, after - now);
        now = after;
        syncs++;
    }
    unlink(path);
    print_result(&latencies, syncs, (double)(now - start) / 1e9, 0);
    return 0;
}
