/// Edit distance: insertions, deletions and replacements, each of cost 1.
enum Levenshtein {
    static func distance(_ left: [UInt32], _ right: [UInt32]) -> Int {
        let (short, long) = left.count <= right.count ? (left, right) : (right, left)
        guard !short.isEmpty else { return long.count }
        var row = Array(0...short.count)
        for (line, letter) in long.enumerated() {
            var diagonal = row[0]
            row[0] = line + 1
            for place in short.indices {
                let above = row[place + 1]
                let replaced = diagonal + (short[place] == letter ? 0 : 1)
                row[place + 1] = min(replaced, above + 1, row[place] + 1)
                diagonal = above
            }
        }
        return row[short.count]
    }

    /// 1 - distance / longer; 0 when either is empty.
    static func ratio(_ left: [UInt32], _ right: [UInt32]) -> Double {
        guard !left.isEmpty, !right.isEmpty else { return 0 }
        return 1 - Double(distance(left, right)) / Double(max(left.count, right.count))
    }
}
