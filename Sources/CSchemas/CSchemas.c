// Compiled in by the C compiler: as a literal in Swift the largest of them took half a gigabyte and half a minute.
#pragma clang diagnostic ignored "-Wc23-extensions"
#include "CSchemas.h"

#define FILE_BYTES(name) \
    const millrace_file name = {name##_bytes, sizeof name##_bytes}

static const unsigned char millrace_runner_openrpc_bytes[] = {
#embed "../../Schemas/runner.openrpc.json"
};
FILE_BYTES(millrace_runner_openrpc);

static const unsigned char millrace_preloader_openrpc_bytes[] = {
#embed "../../Schemas/preloader.openrpc.json"
};
FILE_BYTES(millrace_preloader_openrpc);

static const unsigned char millrace_runner_001_jobs_bytes[] = {
#embed "../../Schemas/migrations/runner-001-jobs.sql"
};
FILE_BYTES(millrace_runner_001_jobs);

static const unsigned char millrace_runner_002_depth_bytes[] = {
#embed "../../Schemas/migrations/runner-002-depth.sql"
};
FILE_BYTES(millrace_runner_002_depth);

static const unsigned char millrace_runner_003_pools_bytes[] = {
#embed "../../Schemas/migrations/runner-003-pools.sql"
};
FILE_BYTES(millrace_runner_003_pools);

static const unsigned char millrace_books_001_books_bytes[] = {
#embed "../../Schemas/migrations/books-001-books.sql"
};
FILE_BYTES(millrace_books_001_books);

static const unsigned char millrace_books_002_payouts_bytes[] = {
#embed "../../Schemas/migrations/books-002-payouts.sql"
};
FILE_BYTES(millrace_books_002_payouts);

static const unsigned char millrace_metrics_001_history_bytes[] = {
#embed "../../Schemas/migrations/metrics-001-history.sql"
};
FILE_BYTES(millrace_metrics_001_history);

static const unsigned char millrace_metrics_002_sources_bytes[] = {
#embed "../../Schemas/migrations/metrics-002-sources.sql"
};
FILE_BYTES(millrace_metrics_002_sources);

static const unsigned char millrace_metrics_003_told_bytes[] = {
#embed "../../Schemas/migrations/metrics-003-told.sql"
};
FILE_BYTES(millrace_metrics_003_told);

static const unsigned char millrace_categorizer_openrpc_bytes[] = {
#embed "../../Schemas/categorizer.openrpc.json"
};
FILE_BYTES(millrace_categorizer_openrpc);

static const unsigned char millrace_categorizer_001_categories_bytes[] = {
#embed "../../Schemas/migrations/categorizer-001-categories.sql"
};
FILE_BYTES(millrace_categorizer_001_categories);

static const unsigned char millrace_categorizer_002_chat_bytes[] = {
#embed "../../Schemas/migrations/categorizer-002-chat.sql"
};
FILE_BYTES(millrace_categorizer_002_chat);

static const unsigned char millrace_categorizer_003_origins_bytes[] = {
#embed "../../Schemas/migrations/categorizer-003-origins.sql"
};
FILE_BYTES(millrace_categorizer_003_origins);

static const unsigned char millrace_scheduler_openrpc_bytes[] = {
#embed "../../Schemas/scheduler.openrpc.json"
};
FILE_BYTES(millrace_scheduler_openrpc);

static const unsigned char millrace_scheduler_001_schedules_bytes[] = {
#embed "../../Schemas/migrations/scheduler-001-schedules.sql"
};
FILE_BYTES(millrace_scheduler_001_schedules);

static const unsigned char millrace_scheduler_002_changes_bytes[] = {
#embed "../../Schemas/migrations/scheduler-002-changes.sql"
};
FILE_BYTES(millrace_scheduler_002_changes);

static const unsigned char millrace_metrics_openrpc_bytes[] = {
#embed "../../Schemas/metrics.openrpc.json"
};
FILE_BYTES(millrace_metrics_openrpc);

static const unsigned char millrace_alerts_bytes[] = {
#embed "../../Units/alerts.d/millrace.yaml"
};
FILE_BYTES(millrace_alerts);

static const unsigned char millrace_books_003_briefs_bytes[] = {
#embed "../../Schemas/migrations/books-003-briefs.sql"
};
FILE_BYTES(millrace_books_003_briefs);

static const unsigned char millrace_books_004_brief_mail_bytes[] = {
#embed "../../Schemas/migrations/books-004-brief-mail.sql"
};
FILE_BYTES(millrace_books_004_brief_mail);

static const unsigned char millrace_books_005_clinics_bytes[] = {
#embed "../../Schemas/migrations/books-005-clinics.sql"
};
FILE_BYTES(millrace_books_005_clinics);

static const unsigned char millrace_books_006_readings_bytes[] = {
#embed "../../Schemas/migrations/books-006-readings.sql"
};
FILE_BYTES(millrace_books_006_readings);

static const unsigned char millrace_kinds_clinics_bytes[] = {
#embed "../../Units/kinds.d/clinics.yaml"
};
FILE_BYTES(millrace_kinds_clinics);
