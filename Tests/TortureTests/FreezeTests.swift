import Glibc
import JSONCodec
import MillraceProtocol
import MillraceRPC
import TestSupport
import Testing

/// SIGSTOP of each service, and SIGCONT.
@Suite(.serialized, .heavy, .enabled(if: Subject.areBuilt, "the executables are not built"))
struct FreezeTests {
    private static let deadline = Duration.milliseconds(400)

    @Test func callersOfAFrozenServiceHaveOneAnswerEachInTimeAndThenAllGoesOn() async throws {
        var section = TortureSection(
            "freeze", "SIGSTOP of each service",
            [
                "service", "freezes#", "calls with a deadline#", "told in time#", "latest#", "calls without#",
                "answered#", "answered twice#", "changes acknowledged#", "lost or doubled#",
                "from SIGCONT to the first answer, at most#",
            ])
        for subject in Subject.all {
            let service = try subject.service()
            try await service.start()
            try await service.use { service in
                if subject.keepsSomething { try await subject.prepare(service) }
                var seen = Seen()
                let writers =
                    subject.keepsSomething
                    ? Writers(subject, service, writers: 2, first: 1, pause: 5000) : nil
                let freezes = Torture.some(20, look: 2)
                for _ in 0..<freezes { try await freeze(service, &seen) }
                #expect(seen.late == 0 && seen.twice == 0, "\(subject.name): \(seen)")
                #expect(seen.inTime == seen.timed && seen.answered == seen.patient, "\(subject.name): \(seen)")
                var reckoning: Reckoning?
                if let writers {
                    let account = try await writers.stop()
                    #expect(account.refused.isEmpty && !account.acknowledged.isEmpty)
                    reckoning = try await Reckoning(subject, service, account)
                    #expect(reckoning?.isRight == true, "\(subject.name): \(reckoning as Any)")
                }
                section.row(
                    subject.name, "\(freezes)", "\(seen.timed)", "\(seen.inTime)", milliseconds(seen.latest),
                    "\(seen.patient)", "\(seen.answered)", "\(seen.twice)",
                    reckoning.map { "\($0.acknowledged)" } ?? "",
                    reckoning.map { "\($0.lost.count + $0.doubled.count)" } ?? "", milliseconds(seen.pause))
            }
        }
        section.remark(
            """
            While a service is stopped ten callers of the client library ask with a deadline of \(milliseconds(Self.deadline)) each: \
            they have to be told `DEADLINE_EXCEEDED` by their own side, within two seconds. Ten others on the bare wire ask \
            and wait, half of them with that deadline in `meta.timeoutMs`: when the service goes on, each has one \
            answer, and the next question's answer follows it. Others change something all the while.
            """)
        try section.write()
    }

    private struct Seen {
        var (timed, inTime, late) = (0, 0, 0)
        var (patient, answered, twice) = (0, 0, 0)
        var latest = Duration.zero
        var pause = Duration.zero
    }

    private func freeze(_ service: LoneService, _ seen: inout Seen) async throws {
        let waiting = try (0..<10).map { _ in try WireClient(service.socket, limit: .seconds(30)) }
        service.signal(SIGSTOP)
        try await eventually("it stands still") { ProcessLook.state(service.pid) == "T" }
        for (number, client) in waiting.enumerated() {
            let meta = number % 2 == 0 ? #","meta":{"timeoutMs":400}"# : ""
            try client.send(#"{"jsonrpc":"2.0","id":"first","method":"service.status"\#(meta)}"#)
        }
        let library = RPCClient(socket: service.socket)
        defer { library.close() }
        let times = try await withThrowingTaskGroup(of: Duration?.self) { group in
            for _ in 0..<10 {
                group.addTask {
                    let begun = ContinuousClock.now
                    do {
                        _ = try await library.callRaw("service.ping", options: CallOptions(timeout: Self.deadline))
                        return nil
                    } catch let error as RPCError where error.status == .deadlineExceeded {
                        return ContinuousClock.now - begun
                    }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        seen.timed += times.count
        for time in times.compactMap({ $0 }) {
            seen.inTime += 1
            seen.latest = max(seen.latest, time)
            if time > .seconds(2) { seen.late += 1 }
        }
        let begun = ContinuousClock.now
        service.signal(SIGCONT)
        seen.patient += waiting.count
        for (number, client) in waiting.enumerated() {
            let ids = try await onThread {
                let first = try client.receive()["id"].string
                if number == 0 { return [first, "last"] }
                try client.send(#"{"jsonrpc":"2.0","id":"last","method":"service.ping"}"#)
                return [first, try client.receive()["id"].string]
            }
            if number == 0 { seen.pause = max(seen.pause, ContinuousClock.now - begun) }
            if ids[0] == "first" { seen.answered += 1 }
            if ids[1] != "last" { seen.twice += 1 }
        }
    }
}
