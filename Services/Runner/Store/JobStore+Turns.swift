import Linux
import MillraceProtocol
import MillraceStore

/// Claims over several lanes of one user.
extension JobStore {
    /// Takes jobs by these requests: of the lanes of one, those that rank first, whatever their kind and queue.
    static func claim(
        _ db: Connection, _ requests: [ClaimRequest], now: Timestamp
    ) throws -> (jobs: [ClaimedJob], exhausted: Set<Lane>) {
        var portions: [LaneRequest] = []
        var exhausted: Set<Lane> = []
        for request in requests {
            if request.lanes.count == 1, let only = request.lanes.first {
                portions.append(
                    LaneRequest(lane: only.lane, count: min(only.most, request.count), isPlain: only.isPlain))
                continue
            }
            var first: [(rank: Int64, id: Int64, portion: Int)] = []
            for (number, portion) in request.lanes.enumerated() {
                let ranks = try ranks(db, portion.lane, limit: min(portion.most, request.count))
                if ranks.isEmpty { exhausted.insert(portion.lane) }
                first += ranks.map { ($0.rank, $0.id, number) }
            }
            let counts = share(request, first.sorted { ($0.rank, $0.id) < ($1.rank, $1.id) }.map(\.portion))
            for (number, portion) in request.lanes.enumerated() {
                guard let count = counts[number] else { continue }
                portions.append(LaneRequest(lane: portion.lane, count: count, isPlain: portion.isPlain))
            }
        }
        let claimed = try claim(db, portions, now: now)
        return (claimed.jobs, claimed.exhausted.union(exhausted))
    }

    /// How many jobs are taken from each lane: the first of all, as far as the bounds of their kinds and queues go.
    private static func share(_ request: ClaimRequest, _ first: [Int]) -> [Int: Int] {
        var (kinds, queues) = (request.kinds, request.queues)
        var counts: [Int: Int] = [:]
        var left = request.count
        for number in first where left > 0 {
            let lane = request.lanes[number].lane
            guard kinds[lane.kind] ?? 1 > 0, queues[lane.queue] ?? 1 > 0 else { continue }
            kinds[lane.kind]? -= 1
            queues[lane.queue]? -= 1
            counts[number, default: 0] += 1
            left -= 1
        }
        return counts
    }

    private static func ranks(_ db: Connection, _ lane: Lane, limit: Int) throws -> [(rank: Int64, id: Int64)] {
        try db.query(
            """
            SELECT rank, id FROM job WHERE queue = ? AND kind = ? AND uid = ? AND state = 'ready' AND hold IS NULL
            ORDER BY rank, id LIMIT ?
            """,
            .text(lane.queue), .text(lane.kind), SQLValue(lane.uid), SQLValue(limit)
        ) { ($0.int(0), $0.int(1)) }
    }
}
