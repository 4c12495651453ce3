import Linux
import MillraceProtocol

extension WorkerPool {
    /// The pool as it is shown; processes that are only waited for to end are not.
    func view(now: Duration) -> PoolView {
        let running = members.compactMap { member -> PoolProcess? in
            let state: PoolProcess.State
            switch member.phase {
            case .starting: state = .starting
            case .ready: state = .ready
            case .retiring: state = .retiring
            case .ending: return nil
            }
            guard let pid = member.pid else { return nil }
            return PoolProcess(
                pid: pid, worker: member.worker, calls: member.load.calls,
                ageMs: Int((now - member.born).milliseconds),
                idleMs: member.load.calls > 0 ? 0 : Int((now - member.idleSince).milliseconds), state: state)
        }
        return PoolView(
            name: definition.name, command: definition.process.arguments, processes: limit,
            warm: min(definition.warm, limit), running: running,
            problem: problem)
    }
}
