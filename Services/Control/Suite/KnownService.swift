/// A service of the suite. One row here makes it known to `up`, `status`, `call` and `logs`.
struct KnownService: Hashable, Sendable {
    /// The name that decides all others: socket, unit, settings file.
    var name: String
    /// The nouns of its methods, apart from `service` and `rpc`, which every service has.
    var nouns: Set<String>
    /// Whether jobs flow without it, so that a suite may do without it.
    var isOptional = false

    var executable: String { "millrace-\(name)" }
    var unit: String { "millrace-\(name).service" }

    static let all = [
        KnownService(name: "runner", nouns: ["job", "queue", "worker", "kind", "pool", "permit", "limit", "breaker"]),
        KnownService(name: "preloader", nouns: ["preload", "dataset", "caller"], isOptional: true),
        KnownService(
            name: "categorizer",
            nouns: ["expense", "category", "pattern", "preference", "bulk", "model", "categorizer"], isOptional: true),
    ]

    static let runner = all[0]
    static let preloader = all[1]
    static let categorizer = all[2]

    /// Whose method this is, by its noun; nil for a noun that every service has, or none.
    static func owner(of method: String) -> KnownService? {
        guard let dot = method.firstIndex(of: ".") else { return nil }
        let noun = String(method[..<dot])
        return all.first { $0.nouns.contains(noun) }
    }

    static func named(_ name: String) -> KnownService? {
        all.first { $0.name == name }
    }
}
