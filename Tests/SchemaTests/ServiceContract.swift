import Glibc
import JSONCodec
import MillraceProtocol
import MillraceRPC
import TestSupport
import Testing

/// What holds of the contract of every service: schema and types agree.
struct ServiceContract {
    let document: OpenRPCDocument
    let methods: [any RPCMethod.Type]
    /// Described methods that have no type.
    let untyped: Set<String>
    /// Members below which anything may stand.
    let opaque: Set<String>

    init(_ bytes: [UInt8], _ methods: [any RPCMethod.Type], untyped: Set<String> = [], opaque: Set<String>) throws {
        document = try OpenRPCDocument(bytes)
        self.methods =
            methods + [
                ServicePing.self, ServiceStatus.self, ServiceMetrics.self, ServiceReload.self, ServiceSetLogLevel.self,
            ]
        self.untyped = untyped.union(["rpc.discover"])
        self.opaque = opaque.union(["labels", "figures"])
    }

    /// All that holds of a service whose examples show every member.
    func holds() throws {
        try typesAgree()
        membersAreShown()
    }

    /// All but which members the examples show.
    func typesAgree() throws {
        #expect(Set(document.methods.map(\.name)) == Set(methods.map { $0.name }).union(untyped))
        for type in methods {
            #expect(document.method(type.name)?.access == "\(type.access)", "\(type.name)")
            #expect(document.method(type.name)?.isKeyed == type.isKeyed, "\(type.name)")
            try examplesSurvive(type)
            try parametersAreStrict(type)
            try newerResultsAreRead(type)
        }
    }

    /// A value of the schema's example reads as the type's and is written back the same.
    private func examplesSurvive<M: RPCMethod>(_: M.Type) throws {
        let examples = try #require(document.method(M.name)).examples
        #expect(!examples.isEmpty, "\(M.name)")
        for example in examples {
            let params = try JSON.decode(M.Params.self, from: JSON.encode(example.params))
            #expect(
                try JSON.decode(JSONValue.self, from: JSON.encode(params)).sorted == example.params.sorted, "\(M.name)")
            let result = try JSON.decode(M.Result.self, from: JSON.encode(example.result))
            #expect(
                try JSON.decode(JSONValue.self, from: JSON.encode(result)).sorted == example.result.sorted, "\(M.name)")
        }
    }

    /// Together with the check above: no member of a schema is unknown to its type, and none is missing from the schema.
    private func membersAreShown() {
        for method in document.methods where !method.examples.isEmpty {
            var described: Set<String> = []
            for (name, schema) in method.params {
                described.insert(name)
                described.formUnion(document.describedPaths(schema, at: name))
            }
            let shown = method.examples.reduce(into: Set<String>()) { $0.formUnion($1.params.paths(stopping: opaque)) }
            #expect(shown == described, "\(method.name): \(shown.symmetricDifference(described))")
            let result = method.result.map { document.describedPaths($0) } ?? []
            let given = method.examples.reduce(into: Set<String>()) { $0.formUnion($1.result.paths(stopping: opaque)) }
            #expect(given == result, "\(method.name): \(given.symmetricDifference(result))")
        }
    }

    private func parametersAreStrict<M: RPCMethod>(_: M.Type) throws {
        guard let method = document.method(M.name), method.isServed, let example = method.examples.first,
            case .object(let members) = example.params
        else { return }
        let wrong = JSONValue.object(members + [JSONMember("surplus", true)])
        let error = #expect(throws: JSONError.self) { try JSON.decode(M.Params.self, from: JSON.encode(wrong)) }
        #expect(error?.path == "surplus", "\(M.name)")
        for name in method.required {
            let without = JSONValue.object(members.filter { $0.name != name })
            #expect(throws: JSONError.self, "\(M.name) without \(name)") {
                try JSON.decode(M.Params.self, from: JSON.encode(without))
            }
        }
    }

    private func newerResultsAreRead<M: RPCMethod>(_: M.Type) throws {
        guard let method = document.method(M.name), method.isServed, let example = method.examples.first,
            case .object(let members) = example.result
        else { return }
        let newer = JSONValue.object(members + [JSONMember("fromTheFuture", [1, 2])])
        _ = try JSON.decode(M.Result.self, from: JSON.encode(newer))
    }

    func words<Word: WireWord>(_: Word.Type, _ component: String, _ property: String) {
        let values = document.root["components"]?["schemas"]?[component]?["properties"]?[property]?["enum"]
        let words = (values?.elements ?? []).compactMap(\.stringValue).sorted()
        #expect(words == Word.allCases.map(\.rawValue).sorted(), "\(component).\(property)")
    }

    /// The errors of the document are errors of the protocol; returns how many there are.
    func errors() throws -> Int {
        var count = 0
        for method in document.root["methods"]?.elements ?? [] {
            for value in method["errors"]?.elements ?? [] {
                let error = try JSON.decode(RPCError.self, from: JSON.encode(value))
                #expect(error.code == error.status?.code && error.reason?.isEmpty == false, "\(error)")
                count += 1
            }
        }
        return count
    }
}

/// A service itself, asked for every method of its document.
enum ServedContract {
    static func holds(_ service: String, _ schema: [UInt8], environment: [String: String?] = [:]) async throws {
        let folder = TemporaryDirectory()
        let process = try RunningProcess(
            [Binary.path("millrace-\(service)"), "--state", folder.path], environment: environment)
        try await process.waitForOutput("ready")
        let client = try BlockingClient(socket: folder.path + "/run/\(service).sock")
        let options = CallOptions(timeout: .seconds(20))

        let served = try JSON.decode(JSONValue.self, from: client.callRaw("rpc.discover", options: options).bytes)
        #expect(served == (try JSON.decode(JSONValue.self, from: schema)))
        for method in try OpenRPCDocument(schema).methods where method.isServed && method.name != "rpc.discover" {
            // A member that no method knows: nothing is changed by asking.
            let surplus = JSONRaw(unchecked: Array(#"{"surplus":1}"#.utf8))
            let error = #expect(throws: RPCError.self, "\(method.name)") {
                try client.callRaw(method.name, surplus, options: options)
            }
            #expect(error?.reason == "params.invalid" && error?.field == "surplus", "\(method.name): \(error as Any)")
        }
        process.signal(SIGTERM)
        #expect(try await process.wait().status == 0)
    }
}
