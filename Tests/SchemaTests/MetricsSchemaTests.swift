import JSONCodec
import MillraceProtocol
import Schemas
import TestSupport
import Testing

/// The contract of the metrics service: schema and types agree.
struct MetricsSchemaTests {
    private let contract: ServiceContract

    init() throws {
        contract = try ServiceContract(
            Schemas.metrics,
            [
                MetricsPublish.self, MetricsRead.self, MetricsQuery.self, MetricsList.self, AlertList.self,
                AlertSilence.self, AlertUnsilence.self, AlertTest.self,
            ], opaque: ["snapshot"])
    }

    @Test func documentAndTypesAgree() throws { try contract.holds() }

    @Test func wordsOfTheSchemaAreTheWordsOfTheTypes() {
        contract.words(MetricCourse.self, "MetricRange", "course")
        contract.words(AlertSeverity.self, "AlertView", "severity")
        contract.words(AlertPhase.self, "AlertView", "state")
        contract.words(AlertSeverity.self, "AlertEvent", "severity")
        contract.words(AlertPhase.self, "AlertEvent", "state")
    }

    @Test func theErrorsOfTheDocumentAreErrorsOfTheProtocol() throws { #expect(try contract.errors() >= 6) }
}

/// The service itself, asked for every method of its document.
@Suite(.heavy, .enabled(if: Binary.exist("millrace-metrics"), "millrace-metrics is not built"))
struct MetricsRegistrationTests {
    @Test func itServesEveryMethodItDescribesWithStrictParameters() async throws {
        try await ServedContract.holds("metrics", Schemas.metrics)
    }
}
