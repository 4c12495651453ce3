import Glibc
import JSONCodec
import MillraceProtocol
import MillraceRPC
import Schemas
import TestSupport
import Testing

/// The scheduler's contract: schema and types agree.
struct SchedulerSchemaTests {
    static let methods: [any RPCMethod.Type] = [
        SchedulePut.self, ScheduleList.self, ScheduleShow.self, ScheduleNext.self, SchedulePause.self,
        ScheduleResume.self, ScheduleTrigger.self, ScheduleRemove.self, ScheduleBackfill.self, ScheduleWhy.self,
        ScheduleLoad.self,
        ServicePing.self, ServiceStatus.self, ServiceMetrics.self, ServiceReload.self, ServiceSetLogLevel.self,
    ]

    let document: OpenRPCDocument

    init() throws {
        document = try OpenRPCDocument(Schemas.scheduler)
    }

    @Test func theDocumentDescribesExactlyTheMethodsThereAre() {
        #expect(Set(document.methods.map(\.name)) == Set(Self.methods.map { $0.name }).union(["rpc.discover"]))
    }

    @Test func accessClassesAgree() {
        for type in Self.methods {
            #expect(document.method(type.name)?.access == "\(type.access)", "\(type.name)")
        }
    }

    /// A value of the schema's example reads as the type's and is written back the same.
    @Test func everyExampleSurvivesTheTypes() throws {
        func check<M: RPCMethod>(_: M.Type) throws {
            let examples = try #require(document.method(M.name)).examples
            #expect(!examples.isEmpty, "\(M.name)")
            for example in examples {
                let params = try JSON.decode(M.Params.self, from: JSON.encode(example.params))
                #expect(try JSON.decode(JSONValue.self, from: JSON.encode(params)).sorted == example.params.sorted)
                let result = try JSON.decode(M.Result.self, from: JSON.encode(example.result))
                #expect(
                    try JSON.decode(JSONValue.self, from: JSON.encode(result)).sorted == example.result.sorted,
                    "\(M.name)")
            }
        }
        for type in Self.methods { try check(type) }
    }

    /// Together with the test above: no member of a schema is unknown to its type, and none is missing from the schema.
    @Test func theExamplesShowEveryMemberThatASchemaDescribesAndNoOther() throws {
        let opaque: Set<String> = ["job", "labels", "figures"]
        for method in document.methods where !method.examples.isEmpty {
            var described: Set<String> = []
            for (name, schema) in method.params {
                described.insert(name)
                described.formUnion(document.describedPaths(schema, at: name))
            }
            let shown = method.examples.reduce(into: Set<String>()) { $0.formUnion($1.params.paths(stopping: opaque)) }
            #expect(shown == described, "\(method.name)")
            let result = document.describedPaths(try #require(method.result))
            let given = method.examples.reduce(into: Set<String>()) { $0.formUnion($1.result.paths(stopping: opaque)) }
            #expect(given == result, "\(method.name): \(given.symmetricDifference(result))")
        }
    }

    @Test func parametersAreReadStrictly() throws {
        func check<M: RPCMethod>(_: M.Type) throws {
            guard let method = document.method(M.name), let example = method.examples.first,
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
        for type in Self.methods { try check(type) }
    }

    @Test func aNewerSchedulersResultIsStillRead() throws {
        func check<M: RPCMethod>(_: M.Type) throws {
            guard let example = document.method(M.name)?.examples.first, case .object(let members) = example.result
            else { return }
            let newer = JSONValue.object(members + [JSONMember("fromTheFuture", [1, 2])])
            _ = try JSON.decode(M.Result.self, from: JSON.encode(newer))
        }
        for type in Self.methods { try check(type) }
    }

    @Test func wordsOfTheSchemaAreTheWordsOfTheTypes() {
        func expect<Word: WireWord>(_: Word.Type, _ component: String, _ property: String) {
            let values = document.root["components"]?["schemas"]?[component]?["properties"]?[property]?["enum"]
            let words = (values?.elements ?? []).compactMap(\.stringValue).sorted()
            #expect(words == Word.allCases.map(\.rawValue).sorted(), "\(component).\(property)")
        }
        expect(ScheduleWhileRunning.self, "ScheduleSpecification", "whileRunning")
        expect(ScheduleCatchUp.Mode.self, "ScheduleCatchUp", "mode")
        expect(ScheduleQuiet.Mode.self, "ScheduleQuiet", "mode")
        expect(ScheduleCause.self, "ScheduleRun", "cause")
        expect(ScheduleOutcome.self, "ScheduleRun", "outcome")
        expect(ScheduleReason.Word.self, "ScheduleReason", "word")
    }

    @Test func theErrorsOfTheDocumentAreErrorsOfTheProtocol() throws {
        var count = 0
        for method in document.root["methods"]?.elements ?? [] {
            for value in method["errors"]?.elements ?? [] {
                let error = try JSON.decode(RPCError.self, from: JSON.encode(value))
                #expect(error.code == error.status?.code && error.reason?.isEmpty == false, "\(error)")
                count += 1
            }
        }
        #expect(count >= 9)
    }
}

/// The scheduler itself, asked for every method of its document.
@Suite(.heavy, .enabled(if: Binary.exist("millrace-scheduler"), "millrace-scheduler is not built"))
struct SchedulerRegistrationTests {
    @Test func theSchedulerServesEveryMethodItDescribesWithItsAccessAndStrictParameters() async throws {
        let folder = TemporaryDirectory()
        let service = try RunningProcess([Binary.path("millrace-scheduler"), "--state", folder.path])
        try await service.waitForOutput("ready")
        let client = try BlockingClient(socket: folder.path + "/run/scheduler.sock")
        let options = CallOptions(timeout: .seconds(20))

        let served = try JSON.decode(JSONValue.self, from: client.callRaw("rpc.discover", options: options).bytes)
        #expect(served == (try JSON.decode(JSONValue.self, from: Schemas.scheduler)))
        for method in try OpenRPCDocument(Schemas.scheduler).methods where method.name != "rpc.discover" {
            let surplus = JSONRaw(unchecked: Array(#"{"surplus":1}"#.utf8))
            let error = #expect(throws: RPCError.self, "\(method.name)") {
                try client.callRaw(method.name, surplus, options: options)
            }
            #expect(error?.reason == "params.invalid" && error?.field == "surplus", "\(method.name): \(error as Any)")
        }
        service.signal(SIGTERM)
        #expect(try await service.wait().status == 0)
    }
}
