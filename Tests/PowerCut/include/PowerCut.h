#ifndef POWER_CUT_H
#define POWER_CUT_H

/// Loaded before a program's libraries (LD_PRELOAD), it keeps in the folder POWER_CUT_DISK what of the folder
/// POWER_CUT_FOLDER has reached the disk: a file's bytes when the file is synced, its name when the folder is. What was not
/// synced is not there. A file there is named by its inode; `names` has a line "inode name" for each.
///
/// What is in the folder when the program starts has reached the disk before.
extern const char power_cut_folder[];
extern const char power_cut_disk[];

/// The program that is meant; others that inherit the variables are left alone.
extern const char power_cut_program[];

/// As the program enters its n-th sync, counted from 1, the power goes: SIGKILL, and that sync has not happened. Without it
/// the power stays on.
extern const char power_cut_at[];

#endif
