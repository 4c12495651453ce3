// Starts a service the systemd way, again and again: how long from exec to READY=1, and how much memory it holds then.
//
// The service gets a listening socket as descriptor 3 with LISTEN_FDS and LISTEN_FDNAMES, and a NOTIFY_SOCKET. The
// clock starts just before the fork. Resident memory is read after the idle time; then SIGTERM, and the end is awaited.
#include "floors.h"
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

enum { PATIENCE_MS = 10000 };

static const char *folder;

static pid_t start(int listener, const char *name, const char *notify, char **command) {
    pid_t child = fork();
    if (child < 0) die("fork: %m");
    if (child > 0) return child;
    char pid[16];
    snprintf(pid, sizeof pid, "%d", getpid());
    setenv("LISTEN_PID", pid, 1);
    setenv("LISTEN_FDS", "1", 1);
    setenv("LISTEN_FDNAMES", name, 1);
    setenv("NOTIFY_SOCKET", notify, 1);
    char log[4096];
    snprintf(log, sizeof log, "%s/exec_ready.log", folder);
    int output = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (output < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0 || dup2(listener, 3) < 0) _exit(71);
    execv(command[0], command);
    _exit(72);
}

/// Waits for the datagram that holds READY=1.
static void await_ready(int notify, pid_t child) {
    for (;;) {
        struct pollfd wait = {.fd = notify, .events = POLLIN};
        if (poll(&wait, 1, PATIENCE_MS) != 1) {
            kill(child, SIGKILL);
            die("not ready within %d ms", PATIENCE_MS);
        }
        char message[4096] = "\n";
        ssize_t n = recv(notify, message + 1, sizeof message - 2, 0);
        if (n > 0 && strstr(message, "\nREADY=1")) return;
    }
}

static double status_kib(pid_t child, const char *field) {
    char path[64], line[256];
    double value = -1;
    snprintf(path, sizeof path, "/proc/%d/status", child);
    FILE *status = fopen(path, "r");
    if (!status) die("%s: %m", path);
    while (fgets(line, sizeof line, status))
        if (strncmp(line, field, strlen(field)) == 0) value = atof(line + strlen(field));
    fclose(status);
    return value;
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int count, char **arguments) {
    if (count < 6)
        die("usage: %s FOLDER SOCKET-NAME RUNS IDLE-MS PROGRAM [ARGUMENT…]", arguments[0]);
    folder = arguments[1];
    int runs = atoi(arguments[3]), idle = atoi(arguments[4]);
    if (runs < 1 || runs > 1000) die("1 to 1000 runs");
    char listening[4096], notifying[4096];
    snprintf(listening, sizeof listening, "%s/listen.sock", folder);
    snprintf(notifying, sizeof notifying, "%s/notify.sock", folder);
    int listener = listen_at(listening);
    struct sockaddr_un address = address_of(notifying);
    unlink(notifying);
    int notify = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (notify < 0 || bind(notify, (struct sockaddr *)&address, sizeof address)) die("%s: %m", notifying);
    if (listener == 3) listener = fcntl(listener, F_DUPFD_CLOEXEC, 10);

    double milliseconds[1000], resident[1000], private[1000];
    for (int run = 0; run < runs; run++) {
        uint64_t before = now_ns();
        pid_t child = start(listener, arguments[2], notifying, arguments + 5);
        await_ready(notify, child);
        milliseconds[run] = (double)(now_ns() - before) / 1e6;
        poll(NULL, 0, idle);
        resident[run] = status_kib(child, "VmRSS:");
        private[run] = status_kib(child, "RssAnon:");
        kill(child, SIGTERM);
        int status;
        if (waitpid(child, &status, 0) != child) die("waitpid: %m");
        char rest[4096];
        while (recv(notify, rest, sizeof rest, MSG_DONTWAIT) > 0) {
        }
    }
    qsort(milliseconds, (size_t)runs, sizeof *milliseconds, by_value);
    qsort(resident, (size_t)runs, sizeof *resident, by_value);
    qsort(private, (size_t)runs, sizeof *private, by_value);
    printf("{\"runs\":%d,\"ready_ms\":%.3f,\"ready_ms_p90\":%.3f,\"rss_kib\":%.0f,\"anonymous_kib\":%.0f}\n", runs,
        milliseconds[runs / 2], milliseconds[runs * 9 / 10], resident[runs / 2], private[runs / 2]);
    unlink(listening);
    unlink(notifying);
    return 0;
}
