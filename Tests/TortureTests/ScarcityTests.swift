import Glibc
import TestSupport
import Testing

/// Too few descriptors, too little memory, too many connections.
@Suite(.serialized, .heavy, .enabled(if: Subject.areBuilt, "the executables are not built"))
struct ScarcityTests {
    @Test func outOfDescriptorsWhoIsConnectedIsServedAndTheOthersWhenSomeAreFreeAgain() async throws {
        var section = TortureSection(
            "descriptors", "Out of descriptors",
            [
                "service", "may open#", "connections that got an answer#", "refused by name#", "left waiting#",
                "what was seen",
            ])
        for subject in Subject.all {
            let limit = 256
            let service = try subject.service()
            try await service.start(under: ["prlimit", "--nofile=\(limit):\(limit)"])
            try await service.use { service in
                if subject.keepsSomething { try await subject.prepare(service) }
                let early = try WireClient(service.socket)
                _ = try early.call("service.ping")
                var clients: [WireClient] = []
                var (answered, refused, waiting) = (0, 0, 0)
                for _ in 0..<(2 * limit) {
                    let client = try WireClient(service.socket, limit: .milliseconds(500))
                    clients.append(client)
                    // One that is refused may be hung up on before it has said anything.
                    try? client.send(#"{"jsonrpc":"2.0","id":1,"method":"service.ping"}"#)
                    guard let reply = try? client.receive() else {
                        waiting += 1
                        if waiting == 3 { break }
                        continue
                    }
                    if reply["id"].int == 1 { answered += 1 }
                    if reply["error"]["data"]["reason"].string == "limit.connections" { refused += 1 }
                }
                #expect(answered >= 10 && answered + refused == clients.count, "\(subject.name): \(refused) refused")
                // Who was there before can do all that it could.
                var seen = "who was connected is served"
                if subject.keepsSomething {
                    for number in 1...20 {
                        let change = subject.change(number)
                        _ = try early.call(change.method, change.params, meta: change.meta)
                    }
                    seen += ", 20 of 20 changes go through"
                }
                _ = try early.call("service.status")
                for client in clients { client.hangUp() }
                clients = []
                try await eventually("a new one is served", within: .seconds(20)) {
                    (try? await service.call("service.ping")) != nil
                }
                if subject.keepsSomething {
                    let reckoning = try await Reckoning(
                        subject, service.database, acknowledged: Set(1...20), unsure: [])
                    #expect(reckoning.isRight, "\(subject.name): \(reckoning)")
                }
                section.row(
                    subject.name, "\(limit)", "\(answered)", "\(refused)", "\(waiting)",
                    seen + "; a new one when the others have hung up")
            }
        }
        try section.write()
    }

    private static let idle = Torture.some(10_000, look: 1500)

    /// As many as are wanted, or as the machine lets a service have: five eighths of the descriptors it may open.
    private static func idle(descriptors: Int) -> Int { min(idle, descriptors * 5 / 8 - 100) }

    @Test(
        .enabled(if: geteuid() == 0, "needs root, to raise the number of descriptors"),
        .enabled(if: !Sanitizer.isAddress, "the address sanitizer keeps what was freed"))
    func idleConnectionsCostMemoryAndNothingElse() async throws {
        var section = TortureSection(
            "idle", "Idle connections",
            [
                "service", "idle connections#", "memory before#", "with them#", "of each#", "processor time in 2 s#",
                "longest of 1000 answers#", "changes beside them#", "memory after#",
            ])
        let limit = try raiseOwnLimit(to: 3 * Self.idle + 1000)
        let idle = Self.idle(descriptors: limit)
        for subject in Subject.all {
            let service = try subject.service(options: ["--connections", "20000", "--connections-per-user", "20000"])
            try await service.start(under: ["prlimit", "--nofile=\(limit):\(limit)"])
            try await service.use { service in
                if subject.keepsSomething { try await subject.prepare(service) }
                for _ in 0..<20 { try await service.call("rpc.discover") }
                let before = service.residentBytes
                var clients = try await onThread { [socket = service.socket] in
                    try (0..<idle).map { _ in try WireClient(socket) }
                }
                // The last one is served, so all are.
                _ = try clients.last!.call("service.ping")
                let with = service.residentBytes
                let spent = try processorTime(service.pid)
                let begun = ContinuousClock.now
                while ContinuousClock.now - begun < .seconds(2) {
                    _ = try? await Watched(0).wait(within: .milliseconds(500), for: "") { _ in false }
                }
                let (used, passed) = (try processorTime(service.pid) - spent, ContinuousClock.now - begun)
                // None was seen to be used. A timer or a look at each of so many connections once a second takes more.
                #expect(used <= passed / 20, "\(subject.name): \(used) of \(passed), and nobody asked for anything")
                var longest = Duration.zero
                for number in 0..<1000 {
                    let client = clients[number * (clients.count / 1000)]
                    let begun = ContinuousClock.now
                    _ = try client.call("service.ping")
                    longest = max(longest, ContinuousClock.now - begun)
                }
                if subject.keepsSomething {
                    let account = try await Writers(subject, service, each: 25, first: 1).ended()
                    #expect(account.acknowledged.count == 100)
                }
                for client in clients { client.hangUp() }
                clients = []
                let base = before
                try await eventually("memory is given back", within: .seconds(30)) {
                    try await service.call("service.ping")
                    return service.residentBytes - base < (with - base) / 2 + (8 << 20)
                }
                #expect(longest < .seconds(30), "\(subject.name)")
                section.row(
                    subject.name, "\(idle)", mebibytes(before), mebibytes(with),
                    "\((with - before) / idle / 1024) KiB", milliseconds(used), milliseconds(longest),
                    subject.keepsSomething ? "100 of 100" : "", mebibytes(service.residentBytes))
            }
        }
        section.remark(
            """
            With `Connections` and `ConnectionsPerUser` set to 20,000; by default they are 4096 and 1024, and who is above that is \
            refused as `limit.connections` or `limit.connectionsPerUser` (`LimitTests`). A service may open \(limit) files here; \
            five eighths of them are for connections.
            """)
        try section.write()
    }

    /// Raises it as far as the machine lets us; answers to how far.
    private func raiseOwnLimit(to count: Int) throws -> Int {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        var wanted = limit
        wanted.rlim_cur = max(limit.rlim_cur, rlim_t(count))
        wanted.rlim_max = max(limit.rlim_max, wanted.rlim_cur)
        if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &wanted) == 0 { return count }
        limit.rlim_cur = limit.rlim_max
        guard setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            throw TestFailure("\(limit.rlim_max) descriptors: \(String(cString: strerror(errno)))")
        }
        return Int(limit.rlim_max)
    }

    /// What a process has used, in steps of a hundredth of a second.
    private func processorTime(_ pid: pid_t) throws -> Duration {
        guard let line = text(of: "/proc/\(pid)/stat"), let end = line.lastIndex(of: ")") else {
            throw TestFailure("no process \(pid)")
        }
        let words = line[line.index(after: end)...].split(separator: " ")
        return .milliseconds(10 * (Int(words[11])! + Int(words[12])!))
    }

    @Test func withTooLittleMemoryAServiceEndsOrRefusesAndLosesNothing() async throws {
        var section = TortureSection(
            "memory", "Too little memory",
            ["service", "rounds#", "ended for want of memory#", "acknowledged#", "lost#", "doubled or invented#"])
        for subject in Subject.keeping {
            let service = try subject.service()
            var (acknowledged, unsure): (Set<Int>, Set<Int>) = ([], [])
            var ended = 0
            let rounds = Torture.some(20, look: 2)
            for round in 1...rounds {
                try await service.start()
                if round == 1 { try await subject.prepare(service) }
                let writers = Writers(subject, service, writers: 2, first: round * 100_000, ballast: 1000)
                try await writers.reach(10)
                let data = try dataBytes(service.pid) + round % 5 * (4 << 20)
                try await check(["prlimit", "--pid", "\(service.pid)", "--data=\(data)"])
                // Frames that cannot all be held.
                let socket = service.socket
                let greedy = Task {
                    try? await onThread {
                        let clients = try (0..<8).map { _ in try WireClient(socket) }
                        let most = [1, 0, 0, 0] + [UInt8](repeating: 0x20, count: (16 << 20) - 1)
                        for client in clients { try client.send(bytes: most) }
                    }
                }
                await greedy.value
                try await eventually("it answers or has ended", within: .seconds(45)) {
                    if service.ending != nil { return true }
                    return (try? await service.call("service.ping")) != nil
                }
                let account = try await writers.stop()
                acknowledged.formUnion(account.acknowledged)
                unsure.formUnion(account.unsure)
                if try await endedForWantOfMemory(service) { ended += 1 }
            }
            #expect(ended > 0, "\(subject.name): memory was never wanting")
            try await service.start()
            try await service.use { service in
                let reckoning = try await Reckoning(
                    subject, service.database, acknowledged: acknowledged, unsure: unsure)
                #expect(reckoning.isRight, "\(subject.name): \(reckoning)")
                section.row(
                    subject.name, "\(rounds)", "\(ended)", "\(reckoning.acknowledged)", "\(reckoning.lost.count)",
                    "\(reckoning.doubled.count + reckoning.invented.count)")
            }
        }
        section.remark(
            """
            A limit on the bytes of data (`RLIMIT_DATA`) a few MiB above what the service has is set while it is written to, and \
            then eight clients send 16 MiB each. A Swift program that gets no memory ends at once, and says that it failed \
            to allocate, or where a buffer of SwiftNIO got nothing: any other crash fails the test. The service manager starts it \
            again. Limits of control groups were not tried: they have no effect in the container of the tests.
            """)
        try section.write()
    }

    /// Ends a service that lives; one that does not has to have ended for want of memory.
    private func endedForWantOfMemory(_ service: LoneService) async throws -> Bool {
        let lived = service.ending == nil
        try await service.kill()
        if lived, service.ending == .killed(signal: SIGKILL) { return false }
        let ending = service.ending
        let isIt = service.log.split(separator: "\n").contains { line in
            // The runtime of Swift.
            if line.hasPrefix("Fatal error: failed to allocate ") { return ending == .killed(signal: SIGABRT) }
            // SwiftNIO, whose buffers do not look whether `malloc` and `realloc` gave them anything.
            if line.hasPrefix("NIOCore/ByteBuffer-core.swift:"), line.contains("Unexpectedly found nil") {
                return ending == .killed(signal: SIGILL) || ending == .killed(signal: SIGTRAP)
            }
            // A sanitizer, which has a say before them.
            return line.contains("Sanitizer") && (line.contains("allocate") || line.contains("out of memory"))
        }
        #expect(isIt, "\(service.name): \(ending as Any), not for want of memory\n\(service.log.suffix(6000))")
        return true
    }

    private func dataBytes(_ pid: pid_t) throws -> Int {
        let line = (text(of: "/proc/\(pid)/status") ?? "").split(separator: "\n").first { $0.hasPrefix("VmData:") }
        guard let kibibytes = line.flatMap({ Int($0.filter(\.isNumber)) }) else { throw TestFailure("no VmData") }
        return kibibytes * 1024
    }
}
