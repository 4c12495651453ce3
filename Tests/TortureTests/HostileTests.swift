import Glibc
import TestSupport
import Testing

/// Clients who mean harm, against each of the services as it is installed. Beside each of them somebody else asks, and has to be
/// answered at once; and however often the client comes, it leaves hardly any memory in use behind.
@Suite(.serialized, .heavy, .enabled(if: Subject.areBuilt, "the executables are not built"))
struct HostileTests {
    private static let ping = #"{"jsonrpc":"2.0","id":1,"method":"service.ping"}"#
    /// So much more memory may a service keep when a hostile client has gone: three times the 5 MiB that were seen to stay of
    /// most. Where answers of many connections lay beside each other the allocator keeps their places, up to 100 MiB, for who
    /// comes next; then the same client has to leave no more than this when it comes again.
    private static let kept = 16 << 20
    /// How often it comes at most until it does.
    private static let times = 4
    /// What may stay of all of them together: twice the 47 MiB that were seen.
    private static let keptOfAll = 96 << 20
    private static let frameLimit = 16 << 20

    /// What a client does; answers what came of it, in words.
    private struct Act: Sendable {
        var name: String
        /// More memory than this the service must not take for it.
        var bound: Int
        var body: @Sendable (String) throws -> String
    }

    private static let requests = Torture.some(1_000_000, look: 20_000)

