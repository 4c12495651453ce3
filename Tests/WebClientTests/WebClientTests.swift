import Glibc
import Simulators
import TestSupport
import Testing
import WebClient

@Suite struct WebRequests {
    /// Runs `body` with a client, and closes it whatever happens.
    private func withClient<Result: Sendable>(
        _ settings: WebClientSettings = WebClientSettings(), _ body: (WebClient) async throws -> Result
    ) async throws -> Result {
        let client = try WebClient(settings)
        do {
            let result = try await body(client)
            await client.close()
            return result
        } catch {
            await client.close()
            throw error
        }
    }

    private func failure(
        _ client: WebClient, _ request: WebRequest
    ) async throws -> WebError {
        do {
            let response = try await client.send(request)
            throw TestFailure("answered \(response.status)")
        } catch let error as WebError {
            return error
        }
    }

    @Test func arriveByteForByteAndTheAnswerComesBack() async throws {
        let body = (0..<100_000).map { UInt8(truncatingIfNeeded: $0) }
        try await HTTPSimulator.run(answer: { call in
            HTTPAnswer(201, headers: [("X-Echo", call["X-Ask"] ?? ""), ("x-echo", "2")], body: call.body)
        }) { service in
            try await withClient { client in
                let target = "/a%2Fb/c;d=1/?q=%20+&r=a,b&q=/?"
                let request = WebRequest(
                    .put, try WebURL(service.url(target)), headers: ["X-Ask": "some value"], body: body)
                let response = try await client.send(request)
                #expect(response.status == 201)
                #expect(response.headers.values("X-ECHO") == ["some value", "2"])
                #expect(response.body == body)
                let call = try #require(service.calls.first)
                #expect(call.method == "PUT")
                #expect(call.target == target)
                #expect(call.body == body)
                #expect(call["Host"] == "127.0.0.1:\(service.port)")
                #expect(call["Content-Length"] == "100000")
            }
        }
    }

    @Test func shareAConnectionOneAfterTheOther() async throws {
        try await HTTPSimulator.run(answers: [HTTPAnswer(200, body: [1, 2, 3])]) { service in
            try await withClient { client in
                for skipping in [100, 100, 100] {
                    _ = try await client.send(
                        WebRequest(.post, try WebURL(service.url()), body: [9], answer: .head(skipping: skipping)))
                }
                #expect(service.calls.map(\.connection) == [1, 1, 1])
            }
        }
    }

