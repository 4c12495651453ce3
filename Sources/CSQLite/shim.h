#ifndef CSQLITE_SHIM_H
#define CSQLITE_SHIM_H

#include <sqlite3.h>

// Swift can import neither C's variadic functions nor SQLITE_TRANSIENT.

/// Sets one of the `SQLITE_DBCONFIG_*` switches that take a boolean.
static inline int csqlite_set_switch(sqlite3 *db, int option, int on) {
    int now = 0;
    int code = sqlite3_db_config(db, option, on, &now);
    return code != SQLITE_OK ? code : now == on ? SQLITE_OK : SQLITE_MISUSE;
}

/// Lets SQLite not count its memory, which takes a lock for every allocation. Works before the first use only.
static inline int csqlite_count_no_memory(void) { return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); }

/// Binds a copy of UTF-8 text.
static inline int csqlite_bind_text(sqlite3_stmt *statement, int index, const char *text, sqlite3_uint64 length) {
    return sqlite3_bind_text64(statement, index, text, length, SQLITE_TRANSIENT, SQLITE_UTF8);
}

/// Binds a copy of bytes; a null pointer with length 0 is the empty blob, not NULL.
static inline int csqlite_bind_blob(sqlite3_stmt *statement, int index, const void *bytes, sqlite3_uint64 length) {
    return length == 0 ? sqlite3_bind_zeroblob(statement, index, 0)
                       : sqlite3_bind_blob64(statement, index, bytes, length, SQLITE_TRANSIENT);
}

#endif
