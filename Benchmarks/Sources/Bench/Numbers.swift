import Foundation

extension Double {
    func rounded(digits: Int) -> Double {
        let scale = pow(10, Double(digits))
        return (self * scale).rounded() / scale
    }

    /// Three or four telling digits, thousands apart: `48,200`, `12.4`, `0.183`.
    var short: String {
        let digits = abs(self) >= 100 ? 0 : abs(self) >= 10 ? 1 : abs(self) >= 1 ? 2 : 3
        let value = rounded(digits: digits)
        guard abs(value) >= 1000 else {
            return value == value.rounded() ? "\(Int(value))" : "\(value)"
        }
        var text = "\(Int(value))"
        var place = text.count - 3
        while place > (value < 0 ? 1 : 0) {
            text.insert(",", at: text.index(text.startIndex, offsetBy: place))
            place -= 3
        }
        return text
    }
}

/// The middle value; the mean of the two middle ones when their number is even.
func median(_ values: [Double]) -> Double {
    precondition(!values.isEmpty)
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/// Runs every variant once in each round, A B C A B C …, so that a slow minute of the machine meets all of them; the
/// medians over the rounds, in the order of the variants.
func interleaved(rounds: Int, _ variants: [() throws -> Double]) throws -> [Double] {
    var measured = Array(repeating: [Double](), count: variants.count)
    for _ in 0..<rounds {
        for (index, variant) in variants.enumerated() {
            measured[index].append(try variant())
        }
    }
    return measured.map(median)
}
