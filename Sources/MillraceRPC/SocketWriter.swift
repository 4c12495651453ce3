import Glibc
import Linux

/// Sends a session's output straight to its socket, from whatever thread holds the claim on it, without ever waiting.
struct SocketWriter: Sendable {
    let session: RPCSession

    enum Outcome {
        /// All is sent and the claim given back.
        case done
        /// All is sent and the connection has nothing left to do.
        case finished
        /// The socket takes no more: the rest is the caller's, and so is the claim.
        case full([UInt8])
        /// The claim is kept, for nothing can be sent any more.
        case failed(SystemError)
    }

    /// - Parameter socket: which stays open until this returns.
    func send(to socket: Int32) -> Outcome {
        var chunk: [UInt8] = []
        while true {
            switch session.takeOutput(into: &chunk) {
            case .some: break
            case .nothing: return .done
            case .finished: return .finished
            }
            var sent = 0
            while sent < chunk.count {
                do throws(SystemError) {
                    sent += try Self.send(chunk, from: sent, to: socket)
                } catch {
                    return error.number == EAGAIN ? .full(Array(chunk[sent...])) : .failed(error)
                }
            }
            chunk.removeAll(keepingCapacity: true)
        }
    }

    /// Sends what the socket takes at once; EAGAIN when that is nothing.
    static func send(_ bytes: [UInt8], from start: Int, to socket: Int32) throws(SystemError) -> Int {
        while true {
            let count = bytes.withUnsafeBytes { bytes in
                Glibc.send(socket, bytes.baseAddress! + start, bytes.count - start, withoutWaiting)
            }
            if count >= 0 { return count }
            let number = errno
            if number != EINTR { throw SystemError(number: number, call: "send") }
        }
    }

    private static let withoutWaiting = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)

    /// Wakes whoever reads and lets the peer know; the descriptor itself is closed with its last owner.
    static func hangUp(_ socket: Int32) {
        shutdown(socket, Int32(SHUT_RDWR))
    }
}
