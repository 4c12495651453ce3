import AsyncHTTPClient
import Linux
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

extension WebError {
    /// What went wrong underneath, in words of ours: no text of the layers below is passed on, since it could hold parts of
    /// the request. For any client whose connections are NIO's.
    public init(_ error: any Error, origin: String) {
        switch error {
        case let error as WebError: self = error
        case is CancellationError: self = .cancelled
        case let error as HTTPClientError: self.init(client: error, origin)
        case let error as NIOConnectionError: self.init(connection: error, origin)
        case let error as IOError: self.init(system: error.errnoCode, origin)
        case let error as ChannelError: self.init(channel: error, origin)
        case let error as NIOSSLError: self.init(tls: error, origin)
        case let error as NIOSSLExtraError:
            self = .untrusted(
                origin,
                error == .failedToValidateHostname ? "its certificate is for another name" : "the handshake failed")
        case is BoringSSLError: self = .untrusted(origin, "the handshake failed")
        case let error as HTTPParserError:
            switch error {
            case .invalidEOFState, .closedConnection: self = .unreachable(origin, "the connection closed too early")
            default: self = .unreachable(origin, "what came back is no HTTP")
            }
        default: self = .unreachable(origin, "the connection failed (\(type(of: error)))")
        }
    }

    private init(client error: HTTPClientError, _ origin: String) {
        switch error {
        case .connectTimeout, .getConnectionFromPoolTimeout, .tlsHandshakeTimeout:
            self = .timedOut(origin, .connection)
        case .deadlineExceeded, .readTimeout, .writeTimeout: self = .timedOut(origin, .answer)
        case .cancelled, .requestStreamCancelled: self = .cancelled
        case .alreadyShutdown: self = .closed
        case .invalidURL, .emptyHost, .emptyScheme: self = .badURL("it does not read")
        case .remoteConnectionClosed: self = .unreachable(origin, "the connection closed too early")
        default: self = .unreachable(origin, "the connection failed (\(error.shortDescription))")
        }
    }

    private init(connection error: NIOConnectionError, _ origin: String) {
        if let first = error.connectionErrors.first {
            self.init(first.error, origin: origin)
        } else {
            self = .unreachable(origin, "the name of its host was not found")
        }
    }

    private init(system number: CInt, _ origin: String) {
        self = .unreachable(origin, SystemError(number: number, call: "the connection failed").description)
    }

    private init(channel error: ChannelError, _ origin: String) {
        switch error {
        case .connectTimeout: self = .timedOut(origin, .connection)
        default: self = .unreachable(origin, "the connection closed too early")
        }
    }

    private init(tls error: NIOSSLError, _ origin: String) {
        switch error {
        case .uncleanShutdown: self = .unreachable(origin, "the connection closed too early")
        case .handshakeFailed(.sslError(let stack)) where stack.contains(.eofDuringHandshake):
            self = .unreachable(origin, "the connection closed during the handshake")
        case .handshakeFailed(.zeroReturn), .handshakeFailed(.syscallError):
            self = .unreachable(origin, "the connection closed during the handshake")
        case .handshakeFailed(.sslError(let stack))
        where stack.contains(where: { "\($0)".contains("CERTIFICATE_VERIFY_FAILED") }):
            self = .untrusted(origin, "its certificate is not signed by an authority that this system trusts")
        default: self = .untrusted(origin, "the handshake failed")
        }
    }
}
