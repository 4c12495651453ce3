import Declarations
import Linux
import Preloading

/// Reads all files of a folder of dataset declarations.
final class DatasetFolderReader {
    /// Where files lie that are given without a leading slash.
    let data: String
    let problems = ProblemList()
    private var catalog = DatasetCatalog()
    private var names = DeclaredNames("dataset")
    private var resources: [String: (resource: DatasetDefinition.Resource, place: SourcePlace)] = [:]

    init(data: String) {
        self.data = data
    }

    /// A file is one dataset, or a list of them.
    func read(_ root: Declared) {
        _ = root.fields { fields in
            if !fields.has("datasets"),
                ["name", "sqlite", "http", "file", "notion", "summary"].contains(where: fields.has)
            {
                return readDataset(fields, root)
            }
            for item in fields["datasets"]?.items(0...1000) ?? [] {
                _ = item.fields { self.readDataset($0, item) }
            }
            if fields.has("name") {
                fields.refuse("name", "a file is one dataset, or has a list; put the dataset into the list datasets")
            }
        }
    }

    func finish() -> (catalog: DatasetCatalog, problems: [Problem]) { (catalog, problems.all) }

    private func readDataset(_ fields: DeclaredFields, _ value: Declared) {
        let errors = problems.errors
        let name = names.claim(nameIn: fields, reserved: ["millrace."])
        let source = readSource(fields, value)
        var dataset = DatasetDefinition(
            name: name ?? "", source: source ?? .file(FileSourceDefinition(path: "", format: .json)), place: value.place
        )
        if let summary = fields["summary"] { dataset.summary = summary.summary() ?? "" }
        if let scope = fields["scope"]?.choice(DatasetDefinition.Scope.self) { dataset.scope = scope }
        readRules(fields, &dataset.rules)
        if let attempts = fields["attempts"]?.integer(1...10) { dataset.attempts = attempts }
        dataset.breaker = fields["breaker"]?.breaker()
        dataset.resource = fields["resource"].flatMap(readResource)
        if errors == problems.errors, source != nil, let name { catalog.datasets[name] = dataset }
    }

    private func readSource(_ fields: DeclaredFields, _ value: Declared) -> DatasetDefinition.Source? {
        let kinds = ["sqlite", "http", "file", "notion"]
        let there = kinds.filter(fields.has)
        let sqlite = fields["sqlite"].flatMap { $0.fields { self.readSQLite($0) } ?? nil }
        let http = fields["http"].flatMap { http in http.fields { self.readHTTP($0, http) } ?? nil }
        let file = fields["file"].flatMap { $0.fields { self.readFile($0) } ?? nil }
        let notion = fields["notion"].flatMap { $0.fields { self.readNotion($0) } ?? nil }
        guard there.count == 1 else {
            value.refuse(
                there.isEmpty
                    ? "has no source; say where its rows come from, with one of \(kinds.joined(separator: ", "))"
                    : "has \(there.count) sources, \(there.joined(separator: " and ")); leave one")
            return nil
        }
        return sqlite.map { .sqlite($0) } ?? http.map { .http($0) } ?? file.map { .file($0) }
            ?? notion.map { .notion($0) }
    }

    // MARK: Rules

    private func readRules(_ fields: DeclaredFields, _ rules: inout DatasetRules) {
        if let rows = fields["rows"]?.choice(DatasetRules.Rows.self) { rules.rows = rows }
        if let chunk = fields["chunk"]?.integer(1...100_000) {
            rules.chunk = chunk
            // As many as fill a request are worth sending.
            rules.window.size = chunk
        }
        _ = fields["window"]?.fields { fields in
            if let size = fields["size"]?.integer(1...100_000) { rules.window.size = size }
            if let age = fields["age"]?.span(.zero...(.seconds(10))) { rules.window.age = age }
        }
        if let parallelism = fields["parallelism"]?.integer(1...100) { rules.parallelism = parallelism }
        if let waiting = fields["waiting"]?.integer(1...10_000_000) { rules.waiting = waiting }
        if let pages = fields["pages"]?.integer(1...1_000_000) { rules.pages = pages }
        if let timeout = fields["timeout"]?.span(.milliseconds(1)...(.seconds(3600))) { rules.timeout = timeout }
        if let cache = fields["cache"] { Self.readCache(cache, &rules.cache) }
    }

    private static func readCache(_ value: Declared, _ cache: inout DatasetRules.Cache) {
        guard value.isMapping else {
            if let isOn = value.boolean(), !isOn {
                cache.entries = 0
            } else if value.boolean() == true {
                value.refuse("is on by default; write false to keep nothing, or a mapping of its bounds")
            }
            return
        }
        let times = Duration.zero...(.seconds(30 * 86_400))
        _ = value.fields { fields in
            if let entries = fields["entries"]?.integer(1...100_000_000) { cache.entries = entries }
            if let bytes = fields["bytes"]?.bytes(1024...(1 << 40)) { cache.bytes = bytes }
            if let ttl = fields["ttl"]?.span(.milliseconds(1)...(.seconds(30 * 86_400))) { cache.ttl = ttl }
            if let negative = fields["negative-ttl"]?.span(times) { cache.negativeTTL = negative }
            if let stale = fields["stale"]?.span(times) { cache.stale = stale }
        }
    }

    private func readResource(_ value: Declared) -> DatasetDefinition.Resource? {
        let resource: DatasetDefinition.Resource?? = value.fields { fields in
            let name = fields.require("name", "say which resource it is")?.name()
            let purpose = "say how many requests a second it bears, for when no runner is there"
            _ = fields.require("rate", purpose)
            guard let bucket = fields.bucket(), let name else { return nil }
            return DatasetDefinition.Resource(name: name, bucket: bucket)
        }
        guard let resource = resource ?? nil else { return nil }
        if let first = resources[resource.name], first.resource != resource {
            value.refuse(
                "resource \(resource.name) has other figures in \(first.place.brief); one bucket has one rate and burst"
            )
            return nil
        }
        resources[resource.name] = (resource, resources[resource.name]?.place ?? value.place)
        return resource
    }

    // MARK: Words that sources share

    /// Absolute, or beneath the data folder.
    func readPath(_ fields: DeclaredFields, _ key: String, _ purpose: String) -> String? {
        fields.require(key, purpose)?.text("a path, absolute or beneath \(data)") {
            !$0.isEmpty && !$0.hasSuffix("/") && $0.utf8.count < 4096 && !$0.utf8.contains(0)
        }.map { $0.hasPrefix("/") ? $0 : "\(data)/\($0)" }
    }
}
