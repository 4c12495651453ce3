import JSONCodec
import MillraceProtocol

/// The smallest typed method: nothing in, three fields out.
public enum BenchPing: RPCMethod {
    public static let name = "bench.ping"
    public static let access = AccessClass.read
    public typealias Params = Empty

    /// The request as the C client sends it; `ID` stands for the number.
    public static let request = #"{"jsonrpc":"2.0","id":ID,"method":"bench.ping"}"#

    public struct Result: Sendable, Hashable {
        public var service: String
        public var pid: Int
        public var uptimeMs: Int

        public init(service: String, pid: Int, uptimeMs: Int) {
            self.service = service
            self.pid = pid
            self.uptimeMs = uptimeMs
        }
    }
}

extension BenchPing.Result: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var service: String?, pid: Int?, uptimeMs: Int?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "service": service = try json.string()
            case "pid": pid = try json.int()
            case "uptimeMs": uptimeMs = try json.int()
            default: try json.skip()
            }
        }
        self.init(
            service: try json.require(service, "service"), pid: try json.require(pid, "pid"),
            uptimeMs: try json.require(uptimeMs, "uptimeMs"))
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("service", service)
            $0.member("pid", pid)
            $0.member("uptimeMs", uptimeMs)
        }
    }
}
