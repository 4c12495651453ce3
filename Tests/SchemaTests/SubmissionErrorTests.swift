import JSONCodec
import MillraceProtocol
import MillraceService
import MillraceStore
import Schemas
import Testing

@testable import RunnerService

/// What may refuse a submission.
struct SubmissionErrorTests {
    /// A client that reads the list knows every answer on which it has to come again.
    @Test(arguments: ["job.submit", "job.submitBatch"]) func isInTheListOfItsErrors(name: String) throws {
        let document = try OpenRPCDocument(Schemas.runner)
        let methods = document.root["methods"]?.elements ?? []
        let method = try #require(methods.first { $0["name"]?.stringValue == name })
        let listed = Set((method["errors"]?.elements ?? []).compactMap { $0["data"]?["reason"]?.stringValue })
        let faces: [any RPCErrorConvertible] = [
            StoreError(.full, ""), StoreError(.busy, ""), StoreError(.closed, ""), JobError.queueFull(limit: 1),
            JobError.tooManyWait(.queue, "q", limit: 1), JobError.tooManyWait(.kind, "k", limit: 1),
            JobError.tooManyWait(.user, "1", limit: 1), JobError.drained(.queue, "q"), JobError.drained(.kind, "k"),
            JobError.keyFull("key", limit: KeyLimit()), JobError.uniqueTaken("key", by: JobID(1)),
            JobError.keyReused("key", by: JobID(1)), JobError.noPredecessor(JobID(1)),
            JobError.unknownKind("kind", known: []), JobError.invalid(field: "kind", ""),
        ]
        #expect(Set(faces.compactMap(\.rpcError.reason)).subtracting(listed) == [])
    }
}
