#ifndef MOVED_CLOCK_H
#define MOVED_CLOCK_H

/// Loaded before a program's libraries (LD_PRELOAD), it moves the wall clock of that process alone: by the nanoseconds, a
/// signed 64-bit number, that stand in the file which MOVED_CLOCK names, at any moment.
///
/// Timers on the wall clock that are to be told of its setting are moved with it. That it was set the kernel has to say.
extern const char moved_clock_variable[];

/// The time since boot of that process passes so many times as fast from its start on. Its sleeps are as long as ever.
extern const char moved_clock_rate[];

/// Of programs that inherit the variables, the one whose time passes so; all when it is not there.
extern const char moved_clock_program[];

#endif
