import JSONCodec
import MillraceProtocol
import Schemas
import Testing

/// The contract three times over: schema, type and registration must agree.
struct RunnerSchemaTests {
    private let contract: ServiceContract
    private var document: OpenRPCDocument { contract.document }

    init() throws {
        contract = try ServiceContract(Schemas.runner, Self.methods, untyped: ["workload.release"], opaque: [])
    }

    private static let methods: [any RPCMethod.Type] = [
        JobSubmit.self, JobSubmitBatch.self, JobShow.self, JobList.self, JobStats.self, JobWatch.self, JobWhy.self,
        JobCancel.self, JobRetry.self, JobEdit.self, JobBury.self, JobRedrive.self, QueueList.self, QueuePause.self,
        QueueResume.self,
        QueueDrain.self, QueueSet.self, KindList.self, WorkerRegister.self, WorkerList.self, WorkerPing.self,
        PoolList.self, PoolResize.self, LimitList.self, LimitSet.self, BreakerList.self, BreakerOpen.self,
        BreakerClose.self, BreakerReset.self, PermitAcquire.self, PermitReport.self, PermitRelease.self,
        WorkloadPlan.self, WorkloadPreload.self, WorkloadProcess.self, WorkloadSummarize.self,
    ]

    @Test func documentAndTypesAgree() throws { try contract.typesAgree() }

    /// Together with ``documentAndTypesAgree()``: no member of a schema is unknown to its type, and none is missing from the schema.
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

    @Test func wordsOfTheSchemaAreTheWordsOfTheTypes() {
        contract.words(JobState.self, "JobView", "state")
        contract.words(JobPhase.self, "JobView", "phase")
        contract.words(JobHold.self, "JobView", "hold")
        contract.words(JobDurability.self, "JobView", "durability")
        contract.words(JobDurability.self, "JobReceipt", "durability")
        contract.words(UniqueMode.self, "JobSpecification", "uniqueMode")
        contract.words(DependencyMode.self, "JobSpecification", "afterMode")
        contract.words(ItemState.self, "ItemView", "state")
        contract.words(WorkloadStage.self, "AttemptView", "stage")
        contract.words(WhyCode.self, "WhyReason", "code")
        contract.words(GateState.self, "GateView", "state")
        contract.words(GateState.self, "KindView", "state")
        contract.words(KindProgram.self, "KindView", "program")
        contract.words(WorkerState.self, "WorkerView", "state")
        contract.words(PoolProcess.State.self, "PoolProcess", "state")
        contract.words(LimitScope.self, "LimitView", "scope")
        contract.words(LimitSource.self, "LimitView", "source")
        contract.words(BreakerState.self, "BreakerView", "state")
    }

    @Test func theErrorsOfTheDocumentAreErrorsOfTheProtocol() throws { #expect(try contract.errors() > 30) }

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
