import MillraceProtocol
import Schemas
import TestSupport
import Testing

/// The categorizer's contract: schema and types agree.
struct CategorizerSchemaTests {
    private let contract: ServiceContract

    init() throws {
        contract = try ServiceContract(
            Schemas.categorizer,
            [
                ExpenseCategorize.self, ExpenseCategorizeBatch.self, ExpenseLearn.self, ExpenseExplain.self,
                ExpenseSuggest.self, ExpenseImport.self, ExpenseList.self, CategoryPut.self, CategoryList.self,
                PatternPut.self, PatternRemove.self, PatternList.self, PatternTest.self, PatternLint.self,
                PreferencePut.self, PreferenceList.self, BulkPreview.self, BulkSuggest.self, BulkApply.self,
                BulkAuto.self, BulkUndo.self, BulkList.self, BulkGroup.self, BulkExport.self, ModelShow.self,
                ModelRebuild.self, ModelRollback.self, CategorizerConfigure.self, CategorizerReset.self,
                ChatReserve.self, ChatSettle.self, ChatShow.self,
            ], opaque: ["condition", "confidence_breakdown"])
    }

    @Test func documentAndTypesAgree() throws { try contract.holds() }

    @Test func wordsOfTheSchemaAreTheWordsOfTheTypes() {
        contract.words(CategorizationFault.self, "CategorizationProblem", "kind")
        contract.words(PatternKind.self, "PatternView", "type")
        contract.words(LintKind.self, "LintFinding", "kind")
        contract.words(BulkKind.self, "BulkOperationView", "kind")
        contract.words(BulkStatus.self, "BulkOperationView", "status")
        contract.words(GroupBasis.self, "ExpenseGroup", "basis")
        contract.words(ModelState.self, "ModelView", "state")
    }

    @Test func theErrorsOfTheDocumentAreErrorsOfTheProtocol() throws { #expect(try contract.errors() >= 20) }
}

/// The categorizer itself, asked for every method of its document.
@Suite(.heavy, .enabled(if: Binary.exist("millrace-categorizer"), "millrace-categorizer is not built"))
struct CategorizerRegistrationTests {
    @Test func itServesEveryMethodItDescribesWithStrictParameters() async throws {
        try await ServedContract.holds("categorizer", Schemas.categorizer)
    }
}
