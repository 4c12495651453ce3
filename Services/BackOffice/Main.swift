import BackOffice
import Glibc
import Linux
import MillraceProtocol
import MillraceRPC
import MillraceService
import MillraceStore
import MillraceWorker
import WebClient

/// A worker with the ready workloads, started and pooled by the runner.
@main enum Main {
    static func main() {
        switch CommandLine.arguments.dropFirst().first {
        case "--help", "-h": return print(help)
        case "--version": return print("millrace-backoffice \(MillraceVersion.current)")
        default: break
        }
        let settings = BackOfficeSettings(environment: { Environment[$0] }, variables: Environment.all)
        if !settings.problems.isEmpty {
            for problem in settings.problems {
                _ = "millrace-backoffice: \(problem)\n".withCString { write(STDERR_FILENO, $0, strlen($0)) }
            }
            exit(EX_CONFIG)
        }
        var web = WebClientSettings()
        web.trusted = settings.trustedCertificates
        let registry = WorkerHost.registry(name: "backoffice")
        let outside = WebMeters(registry, time: SystemTime())
        let webDoor = WebDoor(web, meters: outside)
        let secrets = Secrets(state: settings.state)
        let books = BooksDoor(
            settings: settings, web: webDoor, secrets: secrets, meters: StoreMeters(registry, time: SystemTime()),
            outside: outside)
        let hook = HookWorkload(web: webDoor, secrets: secrets)
        let categorizer = ServiceSocket.path(of: "categorizer") { Environment[$0] }
        let calendars = ClinicCalendars(settings: settings.schedules, web: webDoor, secrets: secrets)
        let created = registry.source.started
        registry.read { calendars.families(created: created) }
        let runner = RPCClient(socket: ServiceSocket.path(of: "runner") { Environment[$0] })
        let post = BriefPost(books: books, runner: runner)
        WorkerHost.run(
            name: "backoffice",
            workloads: [
                SyncWorkload(books: books), InitWorkload(books: books), PayoutWorkload(books: books),
                CategorizeWorkload(socket: categorizer, workers: settings.categorizing, books: books),
                PlanBriefsWorkload(
                    books: books, runner: runner, post: post,
                    usesEngagement: BriefPlanner.isEnabled(Environment["ENGAGEMENT_BACKOFF_ENABLED"])),
                DailyBriefWorkload(books: books, post: post),
                ScheduleWorkload(books: books, calendars: calendars),
            ],
            plain: [hook, MailWorkload(books: books)], warnings: settings.warnings, registry: registry)
    }

    private static var help: String {
        usage + "\n\n" + ProgramSettings<BackOfficeConfiguration>.reference("backoffice")
    }

    private static let usage = """
        millrace-backoffice: the ready workloads, as a worker of millrace-runner

        Usage: millrace-backoffice [--connect PATH]

        The runner starts this program by itself. By hand it works for the runner whose socket is at PATH.

          --connect PATH    The runner's socket, for instance /run/millrace/runner.sock.
          --version         Print the version and exit.
          --help            Print this and exit.

        Settings, from the environment:
          TASK_ORDER_LOG_WORKER_POOL_SIZE   Contractors at once, 1 to 20; 5 when left out.
          REFUND_PROCESSING_WORKERS         Refunds at once, 1 to 20; 5 when left out.
          INVOICE_SPLIT_PROCESSING_WORKERS  Invoice splits at once, 1 to 20; 5 when left out.
          TASK_ORDER_LOG_SUBITEM_CONCURRENCY  Lines of a paid order completed at once, 1 to 20; 10 when left out.
          ENABLE_ORDER_API_CONCURRENCY      false completes them one by one.
          CATEGORIZATION_WORKERS            Slices of expenses categorized at once, 1 to 20; 8 when left out.
          PAYOUT_ROUNDING                   Units to which prorated amounts are rounded up, as VND=1000,*=0.01.
          ENGAGEMENT_BACKOFF_ENABLED        true: whoever stays away gets fewer briefs.
          SYNC_CONCURRENCY                  Dates of a clinic's calendar at once, 1 to 20; 3 when left out.
          MAX_CONCURRENT_SYNCS              Syncs of one clinic at once; 2 when left out.
          SYNC_TIMEOUT_MS                   For a whole sync; 300000 when left out.
          IDEXX_RATE_LIMIT                  Requests to calendars a second, and the burst; 10 when left out.
          BROWSER_POOL_SIZE                 Sessions of one clinic at once; 2 when left out.
          MILLRACE_BOOKS                    The file of the books; else data/books.sqlite in $MILLRACE_STATE, else
                                            books.sqlite in $STATE_DIRECTORY.
          MILLRACE_STATE                    The suite's folder; its etc/credentials holds the secrets of hooks.
          MILLRACE_CA_FILE                  Certificates in PEM that hooks trust besides the system's.
          MILLRACE_REHEARSAL_DELAY_MS       Rehearse an outside system: so long for each request to the books.

        Credentials, laid out by the service manager or files in etc/credentials of the suite's folder:
          notion-token                      For Books=notion.
          openrouter-api-key                For summaries by the chat service, and to ask it about merchants
                                            where categorizer.conf has a ChatBudget.
          clinic-login                      user:password for calendars of clinics that name no other.
          smtp-password                     For MailUser.

        Settings in backoffice.conf, in /etc/millrace or etc of the suite's folder:
        """
}
