/// What Glibc's Swift overlay lacks: peer credentials, pidfds, random bytes, names of errors.
/// Every function answers as the system call does: -1 with errno set on failure.
#ifndef MILLRACE_CLINUX_H
#define MILLRACE_CLINUX_H

#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// SO_PEERCRED of a connected AF_UNIX socket.
int millrace_peer_credentials(int socket, int32_t *pid, uint32_t *uid, uint32_t *gid);

/// SO_PEERGROUPS: fills `groups` with at most `capacity` supplementary group ids.
/// Returns their number; -1 with ERANGE when there are more than `capacity`.
int millrace_peer_groups(int socket, uint32_t *groups, int capacity);

/// pidfd_open(2). The descriptor has close-on-exec.
int millrace_pidfd_open(pid_t pid);

/// waitid(2) on a pidfd until the process has ended: fills code (CLD_EXITED, CLD_KILLED, CLD_DUMPED) and status.
/// With `reap` 0 it stays a zombie, so that its pid and process group cannot be taken by another.
int millrace_wait_pidfd(int pidfd, int reap, int *code, int *status);

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

/// POSIX_SPAWN_SETSID.
extern const int32_t millrace_spawn_setsid;

/// "TERM"; NULL for an unknown number. Thread-safe.
const char *millrace_signal_name(int number);

/// posix_spawn_file_actions_addchdir_np(3). Returns an error number, as the posix_spawn family does.
int millrace_spawn_chdir(posix_spawn_file_actions_t *actions, const char *path);

/// posix_spawn_file_actions_addclosefrom_np(3). Returns an error number, as the posix_spawn family does.
int millrace_spawn_close_from(posix_spawn_file_actions_t *actions, int first);

/// PR_SET_PDEATHSIG: the calling process gets this signal when the thread that started it ends.
int millrace_end_with_parent(int signal);

/// PR_SET_CHILD_SUBREAPER: descendants whose parent ended become children of this process.
int millrace_adopt_orphans(void);

/// Names the calling thread for ps, top and gdb; at most 15 bytes are kept.
void millrace_name_thread(const char *name);

/// accept4(2) with close-on-exec.
int millrace_accept(int socket);

/// open(2) with a mode; always close-on-exec.
int millrace_open(const char *path, int flags, unsigned mode);

/// open(2) of a directory with O_PATH: a place to reach names in, not to read.
int millrace_open_place(const char *directory);

/// pipe2(2) with close-on-exec.
int millrace_pipe(int ends[2]);

/// The `environ` of the process.
char **millrace_environment(void);

#endif
