import Glibc
import JSONCodec
import Linux

/// A Chromium without a window, driven over its DevTools protocol.
///
/// The protocol runs over two pipes: JSON messages, each ended by a zero byte. No port is open, and a browser whose pipes close
/// ends by itself, so none outlives the process that started it, however that ended. Its profile is a folder of its own, which
/// goes with it.
final class Browser: Sendable {
    /// Its words are not understood, or it has ended.
    struct Fault: Error, Hashable {
        let why: String
    }

    /// Events of a page, in their order, until the browser ends.
    typealias Events = AsyncThrowingStream<JSONValue, any Error>

    private struct Listener: Sendable {
        let names: Set<String>
        let page: String
        let told: Events.Continuation
    }

    private struct State: Sendable {
        var last = 0
        var calls: [Int: AsyncThrowingStream<JSONValue, any Error>.Continuation] = [:]
        /// Who listens to a page, by number.
        var listeners: [Int: Listener] = [:]
        var end: Fault?
    }

    /// The program that Debian calls so.
    static let program = "chromium"
    /// A longer message ends the browser.
    private static let longestMessage = 32 << 20
    /// Events that a listener may be behind by. More of those that are listened to is no page that anybody could read.
    private static let mostEvents = 1000
    /// Where it starts it makes its profile, and takes it away when the browser has ended, of whatever; the socket that the
    /// browser has elsewhere is within it. Told to terminate, it kills the browser.
    private static let script = """
        profile=$(mktemp -d) || exit 1
        trap 'kill -KILL "$browser"' TERM
        TMPDIR="$profile" "$@" --user-data-dir="$profile" &
        browser=$!
        wait "$browser" || wait "$browser"
        rm -rf "$profile"
        """

    private let process: ChildProcess
    private let writer: Descriptor
    private let writing = Locked(())
    private let state: Locked<State>

    /// - Throws: ``ClinicCalendarError/browser(_:)``.
    init() throws(ClinicCalendarError) {
        let orders: Pipe, words: Pipe
        do throws(SystemError) {
            (orders, words) = (try Pipe(), try Pipe())
            var arguments = [
                Self.program, "--headless=new", "--remote-debugging-pipe", "--disable-gpu", "--disable-dev-shm-usage",
                "--no-first-run", "--no-default-browser-check", "--disable-extensions", "--disable-sync",
                "--disable-background-networking", "--disable-component-update", "--blink-settings=imagesEnabled=false",
            ]
            // Its own sandbox is not to be had as root.
            if geteuid() == 0 { arguments.append("--no-sandbox") }
            var launch = ChildLaunch(["/bin/sh", "-c", Self.script, "sh"] + arguments)
            launch.descriptors = [(orders.reader.raw, 3), (words.writer.raw, 4)]
            launch.newSession = true
            launch.endsGroup = true
            // Who waits for the pipe to have room waits for a browser that hangs.
            try orders.writer.setNonBlocking(true)
            process = try ChildProcess(launch)
        } catch {
            throw .browser("\(error)")
        }
        orders.reader.close()
        words.writer.close()
        writer = orders.writer
        let state = Locked(State())
        self.state = state
        do throws(SystemError) {
            let reader = words.reader
            _ = try WorkerThread("browser") { Self.listen(reader, state) }
        } catch {
            throw .browser("\(error)")
        }
    }

    deinit { close() }

    var processID: Int32 { process.pid }

    /// Whether it may still answer.
    var isRunning: Bool { state.withLock { $0.end == nil } }

    /// Closes the pipes; the browser ends by that, and whoever waits for an answer hears so at once.
    func close() {
        Self.end(state, Fault(why: "it was closed"))
        writing.withLock { _ in writer.close() }
    }

    /// Ends one that does not answer.
    func kill() {
        close()
        process.signal(SIGTERM, group: false)
    }

    /// Waits until all of it is gone.
    func ended() async throws { _ = try await process.wait() }

