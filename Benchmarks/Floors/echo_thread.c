// The floor of the wire: an echo server with one thread per connection, buffered reads and one write per batch.
#include "floors.h"
#include <pthread.h>
#include <signal.h>

static void *serve(void *argument) {
    int fd = (int)(intptr_t)argument;
    uint8_t *input = malloc(BUFFER), *output = malloc(BUFFER);
    size_t held = 0;
    if (!input || !output) die("out of memory");
    for (;;) {
        ssize_t n = read(fd, input + held, BUFFER - held);
        if (n <= 0) break;
        held += (size_t)n;
        size_t done = 0, length;
        while ((length = frame_at(input + done, held - done)) > 0) {
            memcpy(output + done, input + done, length);
            done += length;
        }
        if (done == 0) continue;
        write_all(fd, output, done);
        memmove(input, input + done, held -= done);
    }
    free(input);
    free(output);
    close(fd);
    return NULL;
}

int main(int count, char **arguments) {
    if (count != 2) die("usage: %s SOCKET", arguments[0]);
    signal(SIGPIPE, SIG_IGN);
    int listener = listen_at(arguments[1]);
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0) die("accept: %m");
        pthread_t thread;
        if (pthread_create(&thread, NULL, serve, (void *)(intptr_t)fd)) die("no thread");
        pthread_detach(thread);
    }
}
