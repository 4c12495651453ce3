/// What Glibc's Swift overlay lacks: peer credentials, random bytes, names of errors, processes.
/// Every function answers as the system call does: -1 with errno set on failure.
#ifndef MILLRACE_CLINUX_H
#define MILLRACE_CLINUX_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "Clock.h"
#include "Polling.h"
#include "Processes.h"

/// SO_PEERCRED of a connected AF_UNIX socket.
int millrace_peer_credentials(int socket, int32_t *pid, uint32_t *uid, uint32_t *gid);

/// SO_PEERGROUPS: fills `groups` with at most `capacity` supplementary group ids.
/// Returns their number; -1 with ERANGE when there are more than `capacity`.
int millrace_peer_groups(int socket, uint32_t *groups, int capacity);

/// From now on the signal is caught, in whatever thread, and its number written as one byte to `pipe`, which must not
/// block; calls are restarted. A later call for the same signal takes it over.
int millrace_catch_signal(int number, int pipe);

/// The signal has its default action again, unless another pipe took it over.
/// When this returns, no handler uses `pipe` for it any more.
void millrace_release_signal(int number, int pipe);

/// getrandom(2), whole or failed.
int millrace_random(void *buffer, size_t count);

/// "ENOENT"; NULL for an unknown number. Thread-safe.
const char *millrace_error_name(int number);

/// "No such file or directory"; NULL for an unknown number. Thread-safe, never translated.
const char *millrace_error_text(int number);

/// "TERM"; NULL for an unknown number. Thread-safe.
const char *millrace_signal_name(int number);

/// Names the calling thread for ps, top and gdb; at most 15 bytes are kept.
void millrace_name_thread(const char *name);

/// accept4(2) with close-on-exec.
int millrace_accept(int socket);

/// open(2) with a mode; always close-on-exec.
int millrace_open(const char *path, int flags, unsigned mode);

/// sync_file_range(2) that begins to write these bytes of a file to the disk and waits for nothing.
int millrace_begin_writing(int file, int64_t offset, int64_t count);

/// open(2) of a directory with O_PATH: a place to reach names in, not to read.
int millrace_open_place(const char *directory);

/// A file in memory with these bytes that nobody can change any more, close-on-exec.
int millrace_sealed_file(const char *name, const void *bytes, size_t count);

/// pipe2(2) with close-on-exec.
int millrace_pipe(int ends[2]);

/// The `environ` of the process.
char **millrace_environment(void);

/// Gives whole pages of the heap that nobody uses back to the system.
void millrace_give_memory_back(void);

/// One heap for all threads, and every large block mapped by itself.
void millrace_hold_memory_tight(void);

#endif
