/// Starting, signalling and reaping processes, beyond what posix_spawn can do.
#ifndef MILLRACE_PROCESSES_H
#define MILLRACE_PROCESSES_H

#include <stdint.h>
#include <sys/types.h>

/// Where a start failed.
enum millrace_spawn_step {
    MILLRACE_SPAWN_CLONE = 1,
    MILLRACE_SPAWN_SESSION,
    MILLRACE_SPAWN_NULL,
    /// `index` is that of the mapping.
    MILLRACE_SPAWN_DESCRIPTOR,
    MILLRACE_SPAWN_CLOSE,
    MILLRACE_SPAWN_NICE,
    /// `index` is that of the limit.
    MILLRACE_SPAWN_LIMIT,
    MILLRACE_SPAWN_GROUPS,
    MILLRACE_SPAWN_GROUP,
    MILLRACE_SPAWN_USER,
    MILLRACE_SPAWN_PARENT,
    MILLRACE_SPAWN_DIRECTORY,
    MILLRACE_SPAWN_EXEC,
};

struct millrace_mapping {
    /// A descriptor of ours, or -1 for /dev/null.
    int32_t from;
    int32_t to;
    /// The child's own copy of `from`; filled in by the child.
    int32_t copy;
};

struct millrace_limit {
    int32_t resource;
    uint64_t soft;
    uint64_t hard;
};

struct millrace_spawn {
    /// The paths to try, in order, ended by NULL.
    char *const *programs;
    char *const *arguments;
    char *const *environment;
    /// Sorted by `to`, no two the same; all other descriptors are closed.
    struct millrace_mapping *mappings;
    int32_t mapping_count;
    const struct millrace_limit *limits;
    int32_t limit_count;
    /// Whether the child leads a session; else it leads a group.
    int32_t new_session;
    /// -1 keeps ours.
    int32_t umask;
    int32_t sets_nice;
    int32_t nice;
    /// Whether user, group and supplementary groups are set.
    int32_t sets_user;
    uint32_t user;
    uint32_t group;
    const uint32_t *groups;
    int32_t group_count;
    /// The signal that comes when the thread that starts the child ends; 0 for none.
    int32_t parent_signal;
    /// NULL keeps ours.
    const char *directory;

    /// Filled in when it failed: the step, what it was about, the error number.
    int32_t failed_step;
    int32_t failed_index;
    int32_t failed_number;
    /// Filled in when it succeeded; close-on-exec.
    int32_t pidfd;
};

/// Starts a process with CLONE_VM|CLONE_VFORK: it costs the same however much memory we have. It begins with no blocked
/// signals and default dispositions. Returns its pid, or -1 with the failure filled in and nothing left behind.
pid_t millrace_spawn(struct millrace_spawn *spawn);

struct millrace_ending {
    /// CLD_EXITED, CLD_KILLED, CLD_DUMPED.
    int32_t code;
    int32_t status;
    int64_t user_microseconds;
    int64_t system_microseconds;
    int64_t peak_kibibytes;
};

/// waitid(2) on a pidfd without waiting, with what the process and those it waited for have used. With `reap` 0 it
/// stays a zombie, so that its pid, process group and session cannot be taken by another.
/// Returns 1 when it has ended, 0 when it has not, -1 on failure.
int millrace_wait_pidfd(int pidfd, int reap, struct millrace_ending *ending);

/// Reaps a child of ours if it has ended. Returns 1 when it had.
int millrace_reap(pid_t pid);

/// pidfd_open(2). The descriptor has close-on-exec.
int millrace_pidfd_open(pid_t pid);

/// pidfd_send_signal(2).
int millrace_pidfd_signal(int pidfd, int signal);

/// PR_SET_PDEATHSIG: the calling process gets this signal when the thread that started it ends.
int millrace_end_with_parent(int signal);

/// PR_SET_CHILD_SUBREAPER: descendants whose parent ended become children of this process.
int millrace_adopt_orphans(void);

#endif
