import Testing

@testable import Categorization

@Suite struct KindsTests {
    private func kinds(_ text: String) -> Int {
        var features = Features()
        features.addTexts([text])
        return features.pieces.count { $0.group == .kind }
    }

    private func kindHashes(_ text: String) -> Set<UInt64> {
        var features = Features()
        features.addTexts([text])
        return Set(features.pieces.filter { $0.group == .kind }.map(\.hash))
    }

    @Test func chainsOfOneKindShareAPiece() {
        #expect(!kindHashes("TEXACO ASH MOTOR").isDisjoint(with: kindHashes("shell corrida 108")))
        #expect(!kindHashes("KFC HALIFAX DT").isDisjoint(with: kindHashes("McDonald's Rest")))
        #expect(!kindHashes("B&M RETAIL LTD").isDisjoint(with: kindHashes("HOME BARGAINS")))
        #expect(kindHashes("TEXACO").isDisjoint(with: kindHashes("KFC")))
    }

    @Test func aNameOfSeveralWordsIsTakenWhole() {
        #expect(kindHashes("tesco mobile").isDisjoint(with: kindHashes("tesco")))
        #expect(kinds("qwxyz") == 0)
    }

    /// What was never seen is known by what was: the only word they share is none.
    @Test func aModelUsesThem() {
        let rows = (0..<120).map { number in
            LabelledExample(
                TextExample(texts: [["shell", "esso", "kfc", "wimpy"][number % 4]]),
                label: number % 4 < 2 ? "cars" : "meals")
        }
        let model = TextModel(rows)
        #expect(model.predict(TextExample(texts: ["texaco"])).first?.label == "cars")
        #expect(model.predict(TextExample(texts: ["burger king"])).first?.label == "meals")
    }
}
