import JSONCodec

/// Answers at once, from every service: who is there.
public enum ServicePing: RPCMethod {
    public static let name = "service.ping"
    public static let access = AccessClass.read
    public typealias Params = Empty

    public struct Result: Sendable, Hashable, JSONCodable {
        /// "runner"
        public var service: String
        public var version: String
        public var pid: Int32
        public var uptimeMs: Int
        /// Random, new with each start.
        public var instance: String

        public init(service: String, version: String, pid: Int32, uptimeMs: Int, instance: String) {
            self.service = service
            self.version = version
            self.pid = pid
            self.uptimeMs = uptimeMs
            self.instance = instance
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var service: String?, version: String?, pid: Int32?, uptimeMs: Int?, instance: String?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "service": service = try json.string()
                case "version": version = try json.string()
                case "pid": pid = try json.value()
                case "uptimeMs": uptimeMs = try json.int()
                case "instance": instance = try json.string()
                default: try json.skip()
                }
            }
            self.init(
                service: try json.require(service, "service"), version: try json.require(version, "version"),
                pid: try json.require(pid, "pid"), uptimeMs: try json.require(uptimeMs, "uptimeMs"),
                instance: try json.require(instance, "instance"))
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("service", service)
                $0.member("version", version)
                $0.member("pid", pid)
                $0.member("uptimeMs", uptimeMs)
                $0.member("instance", instance)
            }
        }
    }
}
