import JSONCodec
import Linux

/// Rows of a web service that speaks JSON.
///
/// `{keys}` in the address stands for the keys, each percent-encoded, with ``join`` between them; `{cursor}` for where the
/// page begins, empty for the first. In the body a text that is `"{keys}"` stands for a list of the keys, and a member that
/// is `"{cursor}"` for the cursor; it is left out of the first request.
public struct HTTPSourceDefinition: Hashable, Sendable {
    public enum Method: String, Hashable, Sendable, CaseIterable { case get = "GET", post = "POST" }

    public enum Header: Hashable, Sendable {
        case text(String)
        /// The credential of this name, after a prefix such as "Bearer ".
        case credential(String, prefix: String)
    }

    public var method: Method
    public var url: String
    /// Between the keys in the address.
    public var join = ","
    public var body: JSONValue?
    /// By name, in order.
    public var headers: [HeaderField] = []
    /// The list of rows in the answer, or an object whose members are the rows by key.
    public var items = JSONPointer()
    /// The key in a row; nil where the rows are in the order of the keys, or members named so.
    public var key: JSONPointer?
    /// What of the row is the value; all of it where nil.
    public var value: JSONPointer?
    /// The cursor of the next page in the answer; nil where there is only one page.
    public var next: JSONPointer?
    /// Bytes that an answer may have.
    public var limit = 8 << 20

    public struct HeaderField: Hashable, Sendable {
        public var name: String
        public var value: Header
    }

    /// Whether one request answers a list of keys; else the source is read page by page.
    public var isKeyed: Bool { next == nil && namesKeys }

    var namesKeys: Bool { url.contains("{keys}") || body?.contains("{keys}") == true }
    var namesCursor: Bool { url.contains("{cursor}") || body?.contains("{cursor}") == true }
}

extension JSONValue {
    /// Whether a text in it is exactly this.
    func contains(_ text: String) -> Bool {
        switch self {
        case .string(let value): value == text
        case .array(let elements): elements.contains { $0.contains(text) }
        case .object(let members): members.contains { $0.value.contains(text) }
        case .null, .bool, .number: false
        }
    }
}