    private static let acts: [Act] = [
        Act(name: "writes byte by byte, from 50 connections", bound: 32 << 20) { socket in
            let clients = try (0..<50).map { _ in try WireClient(socket) }
            for byte in WireClient.frame(ping) { for client in clients { try client.send(bytes: [byte]) } }
            for client in clients { try expect(try client.receive()["id"].int == 1, "its answer") }
            return "50 of 50 answered"
        },
        Act(name: "never reads, from 20 connections", bound: 256 << 20) { socket in
            let request = WireClient.frame(#"{"jsonrpc":"2.0","id":1,"method":"rpc.discover"}"#)
            let clients = try (0..<20).map { _ in try WireClient(socket, limit: .milliseconds(100)) }
            var taken = 0
            for client in clients {
                var isTaken = true
                while isTaken, taken < 1_000_000 {
                    do { try client.send(bytes: request) } catch { isTaken = false }
                    if isTaken { taken += 1 }
                }
                try expect(!isTaken, "the service stops reading from who does not read")
            }
            return "no more is read from them after \(taken) requests in all"
        },
        Act(name: "a frame of 16 MiB", bound: 128 << 20) { socket in
            let client = try WireClient(socket)
            let head = #"{"jsonrpc":"2.0","id":1,"method":"service.ping","params":{"x":""#
            let filling = frameLimit - head.utf8.count - 3
            try client.send(head + String(repeating: "x", count: filling) + #""}}"#)
            try expect(try client.receive()["id"].int == 1, "an answer")
            return "answered"
        },
        Act(name: "a frame of a byte more, and one of 4 GiB", bound: 32 << 20) { socket in
            for length in [UInt32(frameLimit + 1), .max] {
                let client = try WireClient(socket)
                try client.send(bytes: [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: length >> $0) } + [0x7B])
                try expect(try client.receive()["error"]["data"]["reason"].string == "limit.frame", "refused by name")
                try expect((try? client.receive()) == nil, "and hung up on")
            }
            return "refused as limit.frame, hung up on"
        },
        Act(name: "JSON that is nested millions deep", bound: 160 << 20) { socket in
            let client = try WireClient(socket)
            for text in [
                String(repeating: "[", count: frameLimit - 1),
                String(repeating: #"{"a":"#, count: (frameLimit - 1) / 5),
                #"{"jsonrpc":"2.0","id":1,"method":"service.ping","params":"#
                    + String(repeating: "[", count: 8 << 20),
            ] {
                try client.send(text)
                try expect(try client.receive()["error"]["data"]["reason"].string == "limit.depth", "refused by name")
            }
            try client.send(ping)
            try expect(try client.receive()["id"].int == 1, "an answer to the next")
            return "refused as limit.depth, the next request on the connection answered"
        },
        Act(name: "\(requests) requests, reading nothing before the last", bound: 96 << 20) { socket in
            let client = try WireClient(socket, limit: .seconds(120))
            let sender = Watched<(sent: Int, failure: String?)>((0, nil))
            startThread {
                var number = 0
                do {
                    while number < requests {
                        let some = min(1000, requests - number)
                        let bytes = (number..<number + some).flatMap { id in
                            WireClient.frame(#"{"jsonrpc":"2.0","id":\#(id),"method":"service.ping"}"#)
                        }
                        try client.send(bytes: bytes)
                        number += some
                        sender.update { $0.sent = number }
                    }
                } catch {
                    sender.update { $0.failure = "\(error)" }
                }
            }
            // Nothing is read until nothing more is taken.
            var (before, stuck) = (-1, 0)
            while stuck < 5 {
                let now = sender.value.sent
                stuck = now == before || now == requests ? stuck + 1 : 0
                before = now
                usleep(100_000)
            }
            var seen = [Bool](repeating: false, count: requests)
            for _ in 0..<requests {
                let answer = try client.receiveBytes()
                guard let id = number(of: answer), id < requests, !seen[id] else {
                    throw TestFailure("twice, or never asked for: \(String(decoding: answer, as: UTF8.self))")
                }
                seen[id] = true
            }
            try expect(sender.value.failure == nil && seen.allSatisfy(\.self), "one answer each")
            return "held up after \(before) requests; then one answer each"
        },
        Act(name: "half a frame and a hang-up, 1000 times", bound: 32 << 20) { socket in
            let frame = WireClient.frame(ping)
            for turn in 0..<1000 {
                let client = try WireClient(socket)
                try client.send(bytes: Array(frame[..<(1 + turn % (frame.count - 1))]))
                client.hangUp()
            }
            return "nobody noticed"
        },
        Act(name: "frames of 16 MiB but for the last byte, from 40 connections", bound: 420 << 20) { socket in
            let clients = try (0..<40).map { _ in try WireClient(socket) }
            let most = [1, 0, 0, 0] + [UInt8](repeating: 0x20, count: frameLimit - 1)
            // Those may be hung up on before all is sent.
            for client in clients { try? client.send(bytes: most) }
            let refused = clients.filter { $0.hasInput(within: .milliseconds(100)) }
            try expect(refused.count >= 20, "most are refused: \(refused.count)")
            for client in refused {
                let said = try client.receive()["error"]["data"]["reason"].string
                try expect(said == "limit.input", "refused by name: \(said ?? "nothing")")
            }
            return "\(40 - refused.count) held, \(refused.count) refused as limit.input"
        },
        Act(name: "noise, from 100 connections", bound: 32 << 20) { socket in
            var random = SeededGenerator(seed: Torture.seed)
            for _ in 0..<100 {
                let client = try WireClient(socket)
                let noise = (0..<4096).map { _ in UInt8.random(in: 0...255, using: &random) }
                // It may be hung up on before all is sent.
                try? client.send(bytes: noise)
            }
            return "refused or waited for"
        },
    ]

    @Test(.enabled(if: !Sanitizer.isAddress, "the address sanitizer keeps what was freed"))
    func whateverClientsDoOthersAreAnsweredAtOnceAndMemoryIsBounded() async throws {
        var section = TortureSection(
            "hostile", "Hostile clients",
            [
                "service", "client", "what came of it", "memory before#", "at most#", "after, each time it came#",
                "others asked#", "longest answer#",
            ])
        for subject in Subject.all {
            let service = try subject.service()
            try await service.start()
            try await service.use { service in
                // What comes with the first use is not the clients'.
                for _ in 0..<20 { try await service.call("rpc.discover") }
                let before = service.residentBytes
                for act in Self.acts { try await play(act, service, &section) }
                let kept = service.residentBytes - before
                #expect(kept < Self.keptOfAll, "\(service.name): \(mebibytes(kept)) more than at first")
            }
        }
        section.remark(
            """
            Memory is what `/proc` says is resident; *at most* is the highest of the looks taken every few milliseconds while the \
            client was at it. Whoever leaves more than \(mebibytes(Self.kept)) behind comes again, and then must not. *Others* ask `service.ping` on a connection of their own the whole time.
            """)
        try section.write()
    }

    /// What was seen of an act.
    private struct Seen {
        var said = ""
        var most = 0
        var asked = 0
        var longest = Duration.zero
    }

    private func play(_ act: Act, _ service: LoneService, _ section: inout TortureSection) async throws {
        var seen = Seen()
        // Before the client came, and whenever it has gone.
        var memory = [service.residentBytes]
        repeat {
            try await once(act, service, &seen)
            memory.append(service.residentBytes)
        } while memory.last! - memory.dropLast().last! > Self.kept && memory.count <= Self.times
        let kept = memory.last! - memory.dropLast().last!
        #expect(kept <= Self.kept, "\(service.name), \(act.name): \(memory.map(mebibytes))")
        #expect(seen.longest < .seconds(30), "\(service.name), \(act.name): somebody else waited for \(seen.longest)")
        section.row(
            service.name, act.name, seen.said, mebibytes(memory[0]), mebibytes(seen.most),
            memory.dropFirst().map(mebibytes).joined(separator: ", "), "\(seen.asked)", milliseconds(seen.longest))
    }

    /// Returns when the client has gone, and what was held for it.
    private func once(_ act: Act, _ service: LoneService, _ seen: inout Seen) async throws {
        let before = service.residentBytes
        let outcome = Watched<Result<String, TestFailure>?>(nil)
        let socket = service.socket
        startThread {
            do {
                let said = try act.body(socket)
                outcome.update { $0 = .success(said) }
            } catch {
                outcome.update { $0 = .failure(TestFailure("\(error)")) }
            }
        }
        var most = before
        repeat {
            let begun = ContinuousClock.now
            try await service.call("service.ping")
            seen.longest = max(seen.longest, ContinuousClock.now - begun)
            seen.asked += 1
            most = max(most, service.residentBytes)
            _ = try? await outcome.wait(within: .milliseconds(3), for: "the end of the act") { $0 != nil }
        } while outcome.value == nil
        seen.said = try outcome.value!.get()
        seen.most = max(seen.most, most)
        #expect(most - before < act.bound, "\(service.name), \(act.name): \(mebibytes(most - before)) more")
        try await eventually("nobody is left but who asks", within: .seconds(40)) {
            try await service.call("service.status")["connections"].int == 1
        }
        // After a crowd the service gives its heap back a second later. What does not come back then is what stays.
        _ = try? await eventually("memory is given back", within: .seconds(3)) {
            try await service.call("service.ping")
            return service.residentBytes - before <= Self.kept
        }
    }
}

private func expect(_ holds: Bool, _ what: String) throws {
    guard holds else { throw TestFailure("not so: \(what)") }
}

/// The whole number that is the `id` of a message.
private func number(of message: [UInt8]) -> Int? {
    let mark = Array(#""id":"#.utf8)
    guard let place = message.indices.first(where: { message[$0...].starts(with: mark) }) else { return nil }
    let digits = message[(place + mark.count)...].prefix { (48...57).contains($0) }
    return digits.isEmpty ? nil : digits.reduce(0) { $0 * 10 + Int($1) - 48 }
}
