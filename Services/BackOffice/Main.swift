import BackOffice
import Linux
import MillraceWorker

/// A worker with the ready workloads, started and pooled by the runner.
@main enum Main {
    static func main() async {
        let books = BooksDoor(settings: BackOfficeSettings(environment: { Environment[$0] }))
        await WorkerHost.run(
            name: "backoffice", workloads: [SyncWorkload(books: books), InitWorkload(books: books)])
    }
}
