import Glibc
import JSONCodec
import Linux
import MillraceProtocol
import TestSupport
import Testing

@testable import MillraceRPC

/// The second descriptor of a connection, with which other threads than the event loop's send.
@Suite struct LentSocketTests {
    private func limits(loans: Int, loan: Duration = .seconds(600)) -> RPCLimits {
        var limits = RPCLimits()
        limits.loans = loans
        limits.loan = loan
        return limits
    }

    private func ask(_ peer: RawPeer, _ id: Int, _ method: String = "test.echoOffloaded") async throws {
        try peer.send(#"{"jsonrpc":"2.0","id":\#(id),"method":"\#(method)","params":[1]}"#)
        #expect(try await peer.next()["id"] == .number("\(id)"))
    }

    @Test func connectionsAndLoansFitIntoWhatAProcessMayOpen() {
        let few = RPCLimits().fitting(openFiles: 256)
        #expect(few.connections == 160 && few.loans == 32)
        let many = RPCLimits().fitting(openFiles: 524_288)
        #expect(many.connections == RPCLimits().connections && many.loans == RPCLimits().loans)
    }

    @Test func whoSaysNothingTakesNone() async throws {
        try await TestServer.with(testRouter(), limits: limits(loans: 10)) { test in
            let silent = try (0..<5).map { _ in try test.peer() }
            let one = try test.peer()
            try await soon("all are served") { test.server.statistics.connections == 6 }
            #expect(test.server.lentSockets == 0)
            try await ask(one, 1)
            #expect(test.server.lentSockets == 1)
            one.hangUp()
            try await soon("it is given back") { test.server.lentSockets == 0 }
            withExtendedLifetime(silent) {}
        }
    }

    @Test func whoHasBeenSilentForAWhileGivesItBackAndGetsAnother() async throws {
        try await TestServer.with(testRouter(), limits: limits(loans: 10, loan: .milliseconds(20))) { test in
            let peer = try test.peer()
            for round in 1...3 {
                try await ask(peer, round)
                try await soon("it is given back") { test.server.lentSockets == 0 }
            }
            #expect(test.server.statistics.connections == 1)
        }
    }

    @Test(arguments: [0, 1])
    func whereThereAreNoneLeftAnswersComeAllTheSame(loans: Int) async throws {
        let gate = Gate()
        try await TestServer.with(testRouter(gate: gate), limits: limits(loans: loans)) { test in
            let peers = try (0..<8).map { _ in try test.peer() }
            // Answers of tasks, that wait for something, and large ones.
            for (number, peer) in peers.enumerated() {
                try peer.send(#"{"jsonrpc":"2.0","id":0,"method":"test.wait"}"#)
                for id in 1...50 {
                    try peer.send(
                        #"{"jsonrpc":"2.0","id":\#(id),"method":"test.echoOffloaded","params":[\#(number)]}"#)
                }
                try peer.send(#"{"jsonrpc":"2.0","id":51,"method":"test.fill","params":[3000000]}"#)
            }
            for peer in peers { #expect(try await peer.next(51).count == 51) }
            #expect(test.server.lentSockets == loans)
            gate.open()
            for peer in peers { #expect(try await peer.next()["id"] == 0) }
        }
    }

    /// Many threads say something while connections come and go.
    @Test func nobodyGetsTheAnswerOfAnother() async throws {
        try await TestServer.with(testRouter(), limits: limits(loans: 2, loan: .milliseconds(1))) { test in
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for caller in 0..<8 {
                    tasks.addTask {
                        for round in 0..<40 {
                            let peer = try test.peer()
                            for id in 0..<10 {
                                let mark = caller * 1000 + round
                                try peer.send(
                                    #"{"jsonrpc":"2.0","id":\#(id),"method":"test.echoOffloaded","params":[\#(mark)]}"#)
                                if id == 9 { continue }
                                let answer = try await peer.next()
                                #expect(answer["id"] == .number("\(id)") && answer["result"] == [.number("\(mark)")])
                            }
                            // The last answer may be on its way still.
                            peer.hangUp()
                        }
                    }
                }
                try await tasks.waitForAll()
            }
            try await soon("all are given back") { test.server.lentSockets == 0 }
        }
    }
}
