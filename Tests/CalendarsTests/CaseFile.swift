import JSONCodec
import Linux
import TestSupport
import Testing

@testable import Calendars

/// The cases of a file of the shared data, one JSON object a line.
func cases(_ name: String) throws -> [JSONValue] {
    let path = try #require(sharedData("scheduling/\(name)"))
    return try Files.read(path).split(separator: UInt8(ascii: "\n")).map { try JSON.parse(Array($0)) }
}

enum JSON {
    static func parse(_ bytes: [UInt8]) throws -> JSONValue {
        var reader = try JSONReader(bytes.span)
        let value = try JSONValue(from: &reader)
        try reader.finish()
        return value
    }
}

extension JSONValue {
    /// The member as text; empty where there is none.
    func text(_ name: String) -> String { self[name]?.stringValue ?? "" }

    func texts(_ name: String) -> [String] { self[name]?.elements?.compactMap(\.stringValue) ?? [] }

    func instant(_ name: String) throws -> Instant {
        try #require(Instant(text(name)), "\(name) of \(text("id"))")
    }
}

/// An instant from its RFC 3339 text.
func at(_ text: String) -> Instant {
    guard let instant = Instant(text) else { preconditionFailure("no instant: \(text)") }
    return instant
}

extension Recurrence {
    /// The first runs after the instant, as text in UTC.
    func texts(after instant: Instant, count: Int) -> [String] {
        runs(after: instant, through: Instant(microseconds: .max), limit: count).map(\.description)
    }
}

extension WallRecurrence {
    func texts(after instant: Instant, count: Int) -> [String] {
        Recurrence.wall(self).texts(after: instant, count: count)
    }

    /// Both directions agree: from each run back to the one before it.
    func goesBack(over runs: [Instant]) -> Bool {
        zip(runs, runs.dropFirst()).allSatisfy { previous(before: $1) == $0 }
    }
}
