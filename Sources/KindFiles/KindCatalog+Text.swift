extension KindCatalog: CustomStringConvertible {
    /// All that is declared, one thing after the other, each with what was said of it and what holds by default.
    /// Values of variables are not in it.
    public var description: String {
        let parts =
            Self.paragraphs("kind", kinds) + Self.paragraphs("worker", workers)
            + Self.paragraphs("resource", resources) + Self.paragraphs("queue", queues)
        return parts.joined(separator: "\n")
    }

    /// What a reload changed, a sentence each: "kind x: timeout is 10min, was 5min". Empty when nothing did.
    public func differences(from old: KindCatalog) -> [String] {
        Self.differences("queue", old.queues, queues) + Self.differences("resource", old.resources, resources)
            + Self.differences("worker", old.workers, workers) + Self.differences("kind", old.kinds, kinds)
    }

    private static func paragraphs(_ noun: String, _ things: [String: some Described]) -> [String] {
        things.sorted { $0.key < $1.key }.map { name, thing in
            let facts = thing.facts
            let width = facts.map(\.name.count).max() ?? 0
            let lines = facts.map { fact in
                "    \(fact.name)\(String(repeating: " ", count: width - fact.name.count))  \(fact.text)\n"
            }
            return "\(noun) \(name)\n" + lines.joined()
        }
    }

    private static func differences<Thing: Described>(
        _ noun: String, _ old: [String: Thing], _ new: [String: Thing]
    ) -> [String] {
        Set(old.keys).union(new.keys).sorted().flatMap { name -> [String] in
            switch (old[name], new[name]) {
            case (nil, _): ["\(noun) \(name) is new"]
            case (_, nil): ["\(noun) \(name) is gone"]
            case (let before?, let after?):
                before == after ? [] : changes(before, after).map { "\(noun) \(name): \($0)" }
            }
        }
    }

    private static func changes(_ old: some Described, _ new: some Described) -> [String] {
        let (before, after) = (grouped(old.facts), grouped(new.facts))
        let names = after.map(\.name) + before.map(\.name).filter { name in !after.contains { $0.name == name } }
        let changes = names.compactMap { name -> String? in
            let (was, now) = (before.first { $0.name == name }, after.first { $0.name == name })
            if was == now { return nil }
            guard let was else { return now.map { "\(name) is \($0.text), was not given" } }
            guard let now else { return "\(name) is not given any more, was \(was.text)" }
            return was.text == now.text ? "\(name) has changed" : "\(name) is \(now.text), was \(was.text)"
        }
        return changes.isEmpty ? ["has changed"] : changes
    }

    /// Several facts of one name, such as hooks, as one.
    private static func grouped(_ facts: [Fact]) -> [Fact] {
        facts.reduce(into: []) { grouped, fact in
            guard let index = grouped.firstIndex(where: { $0.name == fact.name }) else {
                grouped.append(fact)
                return
            }
            grouped[index].text += "; \(fact.text)"
            grouped[index].hidden += "\u{0}\(fact.hidden)"
        }
    }
}
