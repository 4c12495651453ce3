import Linux

/// The command line of a service or of a worker, taken apart.
struct ServiceOptions {
    /// Options that are no settings. Each with a value is given at most once.
    var socket: String?
    /// The runner's socket, for a worker.
    var connect: String?
    var state: String?
    var configurationFile: String?
    var checksConfiguration = false
    var showsVersion = false
    var showsHelp = false
    /// Values of settings by the key's flag: "--workers".
    var settings: [String: String] = [:]
    var mistakes: [String] = []

    static let reserved = ["--socket", "--state", "--config", "--check-config", "--version", "--help"]

    /// Reads `--flag VALUE` and `--flag=VALUE`; goes on after a mistake, to name them all.
    ///
    /// - Parameters:
    ///   - flags: of settings.
    ///   - reserved: the other options there are.
    init(_ arguments: [String], flags: [String], reserved: [String] = Self.reserved) {
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            guard argument.hasPrefix("-") else {
                mistakes.append("\(argument): there are only options here, which begin with --")
                continue
            }
            let equals = argument.firstIndex(of: "=")
            let flag = equals.map { String(argument[..<$0]) } ?? argument
            let attached = equals.map { String(argument[argument.index(after: $0)...]) }
            if takeSwitch(flag, attached) { continue }
            guard reserved.contains(flag) || flags.contains(flag) else {
                mistakes.append("\(flag): there is no such option\(NearMiss.hint(flag, among: reserved + flags))")
                // What follows is its value rather than another mistake.
                if attached == nil, let next = rest.first, !next.hasPrefix("--") { rest.removeFirst() }
                continue
            }
            guard let value = attached ?? takeValue(&rest, known: reserved + flags) else {
                mistakes.append("\(flag): a value has to follow")
                continue
            }
            take(flag, value)
        }
    }

    private mutating func takeSwitch(_ flag: String, _ attached: String?) -> Bool {
        switch flag {
        case "--check-config": checksConfiguration = true
        case "--version": showsVersion = true
        case "--help", "-h": showsHelp = true
        default: return false
        }
        if attached != nil { mistakes.append("\(flag): takes no value") }
        return true
    }

    private func takeValue(_ rest: inout ArraySlice<String>, known: [String]) -> String? {
        guard let next = rest.first else { return nil }
        let flag = next.prefix { $0 != "=" }
        if known.contains(String(flag)) { return nil }
        return rest.removeFirst()
    }

    private mutating func take(_ flag: String, _ value: String) {
        let before: String?
        switch flag {
        case "--socket": (before, socket) = (socket, value)
        case "--connect": (before, connect) = (connect, value)
        case "--state": (before, state) = (state, value)
        case "--config": (before, configurationFile) = (configurationFile, value)
        default: before = settings.updateValue(value, forKey: flag)
        }
        if before != nil { mistakes.append("\(flag): given twice") }
    }
}
