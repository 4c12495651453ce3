import ArgumentParser
import Simulators

extension FaultRule {
    /// Reads `METHOD:PATH:WHEN:WHAT`.
    init(text: String) throws {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 4 else {
            throw ValidationError("a fault is METHOD:PATH:WHEN:WHAT, such as POST:pages:every=5:lost, not \"\(text)\"")
        }
        self.init(
            parts[0] == "*" ? nil : parts[0], parts[1] == "*" ? "" : parts[1], try Self.when(parts[2]),
            try Self.effect(parts[3]))
    }

    private static func when(_ text: String) throws -> When {
        let pair = text.split(separator: "=").map(String.init)
        if pair.count == 2 {
            switch pair[0] {
            case "every": if let count = Int(pair[1]), count > 0 { return .every(count) }
            case "chance": if let chance = Double(pair[1]), (0...1).contains(chance) { return .chance(chance) }
            case "calls":
                let ends = pair[1].split(separator: "-").compactMap { Int($0) }
                if let first = ends.first, let last = ends.last, first > 0, first <= last {
                    return .calls(first...last)
                }
            default: break
            }
        }
        throw ValidationError("a fault comes every=N, calls=N-M or chance=0.1, not \"\(text)\"")
    }

    private static func effect(_ text: String) throws -> Effect {
        switch text {
        case "hang": return .hang(done: true)
        case "lost": return .lost
        case "cut": return .cut
        case "drip": return .drip(bytes: 64, every: .milliseconds(100))
        case "garbage": return .garbage
        default: break
        }
        let pair = text.split(separator: "=").map(String.init)
        if pair.count == 2, pair[0] == "status", let status = Int(pair[1]), (400...599).contains(status) {
            let held = status == 429 || status == 529
            return .status(status, code: held ? "rate_limited" : "made_on_purpose", retryAfter: held ? "1" : nil)
        }
        throw ValidationError("a fault is status=NUMBER, hang, lost, cut, drip or garbage, not \"\(text)\"")
    }
}
