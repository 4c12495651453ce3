import Glibc
import Linux
import Systemd

/// A socket at which a service is called.
struct ListeningSocket: Sendable {
    let descriptor: Descriptor
    /// The file that we made; nil for a socket that was handed over.
    let ownPath: String?

    /// The sockets for `service`: those handed over, else one opened at `path` or in the runtime directory.
    ///
    /// A socket that is in use is waited for, half a second at most: what a killed process leaves can live a moment longer
    /// than itself, as a child that has not come to its exec.
    ///
    /// - Throws: ``SocketProblem`` or `SystemError`.
    static func open(
        service: String, path: String?, runtimeDirectory: String,
        handedOver: [(name: String, descriptor: Descriptor)]
    ) async throws -> [ListeningSocket] {
        if !handedOver.isEmpty { return try choose(handedOver, service) }
        let path = path.map(Files.absolute) ?? "\(runtimeDirectory)/\(service).sock"
        try Files.makeDirectory(Files.parent(path), mode: 0o750)
        var attempt = 0
        while true {
            attempt += 1
            do throws(SystemError) {
                return [ListeningSocket(descriptor: try UnixSocket.listen(path: path), ownPath: path)]
            } catch {
                guard error.number == EADDRINUSE, Files.kind(path) == .socket else { throw error }
                guard attempt < 20 else { throw SocketProblem.taken(path) }
            }
            try await SystemTime().sleep(for: .milliseconds(25))
        }
    }

    /// Whether a socket of this name is the one at which the service is called.
    static func isOwn(_ name: String, _ service: String) -> Bool {
        [service, "millrace-\(service)", "\(service).socket", "millrace-\(service).socket"].contains(name)
    }

    /// Those with the service's name; a single one under any name.
    private static func choose(
        _ sockets: [(name: String, descriptor: Descriptor)], _ service: String
    ) throws(SocketProblem) -> [ListeningSocket] {
        let chosen = sockets.count == 1 ? sockets : sockets.filter { isOwn($0.name, service) }
        guard !chosen.isEmpty else { throw .noneNamed(service, sockets.map(\.name)) }
        for socket in chosen where !ListenSockets.isListening(socket.descriptor) {
            throw .notListening(socket.name)
        }
        return chosen.map { ListeningSocket(descriptor: $0.descriptor, ownPath: nil) }
    }
}

/// Why a service has no socket to listen at.
enum SocketProblem: Error, Equatable, ExitCodeConvertible, CustomStringConvertible {
    case taken(String)
    case noneNamed(String, [String])
    case notListening(String)

    var exitCode: ExitCode {
        switch self {
        case .taken: .unavailable
        case .noneNamed, .notListening: .configuration
        }
    }

    var description: String {
        switch self {
        case .taken(let path): "another process serves at \(path); stop it first, or give another --socket"
        case .noneNamed(let service, let names):
            "none of the sockets handed over is named \(service), they are \(names.joined(separator: ", ")); "
                + "set FileDescriptorName= in the socket unit"
        case .notListening(let name):
            "the socket handed over as \(name) is not a listening Unix stream socket; use ListenStream= with a path"
        }
    }
}
