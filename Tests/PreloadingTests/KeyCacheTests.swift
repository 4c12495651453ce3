import JSONCodec
import Linux
import MillraceProtocol
import TestSupport
import Testing

@testable import Preloading

struct KeyCacheTests {
    private static func rules(entries: Int = 10, bytes: Int = 1 << 20) -> DatasetRules.Cache {
        var rules = DatasetRules.Cache()
        rules.entries = entries
        rules.bytes = bytes
        rules.ttl = .seconds(60)
        rules.negativeTTL = .seconds(10)
        rules.stale = .seconds(30)
        return rules
    }

    private static func key(_ text: String, _ scope: KeyScope = .shared) -> ScopedKey {
        ScopedKey(scope: scope, key: LoadKey(text))
    }

    private static func second(_ number: Int64) -> Int64 { number * 1_000_000_000 }

    private func found(_ cache: inout KeyCache, _ key: String, at second: Int64, _ scope: KeyScope = .shared) -> String
    {
        switch cache.find(Self.key(key, scope), now: Self.second(second)) {
        case .none: "none"
        case .fresh(let value): "fresh \(value?.text ?? "nothing")"
        case .stale(let value): "stale \(value?.text ?? "nothing")"
        }
    }

    @Test func aValueIsFreshForItsTimeThenStaleForAWhileThenGone() {
        var cache = KeyCache(Self.rules())
        cache.keep(Self.key("a"), JSONRaw(1), now: 0)
        #expect(found(&cache, "a", at: 59) == "fresh 1")
        #expect(found(&cache, "a", at: 60) == "stale 1")
        #expect(found(&cache, "a", at: 89) == "stale 1")
        #expect(found(&cache, "a", at: 90) == "none")
        #expect(cache.count == 0 && cache.bytes == 0)
    }

    @Test func whatIsNotThereIsKnownForAShorterTimeAndNeverStale() {
        var cache = KeyCache(Self.rules())
        cache.keep(Self.key("a"), nil, now: 0)
        #expect(found(&cache, "a", at: 9) == "fresh nothing")
        #expect(found(&cache, "a", at: 10) == "none")
    }

    @Test func withoutANegativeTimeAbsenceIsNotKeptAndRemovesWhatWas() {
        var rules = Self.rules()
        rules.negativeTTL = .zero
        var cache = KeyCache(rules)
        cache.keep(Self.key("a"), JSONRaw(1), now: 0)
        cache.keep(Self.key("a"), nil, now: 1)
        #expect(found(&cache, "a", at: 1) == "none")
    }

    @Test func theOneUnusedForLongestMakesRoom() {
        var cache = KeyCache(Self.rules(entries: 3))
        for name in ["a", "b", "c"] { cache.keep(Self.key(name), JSONRaw(1), now: 0) }
        _ = cache.find(Self.key("a"), now: 1)
        cache.keep(Self.key("d"), JSONRaw(1), now: 2)
        #expect(found(&cache, "b", at: 3) == "none")
        #expect(["a", "c", "d"].map { found(&cache, $0, at: 3) } == ["fresh 1", "fresh 1", "fresh 1"])
        #expect(cache.evicted == 1 && cache.count == 3)
    }

    @Test func bytesAreBoundedHoweverLargeTheValues() {
        var cache = KeyCache(Self.rules(entries: 1000, bytes: 10_000))
        for number in 0..<200 {
            cache.keep(Self.key("k\(number)"), JSONRaw(String(repeating: "x", count: number * 7)), now: 0)
            #expect(cache.bytes <= 10_000)
        }
        cache.keep(Self.key("huge"), JSONRaw(String(repeating: "x", count: 20_000)), now: 0)
        #expect(found(&cache, "huge", at: 0) == "none")
        #expect(cache.count > 0)
    }

    @Test func aValueThatIsReplacedCountsOnce() {
        var cache = KeyCache(Self.rules())
        cache.keep(Self.key("a"), JSONRaw(String(repeating: "x", count: 500)), now: 0)
        cache.keep(Self.key("a"), JSONRaw(1), now: 0)
        #expect(cache.count == 1)
        #expect(cache.bytes == KeyCache.overhead + 2)
    }

    @Test func eachUserHasHisOwn() {
        var cache = KeyCache(Self.rules())
        cache.keep(Self.key("a", .user(1)), JSONRaw(1), now: 0)
        #expect(found(&cache, "a", at: 0, .user(2)) == "none")
        #expect(found(&cache, "a", at: 0, .shared) == "none")
        cache.keep(Self.key("a", .user(2)), JSONRaw(2), now: 0)
        #expect(cache.removeAll(of: .user(2)) == 1)
        #expect(found(&cache, "a", at: 0, .user(1)) == "fresh 1")
    }

    @Test func keysThatDifferInBytesAreDifferent() {
        var cache = KeyCache(Self.rules())
        // The same letter to Unicode, composed and decomposed.
        cache.keep(Self.key("\u{E9}"), JSONRaw(1), now: 0)
        #expect(found(&cache, "e\u{301}", at: 0) == "none")
        #expect("\u{E9}" == "e\u{301}")
    }