    @Test func openNoMoreConnectionsThanAreAllowedAndTheRestWaits() async throws {
        var settings = WebClientSettings()
        settings.requests = 3
        try await HTTPSimulator.run(answers: [HTTPAnswer(200, after: .milliseconds(20))]) { service in
            try await withClient(settings) { client in
                let request = WebRequest(.get, try WebURL(service.url()))
                try await withThrowingTaskGroup(of: Int.self) { group in
                    for _ in 0..<20 { group.addTask { try await client.send(request).status } }
                    for try await status in group { #expect(status == 200) }
                }
                #expect(service.calls.count == 20)
                #expect(service.history.value.connections <= 3)
            }
        }
    }

    @Test func areRefusedWhenTooManyWaitAndPlacesComeBackAfterCancellation() async throws {
        var settings = WebClientSettings()
        settings.requests = 1
        settings.waiting = 1
        try await HTTPSimulator.run(answer: { call in
            HTTPAnswer(200, fault: call.path == "/held" ? .silence : .none)
        }) { service in
            try await withClient(settings) { client in
                let held = WebRequest(.get, try WebURL(service.url("/held")))
                let quick = WebRequest(.get, try WebURL(service.url("/quick")))
                let first = Task { try await client.send(held) }
                try await service.calls(1)
                // One of three may wait, whichever is first; nobody gets further while the place is held.
                let outcomes = try await withThrowingTaskGroup(of: WebError?.self) { group in
                    for _ in 0..<3 { group.addTask { try await self.failure(client, quick) } }
                    var outcomes = [try await group.next()!, try await group.next()!]
                    group.cancelAll()
                    outcomes.append(try await group.next()!)
                    return outcomes
                }
                #expect(outcomes == [.busy(waiting: 1), .busy(waiting: 1), .cancelled])
                let last = Task { try await client.send(quick) }
                first.cancel()
                await #expect(throws: WebError.cancelled) { try await first.value }
                #expect(try await last.value.status == 200)
            }
        }
    }

    @Test func followNoRedirection() async throws {
        try await HTTPSimulator.run(answers: [HTTPAnswer(302, headers: [("Location", "/elsewhere")])]) { service in
            try await withClient { client in
                let response = try await client.send(WebRequest(.get, try WebURL(service.url())))
                #expect(response.status == 302)
                #expect(service.calls.map(\.target) == ["/"])
            }
        }
    }

    @Test(arguments: [
        HTTPAnswer(200, fault: .silence), HTTPAnswer(200, body: [1], after: .seconds(60)),
        HTTPAnswer(200, body: [UInt8](repeating: 1, count: 1000), fault: .drip(bytes: 1, every: .milliseconds(20))),
    ])
    func endWithTheirTimeoutAndWithThemTheConnection(answer: HTTPAnswer) async throws {
        try await HTTPSimulator.run(answers: [answer]) { service in
            try await withClient { client in
                let request = WebRequest(.get, try WebURL(service.url()), timeout: .milliseconds(200))
                #expect(try await failure(client, request) == .timedOut(request.url.origin, .answer))
                try await service.history.wait(for: "the connection to close") { $0.connections == 1 && $0.open == 0 }
                #expect(service.history.value.abandoned == [1])
            }
        }
    }

    @Test func endWhenTheirTaskIsCancelledAndWithThemTheConnection() async throws {
        try await HTTPSimulator.run(answers: [HTTPAnswer(200, fault: .silence)]) { service in
            try await withClient { client in
                let request = WebRequest(.get, try WebURL(service.url()))
                let task = Task { try await client.send(request) }
                try await service.calls(1)
                task.cancel()
                await #expect(throws: WebError.cancelled) { try await task.value }
                try await service.history.wait(for: "the connection to close") { $0.open == 0 }
            }
        }
    }

    @Test func areCancelledInTheMiddleOfABodyToo() async throws {
        let body = [UInt8](repeating: 1, count: 100_000)
        let answer = HTTPAnswer(200, body: body, fault: .drip(bytes: 1, every: .milliseconds(5)))
        try await HTTPSimulator.run(answers: [answer]) { service in
            try await withClient { client in
                let request = WebRequest(.get, try WebURL(service.url()))
                let task = Task { try await client.send(request) }
                try await service.calls(1)
                task.cancel()
                await #expect(throws: WebError.cancelled) { try await task.value }
            }
        }
    }

    @Test(arguments: [
        // So long that not all of it is under way when the client has enough.
        HTTPAnswer(200, body: [UInt8](repeating: 1, count: 32 << 20)), HTTPAnswer(200, fault: .endless),
    ])
    func takeNoMoreOfAnAnswerThanAsked(answer: HTTPAnswer) async throws {
        try await HTTPSimulator.run(answers: [answer]) { service in
            try await withClient { client in
                let request = WebRequest(.get, try WebURL(service.url()), answer: .whole(limit: 10_000))
                #expect(try await failure(client, request) == .tooLarge(request.url.origin, limit: 10_000))
                try await service.history.wait(for: "the connection to close") { $0.open == 0 }
            }
        }
    }

    @Test func takeAnAnswerThatIsJustSoLong() async throws {
        let body = [UInt8](repeating: 1, count: 10_000)
        try await HTTPSimulator.run(answers: [HTTPAnswer(200, body: body)]) { service in
            try await withClient { client in
                let request = WebRequest(.get, try WebURL(service.url()), answer: .whole(limit: 10_000))
                #expect(try await client.send(request).body == body)
            }
        }
    }

    @Test(arguments: [
        HTTPAnswer(202, body: [UInt8](repeating: 1, count: 1000), fault: .half), HTTPAnswer(202, fault: .endless),
        HTTPAnswer(202, body: [1, 2, 3], fault: .drip(bytes: 1, every: .seconds(60))),
    ])
    func thatWantTheHeadHaveItWhateverBecomesOfTheBody(answer: HTTPAnswer) async throws {
        try await HTTPSimulator.run(answers: [answer]) { service in
            try await withClient { client in
                let request = WebRequest(
                    .post, try WebURL(service.url()), timeout: .milliseconds(500), answer: .head(skipping: 1000))
                let response = try await client.send(request)
                #expect(response.status == 202)
                #expect(response.body.isEmpty)
                try await service.history.wait(for: "the connection to close") { $0.open == 0 }
            }
        }
    }

    @Test(arguments: [
        HTTPAnswer(fault: .reset), HTTPAnswer(fault: .hangUp), HTTPAnswer(fault: .garbage("220 mail.example.org\r\n")),
        HTTPAnswer(fault: .garbage("HTTP/1.1 200 OK\r\nContent-Le")),
        HTTPAnswer(200, body: [UInt8](repeating: 1, count: 1000), fault: .half),
    ])
    func thatBreakAreWorthAnotherTry(answer: HTTPAnswer) async throws {
        try await HTTPSimulator.run(answers: [answer]) { service in
            try await withClient { client in
                let error = try await failure(client, WebRequest(.get, try WebURL(service.url("/secret"))))
                #expect(error.rpcError.status == .unavailable)
                #expect(error.rpcError.reason == "http.connection")
                #expect(!error.description.contains("secret"))
            }
        }
    }

    @Test func toAPortWhereNobodyListensFailAtOnce() async throws {
        // Bound, so that it is nobody else's, and not listened at.
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { Glibc.close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                _ = Glibc.bind(socket, address, size)
                _ = getsockname(socket, address, &size)
            }
        }
        let url = try WebURL("http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))/")
        try await withClient { client in
            let start = ContinuousClock.now
            let error = try await failure(client, WebRequest(.get, url))
            #expect(error.rpcError.status == .unavailable)
            #expect(error.description.contains("ECONNREFUSED"))
            #expect(ContinuousClock.now - start < .seconds(4))
        }
    }

