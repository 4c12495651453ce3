import BackOffice
import Linux
import MillraceService
import MillraceWorker

/// What the environment says to the ready workloads.
struct BackOfficeSettings: Sendable {
    /// `TASK_ORDER_LOG_WORKER_POOL_SIZE`, clamped.
    var pool: PoolSize
    /// `CATEGORIZATION_WORKERS`, clamped: slices of expenses categorized at once.
    var categorizing = 8
    /// `ENGAGEMENT_BACKOFF_ENABLED`: whether whoever stays away gets fewer briefs.
    var usesEngagement = false
    /// How the jobs are that make briefs.
    var queue = BriefQueueSettings()
    /// How payouts are made.
    var payouts = PayoutSettings()
    /// How schedules of clinics are synced.
    var schedules = ScheduleSyncSettings()
    /// The file of the books; see `SQLiteBooks.defaultPath`.
    var booksPath: String
    /// `MILLRACE_REHEARSAL_DELAY_MS`, at most a minute: how long each request to the books takes, as if they were a
    /// remote service asked one question at a time. Zero is no rehearsal.
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

    /// The settings in effect of `backoffice.conf`, and where each came from.
    var listing: String

    /// - Parameter variables: of those that stand for settings in `backoffice.conf`.
    init(environment: @escaping (String) -> String?, variables: [String: String] = [:]) {
        var reader = VariableReader(environment)
        pool = PoolSize(configured: reader.number(PoolSize.setting))
        categorizing = reader.number(Self.slices)
        usesEngagement = reader.truth(BriefPlanner.engagement)
        rehearsalDelay = .milliseconds(reader.number(Self.rehearsal))
        state = reader.text(Self.stateVariable)
        trustedCertificates = reader.text(Self.certificatesVariable)
        warnings = reader.warnings
        problems = reader.problems
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
        let file = Program.file(of: "backoffice") { $0 == Self.fileVariable ? variables[$0] : environment($0) }
        let program = Program("backoffice", path: file, environment: variables)
        configuration = program.values
        listing = program.listing
        warnings += program.warnings
        problems += program.mistakes
    }

    private typealias Program = ProgramSettings<BackOfficeConfiguration>
    private static let fileVariable = Program.fileVariable(of: "backoffice")
    static let stateVariable = "MILLRACE_STATE"
    private static let certificatesVariable = "MILLRACE_CA_FILE"
    private static let slices = NumberVariable(
        "CATEGORIZATION_WORKERS", 8, 1...20, "Slices of expenses categorized at once")
    private static let rehearsal = NumberVariable(
        "MILLRACE_REHEARSAL_DELAY_MS", 0, 0...60_000,
        "Rehearse an outside system: so long for each request to the books")

    /// All that this program reads of the environment beside what stands for a setting of `backoffice.conf`.
    static let variables =
        [PoolSize.setting.reference] + PayoutSettings.variables
        + [slices.reference, BriefPlanner.engagement.reference] + BriefQueueSettings.variables
        + ScheduleSyncSettings.variables
        + [
            VariableReference(
                "MILLRACE_BOOKS",
                "The file of the books; else data/books.sqlite in $MILLRACE_STATE, else books.sqlite in $STATE_DIRECTORY."
            ),
            VariableReference(stateVariable, "The suite's folder; its etc/credentials holds the secrets of hooks."),
            VariableReference(fileVariable, "The file to read instead of backoffice.conf."),
            VariableReference(certificatesVariable, "Certificates in PEM that hooks trust besides the system's."),
            rehearsal.reference,
            VariableReference(WorkerHost.levelVariable, "What is logged, from here upwards; info when left out."),
        ]
}
