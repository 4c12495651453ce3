import Exposition
import Glibc
import JSONCodec
import Linux
import Logging
import MillraceProtocol
import MillraceRPC
import Telemetry
import TestSupport
import Testing

@testable import MillraceService

/// Serial all together: the example's behaviour belongs to the whole process.
@Suite(.serialized) enum HostTests {}

extension HostTests {
    /// A host in this process, called over its socket.
    @Suite(.serialized) struct RunningServiceTests {
        private let directory = TemporaryDirectory()
        /// What the service manager is told.
        private let messages = Watched<[ServiceManager.Message]>([])
        private let output = try! Pipe()
        private let time = ManualTime()

        init() {
            ExampleService.behaviour.withLock { $0 = ExampleService.Behaviour() }
        }

        private struct Running {
            let host: RunningService<ExampleService>
            let service: ExampleService
            let client: RPCClient
            let end: Task<ExitCode, Never>
            let log: ServiceLog
        }

        private func start(
            _ arguments: [String] = [], watchdog: Duration? = nil,
            handedOver: [(name: String, descriptor: Descriptor)] = []
        ) async throws -> Running {
            let launch = ServiceLaunch<ExampleService>(
                arguments: ["--state", directory.path] + arguments, environment: [:])
            let settings = launch.settings()
            try #require(settings.mistakes == [])
            let log = ServiceLog(
                name: "example", identifier: "millrace-example", level: settings.values.host.logLevel,
                output: .text(output.writer.raw, isColoured: false), time: SystemTime())
            let sockets = try await ListeningSocket.open(
                service: "example", path: nil, runtimeDirectory: launch.places.runtimeDirectory,
                handedOver: handedOver)
            let manager = ServiceManager(watchdog: watchdog) { [messages] message in
                messages.update { $0.append(message) }
            }
            let host = try await RunningService(
                launch, settings.values, sockets: sockets, log: log, time: time, manager: manager)
            let end = Task { await host.run() }
            // Callers are let in a moment before.
            try await messages.wait(for: "READY") { $0.first == .ready(status: "0 jobs") }
            return Running(
                host: host, service: ExampleService.made.withLock { $0 }!,
                client: RPCClient(socket: directory.file("run/example.sock")), end: end, log: log)
        }

        private func stop(_ running: Running) async throws {
            running.client.close()
            running.host.post(.signal(SIGTERM))
            #expect(try await within { await running.end.value } == .ok)
        }

        private func logText() throws -> String {
            output.writer.close()
            return String(decoding: try output.reader.readToEnd(), as: UTF8.self)
        }

        @Test func aServiceIsReadyThenStopsAndLeavesNoSocket() async throws {
            let running = try await start()
            #expect(messages.value == [.ready(status: "0 jobs")])
            #expect(running.host.state.phase == .ready)
            try await stop(running)
            #expect(running.host.state.phase == .draining)
            #expect(running.service.calls.value == [.start, .drain(.seconds(30)), .close])
            try await messages.wait(for: "STOPPING") {
                $0.last == .stopping(status: "draining", within: .seconds(40))
            }
            #expect(!Files.exists(directory.file("run/example.sock")))
            let log = try logText()
            let ready = try Regex("info example ready socket=\(directory.path)/run/example.sock start-ms=0 version=")
            #expect(log.contains(ready))
            #expect(log.contains("notice example SIGTERM, draining\n"))
            #expect(log.hasSuffix("info example stopped uptime-ms=0\n"))
        }

