#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

int millrace_peer_credentials(int socket, int32_t *pid, uint32_t *uid, uint32_t *gid) {
    struct ucred peer;
    socklen_t length = sizeof peer;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0) return -1;
    *pid = peer.pid;
    *uid = peer.uid;
    *gid = peer.gid;
    return 0;
}

int millrace_peer_groups(int socket, uint32_t *groups, int capacity) {
    socklen_t length = (socklen_t)capacity * sizeof *groups;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups, &length) < 0) return -1;
    return (int)(length / sizeof *groups);
}

int millrace_random(void *buffer, size_t count) {
    unsigned char *next = buffer;
    while (count > 0) {
        ssize_t got = getrandom(next, count, 0);
        if (got < 0) {
            if (errno == EINTR) continue;
            return -1;
        }
        next += got;
        count -= (size_t)got;
    }
    return 0;
}

const char *millrace_error_name(int number) { return strerrorname_np(number); }

const char *millrace_error_text(int number) { return strerrordesc_np(number); }

const char *millrace_signal_name(int number) { return sigabbrev_np(number); }

void millrace_name_thread(const char *name) {
    char kept[16];
    strncpy(kept, name, sizeof kept - 1);
    kept[sizeof kept - 1] = 0;
    pthread_setname_np(pthread_self(), kept);
}

int millrace_accept(int socket) { return accept4(socket, NULL, NULL, SOCK_CLOEXEC); }

int millrace_open(const char *path, int flags, unsigned mode) { return open(path, flags | O_CLOEXEC, mode); }

int millrace_begin_writing(int file, int64_t offset, int64_t count) {
    return sync_file_range(file, offset, count, SYNC_FILE_RANGE_WRITE);
}

int millrace_open_place(const char *directory) { return open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC); }

int millrace_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

char **millrace_environment(void) { return environ; }

// One above the pipe's number, so that zero is none.
static atomic_int signal_pipes[NSIG];
static atomic_int handlers_running;

static void pass_on(int number) {
    int before = errno;
    atomic_fetch_add(&handlers_running, 1);
    int pipe = atomic_load(&signal_pipes[number]) - 1;
    unsigned char byte = (unsigned char)number;
    if (pipe >= 0 && write(pipe, &byte, 1) < 0) {
        // A full pipe already holds what wakes its reader.
    }
    atomic_fetch_sub(&handlers_running, 1);
    errno = before;
}

int millrace_catch_signal(int number, int pipe) {
    if (number < 1 || number >= NSIG) {
        errno = EINVAL;
        return -1;
    }
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = pass_on;
    action.sa_flags = SA_RESTART;
    sigfillset(&action.sa_mask);
    atomic_store(&signal_pipes[number], pipe + 1);
    return sigaction(number, &action, NULL);
}

void millrace_release_signal(int number, int pipe) {
    int expected = pipe + 1;
    if (number < 1 || number >= NSIG) return;
    if (atomic_compare_exchange_strong(&signal_pipes[number], &expected, 0)) signal(number, SIG_DFL);
    while (atomic_load(&handlers_running) > 0) sched_yield();
}

int millrace_sealed_file(const char *name, const void *bytes, size_t count) {
    int file = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (file < 0) return -1;
    size_t written = 0;
    while (written < count) {
        ssize_t n = write(file, (const char *)bytes + written, count - written);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) goto failed;
        written += (size_t)n;
    }
    if (fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) == 0) return file;
failed:;
    int number = errno;
    close(file);
    errno = number;
    return -1;
}

void millrace_give_memory_back(void) { malloc_trim(0); }

void millrace_hold_memory_tight(void) {
    mallopt(M_ARENA_MAX, 1);
    // Said once, it is not changed by the library any more.
    mallopt(M_MMAP_THRESHOLD, 128 * 1024);
}
