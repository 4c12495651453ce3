import Declarations

extension KindFolderReader {
    func readKind(_ fields: DeclaredFields, _ value: Declared) {
        let errors = problems.errors
        let name = claim(fields, &kindNames)
        let program = readProgram(fields, kind: name)
        var kind = KindDefinition(name: name ?? "", program: program ?? .outside)
        if let summary = fields["summary"] { kind.summary = summary.summary() ?? "" }
        readLimits(fields, &kind)
        readRetry(fields, &kind)
        if let list = fields["resources"]?.names("resource") {
            kind.resources = list.compactMap { refer(.resource, $0) }
        }
        kind.breaker = fields["breaker"].flatMap { refer(.breaker, $0) }
        if let retention = fields["retention"] { kind.retention = Self.readRetention(retention) }
        kind.hooks = (fields["hooks"]?.items(0...20) ?? []).compactMap(readHook)
        if errors == problems.errors, let name { catalog.kinds[name] = kind }
    }

    /// Reads the name of something that has to be declared somewhere.
    func refer(_ target: Reference.Target, _ value: Declared) -> String? {
        guard let name = value.name() else { return nil }
        references.append(Reference(target: target, name: name, value: value))
        return name
    }

    /// Nil when it cannot be told who does the work.
    private func readProgram(_ fields: DeclaredFields, kind name: String?) -> Program? {
        let ofCommands = ProcessDefinition.keys + ["output", "grace"]
        if fields.has("command") {
            if fields.has("worker") {
                fields.refuse("worker", "a kind has a command or a worker, not both; remove one")
            }
            let process = ProcessDefinition.read(fields, host)
            var command = CommandDefinition(process ?? ProcessDefinition([]))
            if let limit = fields["output"]?.bytes(1...(15 << 20)) { command.outputLimit = limit }
            if let grace = fields["grace"]?.span(.zero...(.seconds(3600))) { command.grace = grace }
            return process == nil ? nil : .command(command)
        }
        _ = fields["command"]
        guard let worker = fields["worker"] else {
            for key in ofCommands { fields.refuse(key, "means nothing without a command; add one, or remove this") }
            return .outside
        }
        for key in ofCommands {
            let advice =
                key == "output"
                ? "is for commands alone; remove it" : "belongs to the worker; put it where its command is declared"
            fields.refuse(key, advice)
        }
        return worker.isMapping ? ownWorker(worker, kind: name) : refer(.worker, worker).map(Program.worker)
    }

    /// A worker that is declared inside of the only kind that uses it, and bears its name.
    private func ownWorker(_ value: Declared, kind name: String?) -> Program? {
        let isNew = name.map { workerNames.claim($0, by: value) } ?? false
        let errors = problems.errors
        let read = value.fields { WorkerDefinition.read($0, name: name ?? "", host) }
        guard isNew, errors == problems.errors, let name, let worker = read ?? nil else { return nil }
        catalog.workers[name] = worker
        return .worker(name)
    }

    private func readLimits(_ fields: DeclaredFields, _ kind: inout KindDefinition) {
        let spans = Duration.milliseconds(1)...(.seconds(604_800))
        kind.queue = fields["queue"]?.name()
        kind.concurrency = fields["concurrency"]?.integer(1...10_000)
        kind.waiting = fields["waiting"]?.integer(1...1_000_000_000)
        if let key = fields["key"]?.fields(Self.readKey) { kind.key = key }
        kind.timeout = fields["timeout"]?.span(spans)
        if let value = fields["item-timeout"] {
            kind.itemTimeout = value.span(spans)
            if let item = kind.itemTimeout, let job = kind.timeout, item > job {
                value.warn("is longer than the timeout of the whole job, which ends it first; make it shorter")
            }
        }
    }

    private static func readKey(_ fields: DeclaredFields) -> KeyLimits {
        var key = KeyLimits()
        if let ordered = fields["ordered"]?.boolean() { key.ordered = ordered }
        if key.ordered { key.running = 1 }
        if let value = fields["running"], let running = value.integer(1...10_000) {
            if key.ordered, running != 1 {
                value.refuse("has to be 1 where the jobs of a key are ordered, not \(running); remove one of the two")
            }
            key.running = running
        }
        if let waiting = fields["waiting"]?.integer(0...1_000_000) { key.waiting = waiting }
        key.member = fields["from"]?.text("the name of a member of the params, of 1 to 100 characters") {
            (1...100).contains($0.unicodeScalars.count)
        }
        return key
    }

    private func readRetry(_ fields: DeclaredFields, _ kind: inout KindDefinition) {
        if let attempts = fields["attempts"]?.integer(1...100) { kind.retry.attempts = attempts }
        if let backoff = fields["backoff"]?.span(.zero...(.seconds(3600))) { kind.retry.backoff = backoff }
        kind.retry.budget = fields["retry-budget"]?.number(0...1)
    }

    private static func readRetention(_ value: Declared) -> [Outcome: Duration] {
        var retention: [Outcome: Duration] = [:]
        _ = value.fields { fields in
            for outcome in Outcome.allCases {
                retention[outcome] = fields[outcome.rawValue]?.span(.zero...(.seconds(3650 * 86_400)))
            }
        }
        return retention
    }
}
