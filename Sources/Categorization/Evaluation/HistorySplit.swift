/// One table parted into rows to learn from and rows to judge: merchants of whom nothing is learned, the latest rows, and
/// rows by chance; each about a tenth.
public struct HistorySplit: Sendable {
    public enum Reason: String, Hashable, Sendable, CaseIterable {
        case merchant = "merchants never seen"
        case period = "later period"
        case random = "random rows"
    }

    public private(set) var learn: [LabelledExample] = []
    public private(set) var judge: [LabelledExample] = []
    /// Why each judged row is not learned.
    public private(set) var reasons: [Reason] = []

    public init(_ examples: [LabelledExample]) {
        let days = examples.map { $0.example.date?.daysSinceEpoch ?? .min }
        let sorted = days.sorted()
        let late = sorted.isEmpty ? .max : max(sorted[sorted.count * 9 / 10], sorted[0] + 1)
        for (row, example) in examples.enumerated() {
            let merchant = Features.merchantKey(example.example.texts)
            let reason: Reason? =
                if Features.mixed(merchant ^ 0x4E57) % 10 == 0 {
                    .merchant
                } else if days[row] >= late {
                    .period
                } else if Features.mixed(UInt64(row) &+ 0x51_7CC1) % 10 == 0 {
                    .random
                } else {
                    nil
                }
            if let reason {
                judge.append(example)
                reasons.append(reason)
            } else {
                learn.append(example)
            }
        }
    }
}
