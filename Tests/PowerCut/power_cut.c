#define _GNU_SOURCE
#include "include/PowerCut.h"
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char power_cut_folder[] = "POWER_CUT_FOLDER";
const char power_cut_disk[] = "POWER_CUT_DISK";
const char power_cut_program[] = "POWER_CUT_PROGRAM";
const char power_cut_at[] = "POWER_CUT_AT";

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static const char *folder, *disk;
static long syncs, cut;
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);

/// Copies what a file holds now; where it cannot, the test must not go on as if it had.
static void keep_bytes(int from, ino_t inode) {
    char path[PATH_MAX], block[1 << 16];
    snprintf(path, sizeof path, "%s/%lu", disk, (unsigned long)inode);
    int to = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (to < 0) abort();
    off_t place = 0;
    ssize_t count;
    while ((count = pread(from, block, sizeof block, place)) > 0) {
        if (pwrite(to, block, count, place) != count) abort();
        place += count;
    }
    if (count < 0) abort();
    close(to);
}

static void keep_names(int with_bytes) {
    char path[PATH_MAX], next[PATH_MAX];
    snprintf(path, sizeof path, "%s/names", disk);
    snprintf(next, sizeof next, "%s/names.next", disk);
    FILE *names = fopen(next, "we");
    DIR *entries = opendir(folder);
    if (!names || !entries) abort();
    struct dirent *entry;
    while ((entry = readdir(entries))) {
        struct stat status;
        int there = fstatat(dirfd(entries), entry->d_name, &status, AT_SYMLINK_NOFOLLOW);
        if (there != 0 || !S_ISREG(status.st_mode)) continue;
        fprintf(names, "%lu %s\n", (unsigned long)status.st_ino, entry->d_name);
        if (!with_bytes) continue;
        int file = openat(dirfd(entries), entry->d_name, O_RDONLY | O_CLOEXEC);
        if (file < 0) abort();
        keep_bytes(file, status.st_ino);
        close(file);
    }
    closedir(entries);
    if (fclose(names) != 0 || rename(next, path) != 0) abort();
}

__attribute__((constructor)) static void begin(void) {
    *(void **)&real_fsync = dlsym(RTLD_NEXT, "fsync");
    *(void **)&real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
    const char *program = getenv(power_cut_program), *moment = getenv(power_cut_at);
    if (!program || strcmp(program, program_invocation_short_name) != 0) return;
    disk = getenv(power_cut_disk);
    cut = moment ? atol(moment) : 0;
    folder = getenv(power_cut_folder);
    if (!disk) folder = NULL;
    if (folder) keep_names(1);
}

/// The power goes as the file's sync is entered; else what it syncs is on disk when it returns.
static int synced(int file, int (*real)(int)) {
    char link[64], path[PATH_MAX];
    struct stat status;
    if (!folder || fstat(file, &status) != 0) return real(file);
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    size_t prefix = strlen(folder);
    if (length < (ssize_t)prefix || strncmp(path, folder, prefix) != 0) return real(file);
    pthread_mutex_lock(&turn);
    if (++syncs == cut) {
        kill(getpid(), SIGKILL);
        for (;;) pause();
    }
    int outcome = real(file);
    if (outcome == 0 && S_ISDIR(status.st_mode)) keep_names(0);
    if (outcome == 0 && S_ISREG(status.st_mode)) {
        // Not opened anew where that can be spared: closing it would give up the program's locks of that file.
        int reading = (fcntl(file, F_GETFL) & O_ACCMODE) == O_WRONLY ? open(link, O_RDONLY | O_CLOEXEC) : file;
        if (reading < 0) abort();
        keep_bytes(reading, status.st_ino);
        if (reading != file) close(reading);
    }
    pthread_mutex_unlock(&turn);
    return outcome;
}

int fsync(int file) {
    if (!real_fsync) begin();
    return synced(file, real_fsync);
}

int fdatasync(int file) {
    if (!real_fdatasync) begin();
    return synced(file, real_fdatasync);
}
