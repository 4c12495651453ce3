import Linux
import MillraceRPC
import Preloading
import Synchronization

/// Knows who is at the other end of each connection, and keeps the book of how they ask.
final class CallerDesk: Sendable {
    private struct State: Sendable {
        /// By connection.
        var callers: [ObjectIdentifier: Caller] = [:]
        var users: [UInt32: String] = [:]
        var book = CallerBook()
    }

    private let time: any TimeSource
    private let state = Locked(State())

    init(time: any TimeSource) {
        self.time = time
    }

    /// Notes a call for keys.
    func note(_ session: RPCSession, kind: String?, _ asked: [(dataset: String, keys: Int, chunk: Int)]) {
        var caller = caller(of: session)
        caller.kind = kind
        let now = time.boot()
        state.withLock { state in
            for (dataset, keys, chunk) in asked {
                state.book.note(caller, dataset, keys: keys, chunk: chunk, now: now)
            }
        }
    }

    var book: CallerBook { state.withLock { $0.book } }

    private func caller(of session: RPCSession) -> Caller {
        let id = ObjectIdentifier(session)
        if let known = state.withLock({ $0.callers[id] }) { return known }
        let caller = find(session.peer.credentials)
        state.withLock { $0.callers[id] = caller }
        session.onClose { [weak self] _ in self?.state.withLock { $0.callers[id] = nil } }
        return caller
    }

    /// From the user database and /proc, once for each connection.
    private func find(_ credentials: PeerCredentials?) -> Caller {
        guard let credentials else { return Caller(user: "unknown") }
        let user: String
        if let known = state.withLock({ $0.users[credentials.uid] }) {
            user = known
        } else {
            user = SystemUser.with(id: credentials.uid)?.name ?? "\(credentials.uid)"
            state.withLock { state in
                // Users come and go by the thousand on no machine of ours; if they do, their names are looked up again.
                if state.users.count >= 1000 { state.users = [:] }
                state.users[credentials.uid] = user
            }
        }
        return Caller(user: user, unit: SystemdUnit.of(process: credentials.pid))
    }
}
