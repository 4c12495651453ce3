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
        let options = ProgramOptions(Array(CommandLine.arguments.dropFirst()))
        if options.showsHelp { LaunchAnswer(output: Help.text).give() }
        if options.showsVersion { LaunchAnswer(output: "millrace-backoffice \(MillraceVersion.current)\n").give() }
        if let state = options.state { Environment.set(BackOfficeSettings.stateVariable, Files.absolute(state)) }
        let settings = BackOfficeSettings(environment: { Environment[$0] }, variables: Environment.all)
        let problems = options.mistakes + settings.problems
        if options.checksConfiguration {
            LaunchAnswer(listing: settings.listing, mistakes: problems, warnings: settings.warnings).give()
        }
        if !problems.isEmpty {
            for problem in problems {
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
                    usesEngagement: settings.usesEngagement),
                DailyBriefWorkload(books: books, post: post),
                ScheduleWorkload(books: books, calendars: calendars),
            ],
            plain: [hook, MailWorkload(books: books)], warnings: settings.warnings, registry: registry,
            connect: options.connect)
    }
}
