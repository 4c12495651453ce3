public import Resilience
public import WebClient

/// Where Notion is, which of its versions is spoken, and how much patience there is.
public struct NotionSettings: Sendable {
    /// Up to `/v1`.
    public var base: WebURL
    public var version: NotionVersion
    /// For one request; Notion itself gives up after a minute.
    public var timeout = Duration.seconds(60)
    /// For one call with all its repeats and waits.
    public var deadline = Duration.seconds(180)
    /// Requests that one call makes at most.
    public var attempts = 6
    /// Between them, on top of what `Retry-After` asks for.
    public var backoff = Backoff(base: .seconds(1), cap: .seconds(20))
    /// A longer answer is refused.
    public var largestAnswer = 32 << 20

    public static let standardBase = "https://api.notion.com/v1"

    public init(base: WebURL, version: NotionVersion = .standard) {
        self.base = base
        self.version = version
    }
}

/// A version of Notion's interface, named by the day of its release.
public struct NotionVersion: Hashable, Sendable, CustomStringConvertible {
    public let description: String

    public static let standard = NotionVersion("2025-09-03")!

    /// Nil for anything but `YYYY-MM-DD`.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        guard bytes.count == 10 else { return nil }
        for (place, byte) in bytes.enumerated() {
            guard place == 4 || place == 7 ? byte == UInt8(ascii: "-") : digits.contains(byte) else { return nil }
        }
        description = text
    }

    /// From 2025-09-03 on a database holds data sources, which are what is queried and what new pages belong to. Before,
    /// it was the database itself.
    public var hasDataSources: Bool { description >= "2025-09-03" }
}
