/// A service of the suite. One row here makes it known to `up`, `status`, `call`, `logs` and to whoever asks how the suite is.
public struct KnownService: Hashable, Sendable {
    /// The name that decides all others: socket, unit, settings file.
    public var name: String
    /// The nouns of its methods, apart from `service` and `rpc`, which every service has.
    public var nouns: Set<String>
    /// Whether jobs flow without it, so that a suite may do without it.
    public var isOptional: Bool

    init(name: String, nouns: Set<String>, isOptional: Bool = false) {
        self.name = name
        self.nouns = nouns
        self.isOptional = isOptional
    }

    public var executable: String { "millrace-\(name)" }
    public var unit: String { "millrace-\(name).service" }

    public static let all = [runner, preloader, categorizer, scheduler, metrics]

    public static let runner = KnownService(
        name: "runner", nouns: ["job", "queue", "worker", "kind", "pool", "permit", "limit", "breaker"])
    public static let preloader = KnownService(
        name: "preloader", nouns: ["preload", "dataset", "caller"], isOptional: true)
    public static let categorizer = KnownService(
        name: "categorizer",
        nouns: ["expense", "category", "pattern", "preference", "bulk", "model", "chat", "categorizer"],
        isOptional: true)
    public static let scheduler = KnownService(name: "scheduler", nouns: ["schedule"], isOptional: true)
    public static let metrics = KnownService(name: "metrics", nouns: ["metrics", "alert"], isOptional: true)

    /// Whose method this is, by its noun; nil for a noun that every service has, or none.
    public static func owner(of method: String) -> KnownService? {
        guard let dot = method.firstIndex(of: ".") else { return nil }
        let noun = String(method[..<dot])
        return all.first { $0.nouns.contains(noun) }
    }

    public static func named(_ name: String) -> KnownService? {
        all.first { $0.name == name }
    }
}
