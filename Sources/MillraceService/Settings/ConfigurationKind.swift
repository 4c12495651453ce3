public import Decimals
import Linux

/// A kind of value: how it is read, held within bounds and shown.
public struct ConfigurationKind<Value: Sendable>: Sendable {
    /// What stands for the value in help: "NUMBER".
    public let placeholder: String
    /// Completes "is not": "a whole number from 1 to 256".
    public let expectation: String
    /// Nil for a text that is no such value.
    public let parse: @Sendable (String) -> Value?
    /// The nearest right value, where "nearest" means something.
    public let clamp: @Sendable (String) -> Value?
    /// A text that `parse` reads as the same value.
    public let show: @Sendable (Value) -> String

    public init(
        _ placeholder: String, _ expectation: String, parse: @escaping @Sendable (String) -> Value?,
        clamp: @escaping @Sendable (String) -> Value? = { _ in nil }, show: @escaping @Sendable (Value) -> String
    ) {
        self.placeholder = placeholder
        self.expectation = expectation
        self.parse = parse
        self.clamp = clamp
        self.show = show
    }
}

extension ConfigurationKind where Value == Int {
    public static func integer(_ bounds: ClosedRange<Int>) -> Self {
        Self(
            "NUMBER", "a whole number from \(bounds.lowerBound) to \(bounds.upperBound)",
            parse: { text in Int(text).flatMap { bounds.contains($0) ? $0 : nil } },
            clamp: { text in Int(text).map { min(max($0, bounds.lowerBound), bounds.upperBound) } },
            show: { String($0) })
    }

    /// A number of bytes: "16M", "64K", "1048576"; K, M, G and T are powers of 1024.
    public static func bytes(_ bounds: ClosedRange<Int>) -> Self {
        let (low, high) = (ByteSize.text(bounds.lowerBound), ByteSize.text(bounds.upperBound))
        return Self(
            "BYTES", "a size from \(low) to \(high), such as 16M",
            parse: { text in ByteSize.parse(text).flatMap { bounds.contains($0) ? $0 : nil } },
            clamp: { text in ByteSize.parse(text).map { min(max($0, bounds.lowerBound), bounds.upperBound) } },
            show: ByteSize.text)
    }
}

extension ConfigurationKind where Value == ExactDecimal {
    /// An amount of money, exactly: "12.50". One out of bounds is refused: nobody spends what was not meant.
    public static func amount(_ bounds: ClosedRange<ExactDecimal>) -> Self {
        Self(
            "AMOUNT", "an amount from \(bounds.lowerBound) to \(bounds.upperBound), such as 12.50",
            parse: { text in ExactDecimal(text).flatMap { bounds.contains($0) ? $0 : nil } }, show: { "\($0)" })
    }
}

extension ConfigurationKind where Value == Duration {
    /// A time span as systemd writes it: "5min", "1h 30min", "250ms", "30" for seconds. The bounds are in seconds.
    public static func span(_ bounds: ClosedRange<Double>) -> Self {
        let (low, high) = (Duration.seconds(bounds.lowerBound), Duration.seconds(bounds.upperBound))
        return Self(
            "SPAN", "a time span from \(TimeSpan.text(low)) to \(TimeSpan.text(high)), such as 90s or 5min",
            parse: { text in TimeSpan.parse(text).flatMap { low <= $0 && $0 <= high ? $0 : nil } },
            clamp: { text in TimeSpan.parse(text).map { min(max($0, low), high) } },
            show: TimeSpan.text)
    }
}

extension ConfigurationKind where Value == Bool {
    public static var boolean: Self {
        Self(
            "YES|NO", "yes or no (or true, false, on, off, 1, 0)",
            parse: { text in
                switch text.lowercased() {
                case "yes", "true", "on", "1", "y", "t": true
                case "no", "false", "off", "0", "n", "f": false
                default: nil
                }
            },
            show: { $0 ? "yes" : "no" })
    }
}

extension ConfigurationKind where Value == String {
    /// Any text on one line, also none.
    public static var text: Self {
        Self("TEXT", "a text", parse: { $0 }, show: { $0 })
    }
}

extension ConfigurationKind
where Value: RawRepresentable & CaseIterable & Sendable, Value.RawValue == String {
    /// One of an enum's words.
    public static var choice: Self {
        let words = Value.allCases.map(\.rawValue)
        return Self(
            words.joined(separator: "|"), "one of \(words.joined(separator: ", "))", parse: { Value(rawValue: $0) },
            show: \.rawValue)
    }
}

extension ConfigurationKind where Value == [String] {
    /// Texts separated by commas, also none at all.
    public static var list: Self {
        Self(
            "A,B,…", "texts separated by commas",
            parse: { text in
                text.split(separator: ",").map { trimmed($0) }.filter { !$0.isEmpty }
            },
            show: { $0.joined(separator: ",") })
    }
}
