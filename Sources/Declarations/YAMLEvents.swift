import CYAML

/// libyaml's parser as a series of events.
struct YAMLEvents: ~Copyable {
    struct Event {
        enum Kind {
            case streamStart, streamEnd, documentStart, documentEnd, alias, sequenceStart, sequenceEnd, mappingStart
            case mappingEnd
            case scalar(YAMLScalar)
        }

        var kind: Kind
        var hasAnchor = false
        var hasTag = false
        var line: Int
        var column: Int
    }

    /// Why the text is no YAML.
    struct Failure: Error {
        var line: Int
        var column: Int
        /// libyaml's words.
        var message: String
        /// What was being read, and the line where that begins.
        var context: (message: String, line: Int)?
    }

    private let parser: UnsafeMutablePointer<yaml_parser_t>

    /// The bytes have to stay where they are as long as this lives.
    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        parser = .allocate(capacity: 1)
        guard yaml_parser_initialize(parser) == 1 else { fatalError("no memory for a YAML parser") }
        // Otherwise a byte-order mark would decide, and the text was checked as UTF-8.
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
    }

    mutating func next() throws(Failure) -> Event {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else { throw failure }
        defer { yaml_event_delete(&event) }
        var result = Event(
            kind: .streamEnd, line: Int(event.start_mark.line) + 1, column: Int(event.start_mark.column) + 1)
        switch event.type {
        case YAML_STREAM_START_EVENT: result.kind = .streamStart
        case YAML_DOCUMENT_START_EVENT: result.kind = .documentStart
        case YAML_DOCUMENT_END_EVENT: result.kind = .documentEnd
        case YAML_ALIAS_EVENT: result.kind = .alias
        case YAML_SEQUENCE_END_EVENT: result.kind = .sequenceEnd
        case YAML_MAPPING_END_EVENT: result.kind = .mappingEnd
        case YAML_SEQUENCE_START_EVENT:
            result.kind = .sequenceStart
            result.hasAnchor = event.data.sequence_start.anchor != nil
            result.hasTag = event.data.sequence_start.tag != nil
        case YAML_MAPPING_START_EVENT:
            result.kind = .mappingStart
            result.hasAnchor = event.data.mapping_start.anchor != nil
            result.hasTag = event.data.mapping_start.tag != nil
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            let text = String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
            result.kind = .scalar(YAMLScalar(text, Self.style(scalar.style)))
            result.hasAnchor = scalar.anchor != nil
            result.hasTag = scalar.tag != nil
        default: result.kind = .streamEnd
        }
        return result
    }

    private static func style(_ style: yaml_scalar_style_t) -> YAMLScalar.Style {
        switch style {
        case YAML_SINGLE_QUOTED_SCALAR_STYLE, YAML_DOUBLE_QUOTED_SCALAR_STYLE: .quoted
        case YAML_LITERAL_SCALAR_STYLE, YAML_FOLDED_SCALAR_STYLE: .block
        default: .plain
        }
    }

    private var failure: Failure {
        let state = parser.pointee
        let mark = state.problem_mark
        return Failure(
            line: Int(mark.line) + 1, column: Int(mark.column) + 1,
            message: state.problem.map { String(cString: $0) } ?? "out of memory",
            context: state.context.map { (String(cString: $0), Int(state.context_mark.line) + 1) })
    }
}
