import AsyncHTTPClient
import Linux
import NIOCore
import NIOHTTP1
import NIOSSL

/// Requests to web services, over connections that are kept for the next one.
///
/// HTTP/1.1 and, where the service offers it in the handshake, HTTP/2. Certificates are verified; redirections are not
/// followed, proxies not used, cookies not kept, bodies not unpacked, and nothing is tried twice.
public final class WebClient: Sendable {
    private let client: HTTPClient
    private let places: Places
    private let meters: WebMeters?

    /// - Parameter meters: what counts the requests; nil for nothing.
    /// - Throws: ``WebError/settings(_:)`` when the trusted certificates do not read.
    public init(
        _ settings: WebClientSettings = WebClientSettings(), meters: WebMeters? = nil
    ) throws(WebError) {
        self.meters = meters
        var tls = TLSConfiguration.makeClientConfiguration()
        if let file = settings.trusted {
            do {
                tls.additionalTrustRoots = [.certificates(try NIOSSLCertificate.fromPEMFile(file))]
            } catch {
                throw .settings("\(file) holds no certificates in PEM")
            }
        }
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: tls, redirectConfiguration: .disallow,
            timeout: .init(connect: .nanoseconds(settings.connectTimeout.nanoseconds)), proxy: nil,
            decompression: .disabled)
        configuration.connectionPool.idleTimeout = .nanoseconds(settings.idleTimeout.nanoseconds)
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = settings.connectionsPerService
        // A refused connection is told at once: when to try again is for the caller to say.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.httpVersion = .automatic
        // The process's own threads: those of a group of ours could not be ended while a connection is still being made.
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        places = Places(settings.requests, waiting: settings.waiting)
    }

    /// Sends a request and returns the answer, whatever its status. Cancelling the task closes the connection.
    public func send(_ request: WebRequest) async throws(WebError) -> WebResponse {
        guard let meters else { return try await perform(request) }
        return try await meters.measure(request) { () async throws(WebError) in try await perform(request) }
    }

    private func perform(_ request: WebRequest) async throws(WebError) -> WebResponse {
        let outgoing = try outgoing(request)
        let timeout = min(max(request.timeout, .milliseconds(1)), WebRequest.longestTimeout)
        let result = await withTaskGroup(of: Result<WebResponse, WebError>?.self) { group in
            group.addTask { await self.exchange(outgoing, request, timeout) }
            group.addTask {
                try? await SystemTime().sleep(for: timeout)
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            if let first { return first }
            // The time is over. An answer that came at the same moment, or whose head stood already, is one all the same.
            if case .success(let response)?? = await group.next() { return .success(response) }
            return .failure(Task.isCancelled ? .cancelled : .timedOut(request.url.origin, .answer))
        }
        return try result.get()
    }

    /// Closes all connections; requests in flight fail. Every client has to be closed before it goes.
    public func close() async {
        try? await client.shutdown()
    }

    private func outgoing(_ request: WebRequest) throws(WebError) -> HTTPClientRequest {
        for (name, value) in request.headers.fields {
            guard NameRule.isToken(name) else { throw .badHeader("") }
            guard WebHeaders.isValue(value) else { throw .badHeader(name) }
        }
        var outgoing = HTTPClientRequest(url: request.url.text)
        outgoing.method = HTTPMethod(rawValue: request.method.rawValue.uppercased())
        for (name, value) in request.headers.fields { outgoing.headers.add(name: name, value: value) }
        // Said here, since the client underneath leaves out the brackets of an IPv6 address.
        outgoing.headers.replaceOrAdd(name: "Host", value: request.url.authority)
        if !request.body.isEmpty { outgoing.body = .bytes(ByteBuffer(bytes: request.body)) }
        return outgoing
    }

    private func exchange(
        _ outgoing: HTTPClientRequest, _ request: WebRequest, _ timeout: Duration
    ) async -> Result<WebResponse, WebError> {
        do throws(WebError) {
            try await places.take()
        } catch {
            return .failure(error)
        }
        defer { places.give() }
        do {
            // Ended by our own timeout, which holds for the body too; this one is only the second line.
            let deadline = NIODeadline.now() + .nanoseconds((timeout + .seconds(5)).nanoseconds)
            let incoming = try await client.execute(outgoing, deadline: deadline)
            var response = WebResponse(status: Int(incoming.status.code))
            for (name, value) in incoming.headers { response.headers.add(name, value) }
            switch request.answer {
            case .whole(let limit):
                response.body = try await body(of: incoming, request, limit: limit)
            case .head(let skipping):
                _ = try? await body(of: incoming, request, limit: skipping)
            }
            return .success(response)
        } catch {
            return .failure(WebError(error, origin: request.url.origin))
        }
    }

    private func body(of incoming: HTTPClientResponse, _ request: WebRequest, limit: Int) async throws -> [UInt8] {
        let tooLarge = WebError.tooLarge(request.url.origin, limit: limit)
        if request.method != .head, let length = incoming.headers.first(name: "Content-Length").flatMap({ Int($0) }),
            length > limit
        {
            throw tooLarge
        }
        var bytes: [UInt8] = []
        for try await part in incoming.body {
            guard bytes.count + part.readableBytes <= limit else { throw tooLarge }
            bytes += part.readableBytesView
        }
        // A body that is cancelled ends as if it were whole.
        try Task.checkCancellation()
        return bytes
    }
}
