#define _GNU_SOURCE
#include "Processes.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// The child shares our memory, thread-local storage included, until it executes its program: it makes system calls by
// itself and nothing else, so that it cannot touch errno, take a lock or meet a sanitizer.
#define CHILD_SIDE __attribute__((noinline, no_sanitize("address", "thread", "undefined")))

#if defined(__x86_64__)

CHILD_SIDE static long call5(long number, long a, long b, long c, long d, long e) {
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
                     : "rcx", "r11", "memory");
    return result;
}

/// clone(2), with `body(argument)` on the child's stack; the child ends with what it returns.
CHILD_SIDE static long start_child(unsigned long flags, void *stack, int *pidfd, int (*body)(void *), void *argument) {
    register int (*kept_body)(void *) __asm__("r12") = body;
    register void *kept_argument __asm__("r13") = argument;
    register long r10 __asm__("r10") = 0;
    register long r8 __asm__("r8") = 0;
    long result;
    __asm__ volatile("syscall\n\t"
                     "testq %%rax, %%rax\n\t"
                     "jnz 1f\n\t"
                     "xorl %%ebp, %%ebp\n\t"
                     "movq %%r13, %%rdi\n\t"
                     "callq *%%r12\n\t"
                     "movl %%eax, %%edi\n\t"
                     "movl %[exit], %%eax\n\t"
                     "syscall\n\t"
                     "ud2\n"
                     "1:"
                     : "=a"(result)
                     : "a"(SYS_clone), "D"(flags), "S"(stack), "d"(pidfd), "r"(r10), "r"(r8), "r"(kept_body),
                       "r"(kept_argument), [exit] "i"(SYS_exit)
                     : "rcx", "r11", "memory");
    return result;
}

#elif defined(__aarch64__)

CHILD_SIDE static long call5(long number, long a, long b, long c, long d, long e) {
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    register long x4 __asm__("x4") = e;
    __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory");
    return x0;
}

/// clone(2), with `body(argument)` on the child's stack; the child ends with what it returns.
CHILD_SIDE static long start_child(unsigned long flags, void *stack, int *pidfd, int (*body)(void *), void *argument) {
    register long x8 __asm__("x8") = SYS_clone;
    register long x0 __asm__("x0") = (long)flags;
    register void *x1 __asm__("x1") = stack;
    register int *x2 __asm__("x2") = pidfd;
    register long x3 __asm__("x3") = 0;
    register long x4 __asm__("x4") = 0;
    register int (*x19)(void *) __asm__("x19") = body;
    register void *x20 __asm__("x20") = argument;
    __asm__ volatile("svc #0\n\t"
                     "cbnz x0, 1f\n\t"
                     "mov x29, #0\n\t"
                     "mov x0, x20\n\t"
                     "blr x19\n\t"
                     "mov x8, %[exit]\n\t"
                     "svc #0\n\t"
                     "brk #0\n"
                     "1:"
                     : "+r"(x0)
                     : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x19), "r"(x20), [exit] "i"(SYS_exit)
                     : "memory");
    return x0;
}

#else
#error "millrace_spawn has no system call entry for this architecture"
#endif

#define CALL(number, a, b, c, d) call5(SYS_##number, (long)(a), (long)(b), (long)(c), (long)(d), 0)

/// The kernel's signal set, which unlike the C library's has no room to spare.
typedef uint64_t kernel_signals;

struct kernel_action {
    void *handler;
    unsigned long flags;
    void *restorer;
    kernel_signals mask;
};

struct kernel_limit {
    uint64_t soft;
    uint64_t hard;
};

CHILD_SIDE static int failed(struct millrace_spawn *spawn, enum millrace_spawn_step step, int index, long result) {
    spawn->failed_step = step;
    spawn->failed_index = index;
    spawn->failed_number = (int32_t)-result;
    return 127;
}

