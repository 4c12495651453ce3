import BackOffice
import MillraceService

/// What the environment says to the ready workloads.
struct BackOfficeSettings: Sendable {
    /// `TASK_ORDER_LOG_WORKER_POOL_SIZE`, clamped.
    var pool: PoolSize
    /// `CATEGORIZATION_WORKERS`, clamped: slices of expenses categorized at once.
    var categorizing = 8
    /// How the jobs are that make briefs.
    var queue = BriefQueueSettings()
    /// How payouts are made.
    var payouts = PayoutSettings()
    /// How schedules of clinics are synced.
    var schedules = ScheduleSyncSettings()
    /// The file of the books; see `SQLiteBooks.defaultPath`.
    var booksPath: String
    /// `MILLRACE_REHEARSAL_DELAY_MS`, at most a minute: how long each request to the books takes, as if they were a
    /// remote service asked one question at a time. Zero, which is also any nonsense, is no rehearsal.
    var rehearsalDelay: Duration
    /// `MILLRACE_STATE`: the suite's state folder; nil on an installed system.
    var state: String?
    /// `MILLRACE_CA_FILE`: certificates in PEM that hooks trust besides the system's.
    var trustedCertificates: String?
    /// Which books these are, and who sums up.
    var configuration: BackOfficeConfiguration
    /// What was held within its bounds, in words for the log.
    var warnings: [String] = []
    /// What is wrong with the variables and with `backoffice.conf`, all of it: the start is refused.
    var problems: [String] = []

    /// - Parameter variables: of those that stand for settings in `backoffice.conf`.
    init(environment: (String) -> String?, variables: [String: String] = [:]) {
        pool = PoolSize(setting: environment(PoolSize.variable))
        if let said = environment(PoolSize.variable), !said.isEmpty, Int(said) != pool.workers {
            warnings.append("\(PoolSize.variable)=\(said) is not a number from 1 to 20; \(pool.workers) is used")
        }
        if let said = environment("CATEGORIZATION_WORKERS"), !said.isEmpty {
            categorizing = min(max(Int(said) ?? categorizing, 1), 20)
            if Int(said) != categorizing {
                warnings.append("CATEGORIZATION_WORKERS=\(said) is not a number from 1 to 20; \(categorizing) is used")
            }
        }
        do throws(RoundingFault) {
            payouts = try PayoutSettings(environment: environment)
            warnings += payouts.warnings
        } catch {
            problems.append("\(error)")
        }
        schedules = ScheduleSyncSettings(environment: environment, problems: &problems)
        queue = BriefQueueSettings(environment: environment)
        warnings += queue.warnings
        booksPath = SQLiteBooks.defaultPath(environment)
        state = environment("MILLRACE_STATE").flatMap { $0.isEmpty ? nil : $0 }
        trustedCertificates = environment("MILLRACE_CA_FILE").flatMap { $0.isEmpty ? nil : $0 }
        let file =
            variables["MILLRACE_BACKOFFICE_CONFIG"]
            ?? (state.map { $0 + "/etc/backoffice.conf" } ?? "/etc/millrace/backoffice.conf")
        let program = ProgramSettings<BackOfficeConfiguration>("backoffice", path: file, environment: variables)
        configuration = program.values
        warnings += program.warnings
        problems += program.mistakes
        let milliseconds = environment("MILLRACE_REHEARSAL_DELAY_MS").flatMap { Int($0) } ?? 0
        rehearsalDelay = .milliseconds(min(max(milliseconds, 0), 60_000))
    }
}
