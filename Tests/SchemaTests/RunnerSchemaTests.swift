import JSONCodec
import Linux
import MillraceProtocol
import Schemas
import Testing

/// The contract three times over: schema, type and registration must agree.
struct RunnerSchemaTests {
    static let methods: [any RPCMethod.Type] = [
        JobSubmit.self, JobSubmitBatch.self, JobShow.self, JobList.self, JobStats.self, JobWatch.self, JobWhy.self,
        JobCancel.self, JobRetry.self, JobEdit.self, JobBury.self, JobRedrive.self, QueueList.self, QueuePause.self,
        QueueResume.self,
        QueueDrain.self, QueueSet.self, KindList.self, WorkerRegister.self, WorkerList.self, WorkerPing.self,
        PoolList.self, PoolResize.self, LimitList.self, LimitSet.self, BreakerList.self, BreakerOpen.self,
        BreakerClose.self, BreakerReset.self, PermitAcquire.self, PermitReport.self, PermitRelease.self,
        WorkloadPlan.self, WorkloadPreload.self, WorkloadProcess.self, WorkloadSummarize.self, ServicePing.self,
        ServiceStatus.self, ServiceMetrics.self, ServiceReload.self, ServiceSetLogLevel.self,
    ]

    let document: OpenRPCDocument

    init() throws {
        document = try OpenRPCDocument(Schemas.runner)
    }

    @Test func theDocumentDescribesExactlyTheMethodsThereAre() {
        let described = Set(document.methods.map(\.name))
        let typed = Set(Self.methods.map { $0.name }).union(["workload.release", "rpc.discover"])
        #expect(described == typed)
    }

    @Test func accessClassesAgree() throws {
        for type in Self.methods {
            #expect(document.method(type.name)?.access == "\(type.access)", "\(type.name)")
        }
    }

