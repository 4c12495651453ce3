public import JSONCodec

extension Row {
    /// A text that was written through the wire's own codec.
    ///
    /// - Parameter what: it is, for the error.
    /// - Throws: ``StoreError/Kind/corrupt`` when it does not read: then something else has changed it.
    public func json<Value: JSONDecodable>(_ column: Int, _ what: @autoclosure () -> String) throws(StoreError) -> Value
    {
        try StoreError.reading(Array(text(column).utf8), what())
    }
}

extension StoreError {
    /// Reads what a row held and was written through the wire's own codec; as ``Row/json(_:_:)``.
    public static func reading<Value: JSONDecodable>(
        _ json: [UInt8], _ what: @autoclosure () -> String
    ) throws(StoreError) -> Value {
        do {
            return try JSON.decode(Value.self, from: json)
        } catch {
            throw StoreError(.corrupt, "\(what()) does not read: \(error)")
        }
    }
}
