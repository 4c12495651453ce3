import JSONCodec
import MillraceProtocol
import Schemas
import Testing

/// The fields that the errors of the documents name.
struct ErrorFieldTests {
    private static let documents = [
        "runner": Schemas.runner, "preloader": Schemas.preloader, "categorizer": Schemas.categorizer,
        "scheduler": Schemas.scheduler, "metrics": Schemas.metrics,
    ]

    /// A client that shows the mistake beside what was typed finds the place among its own parameters.
    @Test(arguments: ["runner", "preloader", "categorizer", "scheduler", "metrics"])
    func areParametersOfTheMethod(service: String) throws {
        let document = try OpenRPCDocument(try #require(Self.documents[service]))
        var named = 0
        for method in document.root["methods"]?.elements ?? [] {
            let name = method["name"]?.stringValue ?? ""
            let described = try #require(document.method(name))
            for value in method["errors"]?.elements ?? [] {
                guard let field = try JSON.decode(RPCError.self, from: JSON.encode(value)).field else { continue }
                #expect(document.hasParameter(field, of: described), "\(name): \(field)")
                named += 1
            }
        }
        #expect(named > 0)
    }

    @Test(arguments: [
        ("jobs", true), ("jobs[0]", true), ("jobs[0].priority", true), ("jobs[0].hooks[3].http.url", true),
        ("limit", false), ("jobs[0].limit", false), ("jobs.priority", false), ("jobs[0][0]", false), ("", false),
    ])
    func aPlaceIsFoundWhereTheSchemaHasIt(field: String, isThere: Bool) throws {
        let document = try OpenRPCDocument(Schemas.runner)
        #expect(document.hasParameter(field, of: try #require(document.method("job.submitBatch"))) == isThere)
    }
}
