import Plots

/// A piece of HTML. What is put into it as text is escaped, so that no value can become markup.
public struct HTML: Sendable, Hashable, ExpressibleByStringInterpolation, CustomStringConvertible {
    public private(set) var description: String

    public init(stringLiteral value: String) { description = value }

    public init(stringInterpolation: StringInterpolation) { description = stringInterpolation.text }

    /// Takes a text that is HTML already, such as a picture made by ourselves.
    public init(raw: String) { description = raw }

    public struct StringInterpolation: StringInterpolationProtocol {
        var text = ""

        public init(literalCapacity: Int, interpolationCount: Int) {}

        public mutating func appendLiteral(_ literal: String) { text += literal }

        public mutating func appendInterpolation(_ html: HTML) { text += html.description }

        public mutating func appendInterpolation(_ parts: [HTML]) { for part in parts { text += part.description } }

        public mutating func appendInterpolation(_ value: String) { text += Markup.escaped(value) }

        public mutating func appendInterpolation(_ value: Int) { text += String(value) }
    }
}