    @Test func toANameThatIsNotThereAreWorthAnotherTry() async throws {
        try await withClient { client in
            let error = try await failure(client, WebRequest(.get, try WebURL("http://nobody.invalid/")))
            #expect(error == .unreachable("http://nobody.invalid", "the name of its host was not found"))
        }
    }

    @Test(arguments: [("X-A", "a\r\nX-B: c"), ("X-A", "ä"), ("X-A", " a"), ("X A", "a"), ("", "a"), ("X-A:", "a")])
    func withHeadersThatCannotBeSentAreNotSent(name: String, value: String) async throws {
        try await HTTPSimulator.run(answers: [HTTPAnswer()]) { service in
            try await withClient { client in
                var headers = WebHeaders()
                headers.add(name, value)
                let error = try await failure(client, WebRequest(.get, try WebURL(service.url()), headers: headers))
                #expect(error.rpcError.status == .invalidArgument)
                #expect(service.calls.isEmpty)
            }
        }
    }

    @Test func ofAClosedClientFail() async throws {
        let client = try WebClient()
        await client.close()
        #expect(try await failure(client, WebRequest(.get, try WebURL("http://127.0.0.1:9/"))) == .closed)
    }

    @Test(.enabled(if: TestCertificate.canBeMade, "openssl is not there"))
    func trustOnlyCertificatesThatTheyAreToldToTrust() async throws {
        let certificate = try await TestCertificate()
        try await HTTPSimulator.run(certificate: certificate, answers: [HTTPAnswer(200, body: [7])]) { service in
            let request = WebRequest(.get, try WebURL(service.url()))
            try await withClient { client in
                let error = try await failure(client, request)
                #expect(error.rpcError.status == .failedPrecondition)
                #expect(error.rpcError.reason == "http.tls")
                #expect(error.description.contains("not signed by an authority"))
            }
            var settings = WebClientSettings()
            settings.trusted = certificate.file
            try await withClient(settings) { client in
                #expect(try await client.send(request).body == [7])
                // The certificate is for the name, not for the number.
                let other = WebRequest(.get, try WebURL("https://127.0.0.1:\(service.port)/"))
                #expect(try await failure(client, other).rpcError.reason == "http.tls")
            }
        }
    }

    @Test func byTLSToAServiceWithoutAreNotSent() async throws {
        try await HTTPSimulator.run(answers: [HTTPAnswer()]) { service in
            try await withClient { client in
                let error = try await failure(
                    client, WebRequest(.get, try WebURL("https://127.0.0.1:\(service.port)/")))
                #expect(["http.tls", "http.connection"].contains(error.rpcError.reason))
                #expect(service.calls.isEmpty)
            }
        }
    }

    @Test func aFileWithoutCertificatesIsToldWhenTheClientIsMade() throws {
        let folder = TemporaryDirectory()
        var settings = WebClientSettings()
        settings.trusted = folder.write("nothing", to: "ca.pem")
        #expect(throws: WebError.self) { try WebClient(settings) }
    }

    @Test func leaveNoSocketBehindHoweverTheyEnd() async throws {
        let faults: [HTTPAnswer.Fault] = [.none, .reset, .hangUp, .half, .silence, .endless, .garbage("x\r\n\r\n")]
        let body = [UInt8](repeating: 1, count: 1000)
        try await HTTPSimulator.run(answer: { HTTPAnswer(200, body: body, fault: faults[$0.number % faults.count]) }) {
            service in
            let request = WebRequest(
                .post, try WebURL(service.url()), timeout: .milliseconds(300), answer: .whole(limit: 2000))
            try await withClient { client in
                await withTaskGroup { group in
                    for _ in 0..<28 { group.addTask { _ = try? await client.send(request) } }
                }
                #expect(sockets(to: service.port) > 0)
            }
            #expect(service.calls.count >= faults.count)
            try await eventually("the sockets are closed") { sockets(to: service.port) == 0 }
        }
    }

    /// TCP sockets of this machine whose other end is the port, those aside that only wait for late packets.
    private func sockets(to port: Int) -> Int {
        let lines = text(of: "/proc/net/tcp")?.split(separator: "\n").dropFirst() ?? []
        return lines.count { line in
            let fields = line.split(separator: " ")
            return fields[2].hasSuffix(":" + String(port, radix: 16, uppercase: true)) && fields[3] != "06"
        }
    }
}
