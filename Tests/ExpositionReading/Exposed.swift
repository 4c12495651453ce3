/// What was read from an exposition.
public struct ExposedFamily: Sendable, Hashable {
    public var name: String
    /// "counter", "gauge", "histogram" …; "unknown" where none is told.
    public var type: String
    public var help: String
    public var unit: String
    public var samples: [Sample]

    public struct Sample: Sendable, Hashable {
        public var name: String
        public var labels: [Label]
        public var value: Double
        /// In seconds.
        public var timestamp: Double?
        public var exemplar: Exemplar?
        public var line: Int

        public subscript(label: String) -> String? { labels.first { $0.name == label }?.value }
    }

    public struct Label: Sendable, Hashable {
        public var name: String
        public var value: String
    }

    public struct Exemplar: Sendable, Hashable {
        public var labels: [Label]
        public var value: Double
        public var timestamp: Double?
    }
}

/// What is wrong with an exposition, and where.
public struct ExpositionProblem: Error, Sendable, Hashable, CustomStringConvertible {
    /// From 1.
    public var line: Int
    public var message: String

    public init(_ line: Int, _ message: String) {
        self.line = line
        self.message = message
    }

    public var description: String { "line \(line): \(message)" }
}
