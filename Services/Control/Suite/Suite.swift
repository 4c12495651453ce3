import Glibc
import Linux
import MillraceProtocol

/// The services in the foreground: started, watched, started again when they die, drained at the end.
///
/// One thread and one poll; it must be a thread that lives as long as the process, for the services end with it.
final class Suite {
    static let drainWithin = Duration.seconds(35)

    private enum Course {
        case running
        /// Every service was told to end; those left then are killed. `failure` is why, when nobody asked for it.
        case ending(until: Duration, failure: Failure?)
    }

    private let services: [SupervisedService]
    private let log: MergedLog
    private let time: any TimeSource
    /// Bytes, each a signal's number.
    private let signals: Descriptor
    /// Whether SIGHUP is for the services, not for us: when no terminal is there to hang up.
    private let passesHangup: Bool
    /// Writes the signals' numbers for as long as it lives.
    private let signalThread: SignalThread?
    /// Ends what a dead service left behind; the services that run are named.
    private let endOrphans: ([pid_t]) -> Void
    private var course = Course.running
    private var announced = false

    init(
        services: [SupervisedService], log: MergedLog, signals: Descriptor, passesHangup: Bool, time: any TimeSource,
        keeping signalThread: SignalThread? = nil, endOrphans: @escaping (_ except: [pid_t]) -> Void
    ) {
        self.services = services
        self.log = log
        self.signals = signals
        self.passesHangup = passesHangup
        self.signalThread = signalThread
        self.endOrphans = endOrphans
        self.time = time
    }

    /// Runs until told to end or until a service is given up. `onReady` is called once, when all are ready; false from
    /// it ends the suite.
    /// - Throws: what made the suite end other than a signal.
    func run(onReady: ([SupervisedService]) -> Bool) throws(Failure) {
        for service in services { start(service) }
        while true {
            actOnTime()
            if case .ending(_, let failure) = course, services.allSatisfy({ $0.process == nil }) {
                if let failure { throw failure }
                return
            }
            waitForEvents()
            if !announced, case .running = course, services.allSatisfy({ $0.phase == .ready }) {
                announced = true
                if !onReady(services) { end() }
            }
        }
    }

    // MARK: - Events

    private func waitForEvents() {
        var polled = [pollfd(fd: signals.raw, events: Int16(POLLIN), revents: 0)]
        for service in services {
            // A negative descriptor is passed over.
            for descriptor in [
                service.notify.descriptor.raw, service.output?.raw ?? -1, service.process?.pidfd.raw ?? -1,
            ] {
                polled.append(pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0))
            }
        }
        guard poll(&polled, nfds_t(polled.count), timeout()) > 0 else { return }
        for (index, service) in services.enumerated() {
            let events = polled[(1 + 3 * index)..<(4 + 3 * index)].map(\.revents)
            if events[0] != 0, service.readNotifications() { log.note("info", "\(service.name) is ready") }
            if events[1] != 0 { service.readOutput() }
            if events[2] != 0 { collect(service) }
        }
        if polled[0].revents != 0 { readSignals() }
    }

    private func timeout() -> Int32 {
        var deadlines = services.compactMap(\.deadline)
        if case .ending(let until, _) = course { deadlines.append(until) }
        guard let next = deadlines.min() else { return -1 }
        return Int32(min(max(0, (next - time.boot()).milliseconds + 1), 60_000))
    }

    private func readSignals() {
        var numbers = [UInt8](repeating: 0, count: 16)
        let count = read(signals.raw, &numbers, numbers.count)
        for number in numbers.prefix(max(0, count)) {
            if Int32(number) == SIGHUP && passesHangup {
                services.forEach { $0.reload() }
            } else if case .ending = course {
                log.note("warning", "told to end again, killing what still runs")
                services.forEach { $0.kill() }
            } else {
                log.note("info", "\(Signals.name(of: Int32(number))), draining")
                end()
            }
        }
    }

    // MARK: - Life of a service

    private func start(_ service: SupervisedService) {
        do {
            try service.start(at: time.boot())
        } catch {
            end(Failure(.osError, "\(service.name) cannot be started: \(error)"))
        }
    }

    private func collect(_ service: SupervisedService) {
        // The pidfd tells of the end a moment before it is known how.
        guard let status = service.collect() else {
            usleep(200)
            return
        }
        endOrphans(services.compactMap(\.pid))
        if case .ending = course {
            if status != .exited(0) { log.note("warning", "\(service.name) ended with \(status)") }
            drainLast()
            return
        }
        // One that gives up by itself will do so again; one that was killed is worth another try.
        if !service.hasBeenReady, case .exited = status {
            end(failure(of: service, "ended with \(status) before it was ready", status))
            return
        }
        switch service.verdict(at: time.boot()) {
        case .restart(let pause, let death):
            log.note("warning", "\(service.name) died with \(status), starting it again in \(pause.short) (\(death))")
        case .giveUp:
            let deaths = "\(RestartBudget.deaths) times within \(RestartBudget.window.components.seconds) s"
            end(failure(of: service, "died \(deaths), last with \(status)", nil))
        }
    }

    private func actOnTime() {
        let now = time.boot()
        for service in services {
            switch service.phase {
            case .pausing(let until) where until <= now:
                if case .running = course { start(service) }
            case .starting(let until) where until <= now:
                let limit = "\(SupervisedService.readyWithin.components.seconds) s"
                if !service.hasBeenReady {
                    end(failure(of: service, "was not ready within \(limit)", nil))
                } else {
                    log.note("warning", "\(service.name) was not ready within \(limit), killing it")
                }
                service.kill()
            default: break
            }
        }
        if case .ending(let until, let failure) = course, until <= now {
            for service in services where service.process != nil {
                log.note(
                    "warning",
                    "\(service.name) has not ended within \(Self.drainWithin.components.seconds) s, killing it")
                service.kill()
            }
            // A killed process ends; only its end is awaited from here on.
            course = .ending(until: now + .seconds(5), failure: failure)
        }
    }

    private func end(_ failure: Failure? = nil) {
        guard case .running = course else { return }
        course = .ending(until: time.boot() + Self.drainWithin, failure: failure)
        if let failure { log.record("error", failure.message) }
        for service in services where service.installed.service != .metrics { service.drain() }
        drainLast()
    }

    /// The metrics service hears the last figures of the others, so it ends after them.
    private func drainLast() {
        let others = services.filter { $0.installed.service != .metrics }
        guard others.allSatisfy({ $0.process == nil }) else { return }
        for service in services where service.installed.service == .metrics && service.phase != .draining {
            service.drain()
        }
    }

    /// A service that says by its exit code what is wrong, for instance with its settings, says it for millctl too.
    private func failure(of service: SupervisedService, _ what: String, _ status: ExitStatus?) -> Failure {
        var code = Exit.software
        if case .exited(let number) = status, (EX_USAGE...EX_CONFIG).contains(number) { code = Exit(rawValue: number) }
        var failure = Failure(code, "\(service.name) \(what)")
        if !log.isEchoing { failure.lines = service.lastLines.map { "\(service.name) | \($0)" } }
        return failure
    }
}
