import CLinux
import Glibc

/// A child and all that came of it: what it started, what those started, and what left its group and session and lost
/// its parent meanwhile.
///
/// They are known by their parents, by the child's group and session, by having been seen before, and, where they have
/// nothing of this any more, by a variable of their environment. What also cleared its environment is counted in only
/// while no other child of ours is old enough to be its origin. Processes of another user are seen only as far as the
/// system shows them (`hidepid`, `ProtectProc`), and ended only with the right to (CAP_KILL).
public final class ProcessTree: Sendable {
    /// What was left to end, and how.
    public struct Report: Hashable, Sendable {
        /// Processes that were asked to end.
        public var asked = 0
        /// Those of them that had to be killed, or were found only then.
        public var killed = 0
        /// Those that are still there: not ours to signal, or held by the kernel.
        public var left = 0

        public init(asked: Int = 0, killed: Int = 0, left: Int = 0) {
            self.asked = asked
            self.killed = killed
            self.left = left
        }
    }

    private struct Member: Hashable {
        var pid: Int32
        var started: UInt64

        init(_ entry: ProcessTable.Entry) {
            pid = entry.pid
            started = entry.started
        }
    }

    private let root: ChildProcess
    private let name: String
    private let value: String
    private let seen = Locked<Set<Member>>([])
    private let rootStarted: UInt64

    /// - Parameters:
    ///   - root: started in a session of its own with ``ChildLaunch/keepsZombie``, and not released before this is.
    ///   - mark: a variable of the child's environment whose value no other child's has.
    public init(_ root: ChildProcess, mark: (name: String, value: String)) {
        self.root = root
        name = mark.name
        value = mark.value
        rootStarted = ProcessTable.entry(of: root.pid)?.started ?? 0
    }

    /// The pids of all that are alive, in no order.
    public func members() -> [Int32] { find().map(\.pid) }

    /// Whether something outlived the child; true of a living child too. Cheaper than ``members()`` when there is
    /// nothing.
    public var hasMembers: Bool {
        if root.ending == nil { return true }
        // Without the child, whatever is left of the tree hangs on children of ours.
        let orphans = Orphans.among(ProcessTable.children())
        for orphan in orphans where orphan.isZombie { _ = millrace_reap(orphan.pid) }
        return orphans.contains { !$0.isZombie } && !find().isEmpty
    }

    /// Sends a signal to each; answers to how many.
    @discardableResult
    public func signal(_ number: Int32) -> Int {
        send([number], to: find()).count
    }

    /// Ends all of it: TERM, and after `grace` KILL until nothing is left. What ended is reaped, but for the child.
    ///
    /// Cancelling the task does not stop it.
    public func end(grace: Duration, time: any TimeSource) async -> Report {
        var report = Report()
        let deadline = time.boot() + grace
        var asked: Set<Member> = []
        while true {
            let found = find()
            Orphans.reap()
            if found.isEmpty { return report }
            let rest = deadline - time.boot()
            if rest <= .zero { break }
            let new = found.filter { !asked.contains(Member($0)) }
            // One that is stopped does not see TERM before it goes on.
            _ = send([SIGTERM, SIGCONT], to: new)
            asked.formUnion(new.map { Member($0) })
            report.asked = asked.count
            await Departure.wait(for: found, atMost: rest, time: time)
        }
        for _ in 0..<Self.rounds {
            let found = freeze()
            if found.isEmpty { return report }
            report.killed += found.count
            asked.formUnion(found.map { Member($0) })
            report.asked = asked.count
            _ = send([SIGKILL], to: found)
            // Also those that the system does not show to us; the child's zombie keeps the group ours.
            kill(-root.pid, SIGKILL)
            await Departure.wait(for: found, atMost: .milliseconds(500), time: SystemTime())
            Orphans.reap()
        }
        report.left = find().count
        return report
    }

    /// Bounds the fight against what starts processes faster than they can be killed.
    private static let rounds = 20

    /// Stops them until a look finds no new one, so that none starts another meanwhile.
    private func freeze() -> [ProcessTable.Entry] {
        var frozen: Set<Member> = []
        for _ in 0..<Self.rounds {
            let found = find()
            let new = found.filter { !frozen.contains(Member($0)) }
            if new.isEmpty { return found }
            _ = send([SIGSTOP], to: new)
            frozen.formUnion(new.map { Member($0) })
        }
        return find()
    }

    private func find() -> [ProcessTable.Entry] {
        let table = ProcessTable.all()
        var queue: [Int32] = []
        var members: Set<Int32> = []
        let seen = seen.withLock { $0 }
        for entry in table.values {
            // The child's zombie keeps others from having its pid as group or session.
            if entry.pid == root.pid || entry.group == root.pid || entry.session == root.pid
                || seen.contains(Member(entry))
            {
                queue.append(entry.pid)
            }
        }
        for orphan in Orphans.among(table.values) where !orphan.isZombie {
            if isOurs(orphan, table) { queue.append(orphan.pid) }
        }
        let children = Dictionary(grouping: table.values) { $0.parent }
        while let pid = queue.popLast() {
            if members.insert(pid).inserted { queue += children[pid, default: []].map(\.pid) }
        }
        let found = members.compactMap { table[$0] }.filter { !$0.isZombie }
        self.seen.withLock { $0 = Set(found.map { Member($0) }) }
        return found
    }

    private func isOurs(_ orphan: ProcessTable.Entry, _ table: [Int32: ProcessTable.Entry]) -> Bool {
        if let mark = ProcessTable.variable(name, of: orphan.pid) { return mark == value }
        // In another child's session it is that child's.
        let others = Children.started.subtracting([root.pid])
        if others.contains(orphan.session) || orphan.started < rootStarted { return false }
        return !others.contains { (table[$0]?.started ?? 0) <= orphan.started }
    }

    /// Answers those that got the first of the signals.
    private func send(_ signals: [Int32], to entries: [ProcessTable.Entry]) -> [ProcessTable.Entry] {
        entries.filter { entry in
            guard let pidfd = Departure.open(entry) else { return false }
            let results = signals.map { millrace_pidfd_signal(pidfd.raw, $0) }
            return results.first == 0
        }
    }
}
