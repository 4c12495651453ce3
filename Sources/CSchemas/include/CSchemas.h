#pragma once
#include <stddef.h>

// The files of Schemas/ and what is declared for the ready kinds, as they are, in the read-only part of the executable.
typedef struct {
    const unsigned char *bytes;
    size_t count;
} millrace_file;

extern const millrace_file millrace_runner_openrpc;
extern const millrace_file millrace_preloader_openrpc;
extern const millrace_file millrace_scheduler_openrpc;
extern const millrace_file millrace_scheduler_001_schedules;
extern const millrace_file millrace_scheduler_002_changes;
extern const millrace_file millrace_runner_001_jobs;
extern const millrace_file millrace_runner_002_depth;
extern const millrace_file millrace_runner_003_pools;
extern const millrace_file millrace_books_001_books;
extern const millrace_file millrace_books_002_payouts;
extern const millrace_file millrace_metrics_openrpc;
extern const millrace_file millrace_alerts;
extern const millrace_file millrace_metrics_001_history;
extern const millrace_file millrace_metrics_002_sources;
extern const millrace_file millrace_metrics_003_told;
extern const millrace_file millrace_categorizer_openrpc;
extern const millrace_file millrace_categorizer_001_categories;
extern const millrace_file millrace_categorizer_002_chat;
extern const millrace_file millrace_categorizer_003_origins;
extern const millrace_file millrace_books_003_briefs;
extern const millrace_file millrace_books_004_brief_mail;
extern const millrace_file millrace_books_005_clinics;
extern const millrace_file millrace_books_006_readings;
extern const millrace_file millrace_kinds_clinics;
