import JSONCodec

extension JSONReader {
    /// Reads the parameters of a job: the members of an object, by their names as in `payDay`. Written as `pay_day`, as
    /// the system before this one had them, they are the same.
    ///
    /// - Throws: what `parameter` throws; `invalid` where one stands there in both spellings.
    mutating func parameters(
        _ parameter: (String, inout JSONReader) throws(JSONError) -> Void
    ) throws(JSONError) {
        var spellings: [String: String] = [:]
        try object { key, json throws(JSONError) in
            let name = key.inOneWord
            if let other = spellings.updateValue(key, forKey: name) {
                throw json.invalid("stands there twice, as \(other) and as \(key)")
            }
            try parameter(name, &json)
        }
    }
}

extension String {
    /// `payDay` of `pay_day`; what is not words with one `_` between them stays as it is.
    fileprivate var inOneWord: String {
        let words = split(separator: "_", omittingEmptySubsequences: false)
        guard words.count > 1, words.allSatisfy({ $0.first?.isLowercase == true }) else { return self }
        return String(words[0]) + words.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }
}
