// Keeps every core awake with a spinning thread of the idle scheduling class, which gives way to everything else.
//
// In a virtual machine a core that halts takes some 40 us to wake, which would drown what the figures are about. Ends
// with the process that started it.
#include "floors.h"
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>

static void *spin(void *argument) {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET((int)(intptr_t)argument, &one);
    struct sched_param nothing = {0};
    if (sched_setaffinity(0, sizeof one, &one) || sched_setscheduler(0, SCHED_IDLE, &nothing)) die("sched: %m");
    for (;;) __asm__ volatile("" ::: "memory");
}

int main(void) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed)) die("sched_getaffinity: %m");
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        pthread_t thread;
        if (CPU_ISSET(cpu, &allowed) && pthread_create(&thread, NULL, spin, (void *)(intptr_t)cpu)) die("no thread");
    }
    pause();
    return 0;
}
