import Glibc
import JSONCodec
import Linux
import MillraceProtocol

/// Those who have connected to sockets of a service that does not start.
enum WaitingCallers {
    /// More than any listening socket holds back; whoever comes while these are turned away has the service started again.
    private static let most = 4096

    /// Answers all of them with `error` and hangs up. systemd starts a service again for as long as somebody waits at its socket: one
    /// that cannot start would begin again and again, until the socket is given up.
    ///
    /// - Parameter http: sockets whose callers speak another protocol; they are hung up on.
    static func turnAway(
        _ sockets: [Descriptor], with error: RPCError, http others: [Descriptor] = []
    ) {
        var json = JSONWriter()
        Envelope.encodeError(id: .null, error, into: &json)
        for socket in sockets { each(socket) { try? $0.writeAll(Frame.encode(json.bytes)) } }
        for socket in others { each(socket) { _ in } }
    }

    private static func each(_ listening: Descriptor, _ body: (Descriptor) -> Void) {
        do throws(SystemError) {
            try listening.setNonBlocking(true)
            for _ in 0..<most {
                let caller = try UnixSocket.accept(listening)
                try caller.setNonBlocking(true)
                body(caller)
                caller.close()
            }
        } catch {
            // EAGAIN: nobody waits any more. Whatever else it is, the process is about to end.
        }
        // The socket is systemd's, and the next process expects it as it was.
        try? listening.setNonBlocking(false)
    }
}
