import KindFiles
import Linux
import MillraceProtocol
import MillraceStore
import TestSupport
import Testing

@testable import RunnerService

/// Which kinds are known, and whose they are.
struct KindRegistryTests {
    private func kinds(_ names: some Sequence<String>) -> [KindDeclaration] { names.map { KindDeclaration(name: $0) } }

    private func full() throws -> KindRegistry {
        let registry = KindRegistry(known: [])
        for start in stride(from: 0, to: KindRegistry.limit, by: 1000) {
            _ = try registry.learn(kinds((start..<start + 1000).map { "k\($0)" }), from: nil, keeping: [])
        }
        return registry
    }

    @Test func thoseThatWereDeclaredTheLongestAgoMakeRoomForNewOnes() throws {
        let registry = try full()
        // Declared again, so the youngest of all; one in use and one of a pool are not forgotten.
        #expect(try registry.learn(kinds(["k0"]), from: nil, keeping: []).news == [])
        _ = try registry.learn(kinds(["k1"]), from: "pool", keeping: [])
        let learned = try registry.learn(kinds(["new-1", "new-2", "k4"]), from: nil, keeping: ["k2"])
        #expect(learned.forgotten == ["k3", "k5"])
        #expect(learned.news.map(\.name) == ["new-1", "new-2"])
        #expect(registry.names.count == KindRegistry.limit)
        #expect(["k0", "k1", "k2", "k4", "new-1", "new-2"].allSatisfy(registry.knows) && !registry.knows("k3"))
    }

    @Test func whereAllAreInUseAWorkerIsRefusedAndNothingIsForgotten() throws {
        let registry = try full()
        let used = Set(registry.names.dropFirst())
        let refusal = #expect(throws: JobError.self) {
            try registry.learn(kinds(["new-1", "new-2"]), from: nil, keeping: used)
        }
        #expect(refusal?.rpcError.reason == "kind.tooMany" && refusal?.rpcError.status?.isTransient == true)
        #expect(registry.names.count == KindRegistry.limit && !registry.knows("new-1"))
    }

    /// A file that names a kind of a pool sets its rules; it does not give the kind away.
    @Test func whoseAKindIsOutlivesItsDeclarationInAFileAndTheRunner() throws {
        let yard = try JobYard()
        let registry = KindRegistry(known: [])
        let news = try registry.learn(kinds(["payout"]), from: "backoffice", keeping: []).news
        try yard.write { db, _, now in for kind in news { try JobStore.remember(db, kind, now: now) } }
        let declared = try #require(registry.learn(KindDeclaration(name: "payout", summary: "pays", stages: [])))
        try yard.write { db, _, now in try JobStore.remember(db, declared, now: now) }
        try yard.restart()

        let known = try yard.write { db, _, _ in try JobStore.knownKinds(db) }
        #expect(known == [declared] && known[0].pool == "backoffice" && known[0].declaration.summary == "pays")
        let again = KindRegistry(known: known)
        #expect(again.pool(of: "payout") == "backoffice")
        var configuration = RunnerConfiguration()
        configuration.workerCommands = ["/usr/bin/backoffice --quick"]
        var book = RuleBook(configuration: configuration, catalog: KindCatalog(), stored: StoredRules())
        #expect(book.owners(of: "payout", registeredBy: again.pool(of: "payout")) == ["backoffice"])
        #expect(book.owners(of: "payout", registeredBy: nil) == [])
        // The pool is gone: whoever registers the kind may.
        book.configuration.workerCommands = []
        #expect(book.owners(of: "payout", registeredBy: "backoffice") == [])
    }

    /// Earlier versions kept any number of summaries of any length.
    @Test func whatIsMoreThanMayBeKnownIsForgottenAtTheStart() throws {
        let yard = try JobYard()
        let (long, just) = (String(repeating: "s", count: 15_000), String(repeating: "ä", count: 200))
        try yard.write { db, _, now in
            for number in 0..<(KindRegistry.limit + 10) {
                let kind = KindDeclaration(name: "k\(number)", summary: [20: long, 21: just][number] ?? "")
                try JobStore.remember(db, KnownKind(declaration: kind), now: now + .seconds(number))
            }
            try JobStore.remember(
                db, KnownKind(declaration: KindDeclaration(name: "pooled"), pool: "p"), now: now - .seconds(1))
        }
        let known = try yard.write { db, _, _ in try JobStore.knownKinds(db) }
        #expect(known.count == KindRegistry.limit)
        #expect(known.first?.name == "k11" && known.last?.name == "pooled")
        #expect(known.first { $0.name == "k20" }?.declaration.summary == String(long.prefix(200)))
        #expect(known.first { $0.name == "k21" }?.declaration.summary == just)
        let kept = try yard.write { db, _, _ in try db.first("SELECT count(*) FROM kind") { $0.int(0) } }
        #expect(kept == Int64(known.count))
    }
}
