import Glibc
import Linux
import Logging
import MillraceProtocol
import TestSupport
import Testing

@testable import MillraceService

extension HostTests {
    /// Whole processes: each runs the host to its end.
    @Suite struct ServiceHostTests {
        private let directory = TemporaryDirectory()

        @Test func aProcessServesDrainsAndEndsWithZero() async throws {
            let manager = try NotifyListener(directory.file("notify"))
            let (state, notify) = (directory.path, manager.path)
            let result = try await #require(processExitsWith: .exitCode(0), observing: [\.standardErrorContent]) {
                [state = state as String, notify = notify as String] in
                Environment.set("NOTIFY_SOCKET", notify)
                Environment.set("WATCHDOG_USEC", "300000")
                ExampleService.endAfterCanaries(3)
                await ServiceHost.run(ExampleService.self, arguments: ["--state", state, "--workers", "7"])
            }
            let log = String(decoding: result.standardErrorContent, as: UTF8.self)
            #expect(log.contains("info example ready socket=\(state)/run/example.sock"))
            #expect(log.contains("notice example SIGTERM, draining"))
            #expect(log.contains("info example stopped"))
            let messages = manager.messages.value
            #expect(messages.first == "READY=1\nSTATUS=0 jobs")
            #expect(messages.filter { $0 == "WATCHDOG=1" }.count >= 2)
            #expect(messages.contains("STOPPING=1\nSTATUS=draining"))
            #expect(Files.kind(state + "/data") == .directory)
            #expect(!Files.exists(state + "/run/example.sock"))
        }

