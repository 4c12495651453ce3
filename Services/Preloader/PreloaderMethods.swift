import JSONCodec
import Linux
import MillraceProtocol
import MillraceRPC
import Preloading

/// The wire side of the preloader.
extension Preloader {
    func register(on router: inout RPCRouter) {
        router.onReply(PreloadFetch.self) { [self] params, context, reply in try fetch(params, context, reply) }
        router.onReply(PreloadPrime.self) { [self] params, context, reply in
            reply.succeed(PreloadPrime.Result(primed: try prime(params, context.peer)))
        }
        router.onReply(PreloadClear.self) { [self] params, context, reply in
            reply.succeed(PreloadClear.Result(cleared: try clear(params, context.peer)))
        }
        router.onReply(PreloadStats.self) { [self] params, _, reply in
            let entries = try params.dataset.map { [try entry($0, field: "dataset")] } ?? shelf.all
            reply.succeed(PreloadStats.Result(datasets: entries.map(\.stats)))
        }
        router.onReply(CallerList.self) { [self] _, _, reply in
            let book = callers.book
            reply.succeed(
                CallerList.Result(callers: book.all.map(CallerView.init), forgotten: Int(book.forgotten)))
        }
        router.onReply(DatasetList.self) { [self] _, _, reply in
            reply.succeed(DatasetList.Result(datasets: shelf.all.map { DatasetView($0.definition) }))
        }
    }

    private func entry(_ name: String, field: String) throws(PreloadError) -> DatasetShelf.Entry {
        guard let entry = shelf[name] else { throw .unknownDataset(name, field: field, known: shelf.names) }
        return entry
    }

    // MARK: Fetching

    private func fetch(
        _ params: PreloadFetch.Params, _ context: RPCContext, _ reply: RPCReply<PreloadFetch>
    ) throws {
        let orders = try orders(params)
        let user = Self.scope(of: context.peer)
        var parts: [FetchAnswer.Part] = []
        parts.reserveCapacity(orders.count)
        var lists: [(place: Int, keys: [LoadKey])] = []
        for (place, order) in orders.enumerated() {
            if let outcomes = order.entry.dataset.known(order.keys, of: order.scope(of: user)) {
                parts.append(FetchAnswer.Part(name: order.name, keys: order.keys, outcomes: outcomes))
            } else {
                let keys = Self.distinct(order.keys)
                parts.append(FetchAnswer.Part(name: order.name, keys: TextList(keys.lazy.map(\.text)), outcomes: []))
                lists.append((place, keys))
            }
        }
        callers.note(
            context.session, kind: params.kind,
            zip(orders, parts).map { order, part in
                let twice = part.outcomes.count { $0 == nil }
                return (order.name, part.keys.count - twice, order.entry.definition.rules.chunk)
            })
        if lists.isEmpty { return reply.succeed(writing: FetchAnswer(parts: parts)) }

        let gathering = Gathering(parts, reply)
        for (place, keys) in lists {
            let order = orders[place]
            let fetched = order.entry.dataset.fetch(keys, of: order.scope(of: user), deadline: context.deadline) {
                gathering.take($0, at: place)
            }
            switch fetched {
            case .now(let outcomes): gathering.take(outcomes, at: place)
            case .later(let fetch): gathering.wait(fetch)
            }
        }
        // Whoever hangs up or waits no longer is taken out; what others wait for goes on.
        if !gathering.isDone { context.onCancel { gathering.cancel() } }
    }

    private struct Order {
        var name: String
        var entry: DatasetShelf.Entry
        var keys: TextList

        func scope(of user: KeyScope) -> KeyScope { entry.definition.scope == .shared ? .shared : user }
    }

