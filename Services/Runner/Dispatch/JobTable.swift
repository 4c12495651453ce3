import MillraceProtocol

/// The jobs at work, by id.
struct JobTable: Sendable {
    private var table = NumberTable<Int64, ActiveJob>()

    var count: Int { table.count }
    var isEmpty: Bool { table.isEmpty }
    var keys: some Collection<JobID> { table.keys.lazy.map { JobID($0) } }
    var values: [ActiveJob] { table.values }

    func contains(_ id: JobID) -> Bool { table.row(of: id.rawValue) != nil }

    /// Where the job lies until one is removed.
    func row(of id: JobID) -> Int? { table.row(of: id.rawValue) }

    /// A copy of the job.
    subscript(id: JobID) -> ActiveJob? { table[id.rawValue] }

    subscript(row row: Int) -> ActiveJob {
        _read { yield table[row: row] }
        _modify { yield &table[row: row] }
    }

    mutating func insert(_ job: ActiveJob) -> Int { table.set(job.id.rawValue, job) }

    mutating func remove(_ id: JobID) -> ActiveJob? { table.remove(id.rawValue) }
}
