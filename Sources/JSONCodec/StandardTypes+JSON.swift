import Decimals

extension String: JSONCodable {
    @inlinable
    public init(from json: inout JSONReader) throws(JSONError) { self = try json.string() }
    @inlinable
    public func encode(to json: inout JSONWriter) { json.string(self) }
}

extension Bool: JSONCodable {
    @inlinable
    public init(from json: inout JSONReader) throws(JSONError) { self = try json.bool() }
    @inlinable
    public func encode(to json: inout JSONWriter) { json.bool(self) }
}

extension Int: JSONCodable {
    @inlinable
    public init(from json: inout JSONReader) throws(JSONError) { self = try json.int() }
    @inlinable
    public func encode(to json: inout JSONWriter) { json.integer(self) }
}

extension Int64: JSONCodable {
    @inlinable
    public init(from json: inout JSONReader) throws(JSONError) { self = try json.int64() }
    @inlinable
    public func encode(to json: inout JSONWriter) { json.integer(self) }
}

extension Int32: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var ahead = json
        guard let value = Self(exactly: try ahead.int64()) else { throw json.doesNotFit("a signed 32-bit integer") }
        json = ahead
        self = value
    }
    @inlinable
    public func encode(to json: inout JSONWriter) { json.integer(self) }
}

extension UInt32: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var ahead = json
        guard let value = Self(exactly: try ahead.uint64()) else { throw json.doesNotFit("an unsigned 32-bit integer") }
        json = ahead
        self = value
    }
    @inlinable
    public func encode(to json: inout JSONWriter) { json.integer(self) }
}

extension UInt64: JSONCodable {
    @inlinable
    public init(from json: inout JSONReader) throws(JSONError) { self = try json.uint64() }
    @inlinable
    public func encode(to json: inout JSONWriter) { json.integer(self) }
}

extension Double: JSONCodable {
    @inlinable
    public init(from json: inout JSONReader) throws(JSONError) { self = try json.double() }
    @inlinable
    public func encode(to json: inout JSONWriter) { json.double(self) }
}

extension ExactDecimal: JSONCodable {
    @inlinable
    public init(from json: inout JSONReader) throws(JSONError) { self = try json.decimal() }
    @inlinable
    public func encode(to json: inout JSONWriter) { json.decimal(self) }
}

/// `nil` is `null`. To leave a member out instead, use ``JSONWriter/member(_:ifPresent:)``.
extension Optional: JSONDecodable where Wrapped: JSONDecodable {
    @inlinable
    public init(from json: inout JSONReader) throws(JSONError) {
        self = try json.null() ? nil : try Wrapped(from: &json)
    }
}

extension Optional: JSONEncodable where Wrapped: JSONEncodable {
    @inlinable
    public func encode(to json: inout JSONWriter) {
        if let self { self.encode(to: &json) } else { json.null() }
    }
}

extension Array: JSONDecodable where Element: JSONDecodable {
    @inlinable
    public init(from json: inout JSONReader) throws(JSONError) {
        var elements: [Element] = []
        try json.array { json throws(JSONError) in elements.append(try Element(from: &json)) }
        self = elements
    }
}

extension Array: JSONEncodable where Element: JSONEncodable {
    @inlinable
    public func encode(to json: inout JSONWriter) {
        json.array { json in
            for element in self { element.encode(to: &json) }
        }
    }
}

extension Dictionary: JSONDecodable where Key == String, Value: JSONDecodable {
    /// - Throws: ``JSONError/Kind/duplicateMember`` also for names that differ in bytes but are equal as Swift strings.
    @inlinable
    public init(from json: inout JSONReader) throws(JSONError) {
        var members: [String: Value] = [:]
        try json.object { name, json throws(JSONError) in
            let offset = json.offset
            if members.updateValue(try Value(from: &json), forKey: name) != nil {
                throw JSONError(.duplicateMember, offset: offset, "the member appears twice")
            }
        }
        self = members
    }
}

extension Dictionary: JSONEncodable where Key == String, Value: JSONEncodable {
    /// Members come in the order of their names, so that equal dictionaries are written alike.
    @inlinable
    public func encode(to json: inout JSONWriter) {
        json.object { json in
            for (name, value) in self.sorted(by: { $0.key < $1.key }) { json.member(name, value) }
        }
    }
}

extension JSONReader {
    func doesNotFit(_ what: String) -> JSONError {
        JSONError(.outOfRange, offset: position, "the number does not fit \(what)")
    }
}
