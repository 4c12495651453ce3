/// Reads CSV as RFC 4180 has it, from bytes that may come in any pieces.
///
/// Fields are separated by commas, records by LF or CRLF; a field in double quotes may hold both and, doubled, quotes.
/// The file is UTF-8; a byte order mark at its beginning is passed over. Empty lines between records are too.
public struct CSVReader: Sendable {
    public struct Field: Hashable, Sendable {
        public var text: String
        /// Where the field begins: line and character of that line, both from 1.
        public var position: TextPosition
    }

    public typealias Record = [Field]

    /// Whether the input began with a byte order mark.
    public private(set) var hadByteOrderMark = false
    /// The longest field there may be, in bytes.
    public let maximumField: Int

    private var input: [UInt8] = []
    private var consumed = 0
    private var ended = false
    private var started = false

    private var state = State.fieldStart
    private var position = TextPosition(line: 1, column: 1)
    private var fieldPosition = TextPosition(line: 1, column: 1)
    private var field: [UInt8] = []
    private var record: Record = []

    private enum State {
        case fieldStart, plain, quoted, quoteInQuoted
        /// A CR outside of quotes was seen; only an LF may follow.
        case carriageReturn
    }

    public init(maximumField: Int = 1 << 20) { self.maximumField = maximumField }

    /// Adds what was read next.
    public mutating func append(_ bytes: some Sequence<UInt8>) {
        if consumed == input.count {
            input.removeAll(keepingCapacity: true)
            consumed = 0
        }
        input.append(contentsOf: bytes)
    }

    /// Says that nothing more comes, so that a last record without a line end is one.
    public mutating func finish() { ended = true }

    /// The next record; nil when more input is needed or, after ``finish()``, at the end.
    /// After an error the reader is of no further use.
    public mutating func next() throws(CSVError) -> Record? {
        if !started {
            guard try passByteOrderMark() else { return nil }
        }
        while consumed < input.count {
            let byte = input[consumed]
            consumed += 1
            let complete = try take(byte)
            advance(byte)
            if complete, let record = takeRecord() { return record }
        }
        guard ended else { return nil }
        switch state {
        case .quoted: throw CSVError(fieldPosition, "the quoted field that begins here never ends")
        case .carriageReturn: throw CSVError(position, "a carriage return is not followed by a line feed")
        case .plain, .quoteInQuoted: try endField()
        case .fieldStart: if !record.isEmpty { try endField() }
        }
        return takeRecord()
    }

    /// False while it cannot be told yet whether there is a mark.
    private mutating func passByteOrderMark() throws(CSVError) -> Bool {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let head = input[consumed...].prefix(3)
        if mark.starts(with: head), head.count < 3, !ended { return false }
        if head.elementsEqual(mark) {
            consumed += 3
            hadByteOrderMark = true
        }
        started = true
        return true
    }

    /// Takes one byte; true when it ended a record.
    private mutating func take(_ byte: UInt8) throws(CSVError) -> Bool {
        let quote = UInt8(ascii: "\""), comma = UInt8(ascii: ",")
        let lineFeed = UInt8(ascii: "\n"), carriageReturn = UInt8(ascii: "\r")
        switch state {
        case .quoted:
            if byte == quote { state = .quoteInQuoted } else { try add(byte) }
            return false
        case .quoteInQuoted where byte == quote:
            try add(byte)
            state = .quoted
            return false
        case .fieldStart where byte == quote:
            fieldPosition = position
            state = .quoted
            return false
        case .carriageReturn:
            guard byte == lineFeed else {
                throw CSVError(position, "a carriage return is not followed by a line feed")
            }
            try endRecord()
            return true
        case .fieldStart, .plain, .quoteInQuoted:
            if state == .fieldStart { fieldPosition = position }
            switch byte {
            case comma:
                try endField()
            case lineFeed:
                try endRecord()
                return true
            case carriageReturn:
                if state != .fieldStart || !record.isEmpty { try endField() }
                state = .carriageReturn
            case quote:
                throw CSVError(position, "a quote stands inside a field that does not begin with one")
            default:
                if state == .quoteInQuoted { throw CSVError(position, "text follows the closing quote of a field") }
                state = .plain
                try add(byte)
            }
            return false
        }
    }

    private mutating func add(_ byte: UInt8) throws(CSVError) {
        guard field.count < maximumField else {
            throw CSVError(fieldPosition, "the field is longer than \(maximumField) bytes")
        }
        field.append(byte)
    }

    private mutating func endField() throws(CSVError) {
        guard let text = String(validating: field, as: UTF8.self) else {
            throw CSVError(fieldPosition, "the field is not UTF-8")
        }
        record.append(Field(text: text, position: fieldPosition))
        field.removeAll(keepingCapacity: true)
        state = .fieldStart
        fieldPosition = TextPosition(line: position.line, column: position.column + 1)
    }

    private mutating func endRecord() throws(CSVError) {
        // An empty line is no record; a CR has ended the last field already.
        if state != .carriageReturn, state != .fieldStart || !record.isEmpty { try endField() }
        state = .fieldStart
    }

    private mutating func takeRecord() -> Record? {
        guard !record.isEmpty else { return nil }
        defer { record = [] }
        return record
    }

    /// Moves the position behind the byte; continuation bytes of UTF-8 are no characters.
    private mutating func advance(_ byte: UInt8) {
        if byte == UInt8(ascii: "\n") {
            position = TextPosition(line: position.line + 1, column: 1)
        } else if byte & 0xC0 != 0x80 {
            position.column += 1
        }
    }
}

/// Where and why a file is no CSV.
public struct CSVError: Error, Hashable, CustomStringConvertible {
    public let position: TextPosition
    public let message: String

    init(_ position: TextPosition, _ message: String) {
        self.position = position
        self.message = message
    }

    public var description: String { "\(position): \(message)" }
}
