import Declarations
import Linux

/// One thing that a declaration says, for people.
struct Fact: Equatable {
    /// The key in the file: "item-timeout".
    var name: String
    /// "10min"
    var text: String
    /// What is compared but not shown, because it may be secret.
    var hidden = ""
}

/// Something that is declared by name.
protocol Described: Equatable {
    /// In the order of the documentation; what is as usual or absent is left out.
    var facts: [Fact] { get }
}

extension Fact {
    static func list(_ pairs: (String, String?)...) -> [Fact] {
        pairs.compactMap { name, text in text.map { Fact(name: name, text: $0) } }
    }
}

extension KindDefinition: Described {
    var facts: [Fact] {
        let doer: [Fact] =
            switch program {
            case .command(let command): command.facts
            case .worker(let name): [Fact(name: "worker", text: name)]
            case .outside: [Fact(name: "worker", text: "one that connects by itself")]
            }
        let limits = Fact.list(
            ("queue", queue), ("concurrency", concurrency.map { "\($0)" }), ("waiting", waiting.map { "\($0)" }),
            ("key", "\(key.running) running, \(key.waiting) waiting\(key.ordered ? ", in order" : "")"),
            ("key from", key.member),
            ("timeout", timeout.map(TimeSpan.text)), ("item-timeout", itemTimeout.map(TimeSpan.text)),
            ("attempts", "\(retry.attempts)"), ("backoff", TimeSpan.text(retry.backoff)),
            ("retry-budget", retry.budget.map { "\($0)" }),
            ("resources", resources.isEmpty ? nil : resources.joined(separator: ", ")), ("breaker", breaker))
        let kept = Outcome.allCases.compactMap { outcome in
            retention[outcome].map { Fact(name: "retention of \(outcome.rawValue)", text: TimeSpan.text($0)) }
        }
        let summary = Fact.list(("summary", self.summary.isEmpty ? nil : self.summary))
        return summary + doer + limits + kept + hooks.map(\.fact)
    }
}

extension HookDefinition {
    var fact: Fact {
        let name = "hook on \(outcomes.map(\.rawValue).joined(separator: ", "))"
        switch action {
        case .command(let words): return Fact(name: name, text: CommandLine.text(words))
        case .job(let kind, let params, let queue):
            let place = queue.map { " in queue \($0)" } ?? ""
            return Fact(name: name, text: "a job of kind \(kind)\(place)", hidden: params ?? "")
        case .http(let url, let secret):
            // What follows the host may be a token.
            let host = url.split(separator: "/", maxSplits: 2).prefix(2).joined(separator: "//")
            return Fact(name: name, text: "POST \(host)/…\(secret.map { ", signed with \($0)" } ?? "")", hidden: url)
        }
    }
}

extension ProcessDefinition {
    var facts: [Fact] {
        let variables = environment.sorted { $0.key < $1.key }.map { name, value in
            Fact(name: "environment \(name)", text: "set", hidden: value)
        }
        let inherited =
            inheritedEnvironment == Self.usuallyInherited ? nil : inheritedEnvironment.joined(separator: ", ")
        return Fact.list(
            ("command", CommandLine.text(arguments)), ("directory", directory),
            ("user", identity.map { "\($0.name ?? "\($0.uid)"), group \($0.gid)" }), ("umask", umask.map(Self.octal)))
            + variables
            + Fact.list(
                ("inherit-environment", inherited), ("nice", nice == 0 ? nil : "\(nice)"),
                ("limits", limits == ProcessLimits() ? nil : limits.text))
    }

    private static func octal(_ mask: UInt32) -> String {
        let digits = String(mask, radix: 8)
        return String(repeating: "0", count: 3 - digits.count) + digits
    }
}

extension ProcessLimits {
    var text: String {
        Fact.list(
            ("memory", memory.map(ByteSize.text)), ("open-files", openFiles.map { "\($0)" }),
            ("cpu-time", cpuTime.map(TimeSpan.text)), ("file-size", fileSize.map(ByteSize.text)),
            ("processes", processes.map { "\($0)" }), ("core", core.map(ByteSize.text))
        ).map { "\($0.name) \($0.text)" }.joined(separator: ", ")
    }
}

extension CommandDefinition: Described {
    var facts: [Fact] {
        process.facts + Fact.list(("output", ByteSize.text(outputLimit)), ("grace", TimeSpan.text(grace)))
    }
}

extension WorkerDefinition: Described {
    var facts: [Fact] {
        process.facts
            + Fact.list(
                ("processes", "\(processes)"), ("warm", "\(warm)"), ("idle", TimeSpan.text(idle)),
                ("age", TimeSpan.text(age)), ("ping", TimeSpan.text(ping)), ("capacity", capacity.map { "\($0)" }),
                ("grace", TimeSpan.text(grace)))
    }
}

extension ResourceDefinition: Described {
    var facts: [Fact] {
        Fact.list(
            ("rate", bucket.map { "\(Declared.short($0.rate)) a second, burst \($0.burst)" }),
            ("breaker", breaker.map { "\($0.failures) failures, pause \(TimeSpan.text($0.pause))" }))
    }
}

extension QueueDefinition: Described {
    var facts: [Fact] {
        Fact.list(
            ("durability", durability.rawValue), ("concurrency", concurrency.map { "\($0)" }),
            ("waiting", waiting.map { "\($0)" }))
    }
}
