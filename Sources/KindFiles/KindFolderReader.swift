import Declarations
import Linux

/// Reads all files of a folder of kind declarations, then checks what they say of each other.
final class KindFolderReader {
    /// Something that is named in one place and has to be declared in another.
    struct Reference {
        enum Target { case worker, resource, breaker, kind }
        var target: Target
        var name: String
        var value: Declared
    }

    let host: ProgramHost
    let problems = ProblemList()
    var catalog = KindCatalog()
    var kindNames = DeclaredNames("kind")
    var workerNames = DeclaredNames("worker")
    var resourceNames = DeclaredNames("resource")
    var queueNames = DeclaredNames("queue")
    var references: [Reference] = []

    init(_ host: ProgramHost) {
        self.host = host
    }

    /// A file is one kind, or lists of kinds, workers, resources and queues.
    func read(_ root: Declared) {
        _ = root.fields { fields in
            // A kind has resources too. The other keys are so that one without a name is told that, instead of that all
            // of them are unknown.
            if ["name", "command", "worker", "summary"].contains(where: fields.has),
                !["kinds", "workers", "queues"].contains(where: fields.has)
            {
                readKind(fields, root)
                return
            }
            readList(fields["kinds"]) { fields, value in self.readKind(fields, value) }
            readList(fields["workers"]) { fields, value in self.readWorker(fields, value) }
            readList(fields["resources"]) { fields, value in self.readResource(fields, value) }
            readList(fields["queues"]) { fields, value in self.readQueue(fields, value) }
            if fields.has("name") {
                fields.refuse("name", "a file is one kind, or has lists; put the kind into the list kinds")
            }
        }
    }

    private func readList(_ list: Declared?, _ read: (DeclaredFields, Declared) -> Void) {
        for item in list?.items(0...10_000) ?? [] {
            _ = item.fields { read($0, item) }
        }
    }

    /// What could be taken in, once all files are read.
    func finish() -> (catalog: KindCatalog, problems: [Problem]) {
        for reference in references { check(reference) }
        catalog.removeDangling()
        for name in catalog.kinds.keys { catalog.places[name] = kindNames.place(of: name) }
        return (catalog, problems.all)
    }

    private func check(_ reference: Reference) {
        let (name, value) = (reference.name, reference.value)
        switch reference.target {
        case .worker where !workerNames.contains(name):
            value.refuse(
                "no worker \(name) is declared\(workerNames.hint(name)); declare it in a list workers, or its command "
                    + "here")
        case .resource where !resourceNames.contains(name):
            value.refuse("no resource \(name) is declared\(resourceNames.hint(name)); declare it in a list resources")
        case .breaker where !resourceNames.contains(name):
            value.refuse("no resource \(name) is declared\(resourceNames.hint(name)); declare it in a list resources")
        case .breaker where catalog.resources[name].map({ $0.breaker == nil }) ?? false:
            let place = resourceNames.place(of: name)?.brief ?? ""
            value.refuse("resource \(name) has no breaker; add breaker: {} to it in \(place)")
        case .kind where !kindNames.contains(name):
            value.warn(
                "no kind \(name) is declared here\(kindNames.hint(name)); the job waits until a worker from outside "
                    + "registers it")
        default: break
        }
    }
}

extension KindFolderReader {
    /// Reads the name of a thing and takes it; nil when there is none, or it is taken.
    func claim(_ fields: DeclaredFields, _ names: inout DeclaredNames) -> String? {
        names.claim(nameIn: fields, reserved: ["millrace.", "hook."])
    }

    func readResource(_ fields: DeclaredFields, _ value: Declared) {
        let errors = problems.errors
        let name = claim(fields, &resourceNames)
        let bucket = fields.bucket()
        let breaker = fields["breaker"]?.breaker()
        if !fields.has("rate") {
            if fields.has("burst") { fields.refuse("burst", "means nothing without a rate; add one") }
            if !fields.has("breaker") { value.refuse("has neither a rate nor a breaker; give it one of them or both") }
        }
        guard errors == problems.errors, let name else { return }
        catalog.resources[name] = ResourceDefinition(name: name, bucket: bucket, breaker: breaker)
    }

    func readQueue(_ fields: DeclaredFields, _ value: Declared) {
        let errors = problems.errors
        let name = claim(fields, &queueNames)
        var queue = QueueDefinition(name: name ?? "")
        if let durability = fields["durability"]?.choice(QueueDefinition.Durability.self) {
            queue.durability = durability
        }
        queue.concurrency = fields["concurrency"]?.integer(1...10_000)
        queue.waiting = fields["waiting"]?.integer(1...1_000_000_000)
        if errors == problems.errors, let name { catalog.queues[name] = queue }
    }

    func readWorker(_ fields: DeclaredFields, _ value: Declared) {
        let errors = problems.errors
        let name = claim(fields, &workerNames)
        let worker = WorkerDefinition.read(fields, name: name ?? "", host)
        if errors == problems.errors, let name, let worker { catalog.workers[name] = worker }
    }
}