    private func foundAll(_ cache: inout KeyCache, _ keys: TextList, at second: Int64, _ scope: KeyScope = .shared)
        -> [String]?
    {
        cache.findAll(keys, of: scope, now: Self.second(second)).map { outcomes in
            outcomes.map { outcome in
                switch outcome {
                case .value(let value)?: value.text
                case .missing?: "missing"
                case .failed?: "failed"
                case nil: "before"
                }
            }
        }
    }

    @Test func aListIsFoundWhenAllOfItIsFreshAndAKeyInItTwiceOnce() {
        var cache = KeyCache(Self.rules())
        for (number, name) in ["a", "b", "c"].enumerated() { cache.keep(Self.key(name), JSONRaw(number), now: 0) }
        cache.keep(Self.key("none"), nil, now: 0)
        #expect(foundAll(&cache, ["c", "none", "a", "c", "a"], at: 1) == ["2", "missing", "0", "before", "before"])
        #expect(foundAll(&cache, ["c", "a"], at: 1) == ["2", "0"], "another list begins anew")
        #expect(foundAll(&cache, ["a", "x"], at: 1) == nil)
        #expect(foundAll(&cache, ["a"], at: 1, .user(1)) == nil)
        #expect(foundAll(&cache, ["a", "none"], at: 11) == nil, "absence is known for ten seconds")
        #expect(foundAll(&cache, ["a", "b"], at: 59) == ["0", "1"])
        #expect(foundAll(&cache, ["a", "b"], at: 60) == nil, "stale is not fresh")
        #expect(foundAll(&cache, [], at: 0) == [])
    }

    @Test func whatWasFoundInAListWasUsed() {
        var cache = KeyCache(Self.rules(entries: 3))
        for name in ["a", "b", "c"] { cache.keep(Self.key(name), JSONRaw(1), now: 0) }
        #expect(foundAll(&cache, ["a", "b"], at: 1) != nil)
        cache.keep(Self.key("d"), JSONRaw(1), now: 2)
        #expect(found(&cache, "c", at: 3) == "none")
        #expect(foundAll(&cache, ["a", "b", "d"], at: 3) != nil)
    }

    @Test func smallerBoundsAreKeptAtOnceAndNoneEmptiesIt() {
        var cache = KeyCache(Self.rules())
        for number in 0..<10 { cache.keep(Self.key("\(number)"), JSONRaw(1), now: 0) }
        cache.change(Self.rules(entries: 4))
        #expect(cache.count == 4)
        #expect(found(&cache, "9", at: 0) == "fresh 1")
        cache.change(Self.rules(entries: 0))
        #expect(cache.count == 0 && cache.bytes == 0)
        cache.keep(Self.key("a"), JSONRaw(1), now: 0)
        #expect(cache.count == 0)
    }

    @Test func timesBeyondAllReckoningDoNotOverflow() {
        var rules = Self.rules()
        rules.ttl = .seconds(Int64.max / 2)
        var cache = KeyCache(rules)
        cache.keep(Self.key("a"), JSONRaw(1), now: Int64.max - 5)
        #expect(found(&cache, "a", at: 1) == "fresh 1")
    }

    /// Against a model that is slow and plain.
    @Test(arguments: 1...20) func itDoesWhatAListInOrderOfUseDoes(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var cache = KeyCache(Self.rules(entries: 8))
        var model: [(key: String, value: Int)] = []
        for step in 0..<2000 {
            let key = "k\(Int.random(in: 0..<16, using: &random))"
            switch Int.random(in: 0..<4, using: &random) {
            case 0:
                cache.keep(Self.key(key), JSONRaw(step), now: 0)
                model.removeAll { $0.key == key }
                model.append((key, step))
                if model.count > 8 { model.removeFirst() }
            case 1:
                cache.remove(Self.key(key))
                model.removeAll { $0.key == key }
            case 2:
                let other = "k\(Int.random(in: 0..<16, using: &random))"
                let values = [key, other].map { key in model.first { $0.key == key }.map { "\($0.value)" } }
                let expected = values.contains(nil) ? nil : [values[0]!, key == other ? "before" : values[1]!]
                #expect(foundAll(&cache, [key, other], at: 0) == expected)
                // The one that was there was used, even where the other was not.
                for key in values[0] == nil ? [] : values[1] == nil ? [key] : [key, other] {
                    if let place = model.firstIndex(where: { $0.key == key }) { model.append(model.remove(at: place)) }
                }
            default:
                let expected = model.first { $0.key == key }
                #expect(found(&cache, key, at: 0) == (expected.map { "fresh \($0.value)" } ?? "none"))
                if let expected {
                    model.removeAll { $0.key == key }
                    model.append(expected)
                }
            }
            #expect(cache.count == model.count)
        }
    }
}
