/// Rows of a file that share an id and say different things.
public enum Contradictions {
    /// What is wrong with each of these rows, by its place; an empty id is none.
    public static func find<Content: Hashable>(_ rows: [(line: Int, id: String, content: Content)]) -> [Int: String] {
        var places: [String: [Int]] = [:]
        for (place, row) in rows.enumerated() where !row.id.isEmpty { places[row.id, default: []].append(place) }
        var found: [Int: String] = [:]
        for (id, places) in places where places.count > 1 && Set(places.map { rows[$0].content }).count > 1 {
            let lines = places.map { "\(rows[$0].line)" }
            let shown = lines.prefix(5).joined(separator: ", ") + (lines.count > 5 ? ", …" : "")
            let message =
                "\"\(id.prefix(100))\" stands on the lines \(shown) for different expenses; give each an id of its own"
            for place in places { found[place] = message }
        }
        return found
    }
}
