#pragma once
#include <stddef.h>

// What the status page loads, as it is, in the read-only part of the executable.
typedef struct {
    const unsigned char *bytes;
    size_t count;
} millrace_page_file;

extern const millrace_page_file millrace_page_css;
extern const millrace_page_file millrace_page_js;