        @Test func wrongSettingsEndWith78AndAreAllNamed() async throws {
            let path = directory.write("[Pool]\nWorkers=0\nCache=x\n", to: "example.conf")
            let result = try await #require(processExitsWith: .exitCode(78), observing: [\.standardErrorContent]) {
                [path = path as String] in
                Environment.set("MILLRACE_EXAMPLE_MODE", "slow")
                await ServiceHost.run(ExampleService.self, arguments: ["--config", path, "--nonsense"])
            }
            let log = String(decoding: result.standardErrorContent, as: UTF8.self)
            #expect(log.contains("error example --nonsense: there is no such option\n"))
            #expect(log.contains("error example \(path):2: Workers: \"0\" is not a whole number from 1 to 20\n"))
            #expect(log.contains("error example \(path):3: Cache: \"x\" is not a size from 1K to 1G, such as 16M\n"))
            #expect(log.contains("error example $MILLRACE_EXAMPLE_MODE: \"slow\" is not one of fast, safe\n"))
            #expect(log.contains("critical example not started, 4 settings are wrong"))
        }

        @Test func checkConfigPrintsAndEnds() async throws {
            let state = directory.path
            let result = try await #require(processExitsWith: .exitCode(0), observing: [\.standardOutputContent]) {
                [state = state as String] in
                await ServiceHost.run(
                    ExampleService.self, arguments: ["--state", state, "--workers", "7", "--check-config"])
            }
            #expect(String(decoding: result.standardOutputContent, as: UTF8.self).contains("\nWorkers=7"))
        }

        @Test func whatKeepsAServiceFromStartingIsOneLineAndItsCode() async throws {
            let state = directory.path
            let result = try await #require(processExitsWith: .exitCode(77), observing: [\.standardErrorContent]) {
                [state = state as String] in
                ExampleService.behaviour.withLock { $0.startError = SystemError(number: EACCES, call: "open x") }
                await ServiceHost.run(ExampleService.self, arguments: ["--state", state])
            }
            let log = String(decoding: result.standardErrorContent, as: UTF8.self)
            #expect(log.hasSuffix("critical example cannot start: open x: Permission denied (EACCES)\n"))
            #expect(!Files.exists(state + "/run/example.sock"))
        }

        @Test func aSocketThatIsServedAlreadyIsNotTaken() async throws {
            let path = directory.file("s.sock")
            let listener = try UnixSocket.listen(path: path)
            let state = directory.path
            let result = try await #require(processExitsWith: .exitCode(69), observing: [\.standardErrorContent]) {
                [state = state as String, path = path as String] in
                await ServiceHost.run(ExampleService.self, arguments: ["--state", state, "--socket", path])
            }
            let log = String(decoding: result.standardErrorContent, as: UTF8.self)
            #expect(log.contains("cannot start: another process serves at \(path); stop it first"))
            #expect(listener.isOpen && Files.kind(path) == .socket)
        }

        @Test func aSecondSignalEndsAtOnce() async throws {
            let state = directory.path
            await #expect(processExitsWith: .exitCode(128 + SIGTERM)) { [state = state as String] in
                ExampleService.behaviour.withLock { $0.drain = nil }
                Environment.set("WATCHDOG_USEC", "20000")
                ExampleService.endAfterCanaries(1)
                Task.detached {
                    while ExampleService.made.withLock({ $0 }) == nil { await Task.yield() }
                    let service = ExampleService.made.withLock { $0 }!
                    try await service.calls.wait(for: "the drain") { $0.contains(.drain(.seconds(30))) }
                    kill(getpid(), SIGTERM)
                }
                await ServiceHost.run(ExampleService.self, arguments: ["--state", state])
            }
        }

        @Test func aSignalDuringTheStartEndsInOrder() async throws {
            let state = directory.path
            await #expect(processExitsWith: .exitCode(0)) { [state = state as String] in
                ExampleService.behaviour.withLock {
                    $0.onStart = { _ in
                        kill(getpid(), SIGTERM)
                        while true { pause() }
                    }
                }
                await ServiceHost.run(ExampleService.self, arguments: ["--state", state])
            }
        }

        @Test func aDrainThatDoesNotEndIsCutOff() async {
            await #expect(processExitsWith: .exitCode(75)) {
                let end = HardEnd(after: .milliseconds(20), log: Logger(label: "test"))
                withExtendedLifetime(end) { while true { pause() } }
            }
        }

        @Test func aDrainThatEndsCallsTheCutOff() async {
            let end = HardEnd(after: .milliseconds(1), log: Logger(label: "test"))
            end.callOff()
            // The process still runs when the thread has looked; its end would fail the whole run.
            let other = HardEnd(after: .seconds(3600), log: Logger(label: "test"))
            other.callOff()
        }
    }

    @Suite struct SocketTests {
        private let directory = TemporaryDirectory()

        @Test func theSocketWithTheServicesNameIsChosen() async throws {
            let sockets = try ["admin", "example.socket"].map { name in
                (name: name, descriptor: try UnixSocket.listen(path: directory.file(name)))
            }
            let chosen = try await open(sockets)
            #expect(chosen.map(\.descriptor.raw) == [sockets[1].descriptor.raw])
            #expect(chosen[0].ownPath == nil)
        }

        @Test func aSingleSocketServesUnderAnyName() async throws {
            let socket = try UnixSocket.listen(path: directory.file("s"))
            #expect(try await open([("unknown", socket)]).count == 1)
        }

        @Test func socketsOfOtherNamesOnlyAreAMistake() async throws {
            let sockets = try ["a", "b"].map { name in
                (name: name, descriptor: try UnixSocket.listen(path: directory.file(name)))
            }
            await #expect(throws: SocketProblem.noneNamed("example", ["a", "b"])) { try await open(sockets) }
        }

        @Test func aSocketThatDoesNotListenIsAMistake() async throws {
            let (one, other) = try UnixSocket.pair()
            await #expect(throws: SocketProblem.notListening("example")) { try await open([("example", one)]) }
            #expect(other.isOpen)
        }

        @Test func anOwnSocketIsMadeWithItsFolderForTheGroup() async throws {
            let sockets = try await open([], path: directory.file("run/deep/x.sock"))
            var status = stat()
            #expect(stat(directory.file("run/deep/x.sock"), &status) == 0 && status.st_mode & 0o777 == 0o660)
            #expect(stat(directory.file("run/deep"), &status) == 0 && status.st_mode & 0o777 == 0o750)
            #expect(sockets[0].ownPath == directory.file("run/deep/x.sock"))
        }

        @Test func aSocketThatIsLetGoInAMomentIsWaitedFor() async throws {
            let path = directory.file("run/example.sock")
            let first = Locked<[ListeningSocket]>(try await open([], path: path))
            let second = Task { try await open([], path: path) }
            first.withLock { $0 = [] }
            #expect(try await second.value.count == 1)
        }

        @Test func aSocketThatStaysInUseIsTaken() async throws {
            let path = directory.file("run/example.sock")
            let first = try await open([], path: path)
            await #expect(throws: SocketProblem.taken(path)) { try await open([], path: path) }
            withExtendedLifetime(first) {}
        }

        private func open(
            _ handedOver: [(name: String, descriptor: Descriptor)], path: String? = nil
        ) async throws -> [ListeningSocket] {
            try await ListeningSocket.open(
                service: "example", path: path, runtimeDirectory: directory.file("run"), handedOver: handedOver)
        }
    }

    @Suite struct SignalDeskTests {
        private let codes = Locked<[Int32]>([])
        private let events = Locked<[Int32]>([])

        private func desk(attached: Bool) -> SignalDesk {
            let (codes, events) = (codes, events)
            let desk = SignalDesk(log: Logger(label: "test")) { code in codes.withLock { $0.append(code) } }
            guard attached else { return desk }
            desk.attach { event in if case .signal(let number) = event { events.withLock { $0.append(number) } } }
            return desk
        }

        @Test func theFirstSignalDrainsAndTheSecondEnds() {
            let desk = desk(attached: true)
            desk.take(SIGINT)
            #expect(events.withLock { $0 } == [SIGINT] && codes.withLock { $0 } == [])
            desk.take(SIGHUP)
            #expect(events.withLock { $0 } == [SIGINT] && codes.withLock { $0 } == [])
            desk.take(SIGTERM)
            #expect(codes.withLock { $0 } == [128 + SIGTERM])
        }

        @Test func hangUpsReloadAnyNumberOfTimes() {
            let desk = desk(attached: true)
            for _ in 0..<3 { desk.take(SIGHUP) }
            #expect(events.withLock { $0 } == [SIGHUP, SIGHUP, SIGHUP] && codes.withLock { $0 } == [])
        }

        @Test func beforeTheServiceRunsAHangUpIsNothingAndATerminationTheEnd() {
            let desk = desk(attached: false)
            desk.take(SIGHUP)
            #expect(codes.withLock { $0 } == [])
            desk.take(SIGTERM)
            #expect(codes.withLock { $0 } == [0])
        }
    }

    @Suite struct ExitCodeTests {
        @Test func theNumbersAreThoseOfSysexits() {
            #expect(ExitCode.usage.rawValue == EX_USAGE && ExitCode.dataError.rawValue == EX_DATAERR)
            #expect(ExitCode.noInput.rawValue == EX_NOINPUT && ExitCode.unavailable.rawValue == EX_UNAVAILABLE)
            #expect(ExitCode.software.rawValue == EX_SOFTWARE && ExitCode.osError.rawValue == EX_OSERR)
            #expect(ExitCode.cannotCreate.rawValue == EX_CANTCREAT && ExitCode.ioError.rawValue == EX_IOERR)
            #expect(ExitCode.temporaryFailure.rawValue == EX_TEMPFAIL && ExitCode.noPermission.rawValue == EX_NOPERM)
            #expect(ExitCode.configuration.rawValue == EX_CONFIG && ExitCode.protocolError.rawValue == EX_PROTOCOL)
        }

        @Test func errorsHaveTheirCodes() {
            #expect(ExitCode(SystemError(number: EACCES, call: "x")) == .noPermission)
            #expect(ExitCode(SystemError(number: ENOSPC, call: "x")) == .ioError)
            #expect(ExitCode(SettingsProblem(mistakes: ["x"])) == .configuration)
            #expect(ExitCode(RPCError(.unavailable, "x", reason: "y")) == .unavailable)
            #expect(ExitCode(TestFailure("x")) == .software)
        }
    }
}

extension ExampleService {
    /// The process gets SIGTERM in its n-th canary.
    static func endAfterCanaries(_ count: Int) {
        Task.detached {
            while made.withLock({ $0 }) == nil { await Task.yield() }
            let service = made.withLock { $0 }!
            try await service.calls.wait(for: "\(count) canaries") { $0.filter { $0 == .canary }.count >= count }
            kill(getpid(), SIGTERM)
        }
    }
}
