import Glibc
import Linux
import Logging
import MillraceProtocol
import MillraceRPC

/// What the host knows of the running service, for the standard methods and the service manager.
final class HostState: Sendable {
    let service: String
    let instance = Identifier.random()
    let time: any TimeSource
    private let started: Duration
    private let state = Locked(State())

    private struct State {
        var phase = ServiceStatus.State.starting
        var line = "starting"
        var server: RPCServer?
    }

    init(service: String, time: any TimeSource) {
        self.service = service
        self.time = time
        started = time.boot()
    }

    var phase: ServiceStatus.State {
        get { state.withLock { $0.phase } }
        set { state.withLock { $0.phase = newValue } }
    }

    /// Whether the line is another than before.
    func setLine(_ line: String) -> Bool {
        state.withLock { state in
            defer { state.line = line }
            return state.line != line
        }
    }

    func setServer(_ server: RPCServer) {
        state.withLock { $0.server = server }
    }

    var uptimeMs: Int { Int((time.boot() - started).milliseconds) }

    func ping() -> ServicePing.Result {
        ServicePing.Result(
            service: service, version: MillraceVersion.current, pid: getpid(), uptimeMs: uptimeMs, instance: instance)
    }

    func status(_ report: ServiceReport) -> ServiceStatus.Result {
        let (phase, server) = state.withLock { ($0.phase, $0.server) }
        let statistics = server?.statistics
        return ServiceStatus.Result(
            service: service, version: MillraceVersion.current, pid: getpid(), state: phase, statusLine: report.line,
            uptimeMs: uptimeMs, connections: statistics?.connections ?? 0, inFlight: statistics?.sessions.inFlight ?? 0,
            checks: report.checks, figures: report.figures)
    }
}
