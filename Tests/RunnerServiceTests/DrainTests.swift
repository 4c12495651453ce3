import Glibc
import Linux
import MillraceProtocol
import MillraceRPC
import TestSupport
import Testing

@testable import RunnerService

/// What a drain leaves in the process itself: neither a task nor a thread, a timer or a connection that still holds the runner.
@Suite(.heavy) struct DrainTests {
    private let folder = TemporaryDirectory()

    /// What there was to let go of.
    private struct Traces {
        weak var runner: Runner?
        weak var server: RPCServer?

        var isGone: Bool { runner == nil && server == nil }
    }

    @Test func nothingHoldsARunnerThatWasDrainedInTheMiddleOfItsWork() async throws {
        let traces = Locked(Traces())
        let mark = "98761.\(getpid())"
        try await work(traces, mark: mark)
        try await eventually("the runner and its server are let go") { traces.withLock { $0.isGone } }
        #expect(ProcessLook.bearing(mark).isEmpty)
        // The folder's name is in the path of each file and socket.
        let open = ProcessLook.descriptors(getpid()).values.filter { $0.hasPrefix(folder.path + "/") }
        #expect(open.isEmpty)
    }

    /// Every sort of work under way at once, then a drain that cannot wait for it.
    private func work(_ traces: Locked<Traces>, mark: String) async throws {
        let hosted = try await HostedRunner(
            folder,
            kinds: """
                kinds:
                  - { name: endless, command: [/bin/sleep, "\(mark)"], grace: 100ms }
                  - { name: failing, command: [/bin/sh, -c, "exit 75"] }
                  - { name: starved, command: [/bin/true], resources: [slow] }
                resources:
                  - { name: slow, rate: 10/h, burst: 1 }
                """)
        traces.withLock { $0 = Traces(runner: hosted.runner, server: hosted.server) }
        let socket = hosted.socket
        let worker = try await onThread { try TestWorker(socket) }
        defer { worker.close() }
        let clients = try await onThread {
            let submitter = try WireClient(socket), watcher = try WireClient(socket), asker = try WireClient(socket)
            var endless = 0
            for job in [
                #"{"kind":"endless"}"#, #"{"kind":"failing","backoffMs":3600000}"#, #"{"kind":"starved"}"#,
                #"{"kind":"starved"}"#, #"{"kind":"endless","attached":true,"timeoutMs":3600000}"#,
                #"{"kind":"endless","runAt":"2100-01-01T00:00:00Z"}"#,
                #"{"kind":"test.held","params":{"items":3,"slots":2}}"#,
            ] {
                let id = try submitter.call("job.submit", job)["id"].int ?? 0
                endless = endless == 0 ? id : endless
            }
            // Neither is answered before the end.
            try watcher.send(#"{"jsonrpc":"2.0","id":1,"method":"job.watch","params":{"id":\#(endless)}}"#)
            try asker.send(#"{"jsonrpc":"2.0","id":1,"method":"permit.acquire","params":{"resource":"slow"}}"#)
            return [submitter, watcher, asker]
        }
        _ = try await worker.hold(2)
        try await eventually("both commands run") { ProcessLook.bearing(mark).count == 2 }
        try await eventually("somebody watches") { hosted.runner.watchers.count == 1 }
        await hosted.drain(within: .milliseconds(200))
        for client in clients { client.hangUp() }
    }
}