        /// On the socket of a manager; in a process of its own, because the variable that names it is the whole process's.
        ///
        /// - Parameter requests: after which the opening is over; an hour's are the most.
        @Test(arguments: [2, HostBounds.startRequests])
        func anOpeningThatTakesLongAsksTheManagerForTime(requests: Int) async {
            await #expect(processExitsWith: .success) { [requests = requests as Int] in
                let directory = TemporaryDirectory()
                let manager = try NotifyListener(directory.file("notify"))
                Environment.set("NOTIFY_SOCKET", manager.path)
                let (time, isOpen, output) = (ManualTime(), Watched(false), try Pipe())
                ExampleService.behaviour.withLock {
                    $0.opening = { try await isOpen.wait(within: .seconds(60), for: "its opening") { $0 } }
                }
                let launch = ServiceLaunch<ExampleService>(arguments: ["--state", directory.path], environment: [:])
                let log = ServiceLog(
                    name: "example", identifier: "millrace-example", level: .error,
                    output: .text(output.writer.raw, isColoured: false), time: SystemTime())
                let values = launch.settings().values
                async let starting = RunningService(launch, values, sockets: [], log: log, time: time)
                defer { isOpen.update { $0 = true } }
                for count in 1...requests {
                    try await within { await time.sleepers(atLeast: 1) }
                    time.advance(by: .seconds(30))
                    try await manager.messages.wait(for: "request \(count)") { $0.count == count }
                }
                if requests < HostBounds.startRequests {
                    try await within { await time.sleepers(atLeast: 1) }
                }
                isOpen.update { $0 = true }
                let host = try await starting
                #expect(time.sleeperCount == 0, "nobody asks any more")
                let end = Task { await host.run() }
                let messages = try await manager.messages.wait(for: "READY") { $0.last?.hasPrefix("READY") == true }
                #expect(messages.count == requests + 1)
                #expect(messages.dropLast().allSatisfy { $0 == "EXTEND_TIMEOUT_USEC=90000000" }, "\(messages)")
                host.post(.signal(SIGTERM))
                #expect(await end.value == .ok)
            }
        }

        @Test func aSocketThatWasHandedOverIsServedAndLeftInPlace() async throws {
            try Files.makeDirectory(directory.file("run"))
            let path = directory.file("run/example.sock")
            let socket = try UnixSocket.listen(path: path)
            // systemd keeps it open over a restart of the service.
            let kept = try socket.duplicate()
            let running = try await start(handedOver: [("example", socket)])
            #expect(try await running.client.call(ServicePing.self, Empty()).service == "example")
            try await stop(running)
            let next = try UnixSocket.connect(path: path)
            #expect(try UnixSocket.accept(kept).isOpen && next.isOpen)
        }

        @Test func pingSaysWhoIsThere() async throws {
            let running = try await start()
            time.advance(by: .seconds(3))
            let ping = try await running.client.call(ServicePing.self, Empty())
            #expect(ping.service == "example" && ping.pid == getpid() && ping.uptimeMs == 3000)
            #expect(ping.version == MillraceVersion.current)
            #expect(ping.instance == running.service.host.instance && ping.instance.count == 32)
            try await stop(running)
        }

        @Test func statusBearsTheServicesReport() async throws {
            let running = try await start()
            let status = try await running.client.call(ServiceStatus.self, Empty())
            #expect(status.state == .ready && status.statusLine == "0 jobs")
            #expect(status.checks == [.init("disk", .warn, reason: "90 % full")])
            #expect(status.figures == ["jobsRunning": 3])
            #expect(status.connections == 1 && status.inFlight == 1)
            try await stop(running)
        }

        @Test func metricsAreTheServicesTheConnectionsAndTheProcesss() async throws {
            let running = try await start()
            running.service.host.registry.counter("shop_orders", "Orders.").increment(by: 2)
            _ = try await running.client.call(ServicePing.self, Empty())
            let metrics = try await running.client.call(ServiceMetrics.self, .init()).metrics
            func value(_ name: String, _ labels: [String: String]? = nil) -> Double {
                metrics.first { $0.name == name && $0.labels == labels }?.value ?? -1
            }
            #expect(value("shop_orders_total") == 2)
            #expect(value("shop_seats") == 3)
            #expect(value("millrace_check", ["check": "disk", "millrace_check": "warn"]) == 1)
            #expect(value("millrace_rpc_connections") == 1)
            #expect(value("millrace_rpc_duration_seconds_count", ["method": "service.ping"]) == 1)
            #expect(value("process_memory_bytes") > 1_000_000)
            #expect(value("process_open_fds") > 3)
            #expect(value("process_cpu_seconds_total") > 0)
            try await stop(running)
        }

        @Test func onlyTheMetricsThatAreNamedAreTold() async throws {
            let running = try await start()
            let names = ["shop_seats", "process_cpu_seconds_total", "shop_chairs"]
            let metrics = try await running.client.call(ServiceMetrics.self, .init(names: names)).metrics
            #expect(Set(metrics.map(\.name)) == ["shop_seats", "process_cpu_seconds_total"])
            try await stop(running)
        }

