import Glibc
import Linux
import Logging
import Telemetry
import TestSupport
import Testing

@testable import MetricsService

/// The page's server towards those who do not read what they asked for.
struct WebServerTests {
    private let folder = TemporaryDirectory()
    private static let request = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"

    /// Serves at a socket file while `body` talks to it.
    private func serve(
        idle: Duration, _ answer: @escaping @Sendable (WebAsk) async -> WebAnswer,
        _ body: (Descriptor) async throws -> Void
    ) async throws {
        let time = SystemTime()
        let server = WebServer(
            time: time, log: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }),
            registry: Registry(service: "metrics", instance: "test", time: time), idle: idle)
        let path = folder.file("http.sock")
        try await server.serve([try UnixSocket.listen(path: path, mode: 0o600)], answer)
        do {
            try await body(try UnixSocket.connect(path: path))
        } catch {
            await server.close()
            throw error
        }
        await server.close()
    }

    /// Sends without reading, and returns when the server has hung up.
    private func askAndNeverRead(_ client: Descriptor, _ count: Int) async throws {
        let requests = Array(String(repeating: Self.request, count: count).utf8)
        #expect(write(client.raw, requests, requests.count) == requests.count)
        let socket = client.raw
        let isOver = try await onThread {
            var look = pollfd(fd: socket, events: 0, revents: 0)
            return poll(&look, 1, 30_000) == 1 && look.revents & Int16(POLLHUP) != 0
        }
        #expect(isOver, "it is still open")
    }

    @Test func whoAsksOnAndOnAndReadsNothingIsHungUpOn() async throws {
        let begun = Watched(0)
        try await serve(idle: .seconds(5)) { _ in
            begun.update { $0 += 1 }
            return WebAnswer(type: "text/plain", [UInt8](repeating: 120, count: 4 << 20))
        } _: { client in
            try await askAndNeverRead(client, 500)
            #expect(begun.value == 1, "no answer begins before the last one is gone")
        }
    }

    @Test func whoDoesNotReadWhatGoesOnIsHungUpOn() async throws {
        let ended = Watched(false)
        try await serve(idle: .seconds(5)) { _ in
            WebAnswer { stream in
                while await stream.write([UInt8](repeating: 120, count: 1 << 20)) {}
                ended.update { $0 = true }
            }
        } _: { client in
            try await askAndNeverRead(client, 1)
            _ = try await ended.wait(within: .seconds(20), for: "the end of the stream") { $0 }
        }
    }

    @Test func whoAsksOnAndOnAndReadsIsAnsweredInOrder() async throws {
        let number = Watched(0)
        try await serve(idle: .seconds(60)) { _ in
            number.update { $0 += 1 }
            return .text(.ok, "\(number.value) " + String(repeating: ".", count: 300_000))
        } _: { client in
            let requests = Array(
                (String(repeating: Self.request, count: 20) + "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"
                    + "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").utf8)
            #expect(write(client.raw, requests, requests.count) == requests.count)
            let socket = client.raw
            let text = try await onThread {
                var bytes: [UInt8] = [], piece = [UInt8](repeating: 0, count: 1 << 16)
                while true {
                    let count = read(socket, &piece, piece.count)
                    guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
                    bytes += piece[..<count]
                }
            }
            let bodies = text.split(separator: "\r\n\r\n").dropFirst().compactMap { Int($0.prefix { $0 != " " }) }
            #expect(bodies == Array(1...20) + [22])
        }
    }
}
