// The floor of a process: posix_spawn of /bin/true and the wait for its end, one after the other.
#include "floors.h"
#include <spawn.h>
#include <sys/wait.h>

int main(int count, char **arguments) {
    if (count != 2) die("usage: %s TIMES", arguments[0]);
    int times = atoi(arguments[1]);
    char *command[] = {"/bin/true", NULL}, *environment[] = {NULL};
    uint64_t start = now_ns();
    for (int i = 0; i < times; i++) {
        pid_t child;
        int status;
        if (posix_spawn(&child, command[0], NULL, NULL, command, environment) || waitpid(child, &status, 0) != child)
            die("no process: %m");
        if (status != 0) die("/bin/true failed");
    }
    printf("{\"spawn_us\":%.3f}\n", (double)(now_ns() - start) / 1e3 / times);
    return 0;
}
