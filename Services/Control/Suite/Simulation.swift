import Glibc
import JSONCodec
import Linux

/// The outside systems of a suite that is tried out: `millrace-simulator` beside millctl, and what the back office has to
/// know to use it instead of the real ones.
final class Simulation {
    private static let executable = "millrace-simulator"
    private static let readyWithin = Duration.seconds(15)
    private static let longestWord = 65_536

    let notion: String
    let chat: String
    /// The addresses of clinics' calendars, by clinic.
    let clinics: [String: String]
    /// What the suite's environment says of it.
    let variables: [String: String]
    var pid: pid_t { process.pid }
    private let process: ChildProcess
    private let credentials: String

    /// Starts the simulator and returns when it listens.
    ///
    /// - Parameters:
    ///   - rate: requests a second that Notion takes; 0 is no limit.
    ///   - declares: whether nobody has declared anything yet, so that budgets are.
    ///   - inBackground: whether standard error is that of somebody who will not wait for the simulator's end.
    init(state: StateDirectory, rate: Int, declares: Bool, inBackground: Bool) throws {
        let path = OwnExecutable.folder + "/" + Self.executable
        guard Files.exists(path) else {
            throw Failure(.unavailable, "\(Self.executable) is not installed beside millctl in \(OwnExecutable.folder)")
        }
        let pipe = try Pipe()
        var launch = ChildLaunch([path, "--json", "--rate", String(rate)], environment: Environment.all)
        // In a session of its own: the Ctrl-C that drains the suite must not end it first.
        launch.newSession = true
        launch.parentDeathSignal = SIGTERM
        launch.descriptors = [(pipe.writer.raw, 1)]
        let null = inBackground ? try Files.openForAppending("/dev/null") : nil
        if let null { launch.descriptors.append((null.raw, 2)) }
        let process = try withExtendedLifetime(null) { try ChildProcess(launch) }
        pipe.writer.close()
        let word: Word
        do {
            word = try Self.word(from: pipe.reader)
        } catch {
            process.signal(SIGKILL)
            throw error
        }
        self.process = process
        (notion, chat, clinics) = (word.notion, word.chat, word.clinics)
        credentials = state.run + "/simulated-credentials"
        try Files.makeDirectory(credentials, mode: 0o700)
        for name in ["notion-token", "openrouter-api-key"] {
            try Files.write("\(credentials)/\(name)", "simulated", mode: 0o600)
        }
        if declares { try Self.declare(rate, in: state) }
        try Self.declare(word, rate, in: state)
        variables = word.variables.merging(["CREDENTIALS_DIRECTORY": credentials]) { $1 }
    }

    /// Ends the simulator; all it held is gone.
    func end() {
        process.signal(SIGTERM)
        try? Files.removeTree(credentials)
    }

    /// The budget that all processes share.
    private static func declare(_ rate: Int, in state: StateDirectory) throws {
        let bucket = rate > 0 ? "rate: \(rate), burst: \(rate), " : ""
        try Files.write(
            state.configuration.declarations(.kinds) + "/outside-services.yaml",
            """
            # Made by millctl up --simulate.
            resources:
              - { name: notion, \(bucket)breaker: {} }
              - { name: chat, breaker: {} }

            """)
    }

    /// Its contractors, to be read in bulk, where no dataset is declared yet or only this one. The simulator has another
    /// address each time.
    private static func declare(_ word: Word, _ rate: Int, in state: StateDirectory) throws {
        let folder = state.configuration.declarations(.datasets)
        let file = folder + "/simulated-notion.yaml"
        if Files.exists(folder), !Files.exists(file) { return }
        guard let source = word.variables["MILLRACE_BACKOFFICE_NOTION_CONTRACTORS"] else { return }
        try Files.makeDirectory(folder, mode: 0o750)
        let resource = rate > 0 ? "\nresource: { name: notion, rate: \(rate), burst: \(rate) }" : ""
        try Files.write(
            file,
            """
            # Made by millctl up --simulate, each time anew.
            name: notion-contractors
            scope: shared
            notion:
              source: \(source)
              url: \(word.notion)\(resource)

            """)
    }

    /// What the simulator says of itself.
    private struct Word: JSONDecodable {
        var notion: String
        var chat: String
        var clinics: [String: String]
        var variables: [String: String]

        init(from json: inout JSONReader) throws(JSONError) {
            var notion: String?, chat: String?, clinics: [String: String] = [:], variables: [String: String] = [:]
            try json.object { key, json throws(JSONError) in
                switch key {
                case "notion": notion = try json.string()
                case "chat": chat = try json.string()
                case "clinics": clinics = try json.value()
                case "variables": variables = try json.value()
                default: try json.skip()
                }
            }
            self.notion = try json.require(notion, "notion")
            self.chat = try json.require(chat, "chat")
            self.clinics = clinics
            self.variables = variables
        }
    }

    private static func word(from reader: Descriptor) throws -> Word {
        let deadline = SystemTime().boot() + readyWithin
        var line: [UInt8] = []
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 16)
        defer { buffer.deallocate() }
        while line.last != UInt8(ascii: "\n") {
            var wish = pollfd(fd: reader.raw, events: Int16(POLLIN), revents: 0)
            let rest = (deadline - SystemTime().boot()).milliseconds
            guard rest > 0, poll(&wish, 1, Int32(rest)) >= 0 else {
                throw Failure(.unavailable, "\(executable) has not started within \(readyWithin.components.seconds) s")
            }
            guard wish.revents != 0 else { continue }
            let count = try reader.read(into: buffer)
            guard count > 0, line.count + count <= longestWord else {
                throw Failure(.unavailable, "\(executable) ended before it was ready")
            }
            line += buffer[..<count]
        }
        line.removeLast()
        return try JSON.decode(Word.self, from: line)
    }
}