CHILD_SIDE static int map_descriptors(struct millrace_spawn *spawn) {
    int count = spawn->mapping_count;
    struct millrace_mapping *mappings = spawn->mappings;
    int first_free = count > 0 ? mappings[count - 1].to + 1 : 0;
    // Each is copied above all targets first: then no dup3 overwrites one that is still needed, and none is onto
    // itself, which would leave close-on-exec set.
    for (int index = 0; index < count; index++) {
        int from = mappings[index].from;
        long opened = from;
        if (from < 0) {
            opened = CALL(openat, AT_FDCWD, "/dev/null", O_RDWR | O_CLOEXEC, 0);
            if (opened < 0) return failed(spawn, MILLRACE_SPAWN_NULL, index, opened);
        }
        long copy = CALL(fcntl, opened, F_DUPFD_CLOEXEC, first_free, 0);
        if (copy < 0) return failed(spawn, MILLRACE_SPAWN_DESCRIPTOR, index, copy);
        mappings[index].copy = (int32_t)copy;
    }
    int next = 0;
    for (int index = 0; index < count; index++) {
        int to = mappings[index].to;
        if (next < to) {
            long result = CALL(close_range, next, to - 1, 0, 0);
            if (result < 0) return failed(spawn, MILLRACE_SPAWN_CLOSE, index, result);
        }
        long result = CALL(dup3, mappings[index].copy, to, 0, 0);
        if (result < 0) return failed(spawn, MILLRACE_SPAWN_DESCRIPTOR, index, result);
        next = to + 1;
    }
    long result = CALL(close_range, next, ~0u, 0, 0);
    return result < 0 ? failed(spawn, MILLRACE_SPAWN_CLOSE, 0, result) : 0;
}

CHILD_SIDE static int set_resources(struct millrace_spawn *spawn) {
    if (spawn->umask >= 0) CALL(umask, spawn->umask, 0, 0, 0);
    if (spawn->sets_nice) {
        long result = CALL(setpriority, PRIO_PROCESS, 0, spawn->nice, 0);
        if (result < 0) return failed(spawn, MILLRACE_SPAWN_NICE, 0, result);
    }
    for (int index = 0; index < spawn->limit_count; index++) {
        struct kernel_limit limit = {spawn->limits[index].soft, spawn->limits[index].hard};
        long result = CALL(prlimit64, 0, spawn->limits[index].resource, &limit, 0);
        if (result < 0) return failed(spawn, MILLRACE_SPAWN_LIMIT, index, result);
    }
    return 0;
}

CHILD_SIDE static int set_user(struct millrace_spawn *spawn) {
    // Not the C library's: those would ask every thread of ours to do the same.
    long result = CALL(setgroups, spawn->group_count, spawn->groups, 0, 0);
    if (result < 0) return failed(spawn, MILLRACE_SPAWN_GROUPS, 0, result);
    result = CALL(setresgid, spawn->group, spawn->group, spawn->group, 0);
    if (result < 0) return failed(spawn, MILLRACE_SPAWN_GROUP, 0, result);
    result = CALL(setresuid, spawn->user, spawn->user, spawn->user, 0);
    if (result < 0) return failed(spawn, MILLRACE_SPAWN_USER, 0, result);
    return 0;
}

CHILD_SIDE static int execute(struct millrace_spawn *spawn) {
    long reason = -ENOENT;
    for (char *const *program = spawn->programs; *program; program++) {
        long result = CALL(execve, *program, spawn->arguments, spawn->environment, 0);
        // As execvp does: look further, but remember the one that is there and may not be executed.
        if (result == -EACCES) {
            reason = result;
        } else if (result != -ENOENT && result != -ENOTDIR && result != -ESTALE && result != -ENODEV &&
                   result != -ETIMEDOUT) {
            reason = result;
            break;
        }
    }
    return failed(spawn, MILLRACE_SPAWN_EXEC, 0, reason);
}

/// What only the child may see of its parent.
struct start {
    struct millrace_spawn *spawn;
    pid_t parent;
};

