import Linux
import MillraceRPC

/// Things that end with the connection they came by: attached jobs, permits. One handler for each connection, however many
/// things are tied to it.
final class ConnectionTies<Thing: Hashable & Comparable & Sendable>: Sendable {
    private struct State {
        var things: [ObjectIdentifier: Set<Thing>] = [:]
        var connections: [Thing: ObjectIdentifier] = [:]
    }

    private let state = Locked(State())

    /// Ties the thing to the connection until it is untied; `broken` is called for each that is left when the connection
    /// ends, and is that of the first thing tied to it.
    func tie(_ thing: Thing, to session: RPCSession, broken: @escaping @Sendable (Thing) -> Void) {
        let connection = ObjectIdentifier(session)
        let isFirst = state.withLock { state in
            state.connections[thing] = connection
            defer { state.things[connection, default: []].insert(thing) }
            return state.things[connection] == nil
        }
        guard isFirst else { return }
        session.onClose { [self] _ in
            let left = state.withLock { state in
                let left = state.things.removeValue(forKey: connection) ?? []
                for thing in left { state.connections[thing] = nil }
                return left
            }
            for thing in left.sorted() { broken(thing) }
        }
    }

    func untie(_ thing: Thing) {
        state.withLock { state in
            guard let connection = state.connections.removeValue(forKey: thing) else { return }
            state.things[connection]?.remove(thing)
        }
    }

    /// Unties what is tied to this connection; false where the thing is another's or nobody's.
    func untie(_ thing: Thing, from session: RPCSession) -> Bool {
        let connection = ObjectIdentifier(session)
        return state.withLock { state in
            guard state.connections[thing] == connection else { return false }
            state.connections[thing] = nil
            state.things[connection]?.remove(thing)
            return true
        }
    }
}