    /// A value of the schema's example reads as the type's and is written back the same.
    @Test func everyExampleSurvivesTheTypes() throws {
        func check<M: RPCMethod>(_: M.Type) throws {
            for example in try #require(document.method(M.name)).examples {
                let params = try JSON.decode(M.Params.self, from: JSON.encode(example.params))
                let writtenParams = try JSON.decode(JSONValue.self, from: JSON.encode(params))
                #expect(writtenParams.sorted == example.params.sorted, "\(M.name)")
                let result = try JSON.decode(M.Result.self, from: JSON.encode(example.result))
                let writtenResult = try JSON.decode(JSONValue.self, from: JSON.encode(result))
                #expect(writtenResult.sorted == example.result.sorted, "\(M.name)")
            }
        }
        for type in Self.methods { try check(type) }
    }

    /// Together with the test above: no member of a schema is unknown to its type, and none is missing from the schema.
    @Test func theExamplesShowEveryMemberThatASchemaDescribesAndNoOther() throws {
        for method in document.methods where !method.examples.isEmpty {
            var described: Set<String> = []
            for (name, schema) in method.params {
                described.insert(name)
                described.formUnion(document.describedPaths(schema, at: name))
            }
            let opaque: Set<String> = ["params", "input", "output", "labels", "figures"]
            let shown = method.examples.reduce(into: Set<String>()) { $0.formUnion($1.params.paths(stopping: opaque)) }
            #expect(shown.subtracting(described).isEmpty, "\(method.name): not in the schema")
            // What a component allows beside is shown where it is the subject.
            #expect(Set(method.params.keys).subtracting(shown).isEmpty, "\(method.name): without an example")
            guard let schema = method.result, schema["type"]?.stringValue != "object" || schema["properties"] != nil
            else { continue }
            let describedResult = document.describedPaths(schema)
            let shownResult = method.examples.reduce(into: Set<String>()) {
                $0.formUnion($1.result.paths(stopping: opaque.union(["result"])))
            }
            #expect(shownResult.subtracting(describedResult).isEmpty, "\(method.name): result not in the schema")
        }
    }

    @Test func everyComponentIsShownWhole() throws {
        for component in document.root["components"]?["schemas"]?.members ?? [] {
            let described = Set(component.value["properties"]?.members?.map(\.name) ?? [])
            guard component.name != "Error", component.name != "JobProgress" else { continue }
            var shown: Set<String> = []
            for method in document.methods {
                for example in method.examples {
                    for value in [example.params, example.result] {
                        shown.formUnion(value.objects().filter { Set($0).isSubset(of: described) }.joined())
                    }
                }
            }
            #expect(described.subtracting(shown).isEmpty, "\(component.name)")
        }
    }

    @Test func parametersAreReadStrictly() throws {
        func check<M: RPCMethod>(_: M.Type) throws {
            guard let method = document.method(M.name), method.direction == "caller-to-runner",
                let example = method.examples.first, case .object(let members) = example.params
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

    @Test func aNewerRunnersResultIsStillRead() throws {
        func check<M: RPCMethod>(_: M.Type) throws {
            guard let example = document.method(M.name)?.examples.first, case .object(let members) = example.result,
                document.method(M.name)?.direction == "caller-to-runner"
            else { return }
            let newer = JSONValue.object(members + [JSONMember("fromTheFuture", [1, 2])])
            _ = try JSON.decode(M.Result.self, from: JSON.encode(newer))
        }
        for type in Self.methods { try check(type) }
    }

    @Test func wordsOfTheSchemaAreTheWordsOfTheTypes() throws {
        func words(_ component: String, _ property: String) -> [String] {
            let values = document.root["components"]?["schemas"]?[component]?["properties"]?[property]?["enum"]
            return (values?.elements ?? []).compactMap(\.stringValue).sorted()
        }
        func expect<Word: WireWord>(_: Word.Type, _ component: String, _ property: String) throws {
            #expect(
                words(component, property) == Word.allCases.map(\.rawValue).sorted(), "\(component).\(property)")
        }
        try expect(JobState.self, "JobView", "state")
        try expect(JobPhase.self, "JobView", "phase")
        try expect(JobHold.self, "JobView", "hold")
        try expect(JobDurability.self, "JobView", "durability")
        try expect(JobDurability.self, "JobReceipt", "durability")
        try expect(UniqueMode.self, "JobSpecification", "uniqueMode")
        try expect(DependencyMode.self, "JobSpecification", "afterMode")
        try expect(ItemState.self, "ItemView", "state")
        try expect(WorkloadStage.self, "AttemptView", "stage")
        try expect(WhyCode.self, "WhyReason", "code")
        try expect(GateState.self, "GateView", "state")
        try expect(GateState.self, "KindView", "state")
        try expect(KindProgram.self, "KindView", "program")
        try expect(WorkerState.self, "WorkerView", "state")
        try expect(PoolProcess.State.self, "PoolProcess", "state")
        try expect(LimitScope.self, "LimitView", "scope")
        try expect(LimitSource.self, "LimitView", "source")
        try expect(BreakerState.self, "BreakerView", "state")
    }

    /// An error's code is the one its status has, so that a client may match either.
    @Test func theErrorsOfTheDocumentAreErrorsOfTheProtocol() throws {
        var count = 0
        for method in document.root["methods"]?.elements ?? [] {
            for value in method["errors"]?.elements ?? [] {
                let error = try JSON.decode(RPCError.self, from: JSON.encode(value))
                let status = try #require(error.status, "\(method["name"] ?? .null): \(error)")
                #expect(error.code == status.code, "\(error)")
                #expect(error.reason?.isEmpty == false, "\(error)")
                count += 1
            }
        }
        #expect(count > 30)
    }

    @Test(
        "A hook that is none is refused where it is wrong",
        arguments: [
            (#"{"on":["succeeded"]}"#, "exactly one"),
            (#"{"on":["succeeded"],"job":{"kind":"k"},"http":{"url":"https://example.org"}}"#, "exactly one"),
            (#"{"on":[],"job":{"kind":"k"}}"#, "one or more"),
            (#"{"on":["running"],"job":{"kind":"k"}}"#, "one or more"),
            (#"{"job":{"kind":"k"}}"#, "missing"),
            (#"{"on":["failed"],"command":["/bin/true"]}"#, "not known"),
        ])
    func hookThatIsNone(text: String, problem: String) {
        let error = #expect(throws: JSONError.self) { try JSON.decode(JobHook.self, from: text) }
        #expect(error?.message.contains(problem) == true, "\(String(describing: error))")
    }
}

extension JSONValue {
    /// The member names of every object in it.
    fileprivate func objects() -> [[String]] {
        switch self {
        case .object(let members): [members.map(\.name)] + members.flatMap { $0.value.objects() }
        case .array(let elements): elements.flatMap { $0.objects() }
        default: []
        }
    }
}
