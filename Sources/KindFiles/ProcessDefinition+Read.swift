import Declarations

extension ProcessDefinition {
    /// The keys that say how a process is started, beside `command`.
    static let keys = [
        "directory", "user", "group", "umask", "environment", "inherit-environment", "nice", "limits",
    ]

    /// Reads `command` and all of ``keys``; nil when there is no usable command.
    static func read(_ fields: DeclaredFields, _ host: ProgramHost) -> ProcessDefinition? {
        let words = fields.require("command", "name the program and its arguments")?.commandWords(host)
        var process = ProcessDefinition(words ?? [])
        process.directory = fields["directory"].flatMap { readDirectory($0, host) }
        process.identity = readIdentity(user: fields["user"], group: fields["group"], host)
        process.umask = fields["umask"].flatMap(readMask)
        if let environment = fields["environment"] { process.environment = readEnvironment(environment) }
        if let inherited = fields["inherit-environment"], let items = inherited.items(0...100) {
            process.inheritedEnvironment = items.compactMap(variable)
        }
        if let nice = fields["nice"], let value = nice.integer(-20...19) {
            if value < 0, let runner = host.runner, runner != 0 {
                nice.refuse("only a runner that is root can go below 0, and this one has uid \(runner)")
            }
            process.nice = value
        }
        if let limits = fields["limits"]?.fields(ProcessLimits.read) { process.limits = limits }
        return words == nil ? nil : process
    }

    private static func readDirectory(_ value: Declared, _ host: ProgramHost) -> String? {
        guard let path = value.absolutePath("a directory") else { return nil }
        if let fault = host.fault(ofDirectory: path) { value.refuse("\(path) \(fault)") }
        return path
    }

    private static func readMask(_ value: Declared) -> UInt32? {
        let text = value.text("three octal digits, such as \"027\"") { text in
            (3...4).contains(text.count) && (UInt32(text, radix: 8).map { $0 <= 0o777 } ?? false)
        }
        return text.flatMap { UInt32($0, radix: 8) }
    }

    private static func readEnvironment(_ value: Declared) -> [String: String] {
        var variables: [String: String] = [:]
        for (name, value) in value.entries(atMost: 1000) ?? [] {
            if let fault = fault(ofVariable: name) {
                value.refuse(fault)
            } else if let text = value.text(where: { $0.utf8.count <= 131_000 }) {
                variables[name] = text
            }
        }
        return variables
    }

    private static func variable(_ value: Declared) -> String? {
        guard let name = value.text("the name of a variable") else { return nil }
        guard let fault = fault(ofVariable: name) else { return name }
        value.refuse(fault)
        return nil
    }

    private static func fault(ofVariable name: String) -> String? {
        let isRight = name.utf8.enumerated().allSatisfy { index, byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"): true
            case UInt8(ascii: "0")...UInt8(ascii: "9"): index > 0
            default: false
            }
        }
        guard !name.isEmpty, isRight else {
            return "the name of a variable has letters, digits and _ and does not begin with a digit, unlike "
                + Declared.quoted(name)
        }
        return name.hasPrefix("MILLRACE_")
            ? "variables that begin with MILLRACE_ are set by the runner; remove it" : nil
    }

    /// Who is meant by `user` and `group`, of which either may be absent.
    private static func readIdentity(user: Declared?, group: Declared?, _ host: ProgramHost) -> ProcessIdentity? {
        let groupID = group.flatMap { readGroup($0, host) }
        let identity: ProcessIdentity
        if let user {
            guard let text = user.text("the name or number of a user") else { return nil }
            if let found = host.user(text) {
                identity = ProcessIdentity(
                    uid: found.id, gid: groupID ?? found.group, name: found.name, home: found.home)
            } else if let uid = UInt32(text), uid != .max {
                guard let groupID else {
                    if group == nil { user.refuse("no user has the number \(uid), so a group has to be given too") }
                    return nil
                }
                identity = ProcessIdentity(uid: uid, gid: groupID)
            } else {
                user.refuse("there is no user \(Declared.quoted(text)) on this machine; create it, or name another")
                return nil
            }
        } else if let groupID {
            let found = host.user(String(host.own))
            identity = ProcessIdentity(uid: host.own, gid: groupID, name: found?.name, home: found?.home)
        } else {
            return nil
        }
        if let fault = host.fault(of: identity) { (user ?? group)?.refuse(fault) }
        return identity
    }

    private static func readGroup(_ value: Declared, _ host: ProgramHost) -> UInt32? {
        guard let text = value.text("the name or number of a group") else { return nil }
        if let id = host.group(text), id != .max { return id }
        value.refuse("there is no group \(Declared.quoted(text)) on this machine; create it, or name another")
        return nil
    }
}

extension ProcessLimits {
    private static let sizes = 0...(64 << 40)

    static func read(_ fields: DeclaredFields) -> ProcessLimits {
        var limits = ProcessLimits()
        limits.memory = fields["memory"]?.bytes((1 << 20)...(64 << 40))
        limits.openFiles = fields["open-files"]?.integer(16...1_048_576)
        if let value = fields["cpu-time"], let span = value.span(.seconds(1)...(.seconds(365 * 86_400))) {
            if span.components.attoseconds != 0 { value.refuse("the kernel counts whole seconds; round it up") }
            limits.cpuTime = span
        }
        limits.fileSize = fields["file-size"]?.bytes(sizes)
        limits.processes = fields["processes"]?.integer(1...4_194_304)
        limits.core = fields["core"]?.bytes(sizes)
        return limits
    }
}
