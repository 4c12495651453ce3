import JSONCodec
import Linux
import MillraceProtocol
import Resilience

/// Where the rows of a dataset come from. The two ways in which a source can be asked.
public enum DatasetSource: Sendable {
    /// It answers a list of keys at once.
    case keyed(any KeyedSource)
    /// It gives out all it has page by page; reading ends when all keys are found.
    case paged(any PagedSource)
}

/// A source that answers a list of keys with one request.
public protocol KeyedSource: Sendable {
    /// One request. It must heed cancellation.
    ///
    /// - Parameter keys: not empty, none twice.
    func load(_ keys: [String], _ call: SourceCall) async throws -> SourceAnswer
}

/// A source that is read page by page.
public protocol PagedSource: Sendable {
    /// Whether a page may take several requests, or none: then the source makes each by ``SourceCall/request(_:)``, and a page
    /// by itself passes no gate and counts as none.
    var metersItself: Bool { get }

    /// One request. It must heed cancellation.
    ///
    /// - Parameters:
    ///   - cursor: what the page before gave as ``SourcePage/next``; nil for the first.
    ///   - keys: those still looked for, for a source that can narrow down what it gives out.
    func page(after cursor: String?, for keys: [String], _ call: SourceCall) async throws -> SourcePage
}

extension PagedSource {
    public var metersItself: Bool { false }
}

/// What a source may know of the load it is asked for.
public struct SourceCall: Sendable {
    public let dataset: String
    /// For whom; a source that answers everybody alike pays no heed to it.
    public let scope: KeyScope
    public let deadline: Deadline
    /// What the source wants to remember from page to page of this load.
    public let memory = Locked<(any Sendable)?>(nil)
    private let gate: any SourceGate
    private let count: @Sendable () -> Void

    public init(
        dataset: String, scope: KeyScope, deadline: Deadline, gate: any SourceGate = OpenGate(),
        count: @escaping @Sendable () -> Void = {}
    ) {
        self.dataset = dataset
        self.scope = scope
        self.deadline = deadline
        self.gate = gate
        self.count = count
    }

    /// Makes one physical request: it passes the gate and is counted.
    public func request<R: Sendable>(_ body: @Sendable () async throws -> R) async throws -> R {
        try await gate.pass(until: deadline) {
            count()
            return try await body()
        }
    }
}

/// A row with its key.
public struct SourceRow: Hashable, Sendable {
    public var key: String
    public var value: JSONRaw

    public init(_ key: String, _ value: JSONRaw) {
        self.key = key
        self.value = value
    }
}

/// What a source says to a list of keys.
public enum SourceAnswer: Hashable, Sendable {
    /// The rows there are, in any order. A key without one is missing.
    case rows([SourceRow])
    /// For each key its row, in the order of the keys; nil where there is none.
    case ordered([JSONRaw?])
}

/// A page of a source.
public struct SourcePage: Hashable, Sendable {
    public var rows: [SourceRow]
    /// Where the next page begins; nil behind the last.
    public var next: String?

    public init(rows: [SourceRow], next: String?) {
        self.rows = rows
        self.next = next
    }
}

/// What each request to a source has to pass: rate, breaker, tries. It may call the body again.
public protocol SourceGate: Sendable {
    func pass<R: Sendable>(until deadline: Deadline, _ body: @Sendable () async throws -> R) async throws -> R
}

/// A gate that is open.
public struct OpenGate: SourceGate {
    public init() {}

    public func pass<R: Sendable>(until deadline: Deadline, _ body: @Sendable () async throws -> R) async throws -> R {
        try await body()
    }
}