CHILD_SIDE static int run_child(void *argument) {
    struct start *start = argument;
    struct millrace_spawn *spawn = start->spawn;
    // All signals are blocked: no handler of ours runs here, on memory that is not the child's own.
    struct kernel_action by_default;
    by_default.handler = NULL;
    by_default.flags = 0;
    by_default.restorer = NULL;
    by_default.mask = 0;
    for (int number = 1; number <= 64; number++) {
        if (number == SIGKILL || number == SIGSTOP) continue;
        CALL(rt_sigaction, number, &by_default, 0, sizeof(kernel_signals));
    }
    long result = spawn->new_session ? CALL(setsid, 0, 0, 0, 0) : CALL(setpgid, 0, 0, 0, 0);
    if (result < 0) return failed(spawn, MILLRACE_SPAWN_SESSION, 0, result);
    int code = map_descriptors(spawn);
    if (code != 0) return code;
    code = set_resources(spawn);
    if (code != 0) return code;
    if (spawn->sets_user && (code = set_user(spawn)) != 0) return code;
    // After the change of user, which would clear it.
    if (spawn->parent_signal != 0) {
        result = CALL(prctl, PR_SET_PDEATHSIG, spawn->parent_signal, 0, 0);
        if (result == 0 && CALL(getppid, 0, 0, 0, 0) != start->parent) result = -ESRCH;
        if (result < 0) return failed(spawn, MILLRACE_SPAWN_PARENT, 0, result);
    }
    // As the user, so that what is refused to it is refused here.
    if (spawn->directory) {
        result = CALL(chdir, spawn->directory, 0, 0, 0);
        if (result < 0) return failed(spawn, MILLRACE_SPAWN_DIRECTORY, 0, result);
    }
    kernel_signals none = 0;
    CALL(rt_sigprocmask, SIG_SETMASK, &none, 0, sizeof none);
    return execute(spawn);
}

/// On the stack of the calling thread, which stands still while the child uses it.
__attribute__((noinline, no_sanitize("address", "thread", "undefined"))) static long start_on_own_stack(
    struct start *start, int *pidfd) {
    char stack[32768] __attribute__((aligned(16)));
    return start_child(
        CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, stack + sizeof stack, pidfd, run_child, start);
}

pid_t millrace_spawn(struct millrace_spawn *spawn) {
    spawn->failed_step = 0;
    spawn->failed_index = 0;
    spawn->failed_number = 0;
    spawn->pidfd = -1;
    struct start start = {spawn, getpid()};
    kernel_signals all = ~(kernel_signals)0;
    kernel_signals before;
    int dumpable = spawn->sets_user ? prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) : -1;
    int pidfd = -1;
    syscall(SYS_rt_sigprocmask, SIG_BLOCK, &all, &before, sizeof all);
    long pid = start_on_own_stack(&start, &pidfd);
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before, NULL, sizeof before);
    // A change of user makes the memory undumpable, and until it executes its program that is ours.
    if (dumpable == 1) prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    if (pid < 0) {
        failed(spawn, MILLRACE_SPAWN_CLONE, 0, pid);
        return -1;
    }
    if (spawn->failed_step != 0) {
        int status;
        while (waitpid((pid_t)pid, &status, 0) < 0 && errno == EINTR) {
        }
        close(pidfd);
        return -1;
    }
    spawn->pidfd = pidfd;
    return (pid_t)pid;
}

int millrace_wait_pidfd(int pidfd, int reap, struct millrace_ending *ending) {
    siginfo_t info;
    struct rusage usage;
    memset(&info, 0, sizeof info);
    memset(&usage, 0, sizeof usage);
    int options = WEXITED | WNOHANG | (reap ? 0 : WNOWAIT);
    // The C library's waitid has no place for what was used.
    if (syscall(SYS_waitid, P_PIDFD, pidfd, &info, options, &usage) < 0) return -1;
    if (info.si_pid == 0) return 0;
    ending->code = info.si_code;
    ending->status = info.si_status;
    ending->user_microseconds = (int64_t)usage.ru_utime.tv_sec * 1000000 + usage.ru_utime.tv_usec;
    ending->system_microseconds = (int64_t)usage.ru_stime.tv_sec * 1000000 + usage.ru_stime.tv_usec;
    ending->peak_kibibytes = usage.ru_maxrss;
    return 1;
}

int millrace_reap(pid_t pid) {
    int status;
    return waitpid(pid, &status, WNOHANG | __WALL) == pid;
}

int millrace_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

int millrace_pidfd_signal(int pidfd, int signal) {
    return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

int millrace_end_with_parent(int signal) {
    return prctl(PR_SET_PDEATHSIG, (unsigned long)signal, 0ul, 0ul, 0ul);
}

int millrace_adopt_orphans(void) {
    return prctl(PR_SET_CHILD_SUBREAPER, 1ul, 0ul, 0ul, 0ul);
}