        /// What the page of the metrics service shows of a service, and what the service itself answers.
        @Test func whatIsPublishedIsWhatServiceMetricsTells() async throws {
            let taken = Watched<[Snapshot]>([])
            var router = RPCRouter()
            router.onReply(MetricsPublish.self) { params, _, reply in
                let snapshot = try params.snapshot.decode(Snapshot.self)
                taken.update { $0.append(snapshot) }
                reply.succeed(.init(acceptance: .newer))
            }
            let server = RPCServer(router: router, log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            try Files.makeDirectory(directory.file("run"))
            try await server.serve(listening: UnixSocket.listen(path: directory.file("run/metrics.sock")))
            let running = try await start()
            // A method is counted from its first answer on.
            _ = try await running.client.call(ServiceMetrics.self, .init())
            let told = try await running.client.call(ServiceMetrics.self, .init()).metrics
            try await stop(running)
            let published = try #require(taken.value.last)
            #expect(Self.names(ServiceMetrics.Result(published).metrics) == Self.names(told))
            let exposed = String(decoding: ExpositionWriter.bytes(published.families, .text), as: UTF8.self)
            let lines = exposed.split(separator: "\n").filter { !$0.hasPrefix("#") }
            #expect(Set(lines.map(Self.name)) == Self.names(told))
            await server.drain(within: .zero)
        }

        /// Names with their labels in order.
        private static func names(_ metrics: [ServiceMetrics.Metric]) -> Set<[String]> {
            Set(metrics.map { metric in [metric.name] + (metric.labels ?? [:]).map { "\($0)=\"\($1)\"" }.sorted() })
        }

        /// The same of a line of an exposition.
        private static func name(_ line: Substring) -> [String] {
            let parts = line.prefix { $0 != " " }.split { "{},".contains($0) }.map(String.init)
            return parts.prefix(1) + parts.dropFirst().sorted()
        }

        @Test func discoverListsTheMethodsWhereThereIsNoDocument() async throws {
            let running = try await start()
            let document = try JSON.decode(JSONValue.self, from: try await running.client.callRaw("rpc.discover").bytes)
            let names = document["methods"]?.elements?.compactMap { $0["name"]?.stringValue }
            #expect(
                names == [
                    "service.metrics", "service.ping", "service.reload", "service.setLogLevel", "service.status",
                ])
            #expect(document["info"]?["title"]?.stringValue == "millrace-example")
            try await stop(running)
        }