    private func orders(_ params: PreloadFetch.Params) throws(PreloadError) -> [Order] {
        guard (1...100).contains(params.datasets.count) else {
            throw .invalid(field: "datasets", "1 to 100 datasets can be asked at once, not \(params.datasets.count)")
        }
        let total = params.datasets.reduce(0) { $0 + $1.keys.count }
        guard total <= PreloadFetch.keyLimit else {
            throw .invalid(
                field: "datasets", "\(total) keys are too many; at most \(PreloadFetch.keyLimit) can be asked at once")
        }
        if let kind = params.kind, !(1...100).contains(kind.utf8.count) {
            throw .invalid(field: "kind", "a kind has 1 to 100 bytes")
        }
        var orders: [Order] = []
        for (index, asked) in params.datasets.enumerated() {
            let field = "datasets[\(index)]"
            let entry = try entry(asked.dataset, field: "\(field).dataset")
            if orders.contains(where: { $0.name == asked.dataset }) {
                throw .invalid(field: "\(field).dataset", "\(asked.dataset) stands here twice; put its keys together")
            }
            guard !asked.keys.isEmpty else { throw .invalid(field: "\(field).keys", "there has to be a key") }
            for place in asked.keys.indices where !(1...PreloadFetch.longestKey).contains(asked.keys.length(at: place))
            {
                throw .invalid(field: "\(field).keys[\(place)]", "a key has 1 to \(PreloadFetch.longestKey) bytes")
            }
            orders.append(Order(name: asked.dataset, entry: entry, keys: asked.keys))
        }
        return orders
    }

    /// Each key once.
    private static func distinct(_ keys: TextList) -> [LoadKey] {
        if keys.count == 1 { return [LoadKey(keys[0])] }
        var seen: Set<LoadKey> = []
        seen.reserveCapacity(keys.count)
        var distinct: [LoadKey] = []
        distinct.reserveCapacity(keys.count)
        for text in keys {
            let key = LoadKey(text)
            if seen.insert(key).inserted { distinct.append(key) }
        }
        return distinct
    }

    /// One whom the kernel did not name shares with nobody else who has a name.
    private static func scope(of peer: Peer) -> KeyScope {
        .user(peer.credentials?.uid ?? .max)
    }

    // MARK: By hand

    private func prime(_ params: PreloadPrime.Params, _ peer: Peer) throws(PreloadError) -> Int {
        let entry = try entry(params.dataset, field: "dataset")
        let isShared = entry.definition.scope == .shared
        guard !isShared || peer.may(.admin) else { throw .sharedDataset(params.dataset) }
        let missing = params.missing ?? []
        guard params.values.count + missing.count > 0 else {
            throw .invalid(field: "values", "there has to be a value or a missing key")
        }
        for key in params.values.map(\.key) + missing
        where !(1...PreloadFetch.longestKey).contains(key.utf8.count) {
            throw .invalid(field: "values", "a key has 1 to \(PreloadFetch.longestKey) bytes")
        }
        let scope = isShared ? KeyScope.shared : Self.scope(of: peer)
        for value in params.values { entry.dataset.prime(LoadKey(value.key), value.value, of: scope) }
        for key in missing { entry.dataset.prime(LoadKey(key), nil, of: scope) }
        return params.values.count + missing.count
    }

    private func clear(_ params: PreloadClear.Params, _ peer: Peer) throws(PreloadError) -> Int {
        let everybody = params.everybody == true
        if everybody, !peer.may(.admin) { throw .othersCache }
        if params.keys != nil, params.dataset == nil {
            throw .invalid(field: "keys", "keys belong to a dataset; name it")
        }
        if params.keys != nil, everybody {
            throw .invalid(field: "everybody", "keys are cleared for one user; leave one of the two out")
        }
        let entries =
            try params.dataset.map { name throws(PreloadError) in [try entry(name, field: "dataset")] }
            ?? shelf.all
        return entries.reduce(0) { cleared, entry in
            let scope = entry.definition.scope == .shared ? KeyScope.shared : Self.scope(of: peer)
            if let keys = params.keys { return cleared + entry.dataset.clear(keys.map { LoadKey($0) }, of: scope) }
            return cleared + entry.dataset.clearAll(of: everybody ? nil : scope)
        }
    }
}
