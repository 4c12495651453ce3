import Linux
import MillraceProtocol

/// Who does the work, as the dispatcher knows him: a process behind a connection, or the runner's own hands.
struct Worker: Sendable {
    enum Preparation: Sendable { case underway, done }

    let id: Int
    let name: String
    let pid: Int32
    let uid: UInt32
    /// The pool of processes that the runner keeps; nil for one from outside.
    let pool: String?
    let kinds: [KindDeclaration]
    let capacity: Int
    let since: Timestamp
    /// The name and the process, as rows and people see them.
    let label: String
    var running = 0
    /// Gets nothing new; leaves when nothing is left to do.
    var isRetiring = false
    /// Jobs whose data it preloads or has preloaded.
    var prepared: [JobID: Preparation] = [:]

    /// Commands and the runner's own kinds.
    static let own = 0

    init(
        id: Int, name: String, pid: Int32, uid: UInt32 = 0, pool: String? = nil, kinds: [KindDeclaration],
        capacity: Int, since: Timestamp
    ) {
        self.id = id
        self.name = name
        self.pid = pid
        self.uid = uid
        self.pool = pool
        self.kinds = kinds
        self.capacity = capacity
        self.since = since
        label = id == Worker.own ? name : "\(name)/\(pid)"
    }

    var free: Int { isRetiring ? 0 : capacity - running }

    func serves(_ kind: String) -> Bool { kinds.contains { $0.name == kind } }
}
