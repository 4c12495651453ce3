// The raw round trip of an answer of a given size: whatever is asked, these bytes, with the id of the request in them.
#include "floors.h"
#include <signal.h>

static uint8_t answer[BUFFER];

int main(int count, char **arguments) {
    if (count != 3) die("usage: %s SOCKET FILE   (an answer with the digits 000000000 where the id goes)", arguments[0]);
    signal(SIGPIPE, SIG_IGN);
    FILE *file = fopen(arguments[2], "r");
    if (!file) die("%s: %m", arguments[2]);
    size_t length = fread(answer + 4, 1, BUFFER - 5, file);
    uint32_t prefix = htonl((uint32_t)length);
    memcpy(answer, &prefix, 4);
    char *place = memmem(answer + 4, length, "000000000", 9);
    if (!place) die("%s: no place for the id", arguments[2]);
    int listener = listen_at(arguments[1]);
    uint8_t *input = malloc(BUFFER);
    if (!input) die("out of memory");
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0) die("accept: %m");
        size_t held = 0, whole;
        ssize_t n;
        while ((n = read(fd, input + held, BUFFER - held)) > 0) {
            held += (size_t)n;
            while ((whole = frame_at(input, held)) > 0) {
                char *id = memmem(input, whole, "\"id\":", 5);
                if (!id) die("a request without an id");
                memcpy(place, id + 5, 9);
                write_all(fd, answer, 4 + length);
                memmove(input, input + whole, held -= whole);
            }
        }
        close(fd);
    }
}