        @Test func theLogLevelIsSetWhileRunning() async throws {
            let running = try await start()
            let result = try await running.client.call(ServiceSetLogLevel.self, .init(level: "debug"))
            #expect(result.level == "debug" && running.log.level == .debug)
            let error = await #expect(throws: RPCError.self) {
                try await running.client.call(ServiceSetLogLevel.self, .init(level: "loud"))
            }
            #expect(error?.status == .invalidArgument && error?.field == "level" && error?.reason == "log.level")
            #expect(running.log.level == .debug)
            try await stop(running)
        }

        @Test func changingMethodsAreForAdministrators() {
            #expect(ServicePing.access == .read && ServiceStatus.access == .read && ServiceMetrics.access == .read)
            #expect(ServiceReload.access == .admin && ServiceSetLogLevel.access == .admin)
        }

        @Test func reloadTakesNewSettings() async throws {
            try Files.makeDirectory(directory.file("etc"))
            directory.write("[Pool]\nWorkers=5\n", to: "etc/example.conf")
            let running = try await start()
            directory.write(
                "[Pool]\nWorkers=6\nTypo=1\n[Service]\nLogLevel=error\n[Limits]\nDepth=32\n", to: "etc/example.conf")

            let warnings = try await running.client.call(ServiceReload.self, Empty()).warnings

            #expect(
                warnings == [
                    "\(directory.path)/etc/example.conf:3: Typo is not known; it is passed over",
                    "[Limits] has changed and holds from the next start on",
                ])
            var expected = ExampleConfiguration()
            expected.workers = 6
            #expect(running.service.calls.value == [.start, .reload(expected)])
            #expect(running.log.level == .error)
            #expect(messages.value == [.ready(status: "0 jobs"), .reloading, .ready(status: nil)])
            try await stop(running)
        }

        @Test func wrongSettingsChangeNothingAndAreAllNamed() async throws {
            let running = try await start()
            try Files.makeDirectory(directory.file("etc"))
            directory.write("[Pool]\nWorkers=0\nLeaseSec=x\n[Service]\nLogLevel=error\n", to: "etc/example.conf")

            let error = await #expect(throws: RPCError.self) {
                try await running.client.call(ServiceReload.self, Empty())
            }

            #expect(error?.status == .failedPrecondition && error?.reason == "settings.invalid")
            #expect(
                error?.message.contains("Workers: \"0\"") == true && error?.message.contains("LeaseSec: \"x\"") == true)
            running.host.post(.signal(SIGHUP))
            try await messages.wait(for: "the second reload's end") { $0.count == 5 && $0.last == .ready(status: nil) }
            #expect(running.service.calls.value == [.start])
            #expect(running.log.level == .info)
            try await stop(running)
            let log = try logText()
            #expect(log.contains("error example \(directory.path)/etc/example.conf:2: Workers: \"0\" is not"))
            #expect(log.contains("error example \(directory.path)/etc/example.conf:3: LeaseSec: \"x\" is not"))
        }

        @Test func theHangUpSignalReloads() async throws {
            let running = try await start()
            running.host.post(.signal(SIGHUP))
            try await running.service.calls.wait(for: "the reload") { $0 == [.start, .reload(ExampleConfiguration())] }
            try await stop(running)
        }

        @Test func theStatusLineFollowsTheService() async throws {
            let running = try await start()
            // The ten seconds' timer sleeps on the clock that stands.
            running.service.line.withLock { $0 = "1 job" }
            running.service.host.statusChanged()
            try await messages.wait(for: "the status") { $0.last == .status("1 job") }
            running.service.line.withLock { $0 = "2 jobs" }
            await time.sleepers(atLeast: 2)
            time.advance(by: .seconds(10))
            try await messages.wait(for: "the next status") { $0.last == .status("2 jobs") }
            await time.sleepers(atLeast: 2)
            time.advance(by: .seconds(10))
            await time.sleepers(atLeast: 2)
            // Nothing has changed, so nothing is sent.
            #expect(messages.value.count == 3)
            try await stop(running)
        }

        @Test func theWatchdogBeatsAfterEachCanary() async throws {
            let running = try await start(watchdog: .seconds(30))
            try await messages.wait(for: "the first beat") { $0.contains(.alive) }
            for beat in 2...4 {
                await time.sleepers(atLeast: 2)
                time.advance(by: .seconds(15))
                try await messages.wait(for: "beat \(beat)") { $0.filter { $0 == .alive }.count == beat }
            }
            #expect(running.service.calls.value.filter { $0 == .canary }.count == 4)
            try await stop(running)
        }

        @Test func theWatchdogIsNotToldWhenTheCanaryFails() async throws {
            ExampleService.behaviour.withLock { $0.canaryError = TestFailure("the disk is full") }
            let running = try await start(watchdog: .seconds(30))
            try await running.service.calls.wait(for: "a canary") { $0.contains(.canary) }
            await time.sleepers(atLeast: 2)
            time.advance(by: .seconds(15))
            try await running.service.calls.wait(for: "two canaries") { $0.filter { $0 == .canary }.count == 2 }
            await time.sleepers(atLeast: 2)
            #expect(!messages.value.contains(.alive))
            try await stop(running)
            #expect(try logText().contains("error example the canary did not come through"))
        }

        @Test func aFailureOfTheServiceEndsItWithItsCode() async throws {
            let running = try await start()
            running.service.host.fail(SystemError(number: EIO, call: "fsync runner.sqlite"))
            #expect(try await within { await running.end.value } == .ioError)
            #expect(running.service.calls.value.suffix(2) == [.drain(.seconds(30)), .close])
            #expect(
                try logText().contains("critical example cannot go on: fsync runner.sqlite: Input/output error (EIO)"))
        }

        @Test func whoAsksForAReloadOfAStoppingServiceIsRefused() async throws {
            let running = try await start()
            try await stop(running)
            let mailbox = HostMailbox()
            mailbox.close()
            let error = await #expect(throws: RPCError.self) { try await within { try await mailbox.reload() } }
            #expect(error?.status == .unavailable)
        }

        @Test func aServiceThatCannotStartIsDrained() async throws {
            ExampleService.behaviour.withLock { $0.startError = SystemError(number: EACCES, call: "open x") }
            await #expect(throws: SystemError(number: EACCES, call: "open x")) { _ = try await start() }
            #expect(ExampleService.made.withLock { $0 }?.calls.value == [.start, .drain(.seconds(5)), .close])
        }
    }
}
