/// What a simulated service answers to one request, faults included.
public struct HTTPAnswer: Sendable, CustomStringConvertible {
    /// What goes wrong with the answer.
    public enum Fault: Hashable, Sendable {
        /// Nothing.
        case none
        /// No answer; the connection is reset.
        case reset
        /// No answer; the connection is closed.
        case hangUp
        /// The head, which promises all of the body, then half of it; then the connection is closed.
        case half
        /// The head, then so many bytes of the body at a time, after a pause each.
        case drip(bytes: Int, every: Duration)
        /// The head, then a body that goes on until the client has enough of it.
        case endless
        /// These bytes instead of an answer, then the connection is closed.
        case garbage(String)
        /// No answer as long as the client waits.
        case silence
    }

    public var status: Int
    public var headers: [(name: String, value: String)]
    public var body: [UInt8]
    /// From the last byte of the request to the first of the answer.
    public var delay: Duration
    public var fault: Fault

    public init(
        _ status: Int = 200, headers: [(name: String, value: String)] = [], body: [UInt8] = [],
        after delay: Duration = .zero, fault: Fault = .none
    ) {
        self.status = status
        self.headers = headers
        self.body = body
        self.delay = delay
        self.fault = fault
    }

    /// An answer of JSON.
    public static func json(_ text: String, status: Int = 200, after delay: Duration = .zero) -> HTTPAnswer {
        HTTPAnswer(
            status, headers: [("Content-Type", "application/json")], body: Array(text.utf8), after: delay)
    }

    public var description: String { "\(status), \(body.count) bytes, \(fault), after \(delay)" }

    /// The head as it goes over the wire. An endless body has no length.
    var head: String {
        var head = "HTTP/1.1 \(status) \(status < 400 ? "As Asked" : "Not So")\r\n"
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        if fault == .endless { head += "Connection: close\r\n" } else { head += "Content-Length: \(body.count)\r\n" }
        return head + "\r\n"
    }
}
