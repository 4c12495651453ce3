import Glibc

/// The pipes of a ``RunningProcess`` and what moves the bytes.
final class Pipes: @unchecked Sendable {
    private typealias Ends = (read: Int32, write: Int32)

    private let input: Ends?
    private let output: Ends
    private let errors: Ends
    private let end: Ends
    private var pending: [UInt8]

    init(input bytes: [UInt8]?) throws {
        func pipe() throws -> Ends {
            var ends: [Int32] = [-1, -1]
            guard Glibc.pipe(&ends) == 0 else { throw TestFailure("pipe: \(String(cString: strerror(errno)))") }
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            return (ends[0], ends[1])
        }
        pending = bytes ?? []
        pthread_mutex_lock(starting)
        defer { pthread_mutex_unlock(starting) }
        input = bytes == nil ? nil : try pipe()
        output = try pipe()
        errors = try pipe()
        end = try pipe()
        for near in [input?.write, output.read, errors.read].compactMap({ $0 }) {
            _ = fcntl(near, F_SETFL, O_NONBLOCK)
        }
    }

    var childInput: Int32? { input?.read }
    var childOutput: Int32 { output.write }
    var childErrors: Int32 { errors.write }

    func closeFarEnds() {
        for far in [input?.read, output.write, errors.write].compactMap({ $0 }) { close(far) }
    }

    func closeNearEnds() {
        for near in [input?.write, output.read, errors.read, end.read, end.write].compactMap({ $0 }) { close(near) }
    }

    /// Tells ``copy(to:)`` that the child is a zombie now.
    func childEnded(_ pid: pid_t) {
        var pid = pid
        _ = write(end.write, &pid, MemoryLayout<pid_t>.size)
    }

    /// Moves bytes until the child has ended; what its own children write later is not waited for.
    func copy(to progress: Watched<RunningProcess.Progress>) {
        var writing = input != nil
        var polled = [
            pollfd(fd: end.read, events: Int16(POLLIN), revents: 0),
            pollfd(fd: output.read, events: Int16(POLLIN), revents: 0),
            pollfd(fd: errors.read, events: Int16(POLLIN), revents: 0),
            pollfd(fd: input?.write ?? -1, events: Int16(POLLOUT), revents: 0),
        ]
        var ended = false
        while !ended {
            if writing && pending.isEmpty {
                close(polled[3].fd)
                polled[3].fd = -1
                writing = false
            }
            guard poll(&polled, nfds_t(polled.count), -1) > 0 else { continue }
            ended = polled[0].revents != 0
            if polled[1].revents != 0, !drain(polled[1].fd, { b in progress.update { $0.standardOutput += b } }) {
                polled[1].fd = -1
            }
            if polled[2].revents != 0, !drain(polled[2].fd, { b in progress.update { $0.standardError += b } }) {
                polled[2].fd = -1
            }
            if polled[3].revents != 0 {
                let count = write(polled[3].fd, pending, pending.count)
                if count > 0 { pending.removeFirst(count) } else if errno != EAGAIN { pending = [] }
            }
        }
        close(output.read)
        close(errors.read)
        if writing { close(polled[3].fd) }
        var pid: pid_t = 0
        _ = read(end.read, &pid, MemoryLayout<pid_t>.size)
        close(end.read)
        close(end.write)
        progress.update {
            var status: Int32 = 0
            while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
            let signal = status & 0x7F
            $0.ending = signal == 0 ? .exited((status >> 8) & 0xFF) : .killed(signal: signal)
        }
    }

    /// Reads all there is; false at the end of the stream.
    private func drain(_ descriptor: Int32, _ take: ([UInt8]) -> Void) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count > 0 { take(Array(buffer[..<count])) } else { return count < 0 && errno == EAGAIN }
        }
    }
}

/// Held while pipes are made and while a child starts, so that no child inherits the pipes of another in the moment
/// before they are marked close-on-exec.
private nonisolated(unsafe) let starting: UnsafeMutablePointer<pthread_mutex_t> = {
    let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
    return mutex
}()

/// All that `posix_spawn` wants.
struct Launch: Sendable {
    let command: [String]
    let environment: [String]
    let pipes: Pipes

    init(_ command: [String], environment changes: [String: String?], directory: String?, pipes: Pipes) {
        self.command = (directory.map { ["env", "-C", $0] } ?? []) + command
        self.pipes = pipes
        var own: [String] = []
        var entry = environ
        while let text = entry.pointee {
            let pair = String(cString: text)
            if !changes.keys.contains(String(pair.prefix { $0 != "=" })) { own.append(pair) }
            entry += 1
        }
        environment = own + changes.compactMap { name, value in value.map { "\(name)=\($0)" } }
    }

    func start() -> (pid: pid_t, error: Int32) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let input = pipes.childInput {
            posix_spawn_file_actions_adddup2(&actions, input, 0)
        } else {
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        }
        posix_spawn_file_actions_adddup2(&actions, pipes.childOutput, 1)
        posix_spawn_file_actions_adddup2(&actions, pipes.childErrors, 2)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))

        let argv = command.map { strdup($0) } + [nil]
        let envp = environment.map { strdup($0) } + [nil]
        defer { (argv + envp).forEach { free($0) } }
        var pid: pid_t = 0
        pthread_mutex_lock(starting)
        defer { pthread_mutex_unlock(starting) }
        let error = posix_spawnp(&pid, command[0], &actions, &attributes, argv, envp)
        return (pid, error)
    }
}

/// Hands one value from one thread to another.
final class Handoff<Value>: @unchecked Sendable {
    private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
    private var value: Value?

    init() { sem_init(semaphore, 0, 0) }

    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }

    func put(_ value: Value) {
        self.value = value
        sem_post(semaphore)
    }

    func take() -> Value {
        while sem_wait(semaphore) != 0 {}
        return value!
    }
}

/// Runs `body` on a thread of its own, so that nothing blocks the few threads of Swift's tasks.
public func startThread(_ body: @escaping @Sendable () -> Void) {
    let box = Unmanaged.passRetained(Body(body))
    var thread = pthread_t()
    let failure = pthread_create(
        &thread, nil,
        { argument in
            Unmanaged<Body>.fromOpaque(argument!).takeRetainedValue().run()
            return nil
        }, box.toOpaque())
    precondition(failure == 0, "pthread_create: \(failure)")
    pthread_detach(thread)
}

private final class Body: Sendable {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}
