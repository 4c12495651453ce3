import BackOffice
import JSONCodec
import Linux
import Logging
import MillraceProtocol
import TestSupport

@testable import BackOfficeWorker
@testable import MillraceWorker

/// A workload between the runner's calls and books in a folder of its own.
final class WorkloadHarness<W: Workload>: Sendable {
    let folder = TemporaryDirectory()
    let door: BooksDoor
    let lines = Locked<[String]>([])
    private let workload: TypedWorkload<W>

    init(
        _ environment: [String: String] = [:], variables: [String: String] = [:],
        time: any TimeSource = SystemTime(), _ make: @Sendable (BooksDoor) -> W
    ) {
        let path = folder.file("books.sqlite")
        door = BooksDoor(
            settings: BackOfficeSettings(
                environment: { $0 == "MILLRACE_BOOKS" ? path : environment[$0] }, variables: variables), time: time)
        workload = TypedWorkload(make(door))
    }

    func enter(_ csv: String) async throws {
        let books = try SQLiteBooks(path: folder.file("books.sqlite"), creates: true)
        defer { books.close() }
        _ = try await BooksImport(.timesheets, format: .csv, status: .reviewed).run(Array(csv.utf8), into: books)
    }

    func plan(_ params: String, job: JobID = JobID(7)) async throws -> WorkloadPlan.Result {
        let job = brief(params, job)
        return try await workload.plan(WorkloadPlan.Params(job: job, attempt: 1), run(job))
    }

    func preload(_ params: String, _ items: [WorkloadPlan.Result.Item], job: JobID = JobID(7)) async throws {
        let job = brief(params, job)
        try await workload.preload(WorkloadPreload.Params(job: job, items: briefs(items)), run(job))
    }

    func process(
        _ params: String, _ items: [WorkloadPlan.Result.Item], _ index: Int, job: JobID = JobID(7)
    ) async throws -> JSONRaw {
        let job = brief(params, job)
        let result = try await workload.process(
            WorkloadProcess.Params(job: job, item: briefs(items)[index], attempt: 1, fence: 1), run(job))
        return result.output ?? .null
    }

    func summarize(_ params: String, _ items: [ItemView], cancelled: Bool = false, job: JobID = JobID(7)) async throws
        -> String
    {
        let job = brief(params, job)
        return try await workload.summarize(
            WorkloadSummarize.Params(job: job, items: items, cancelled: cancelled), run(job, cancelled: cancelled)
        ).result?.text ?? "none"
    }

    /// The whole job, of which the runner lets go then; the text of its result.
    func job(_ params: String, id: JobID = JobID(7)) async throws -> String {
        defer { workload.release(id) }
        let items = try await plan(params, job: id).items
        var views: [ItemView] = []
        if !items.isEmpty { try await preload(params, items, job: id) }
        for index in items.indices {
            let output = try await process(params, items, index, job: id)
            views.append(view(items[index].key, index, .succeeded, output: output))
        }
        return try await summarize(params, views, job: id)
    }

    func view(
        _ key: String, _ index: Int, _ state: ItemState, output: JSONRaw? = nil, error: RPCError? = nil
    ) -> ItemView {
        ItemView(
            index: index, key: key, state: state, attempts: 1, crashes: 0, output: output, error: error)
    }

    private func brief(_ params: String, _ job: JobID) -> JobBrief {
        JobBrief(id: job, kind: W.kind, params: JSONRaw(unchecked: Array(params.utf8)), correlationId: "c-1")
    }

    private func briefs(_ items: [WorkloadPlan.Result.Item]) -> [ItemBrief] {
        items.enumerated().map { ItemBrief(index: $0.offset, key: $0.element.key, input: $0.element.input ?? .null) }
    }

    private func run(_ job: JobBrief, cancelled: Bool = false) -> JobRun {
        let log = Logger(label: "test") { _ in LineHandler(lines: self.lines) }
        return JobRun(job: job, cancelled: cancelled, log: log) { _ in }
    }
}

extension JobRun {
    /// A run of no job in particular.
    static let example = JobRun(
        job: JobBrief(id: JobID(1), kind: "example", params: .emptyObject, correlationId: "c-1"),
        log: Logger(label: "test")
    ) { _ in }
}

/// Keeps lines as `level message name=value …`.
struct LineHandler: LogHandler {
    let lines: Locked<[String]>
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info

    init(lines: Locked<[String]>) { self.lines = lines }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        let fields = all.map { "\($0.key)=\($0.value)" }.sorted().joined(separator: " ")
        lines.withLock { $0.append("\(event.level) \(event.message) \(fields)") }
    }
}
