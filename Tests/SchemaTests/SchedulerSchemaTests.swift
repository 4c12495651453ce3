import JSONCodec
import MillraceProtocol
import Schemas
import TestSupport
import Testing

/// The scheduler's contract: schema and types agree.
struct SchedulerSchemaTests {
    private let contract: ServiceContract

    init() throws {
        contract = try ServiceContract(
            Schemas.scheduler,
            [
                SchedulePut.self, ScheduleList.self, ScheduleShow.self, ScheduleNext.self, SchedulePause.self,
                ScheduleResume.self, ScheduleTrigger.self, ScheduleRemove.self, ScheduleBackfill.self, ScheduleWhy.self,
                ScheduleLoad.self,
            ], opaque: ["job"])
    }

    @Test func documentAndTypesAgree() throws { try contract.holds() }

    @Test func wordsOfTheSchemaAreTheWordsOfTheTypes() {
        contract.words(ScheduleWhileRunning.self, "ScheduleSpecification", "whileRunning")
        contract.words(ScheduleCatchUp.Mode.self, "ScheduleCatchUp", "mode")
        contract.words(ScheduleQuiet.Mode.self, "ScheduleQuiet", "mode")
        contract.words(ScheduleCause.self, "ScheduleRun", "cause")
        contract.words(ScheduleOutcome.self, "ScheduleRun", "outcome")
        contract.words(ScheduleReason.Word.self, "ScheduleReason", "word")
    }

    @Test func theErrorsOfTheDocumentAreErrorsOfTheProtocol() throws { #expect(try contract.errors() >= 9) }
}

/// The scheduler itself, asked for every method of its document.
@Suite(.heavy, .enabled(if: Binary.exist("millrace-scheduler"), "millrace-scheduler is not built"))
struct SchedulerRegistrationTests {
    @Test func itServesEveryMethodItDescribesWithStrictParameters() async throws {
        try await ServedContract.holds("scheduler", Schemas.scheduler)
    }
}
