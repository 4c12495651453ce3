/// Finds what somebody probably meant.
public enum NearMiss {
    /// ", did you mean Workers?", or nothing when no candidate is near.
    public static func hint(_ word: String, among candidates: some Sequence<String>) -> String {
        nearest(word, among: candidates).map { ", did you mean \($0)?" } ?? ""
    }

    /// The candidate that is nearest, by at most a third of the letters and not more than three.
    public static func nearest(_ word: String, among candidates: some Sequence<String>) -> String? {
        // The comparison takes time by the product of the lengths, and a word may come from anybody.
        guard word.utf8.count <= 100 else { return nil }
        let bound = min(3, max(1, word.count / 3))
        return candidates.map { (name: $0, distance: distance(Array(word.lowercased()), Array($0.lowercased()))) }
            .filter { $0.distance <= bound }.min { $0.distance < $1.distance }?.name
    }

    /// Damerau's distance: letters added, left out, replaced, and neighbours swapped.
    static func distance(_ one: [Character], _ other: [Character]) -> Int {
        var older = [Int](repeating: 0, count: other.count + 1)
        var above = Array(0...other.count)
        for row in 1...max(1, one.count) where row <= one.count {
            var current = [row]
            for column in 1...max(1, other.count) where column <= other.count {
                let isSame = one[row - 1] == other[column - 1]
                var best = min(above[column] + 1, current[column - 1] + 1, above[column - 1] + (isSame ? 0 : 1))
                if row > 1, column > 1, one[row - 1] == other[column - 2], one[row - 2] == other[column - 1] {
                    best = min(best, older[column - 2] + 1)
                }
                current.append(best)
            }
            (older, above) = (above, current)
        }
        return above[other.count]
    }
}
