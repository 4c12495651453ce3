// The floor of starting: a service that has nothing to do but say that it is ready, and wait.
#include "floors.h"

int main(void) {
    const char *notify = getenv("NOTIFY_SOCKET");
    if (!notify) die("NOTIFY_SOCKET is not set");
    struct sockaddr_un address = address_of(notify);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || sendto(fd, "READY=1", 7, 0, (struct sockaddr *)&address, sizeof address) != 7) die("%s: %m", notify);
    pause();
    return 0;
}
