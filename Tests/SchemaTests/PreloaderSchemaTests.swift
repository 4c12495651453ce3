import JSONCodec
import MillraceProtocol
import Schemas
import TestSupport
import Testing

/// The preloader's contract: schema and types agree.
struct PreloaderSchemaTests {
    private let contract: ServiceContract

    init() throws {
        contract = try ServiceContract(
            Schemas.preloader,
            [
                PreloadFetch.self, PreloadPrime.self, PreloadClear.self, PreloadStats.self, CallerList.self,
                DatasetList.self,
            ], opaque: ["values", "errors"])
    }

    @Test func documentAndTypesAgree() throws { try contract.holds() }

    @Test func wordsOfTheSchemaAreTheWordsOfTheTypes() {
        contract.words(DatasetSourceKind.self, "DatasetView", "source")
        contract.words(DatasetScope.self, "DatasetView", "scope")
        contract.words(DatasetRowMode.self, "DatasetView", "rows")
        contract.words(BreakerState.self, "DatasetStats", "breaker")
    }

    @Test func theErrorsOfTheDocumentAreErrorsOfTheProtocol() throws { #expect(try contract.errors() >= 9) }

    /// Keys that are one text to Unicode and two to a database.
    @Test func keysThatDifferInBytesStayApartOnTheWire() throws {
        let rows = DatasetRows(
            dataset: "d", values: [.init("\u{E9}", JSONRaw(1)), .init("e\u{301}", JSONRaw(2))])
        let read = try JSON.decode(DatasetRows.self, from: JSON.encode(rows))
        #expect(read.values.map { Array($0.key.utf8) } == rows.values.map { Array($0.key.utf8) })
        #expect(read.values.map(\.value) == [JSONRaw(1), JSONRaw(2)])
    }
}

/// The preloader itself, asked for every method of its document.
@Suite(.heavy, .enabled(if: Binary.exist("millrace-preloader"), "millrace-preloader is not built"))
struct PreloaderRegistrationTests {
    @Test func itServesEveryMethodItDescribesWithStrictParameters() async throws {
        try await ServedContract.holds("preloader", Schemas.preloader)
    }
}
