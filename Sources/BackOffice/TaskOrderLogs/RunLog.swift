/// Where a run says what it does.
public struct RunLog: Sendable {
    public enum Level: Sendable { case debug, info, warning, error }

    public struct Line: Hashable, Sendable {
        public var level: Level
        public var message: String
        /// Names with dashes, as in `order-id`.
        public var fields: [String: String]
    }

    private let write: @Sendable (Line) -> Void

    public init(_ write: @escaping @Sendable (Line) -> Void) { self.write = write }

    public static let silent = RunLog { _ in }

    public func callAsFunction(_ level: Level, _ message: String, _ fields: [String: String] = [:]) {
        write(Line(level: level, message: message, fields: fields))
    }
}