    /// Gives an order and waits for the answer.
    ///
    /// - Parameter page: the session of the page that is meant; nil is the browser.
    /// - Throws: ``Fault``, `CancellationError`.
    func call(_ method: String, _ params: JSONValue = [:], page: String? = nil) async throws -> JSONValue {
        let (answers, answer) = AsyncThrowingStream.makeStream(of: JSONValue.self)
        let number = try state.withLock { state throws -> Int in
            if let end = state.end { throw end }
            state.last += 1
            state.calls[state.last] = answer
            return state.last
        }
        defer { _ = state.withLock { $0.calls.removeValue(forKey: number) } }
        var json = JSONWriter()
        json.object {
            $0.member("id", number)
            $0.member("method", method)
            $0.member("params", params)
            $0.member("sessionId", ifPresent: page)
        }
        try write(json.bytes)
        for try await value in answers {
            if let error = value["error"] {
                throw Fault(why: "\(method): \(error["message"]?.stringValue ?? "it failed")")
            }
            return value["result"] ?? [:]
        }
        throw CancellationError()
    }

    /// Does `body`, which hears the events of these names of a page that come after its beginning.
    func hearing<Value>(
        _ names: Set<String>, of page: String, _ body: (Events) async throws -> Value
    ) async throws -> Value {
        let (events, told) = Events.makeStream(bufferingPolicy: .bufferingOldest(Self.mostEvents))
        let number = try state.withLock { state throws -> Int in
            if let end = state.end { throw end }
            state.last += 1
            state.listeners[state.last] = Listener(names: names, page: page, told: told)
            return state.last
        }
        defer { _ = state.withLock { $0.listeners.removeValue(forKey: number) } }
        return try await body(events)
    }

    /// Orders are short, and the browser always reads: one whose pipe is full hangs.
    private func write(_ bytes: [UInt8]) throws {
        do throws(SystemError) {
            try writing.withLock { _ throws(SystemError) in try writer.writeAll(bytes + [0]) }
        } catch {
            // Perhaps half of it went out: nothing that came after would be understood.
            kill()
            throw Fault(why: "it takes no orders: \(error)")
        }
    }

    // MARK: - Listening

    /// Until the browser has ended.
    private static func listen(_ reader: Descriptor, _ state: Locked<State>) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 16)
        defer { buffer.deallocate() }
        var rest: [UInt8] = []
        var why = "it has ended"
        reading: while true {
            let count: Int
            do {
                count = try reader.read(into: buffer)
            } catch {
                why = "\(error)"
                break
            }
            guard count > 0 else { break }
            rest += buffer[..<count]
            while let end = rest.firstIndex(of: 0) {
                take(rest[..<end], state)
                rest.removeFirst(end + 1)
            }
            guard rest.count <= longestMessage else {
                why = "it sent more than \(longestMessage) bytes at once"
                break reading
            }
        }
        reader.close()
        end(state, Fault(why: why))
    }

    /// The first end counts.
    private static func end(_ state: Locked<State>, _ fault: Fault) {
        let left = state.withLock { state in
            if state.end == nil { state.end = fault }
            return Array(state.calls.values) + state.listeners.values.map(\.told)
        }
        for one in left { one.finish(throwing: fault) }
    }

    /// What is no JSON is passed over: whoever waits for it has a deadline.
    private static func take(_ bytes: ArraySlice<UInt8>, _ state: Locked<State>) {
        guard let message = try? JSON.decode(JSONValue.self, from: Array(bytes)) else { return }
        let told = state.withLock { state in
            if let number = message["id"]?.intValue { return [state.calls[number]].compactMap { $0 } }
            guard let event = message["method"]?.stringValue else { return [] }
            let page = message["sessionId"]?.stringValue
            return state.listeners.values.filter { $0.names.contains(event) && $0.page == page }.map(\.told)
        }
        for one in told { one.yield(message) }
    }
}
